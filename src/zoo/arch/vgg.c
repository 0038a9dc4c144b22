// VGG: Simonyan, Zisserman, 2014 (arXiv:1409.1556), configurations A, B, D and E; with batch norm as torchvision adds it. The
// authors' first full layer is as wide as the map before it; torchvision's map is pooled to 7x7 first.
#include "zoo/arch.h"

struct config {
    int64_t repeat[5];
    bool is_torchvision, has_norm;
};

static const struct config a = {{1, 1, 2, 2, 2}, false, false};
static const struct config b = {{2, 2, 2, 2, 2}, false, false};
static const struct config d = {{2, 2, 3, 3, 3}, false, false};
static const struct config e = {{2, 2, 4, 4, 4}, false, false};
static const struct config ta = {{1, 1, 2, 2, 2}, true, false}, a_bn = {{1, 1, 2, 2, 2}, true, true};
static const struct config tb = {{2, 2, 2, 2, 2}, true, false}, b_bn = {{2, 2, 2, 2, 2}, true, true};
static const struct config td = {{2, 2, 3, 3, 3}, true, false}, d_bn = {{2, 2, 3, 3, 3}, true, true};
static const struct config te = {{2, 2, 4, 4, 4}, true, false}, e_bn = {{2, 2, 4, 4, 4}, true, true};

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const int64_t channels[5] = {64, 128, 256, 512, 512};
    const struct config *config = variant->config;
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    for (int stage = 0; stage < 5; stage++) {
        int64_t out = p->multiplier == 1 ? channels[stage] : zoo_divisible((double)channels[stage] * p->multiplier);
        for (int64_t i = 0; i < config->repeat[stage]; i++) {
            const char *name = build_name(g, "conv%d_%lld", stage + 1, (long long)i + 1);
            struct conv conv = {.out = out, .kernel = 3, .pad = 1, .has_bias = true};
            x = config->has_norm ? build_conv_bn(g, x, name, conv, (struct norm){0}, ACT_RELU)
                                 : build_conv_act(g, x, name, conv, ACT_RELU);
        }
        x = build_max_pool(g, x, build_name(g, "pool%d", stage + 1), (struct pool){.kernel = 2});
    }
    if (config->is_torchvision)
        x = build_adaptive_pool(g, x, "avgpool", 7);
    x = build_activation(g, build_linear(g, x, "fc6", 4096, true, 1.4142), "fc6/act", ACT_RELU);
    x = build_activation(g, build_linear(g, x, "fc7", 4096, true, 1.4142), "fc7/act", ACT_RELU);
    build_output(g, build_linear(g, x, "fc8", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"vgg11", &a, "configuration A", 224, 0, 0, false},
    {"vgg13", &b, "configuration B", 224, 0, 0, false},
    {"vgg16", &d, "configuration D", 224, 0, 0, false},
    {"vgg19", &e, "configuration E", 224, 0, 0, false},
    {"vgg19-caffe2", &e, "the same network from another framework", 224, 0, 0, false},
    {"torchvision/vgg11", &ta, "configuration A", 224, 0, 0, false},
    {"torchvision/vgg13", &tb, "configuration B", 224, 0, 0, false},
    {"torchvision/vgg16", &td, "configuration D", 224, 0, 0, false},
    {"torchvision/vgg19", &te, "configuration E", 224, 0, 0, false},
    {"torchvision/vgg11_bn", &a_bn, "configuration A with batch norm", 224, 0, 0, false},
    {"torchvision/vgg13_bn", &b_bn, "configuration B with batch norm", 224, 0, 0, false},
    {"torchvision/vgg16_bn", &d_bn, "configuration D with batch norm", 224, 0, 0, false},
    {"torchvision/vgg19_bn", &e_bn, "configuration E with batch norm", 224, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_vgg;
const struct zoo_family zoo_family_vgg = {"vgg", "classification", "arXiv:1409.1556", true, 32, variants, build};
