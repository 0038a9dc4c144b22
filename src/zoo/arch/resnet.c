// ResNet: He, Zhang, Ren, Sun, 2015 (arXiv:1512.03385). The published Caffe models put the stride of a
// bottleneck on its first 1x1 convolution and pool with ceil; torchvision puts the stride on the 3x3 («v1.5»)
// and pads the pool. ResNeXt (arXiv:1611.05431) and wide ResNet (arXiv:1605.07146) as torchvision defines them; with squeeze and
// excitation (arXiv:1709.01507) as its authors' Caffe models have it.
#include "zoo/arch.h"
#include "zoo/blocks.h"

struct config {
    int64_t repeat[4];
    bool is_bottleneck;
    bool is_torchvision;
    int64_t group, group_width; // ResNeXt: groups and channels in each; 0: 1 and 64
    bool has_squeeze;
};

static const struct config c18 = {{2, 2, 2, 2}, false, false, 0, 0, false};
static const struct config c34 = {{3, 4, 6, 3}, false, false, 0, 0, false};
static const struct config c50 = {{3, 4, 6, 3}, true, false, 0, 0, false};
static const struct config c101 = {{3, 4, 23, 3}, true, false, 0, 0, false};
static const struct config c152 = {{3, 8, 36, 3}, true, false, 0, 0, false};
static const struct config t18 = {{2, 2, 2, 2}, false, true, 0, 0, false};
static const struct config t34 = {{3, 4, 6, 3}, false, true, 0, 0, false};
static const struct config t50 = {{3, 4, 6, 3}, true, true, 0, 0, false};
static const struct config t101 = {{3, 4, 23, 3}, true, true, 0, 0, false};
static const struct config t152 = {{3, 8, 36, 3}, true, true, 0, 0, false};
static const struct config x50 = {{3, 4, 6, 3}, true, true, 32, 4, false};
static const struct config x101 = {{3, 4, 23, 3}, true, true, 64, 4, false};
static const struct config w50 = {{3, 4, 6, 3}, true, true, 1, 128, false};
static const struct config x101_8 = {{3, 4, 23, 3}, true, true, 32, 8, false};
static const struct config w101 = {{3, 4, 23, 3}, true, true, 1, 128, false};
static const struct config se50 = {{3, 4, 6, 3}, true, false, 0, 0, true};
static const struct config se101 = {{3, 4, 23, 3}, true, false, 0, 0, true};
static const struct config se152 = {{3, 8, 36, 3}, true, false, 0, 0, true};
static const struct config se_x50 = {{3, 4, 6, 3}, true, false, 32, 4, true};
static const struct config se_x101 = {{3, 4, 23, 3}, true, false, 32, 4, true};

// Each branch adds a little to the identity, so that outputs stay of order 1 through 152 layers.
static const struct norm branch_end = {.scale = 0.3};
static const struct norm plain = {0};

static struct graph_value *bottleneck(struct graph *g, struct graph_value *x, const char *name,
                                      const struct config *config, int64_t planes, int64_t stride)
{
    int64_t group = config->group ? config->group : 1;
    int64_t inner = config->group_width ? planes * config->group_width / 64 * group : planes;
    bool is_first_strided = !config->is_torchvision && !config->group;
    int64_t first = is_first_strided ? stride : 1;
    int64_t second = is_first_strided ? 1 : stride;
    x = build_conv_bn(g, x, build_name(g, "%s/conv1", name), (struct conv){.out = inner, .kernel = 1, .stride = first}, plain, ACT_RELU);
    x = build_conv_bn(g, x, build_name(g, "%s/conv2", name),
                      (struct conv){.out = inner, .kernel = 3, .pad = 1, .stride = second, .group = group}, plain, ACT_RELU);
    x = build_conv_bn(g, x, build_name(g, "%s/conv3", name), (struct conv){.out = 4 * planes, .kernel = 1}, branch_end, ACT_NONE);
    if (config->has_squeeze)
        x = build_squeeze(g, x, build_name(g, "%s/squeeze", name), (struct squeeze){planes / 4, ACT_RELU, ACT_SIGMOID});
    return x;
}

static struct graph_value *basic(struct graph *g, struct graph_value *x, const char *name, int64_t planes, int64_t stride)
{
    x = build_conv_bn(g, x, build_name(g, "%s/conv1", name),
                      (struct conv){.out = planes, .kernel = 3, .pad = 1, .stride = stride}, plain, ACT_RELU);
    return build_conv_bn(g, x, build_name(g, "%s/conv2", name), (struct conv){.out = planes, .kernel = 3, .pad = 1}, branch_end, ACT_NONE);
}

