// Networks of one operator: for the cost of a call, and to compare frameworks operator by operator.
// Sizes follow input=, batch= and, where the operator has channels of its own, width= and classes=.
#include "zoo/arch.h"

enum operation {
    RELU,
    SIGMOID,
    TANH,
    GELU,
    HARD_SWISH,
    SILU,
    SOFTMAX,
    ADD,
    MUL,
    CONCAT,
    MATMUL,
    CONV,
    POINTWISE,
    DEPTHWISE,
    GROUPED,
    MAX_POOL,
    AVERAGE_POOL,
    GLOBAL_POOL,
    BATCH_NORM,
    LAYER_NORM,
    LRN,
    TRANSPOSE,
    SLICE,
    GEMM,
    ATTENTION
};

struct config {
    enum operation operation;
    int64_t channels; // of the input
};

static struct graph_value *activation(struct graph *g, struct graph_value *x,
                                      enum operation operation)
{
    static const enum activation act[] = {ACT_RELU, ACT_SIGMOID,    ACT_TANH,
                                          ACT_GELU, ACT_HARD_SWISH, ACT_SILU};
    return operation == SOFTMAX ? build_softmax(g, x, "softmax", -1)
                                : build_activation(g, x, "act", act[operation]);
}

// Of two inputs. A product of matrices takes height x width and width x height.
static struct graph_value *binary(struct graph *g, struct graph_value *a, enum operation operation)
{
    int64_t dim[4] = {a->dim[0], a->dim[1], a->dim[2], a->dim[3]};
    if (operation == MATMUL) {
        dim[2] = a->dim[3];
        dim[3] = a->dim[2];
    }
    struct graph_value *pair[2] = {a, build_input(g, "other", 4, dim)};
    switch (operation) {
    case ADD:
        return build_add(g, pair[0], pair[1], "add");
    case MUL:
        return build_mul(g, pair[0], pair[1], "mul");
    case CONCAT:
        return build_concat(g, pair, 2, 1, "concat");
    default:
        return build_matmul(g, pair[0], pair[1], "matmul");
    }
}

static struct graph_value *convolution(struct graph *g, struct graph_value *x,
                                       enum operation operation)
{
    int64_t channels = x->dim[1];
    int64_t kernel = operation == POINTWISE ? 1 : 3;
    int64_t group = operation == DEPTHWISE ? channels : operation == GROUPED ? 8 : 1;
    return build_conv(g, x, "conv",
                      (struct conv){.out = channels,
                                    .kernel = kernel,
                                    .pad = kernel / 2,
                                    .group = group,
                                    .has_bias = true,
                                    .gain = 1});
}

static struct graph_value *pool(struct graph *g, struct graph_value *x, enum operation operation)
{
    struct pool window = {.kernel = 3, .stride = 2, .pad = 1};
    if (operation == GLOBAL_POOL)
        return build_global_pool(g, x, "pool");
    return operation == MAX_POOL ? build_max_pool(g, x, "pool", window)
                                 : build_average_pool(g, x, "pool", window);
}

static struct graph_value *normalise(struct graph *g, struct graph_value *x,
                                     enum operation operation)
{
    switch (operation) {
    case BATCH_NORM:
        return build_batch_norm(g, x, "norm", (struct norm){0});
    case LAYER_NORM:
        return build_layer_norm(g, x, "norm", 1e-5, 1.0);
    default:
        return build_lrn(g, x, "norm", 5, 0.5, 0.75, 1);
    }
}

// Tokens are the rows of the map, features its columns.
static struct graph_value *attend(struct graph *g, struct graph_value *x)
{
    int64_t dim[3] = {x->dim[0] * x->dim[1], x->dim[2], x->dim[3]};
    if (x->dim[3] % 8) {
        build_fail(g, "attention has 8 heads: the input's width must be a multiple of 8");
        return NULL;
    }
    return build_attention(g, build_reshape(g, x, "tokens", 3, dim), "attention", 8, 1.0);
}

