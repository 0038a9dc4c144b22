// DenseNet-BC: Huang, Liu, van der Maaten, Weinberger, 2016 (arXiv:1608.06993). The published Caffe
// models and torchvision's are the same network; Caffe's joins each layer's output to the map
// before it, torchvision's joins all maps of the block anew for every layer.
#include "zoo/arch.h"

enum { STAGES = 4, MAX_MAPS = 64 };

struct config {
    int64_t repeat[STAGES];
    int64_t growth, first;
    bool is_torchvision;
};

static const struct config c121 = {{6, 12, 24, 16}, 32, 64, false},
                           t121 = {{6, 12, 24, 16}, 32, 64, true};
static const struct config c161 = {{6, 12, 36, 24}, 48, 96, false},
                           t161 = {{6, 12, 36, 24}, 48, 96, true};
static const struct config c169 = {{6, 12, 32, 32}, 32, 64, false},
                           t169 = {{6, 12, 32, 32}, 32, 64, true};
static const struct config c201 = {{6, 12, 48, 32}, 32, 64, false},
                           t201 = {{6, 12, 48, 32}, 32, 64, true};

static struct graph_value *bn_relu(struct graph *g, struct graph_value *x, const char *name)
{
    x = build_batch_norm(g, x, build_name(g, "%s/bn", name), (struct norm){0});
    return build_activation(g, x, build_name(g, "%s/relu", name), ACT_RELU);
}

// Norm, ReLU, 1x1 to 4 times the growth; norm, ReLU, 3x3 to the growth.
static struct graph_value *layer(struct graph *g, struct graph_value *x, const char *name,
                                 int64_t growth)
{
    const char *reduce = build_name(g, "%s/x1", name);
    const char *grow = build_name(g, "%s/x2", name);
    x = build_conv(g, bn_relu(g, x, reduce), reduce, (struct conv){.out = 4 * growth, .kernel = 1});
    return build_conv(g, bn_relu(g, x, grow), grow,
                      (struct conv){.out = growth, .kernel = 3, .pad = 1});
}

static struct graph_value *block(struct graph *g, struct graph_value *x, int stage,
                                 const struct config *config)
{
    struct graph_value *map[MAX_MAPS] = {x};
    for (int64_t i = 0; i < config->repeat[stage]; i++) {
        const char *name = build_name(g, "conv%d_%lld", stage + 2, (long long)i + 1);
        const char *join = build_name(g, "concat_%d_%lld", stage + 2, (long long)i + 1);
        map[i + 1] = layer(g, x, name, config->growth);
        struct graph_value *pair[2] = {x, map[i + 1]};
        x = config->is_torchvision ? build_concat(g, map, (int)i + 2, 1, join)
                                   : build_concat(g, pair, 2, 1, join);
    }
    return x;
}

static struct graph_value *transition(struct graph *g, struct graph_value *x, int stage)
{
    const char *name = build_name(g, "conv%d_blk", stage + 2);
    x = bn_relu(g, x, name);
    if (!x)
        return NULL;
    x = build_conv(g, x, name, (struct conv){.out = x->dim[1] / 2, .kernel = 1});
    return build_average_pool(g, x, build_name(g, "pool%d", stage + 2), (struct pool){.kernel = 2});
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    struct conv first = {.out = config->first, .kernel = 7, .pad = 3, .stride = 2};
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_conv_bn(g, x, "conv1", first, (struct norm){0}, ACT_RELU);
    x = build_max_pool(g, x, "pool1", (struct pool){.kernel = 3, .stride = 2, .pad = 1});
    for (int stage = 0; stage < STAGES; stage++) {
        x = block(g, x, stage, config);
        if (stage < STAGES - 1)
            x = transition(g, x, stage);
    }
    x = build_global_pool(g, bn_relu(g, x, "conv5_blk"), "pool5");
    build_output(g, build_linear(g, x, "fc6", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"densenet-121", &c121, "as published; grows by 32", 224, 0, 0, false},
    {"densenet-161", &c161, "as published; grows by 48", 224, 0, 0, false},
    {"densenet-169", &c169, "as published; grows by 32", 224, 0, 0, false},
    {"densenet-201", &c201, "as published; grows by 32", 224, 0, 0, false},
    {"densenet-121-caffe2", &c121, "the same network from another framework", 224, 0, 0, false},
    {"torchvision/densenet121", &t121, "torchvision's: joins all maps anew", 224, 0, 0, false},
    {"torchvision/densenet161", &t161, "torchvision's: joins all maps anew", 224, 0, 0, false},
    {"torchvision/densenet169", &t169, "torchvision's: joins all maps anew", 224, 0, 0, false},
    {"torchvision/densenet201", &t201, "torchvision's: joins all maps anew", 224, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_densenet;
const struct zoo_family zoo_family_densenet = {
    "densenet", "classification", "arXiv:1608.06993", false, 32, variants, build};