static struct graph_value *block(struct graph *g, struct graph_value *x, const char *name, const struct config *config,
                                 int64_t planes, int64_t stride)
{
    int64_t out = config->is_bottleneck ? 4 * planes : planes;
    struct graph_value *shortcut = x;
    if (x && (stride != 1 || x->dim[1] != out))
        shortcut = build_conv_bn(g, x, build_name(g, "%s/shortcut", name),
                                 (struct conv){.out = out, .kernel = 1, .stride = stride}, plain, ACT_NONE);
    struct graph_value *y = config->is_bottleneck ? bottleneck(g, x, name, config, planes, stride) : basic(g, x, name, planes, stride);
    y = build_add(g, y, shortcut, build_name(g, "%s/add", name));
    return build_activation(g, y, build_name(g, "%s/relu", name), ACT_RELU);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    int64_t planes = p->multiplier == 1 ? 64 : zoo_divisible(64 * p->multiplier);
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_conv_bn(g, x, "conv1", (struct conv){.out = planes, .kernel = 7, .pad = 3, .stride = 2}, plain, ACT_RELU);
    x = build_max_pool(g, x, "pool1", config->is_torchvision ? (struct pool){.kernel = 3, .stride = 2, .pad = 1}
                                                             : (struct pool){.kernel = 3, .stride = 2, .ceil_mode = true});
    for (int stage = 0; stage < 4; stage++)
        for (int64_t i = 0; i < config->repeat[stage]; i++)
            x = block(g, x, build_name(g, "layer%d.%lld", stage + 1, (long long)i), config, planes << stage,
                      stage > 0 && i == 0 ? 2 : 1);
    x = build_global_pool(g, x, "pool5");
    x = build_linear(g, x, "fc", p->classes, true, 1.0);
    build_output(g, x, "output");
}

static const struct zoo_variant variants[] = {
    {"resnet-18", &c18, "as published", 224, 0, 0, false},
    {"resnet-34", &c34, "as published", 224, 0, 0, false},
    {"resnet-50", &c50, "as published: stride on the first 1x1 convolution", 224, 0, 0, false},
    {"resnet-101", &c101, "as published: stride on the first 1x1 convolution", 224, 0, 0, false},
    {"resnet-152", &c152, "as published: stride on the first 1x1 convolution", 224, 0, 0, false},
    {"se-resnet-50", &se50, "with squeeze and excitation", 224, 0, 0, false},
    {"se-resnet-101", &se101, "with squeeze and excitation", 224, 0, 0, false},
    {"se-resnet-152", &se152, "with squeeze and excitation", 224, 0, 0, false},
    {"se-resnext-50", &se_x50, "32 groups of 4 channels, squeeze and excitation", 224, 0, 0, false},
    {"se-resnext-101", &se_x101, "32 groups of 4 channels, squeeze and excitation", 224, 0, 0, false},
    {"resnet-18-pytorch", &t18, "torchvision's", 224, 0, 0, false},
    {"resnet-34-pytorch", &t34, "torchvision's", 224, 0, 0, false},
    {"resnet-50-pytorch", &t50, "torchvision's (v1.5): stride on the 3x3 convolution", 224, 0, 0, false},
    {"resnet-50-caffe2", &t50, "stride on the 3x3 convolution", 224, 0, 0, false},
    {"torchvision/resnet18", &t18, "torchvision's", 224, 0, 0, false},
    {"torchvision/resnet34", &t34, "torchvision's", 224, 0, 0, false},
    {"torchvision/resnet50", &t50, "torchvision's (v1.5): stride on the 3x3 convolution", 224, 0, 0, false},
    {"torchvision/resnet101", &t101, "torchvision's (v1.5)", 224, 0, 0, false},
    {"torchvision/resnet152", &t152, "torchvision's (v1.5)", 224, 0, 0, false},
    {"torchvision/resnext50_32x4d", &x50, "32 groups of 4 channels", 224, 0, 0, false},
    {"torchvision/resnext101_64x4d", &x101, "64 groups of 4 channels", 224, 0, 0, false},
    {"torchvision/resnext101_32x8d", &x101_8, "32 groups of 8 channels", 224, 0, 0, false},
    {"torchvision/wide_resnet50_2", &w50, "inner channels doubled", 224, 0, 0, false},
    {"torchvision/wide_resnet101_2", &w101, "inner channels doubled", 224, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_resnet;
const struct zoo_family zoo_family_resnet = {"resnet", "classification", "arXiv:1512.03385", true, 32, variants, build};
