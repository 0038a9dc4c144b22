// MobileNet: Howard et al., 2017 (arXiv:1704.04861). TensorFlow's models have 1001 classes, ReLU6
// and SAME padding; Caffe's one (shicai) has 1000, ReLU and padding on both sides.
#include "zoo/arch.h"

struct config {
    double width;
    bool is_tensorflow;
};

static const struct config caffe = {1, false};
static const struct config w25 = {0.25, true}, w50 = {0.5, true}, w75 = {0.75, true},
                           w100 = {1, true};

// TensorFlow cuts off what is not whole, and keeps 8 at least.
static int64_t scaled(int64_t channels, double width)
{
    int64_t out = (int64_t)((double)channels * width);
    return out < 8 ? 8 : out;
}

static struct graph_value *separable(struct graph *g, struct graph_value *x, int number,
                                     int64_t out, int64_t stride, bool is_tensorflow)
{
    struct norm norm = {.epsilon = is_tensorflow ? 1e-3 : 1e-5};
    enum activation act = is_tensorflow ? ACT_RELU6 : ACT_RELU;
    if (!x)
        return NULL;
    struct conv depthwise = {.out = x->dim[1],
                             .kernel = 3,
                             .stride = stride,
                             .pad = 1,
                             .group = x->dim[1],
                             .is_same = is_tensorflow};
    x = build_conv_bn(g, x, build_name(g, "conv%d/depthwise", number), depthwise, norm, act);
    return build_conv_bn(g, x, build_name(g, "conv%d/pointwise", number),
                         (struct conv){.out = out, .kernel = 1}, norm, act);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    static const int64_t out[13] = {64,  128, 128, 256, 256,  512, 512,
                                    512, 512, 512, 512, 1024, 1024};
    static const int64_t stride[13] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
    const struct config *config = variant->config;
    double width = config->width * p->multiplier;
    bool is_tensorflow = config->is_tensorflow;
    struct conv first = {
        .out = scaled(32, width), .kernel = 3, .stride = 2, .pad = 1, .is_same = is_tensorflow};
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_conv_bn(g, x, "conv0", first, (struct norm){.epsilon = is_tensorflow ? 1e-3 : 1e-5},
                      is_tensorflow ? ACT_RELU6 : ACT_RELU);
    for (int i = 0; i < 13; i++)
        x = separable(g, x, i + 1, scaled(out[i], width), stride[i], is_tensorflow);
    x = build_global_pool(g, x, "pool");
    x = build_conv(g, x, "logits",
                   (struct conv){.out = p->classes, .kernel = 1, .has_bias = true, .gain = 1});
    build_output(g, build_flatten(g, x, "flatten"), "output");
}

#define TENSORFLOW(name, config, size)                                                             \
    {                                                                                              \
        name, &(config), "TensorFlow's, 1001 classes", size, 0, 1001, false                        \
    }

static const struct zoo_variant variants[] = {
    {"mobilenet-v1-1.0-224", &caffe, "Caffe's (shicai), 1000 classes", 224, 0, 0, false},
    TENSORFLOW("mobilenet-v1-1.0-224-tf", w100, 224),
    TENSORFLOW("mobilenet-v1-1.0-192", w100, 192),
    TENSORFLOW("mobilenet-v1-1.0-160", w100, 160),
    TENSORFLOW("mobilenet-v1-1.0-128", w100, 128),
    TENSORFLOW("mobilenet-v1-0.75-224", w75, 224),
    TENSORFLOW("mobilenet-v1-0.75-192", w75, 192),
    TENSORFLOW("mobilenet-v1-0.75-160", w75, 160),
    TENSORFLOW("mobilenet-v1-0.75-128", w75, 128),
    TENSORFLOW("mobilenet-v1-0.50-224", w50, 224),
    TENSORFLOW("mobilenet-v1-0.50-192", w50, 192),
    TENSORFLOW("mobilenet-v1-0.50-160", w50, 160),
    TENSORFLOW("mobilenet-v1-0.50-128", w50, 128),
    TENSORFLOW("mobilenet-v1-0.25-224", w25, 224),
    TENSORFLOW("mobilenet-v1-0.25-192", w25, 192),
    TENSORFLOW("mobilenet-v1-0.25-160", w25, 160),
    TENSORFLOW("mobilenet-v1-0.25-128", w25, 128),
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_mobilenet_v1;
const struct zoo_family zoo_family_mobilenet_v1 = {
    "mobilenet-v1", "classification", "arXiv:1704.04861", true, 32, variants, build};
