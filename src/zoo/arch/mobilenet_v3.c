// MobileNetV3: Howard et al., 2019 (arXiv:1905.02244), tables 1 and 2. TensorFlow's models pad as
// SAME; torchvision's pad both sides; the layers are the same.
#include "zoo/arch.h"
#include "zoo/blocks.h"

struct layer {
    int64_t kernel, expanded, out;
    bool has_squeeze, is_hard_swish;
    int64_t stride;
};

static const struct layer large_layers[] = {
    {3, 16, 16, false, false, 1}, {3, 64, 24, false, false, 2}, {3, 72, 24, false, false, 1},
    {5, 72, 40, true, false, 2},  {5, 120, 40, true, false, 1}, {5, 120, 40, true, false, 1},
    {3, 240, 80, false, true, 2}, {3, 200, 80, false, true, 1}, {3, 184, 80, false, true, 1},
    {3, 184, 80, false, true, 1}, {3, 480, 112, true, true, 1}, {3, 672, 112, true, true, 1},
    {5, 672, 160, true, true, 2}, {5, 960, 160, true, true, 1}, {5, 960, 160, true, true, 1},
    {0, 0, 0, false, false, 0}};

static const struct layer small_layers[] = {
    {3, 16, 16, true, false, 2}, {3, 72, 24, false, false, 2}, {3, 88, 24, false, false, 1},
    {5, 96, 40, true, true, 2},  {5, 240, 40, true, true, 1},  {5, 240, 40, true, true, 1},
    {5, 120, 48, true, true, 1}, {5, 144, 48, true, true, 1},  {5, 288, 96, true, true, 2},
    {5, 576, 96, true, true, 1}, {5, 576, 96, true, true, 1},  {0, 0, 0, false, false, 0}};

struct config {
    const struct layer *layer;
    int64_t hidden; // features between pooling and classes
    bool is_tensorflow;
};

static const struct config large = {large_layers, 1280, true}, small = {small_layers, 1024, true};
static const struct config torch_large = {large_layers, 1280, false},
                           torch_small = {small_layers, 1024, false};

static struct graph_value *add_layer(struct graph *g, struct graph_value *x, int number,
                                     const struct layer *layer, double width, bool is_tensorflow)
{
    int64_t expanded = zoo_divisible((double)layer->expanded * width);
    // The squeezed channels are a quarter, rounded down first.
    int64_t squeezed = zoo_divisible((double)(expanded / 4));
    struct inverted b = {
        .expanded = expanded,
        .out = zoo_divisible((double)layer->out * width),
        .kernel = layer->kernel,
        .stride = layer->stride,
        .is_same = is_tensorflow,
        .epsilon = 1e-3,
        .branch_scale = 0.3,
        .act = layer->is_hard_swish ? ACT_HARD_SWISH : ACT_RELU,
        .squeeze = {layer->has_squeeze ? squeezed : 0, ACT_RELU, ACT_HARD_SIGMOID}};
    return build_inverted(g, x, build_name(g, "block%d", number), b);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    struct norm norm = {.epsilon = 1e-3};
    struct conv first = {.out = zoo_divisible(16 * p->multiplier),
                         .kernel = 3,
                         .stride = 2,
                         .pad = 1,
                         .is_same = config->is_tensorflow};
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    x = build_conv_bn(g, x, "conv1", first, norm, ACT_HARD_SWISH);
    for (int i = 0; config->layer[i].kernel; i++)
        x = add_layer(g, x, i + 1, &config->layer[i], p->multiplier, config->is_tensorflow);
    if (x)
        x = build_conv_bn(g, x, "conv_last", (struct conv){.out = 6 * x->dim[1], .kernel = 1}, norm,
                          ACT_HARD_SWISH);
    x = build_global_pool(g, x, "pool");
    x = build_linear(g, x, "hidden", zoo_divisible((double)config->hidden * p->multiplier), true,
                     1.57);
    x = build_activation(g, x, "hidden/act", ACT_HARD_SWISH);
    build_output(g, build_linear(g, x, "classifier", p->classes, true, 1.0), "output");
}

static const struct zoo_variant variants[] = {
    {"mobilenet-v3-large", &large, "TensorFlow's", 224, 0, 0, false},
    {"mobilenet-v3-small", &small, "TensorFlow's", 224, 0, 0, false},
    {"mobilenet-v3-large-1.0-224-tf", &large, "TensorFlow's", 224, 0, 0, false},
    {"mobilenet-v3-small-1.0-224-tf", &small, "TensorFlow's", 224, 0, 0, false},
    {"torchvision/mobilenet_v3_large", &torch_large, "torchvision's", 224, 0, 0, false},
    {"torchvision/mobilenet_v3_small", &torch_small, "torchvision's", 224, 0, 0, false},
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_mobilenet_v3;
const struct zoo_family zoo_family_mobilenet_v3 = {
    "mobilenet-v3", "classification", "arXiv:1905.02244", true, 32, variants, build};
