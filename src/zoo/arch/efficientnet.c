// EfficientNet: Tan, Le, 2019 (arXiv:1905.11946), and V2, 2021 (arXiv:2104.00298). The authors'
// models (TensorFlow) pad as SAME and take b2 at 260; torchvision's pad both sides, take b2 at 288
// and use another epsilon up to b4. Layers are the same.
#include <math.h>

#include "zoo/arch.h"
#include "zoo/blocks.h"

struct stage {
    int64_t expansion, kernel, stride, out, repeat;
    bool is_fused;
};

static const struct stage v1[] = {{1, 3, 1, 16, 1, false},  {6, 3, 2, 24, 2, false},
                                  {6, 5, 2, 40, 2, false},  {6, 3, 2, 80, 3, false},
                                  {6, 5, 1, 112, 3, false}, {6, 5, 2, 192, 4, false},
                                  {6, 3, 1, 320, 1, false}, {0, 0, 0, 0, 0, false}};
static const struct stage v2_b[] = {{1, 3, 1, 16, 1, true},   {4, 3, 2, 32, 2, true},
                                    {4, 3, 2, 48, 2, true},   {4, 3, 2, 96, 3, false},
                                    {6, 3, 1, 112, 5, false}, {6, 3, 2, 192, 8, false},
                                    {0, 0, 0, 0, 0, false}};
static const struct stage v2_s[] = {{1, 3, 1, 24, 2, true},   {4, 3, 2, 48, 4, true},
                                    {4, 3, 2, 64, 4, true},   {4, 3, 2, 128, 6, false},
                                    {6, 3, 1, 160, 9, false}, {6, 3, 2, 256, 15, false},
                                    {0, 0, 0, 0, 0, false}};
static const struct stage v2_m[] = {{1, 3, 1, 24, 3, true},    {4, 3, 2, 48, 5, true},
                                    {4, 3, 2, 80, 5, true},    {4, 3, 2, 160, 7, false},
                                    {6, 3, 1, 176, 14, false}, {6, 3, 2, 304, 18, false},
                                    {6, 3, 1, 512, 5, false},  {0, 0, 0, 0, 0, false}};
static const struct stage v2_l[] = {{1, 3, 1, 32, 4, true},    {4, 3, 2, 64, 7, true},
                                    {4, 3, 2, 96, 7, true},    {4, 3, 2, 192, 10, false},
                                    {6, 3, 1, 224, 19, false}, {6, 3, 2, 384, 25, false},
                                    {6, 3, 1, 640, 7, false},  {0, 0, 0, 0, 0, false}};

struct config {
    const struct stage *stage;
    int64_t first; // channels of the first convolution
    double width, depth;
    bool is_tensorflow;
    double epsilon;
    bool may_lose; // V2's small ones round channels to the nearest 8 even where that takes more
                   // than a tenth
};

#define BOTH(name, stages, first, width, depth, torch_epsilon)                                     \
    static const struct config name = {stages, first, width, depth, true, 1e-3, false};            \
    static const struct config torch_##name = {stages, first,         width, depth,                \
                                               false,  torch_epsilon, false}

BOTH(b0, v1, 32, 1.0, 1.0, 1e-5);
BOTH(b1, v1, 32, 1.0, 1.1, 1e-5);
BOTH(b2, v1, 32, 1.1, 1.2, 1e-5);
BOTH(b3, v1, 32, 1.2, 1.4, 1e-5);
BOTH(b4, v1, 32, 1.4, 1.8, 1e-5);
BOTH(b5, v1, 32, 1.6, 2.2, 1e-3);
BOTH(b6, v1, 32, 1.8, 2.6, 1e-3);
BOTH(b7, v1, 32, 2.0, 3.1, 1e-3);
BOTH(s, v2_s, 24, 1.0, 1.0, 1e-3);
BOTH(m, v2_m, 24, 1.0, 1.0, 1e-3);
BOTH(l, v2_l, 32, 1.0, 1.0, 1e-3);
static const struct config v2_b0 = {v2_b, 32, 1.0, 1.0, true, 1e-3, true},
                           v2_b1 = {v2_b, 32, 1.0, 1.1, true, 1e-3, true};
static const struct config v2_b2 = {v2_b, 32, 1.1, 1.2, true, 1e-3, true},
                           v2_b3 = {v2_b, 32, 1.2, 1.4, true, 1e-3, true};

static int64_t channels(const struct config *config, int64_t count, double width)
{
    double exact = (double)count * width;
    int64_t nearest = (int64_t)(exact + 4) / 8 * 8;
    return config->may_lose && nearest >= 8 ? nearest : zoo_divisible(exact);
}