static struct graph_value *apply(struct graph *g, struct graph_value *x, enum operation operation,
                                 int64_t classes)
{
    static const int64_t channels_last[4] = {0, 2, 3, 1};
    if (operation <= SOFTMAX)
        return activation(g, x, operation);
    if (operation <= MATMUL)
        return binary(g, x, operation);
    if (operation <= GROUPED)
        return convolution(g, x, operation);
    if (operation <= GLOBAL_POOL)
        return pool(g, x, operation);
    if (operation <= LRN)
        return normalise(g, x, operation);
    if (operation == TRANSPOSE)
        return build_transpose(g, x, "transpose", channels_last);
    if (operation == SLICE)
        return build_slice(g, x, "slice", 1, 0, (x->dim[1] + 1) / 2);
    return operation == ATTENTION ? attend(g, x) : build_linear(g, x, "gemm", classes, true, 1.0);
}

static void build(struct graph *g, const struct zoo_variant *variant, const struct zoo_params *p)
{
    const struct config *config = variant->config;
    int64_t channels = p->multiplier == 1 ? config->channels
                                          : zoo_divisible((double)config->channels * p->multiplier);
    struct graph_value *x = build_image(g, p->batch, channels, p->height, p->width);
    if (x)
        build_output(g, apply(g, x, config->operation, p->classes), "output");
}

#define MICRO(name, operation, channels, size, about)                                              \
    {                                                                                              \
        name, &(const struct config){operation, channels}, about, size, 0, 0, false                \
    }

static const struct zoo_variant variants[] = {
    MICRO("relu", RELU, 3, 8, "for the cost of a call"),
    MICRO("sigmoid", SIGMOID, 3, 8, "element by element"),
    MICRO("tanh", TANH, 3, 8, "element by element"),
    MICRO("gelu", GELU, 3, 8, "by erf, as five operators"),
    MICRO("hard-swish", HARD_SWISH, 3, 8, "element by element"),
    MICRO("silu", SILU, 3, 8, "as two operators"),
    MICRO("softmax", SOFTMAX, 3, 64, "over rows"),
    MICRO("add", ADD, 3, 8, "two inputs"),
    MICRO("mul", MUL, 3, 8, "two inputs"),
    MICRO("concat", CONCAT, 3, 8, "two inputs, by channels"),
    MICRO("matmul", MATMUL, 1, 256, "two inputs, height x width and width x height"),
    MICRO("conv", CONV, 64, 56, "3x3, 64 channels"),
    MICRO("conv-1x1", POINTWISE, 256, 28, "1x1, 256 channels"),
    MICRO("conv-depthwise", DEPTHWISE, 96, 56, "3x3, one channel per group"),
    MICRO("conv-grouped", GROUPED, 128, 28, "3x3, 8 groups"),
    MICRO("max-pool", MAX_POOL, 64, 56, "3x3, stride 2"),
    MICRO("average-pool", AVERAGE_POOL, 64, 56, "3x3, stride 2"),
    MICRO("global-pool", GLOBAL_POOL, 512, 7, "average of each channel"),
    MICRO("batch-norm", BATCH_NORM, 64, 28, "64 channels"),
    MICRO("layer-norm", LAYER_NORM, 3, 64, "over rows"),
    MICRO("lrn", LRN, 64, 28, "across 5 channels"),
    MICRO("transpose", TRANSPOSE, 64, 28, "NCHW to NHWC"),
    MICRO("slice", SLICE, 64, 28, "the first half of the channels"),
    MICRO("gemm", GEMM, 1, 32, "height x width features to classes"),
    MICRO("attention", ATTENTION, 1, 64, "8 heads, rows as tokens, columns as features"),
    {NULL, NULL, NULL, 0, 0, 0, false}};

extern const struct zoo_family zoo_family_micro;
const struct zoo_family zoo_family_micro = {"micro",  "operator", "one operator each", true, 1,
                                            variants, build};
