// AlexNet: Krizhevsky, Sutskever, Hinton, 2012, as Caffe's bvlc_alexnet and bvlc_reference_caffenet define it (groups, local
// response normalisation; caffenet pools before it normalises); torchvision's is the one-column network of arXiv:1404.5997.
#include "zoo/arch.h"

enum kind { ALEXNET, CAFFENET, TORCHVISION };
static const enum kind alexnet = ALEXNET, caffenet = CAFFENET, torchvision = TORCHVISION;

static struct graph_value *classifier(struct graph *g, struct graph_value *x, int64_t classes)
{
    x = build_activation(g, build_linear(g, x, "fc6", 4096, true, 1.4142), "relu6", ACT_RELU);
    x = build_activation(g, build_linear(g, x, "fc7", 4096, true, 1.4142), "relu7", ACT_RELU);
    return build_linear(g, x, "fc8", classes, true, 1.0);
}

static struct graph_value *norm_and_pool(struct graph *g, struct graph_value *x, int stage, enum kind kind)
{
    const char *norm = build_name(g, "norm%d", stage);
    const char *pool = build_name(g, "pool%d", stage);
    struct pool window = {.kernel = 3, .stride = 2, .ceil_mode = true};
    if (kind == CAFFENET)
        return build_lrn(g, build_max_pool(g, x, pool, window), norm, 5, 1e-4, 0.75, 1);
    return build_max_pool(g, build_lrn(g, x, norm, 5, 1e-4, 0.75, 1), pool, window);
}

static struct graph_value *caffe_features(struct graph *g, struct graph_value *x, enum kind kind)
{
    x = build_conv_act(g, x, "conv1", (struct conv){.out = 96, .kernel = 11, .stride = 4, .has_bias = true}, ACT_RELU);
    x = norm_and_pool(g, x, 1, kind);
    x = build_conv_act(g, x, "conv2", (struct conv){.out = 256, .kernel = 5, .pad = 2, .group = 2, .has_bias = true}, ACT_RELU);
    x = norm_and_pool(g, x, 2, kind);
    x = build_conv_act(g, x, "conv3", (struct conv){.out = 384, .kernel = 3, .pad = 1, .has_bias = true}, ACT_RELU);
    x = build_conv_act(g, x, "conv4", (struct conv){.out = 384, .kernel = 3, .pad = 1, .group = 2, .has_bias = true}, ACT_RELU);
    x = build_conv_act(g, x, "conv5", (struct conv){.out = 256, .kernel = 3, .pad = 1, .group = 2, .has_bias = true}, ACT_RELU);
    return build_max_pool(g, x, "pool5", (struct pool){.kernel = 3, .stride = 2, .ceil_mode = true});
}

static struct graph_value *torchvision_features(struct graph *g, struct graph_value *x)
{
    struct pool window = {.kernel = 3, .stride = 2};
    x = build_conv_act(g, x, "conv1", (struct conv){.out = 64, .kernel = 11, .stride = 4, .pad = 2, .has_bias = true}, ACT_RELU);
    x = build_max_pool(g, x, "pool1", window);
    x = build_conv_act(g, x, "conv2", (struct conv){.out = 192, .kernel = 5, .pad = 2, .has_bias = true}, ACT_RELU);
    x = build_max_pool(g, x, "pool2", window);
    x = build_conv_act(g, x, "conv3", (struct conv){.out = 384, .kernel = 3, .pad = 1, .has_bias = true}, ACT_RELU);
    x = build_conv_act(g, x, "conv4", (struct conv){.out = 256, .kernel = 3, .pad = 1, .has_bias = true}, ACT_RELU);
    x = build_conv_act(g, x, "conv5", (struct conv){.out = 256, .kernel = 3, .pad = 1, .has_bias = true}, ACT_RELU);
    return build_adaptive_pool(g, build_max_pool(g, x, "pool5", window), "avgpool", 6);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    enum kind kind = *(const enum kind *)variant->config;
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = kind == TORCHVISION ? torchvision_features(g, x) : caffe_features(g, x, kind);
    build_output(g, classifier(g, x, p->classes), "output");
}

static const struct zoo_variant variants[] = {{"alexnet", &alexnet, "Caffe's: two groups, normalises then pools", 227, 0, 0, false},
                                              {"caffenet", &caffenet, "Caffe's reference: pools, then normalises", 227, 0, 0, false},
                                              {"torchvision/alexnet", &torchvision, "one column, no normalisation", 224, 0, 0, false},
                                              {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_alexnet;
const struct zoo_family zoo_family_alexnet = {"alexnet", "classification", "Krizhevsky et al., NIPS 2012", false, 67, variants, build};
