// MobileNetV2: Sandler et al., 2018 (arXiv:1801.04381). Caffe's model (shicai) follows an early
// version of the paper: maps shrink after the 64-channel stage rather than before it, and the first
// block expands too. TensorFlow's have 1001 classes.
#include "zoo/arch.h"
#include "zoo/blocks.h"

enum source { CAFFE, TENSORFLOW, TORCHVISION };

struct config {
    enum source source;
    double width;
};

static const struct config caffe = {CAFFE, 1}, torchvision = {TORCHVISION, 1};
static const struct config w035 = {TENSORFLOW, 0.35}, w050 = {TENSORFLOW, 0.5},
                           w075 = {TENSORFLOW, 0.75};
static const struct config w100 = {TENSORFLOW, 1}, w130 = {TENSORFLOW, 1.3},
                           w140 = {TENSORFLOW, 1.4};

// {expansion, channels, repeats, stride} of the paper's Table 2
static const int64_t stages[7][4] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                     {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

static struct graph_value *stage(struct graph *g, struct graph_value *x, int number,
                                 const struct config *config, double width)
{
    const int64_t *row = stages[number];
    int64_t stride = row[3];
    if (config->source == CAFFE && (number == 3 || number == 4))
        stride = number == 3 ? 1 : 2;
    for (int64_t i = 0; i < row[2] && x; i++) {
        struct inverted b = {.expanded = x->dim[1] * row[0],
                             .out = zoo_divisible((double)row[1] * width),
                             .kernel = 3,
                             .stride = i == 0 ? stride : 1,
                             .is_same = config->source == TENSORFLOW,
                             .always_expands = config->source == CAFFE,
                             .epsilon = config->source == TENSORFLOW ? 1e-3 : 1e-5,
                             .branch_scale = 0.3,
                             .act = config->source == CAFFE ? ACT_RELU : ACT_RELU6};
        x = build_inverted(g, x, build_name(g, "block%d.%lld", number + 1, (long long)i), b);
    }
    return x;
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    double width = config->width * p->multiplier;
    bool is_tensorflow = config->source == TENSORFLOW;
    struct norm norm = {.epsilon = is_tensorflow ? 1e-3 : 1e-5};
    enum activation act = config->source == CAFFE ? ACT_RELU : ACT_RELU6;
    struct conv first = {.out = zoo_divisible(32 * width),
                         .kernel = 3,
                         .stride = 2,
                         .pad = 1,
                         .is_same = is_tensorflow};
    struct conv last = {.out = zoo_divisible(1280 * (width > 1 ? width : 1)), .kernel = 1};
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_conv_bn(g, x, "conv1", first, norm, act);
    for (int i = 0; i < 7; i++)
        x = stage(g, x, i, config, width);
    x = build_global_pool(g, build_conv_bn(g, x, "conv_last", last, norm, act), "pool");
    build_output(g, build_linear(g, x, "classifier", p->classes, true, 1.0), "output");
}

#define SLIM(name, config)                                                                         \
    {                                                                                              \
        name, &(config), "TensorFlow's, 1001 classes", 224, 0, 1001, false                         \
    }

static const struct zoo_variant variants[] = {
    {"mobilenet-v2", &caffe, "Caffe's (shicai): the early version of the paper", 224, 0, 0, false},
    {"mobilenet-v2-pytorch", &torchvision, "torchvision's", 224, 0, 0, false},
    {"torchvision/mobilenet_v2", &torchvision, "torchvision's", 224, 0, 0, false},
    SLIM("mobilenet-v2-1.0-224", w100),
    SLIM("mobilenet-v2-1.4-224", w140),
    SLIM("mobilenet-v2-1.3-224", w130),
    SLIM("mobilenet-v2-0.75-224", w075),
    SLIM("mobilenet-v2-0.50-224", w050),
    SLIM("mobilenet-v2-0.35-224", w035),
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_mobilenet_v2;
const struct zoo_family zoo_family_mobilenet_v2 = {
    "mobilenet-v2", "classification", "arXiv:1801.04381", true, 32, variants, build};