static int64_t repeats(const struct config *config, int stage)
{
    return (int64_t)ceil((double)config->stage[stage].repeat * config->depth);
}

static struct graph_value *add_stage(struct graph *g, struct graph_value *x, int number,
                                     const struct config *config, double width, double branch_scale)
{
    const struct stage *stage = &config->stage[number];
    int64_t repeat = repeats(config, number);
    for (int64_t i = 0; i < repeat && x; i++) {
        int64_t squeezed = x->dim[1] / 4;
        struct inverted b = {.expanded = x->dim[1] * stage->expansion,
                             .out = channels(config, stage->out, width),
                             .kernel = stage->kernel,
                             .stride = i == 0 ? stage->stride : 1,
                             .is_same = config->is_tensorflow,
                             .is_fused = stage->is_fused,
                             .epsilon = config->epsilon,
                             .branch_scale = branch_scale,
                             .act = ACT_SILU,
                             .squeeze = {stage->is_fused ? 0 : squeezed, ACT_SILU, ACT_SIGMOID}};
        x = build_inverted(g, x, build_name(g, "block%d.%lld", number + 1, (long long)i), b);
    }
    return x;
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    double width = config->width * p->multiplier;
    struct norm norm = {.epsilon = config->epsilon};
    struct conv first = {.out = channels(config, config->first, width),
                         .kernel = 3,
                         .stride = 2,
                         .pad = 1,
                         .is_same = config->is_tensorflow};
    struct graph_value *x = build_image(g, p->batch, 3, p->height, p->width);
    int64_t blocks = 0;
    for (int i = 0; config->stage[i].kernel; i++)
        blocks += repeats(config, i);
    x = build_conv_bn(g, x, "conv_first", first, norm, ACT_SILU);
    for (int i = 0; config->stage[i].kernel; i++)
        x = add_stage(g, x, i, config, width, 1 / sqrt((double)blocks));
    x = build_conv_bn(g, x, "conv_last",
                      (struct conv){.out = channels(config, 1280, width), .kernel = 1}, norm,
                      ACT_SILU);
    x = build_global_pool(g, x, "pool");
    build_output(g, build_linear(g, x, "classifier", p->classes, true, 1.0), "output");
}

#define AUTHORS(name, config, size)                                                                \
    {                                                                                              \
        name, &(config), "the authors'", size, 0, 0, false                                         \
    }
#define TORCHVISION(name, config, size)                                                            \
    {                                                                                              \
        "torchvision/efficientnet_" name, &(torch_##config), "torchvision's", size, 0, 0, false    \
    }

static const struct zoo_variant variants[] = {AUTHORS("efficientnet-b0", b0, 224),
                                              AUTHORS("efficientnet-b1", b1, 240),
                                              AUTHORS("efficientnet-b2", b2, 260),
                                              AUTHORS("efficientnet-b3", b3, 300),
                                              AUTHORS("efficientnet-b4", b4, 380),
                                              AUTHORS("efficientnet-b5", b5, 456),
                                              AUTHORS("efficientnet-b6", b6, 528),
                                              AUTHORS("efficientnet-b7", b7, 600),
                                              AUTHORS("efficientnet-b0-pytorch", b0, 224),
                                              AUTHORS("efficientnet-b5-pytorch", b5, 456),
                                              AUTHORS("efficientnet-b7-pytorch", b7, 600),
                                              AUTHORS("efficientnet-v2-b0", v2_b0, 224),
                                              AUTHORS("efficientnet-v2-b1", v2_b1, 240),
                                              AUTHORS("efficientnet-v2-b2", v2_b2, 260),
                                              AUTHORS("efficientnet-v2-b3", v2_b3, 300),
                                              AUTHORS("efficientnet-v2-s", s, 384),
                                              AUTHORS("efficientnet-v2-m", m, 480),
                                              AUTHORS("efficientnet-v2-l", l, 480),
                                              TORCHVISION("b0", b0, 224),
                                              TORCHVISION("b1", b1, 240),
                                              TORCHVISION("b2", b2, 288),
                                              TORCHVISION("b3", b3, 300),
                                              TORCHVISION("b4", b4, 380),
                                              TORCHVISION("b5", b5, 456),
                                              TORCHVISION("b6", b6, 528),
                                              TORCHVISION("b7", b7, 600),
                                              TORCHVISION("v2_s", s, 384),
                                              TORCHVISION("v2_m", m, 480),
                                              TORCHVISION("v2_l", l, 480),
                                              {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_efficientnet;
const struct zoo_family zoo_family_efficientnet = {
    "efficientnet", "classification", "arXiv:1905.11946", true, 32, variants, build};
