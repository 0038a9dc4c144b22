// Convolutions, pooling, normalisation, activations: what feature maps go through.
#include <math.h>

#include "zoo/build_core.h"

// Random kernels keep the second moment of activations: He et al., 2015 (arXiv:1502.01852), eq. 10:
// variance 2 / fan-in before a ReLU; 1 / fan-in where no activation follows. A uniform variable has
// variance bound^2 / 3.
static double kernel_bound(double gain, int64_t fan_in)
{
    return gain * sqrt(3.0 / (double)fan_in);
}

// The g for which the mean of act(g * x)^2 is 1 over normal x.
static double activation_gain(enum activation act)
{
    switch (act) {
    case ACT_RELU:
    case ACT_RELU6:
    case ACT_GELU:
        return sqrt(2.0);
    case ACT_LEAKY_RELU:
        return 1.41;
    case ACT_ELU:
        return 1.25;
    case ACT_SILU:
        return 1.56;
    case ACT_HARD_SWISH:
        return 1.57;
    default:
        return 1.0;
    }
}

static struct conv with_defaults(struct conv c)
{
    bool has_own_width = c.kernel_w > 0;
    if (!has_own_width) {
        c.kernel_w = c.kernel;
        c.pad_w = c.pad;
    }
    c.stride = c.stride ? c.stride : 1;
    c.dilation = c.dilation ? c.dilation : 1;
    c.group = c.group ? c.group : 1;
    return c;
}

// Output = ceil(input / stride); the padding that takes, the odd pixel after.
static void same_padding(int64_t *before, int64_t *after, int64_t in, int64_t window,
                         int64_t stride)
{
    int64_t out = (in + stride - 1) / stride;
    int64_t all = (out - 1) * stride + window - in;
    all = all > 0 ? all : 0;
    *before = all / 2;
    *after = all - all / 2;
}

static struct graph_attributes conv_attributes(const struct conv *c, const struct graph_value *x)
{
    struct graph_attributes a = {.kernel = {c->kernel, c->kernel_w},
                                 .stride = {c->stride, c->stride},
                                 .dilation = {c->dilation, c->dilation},
                                 .pad = {c->pad, c->pad_w, c->pad, c->pad_w},
                                 .group = c->group};
    if (c->is_same) {
        same_padding(&a.pad[0], &a.pad[2], x->dim[2], (c->kernel - 1) * c->dilation + 1, c->stride);
        same_padding(&a.pad[1], &a.pad[3], x->dim[3], (c->kernel_w - 1) * c->dilation + 1,
                     c->stride);
    }
    return a;
}

// Floor or ceil of the windows that fit; 0 when none does.
static int64_t windows(int64_t in, int64_t pad, int64_t window, int64_t stride, bool ceil_mode)
{
    int64_t space = in + pad - window;
    if (space < 0)
        return 0;
    return (space + (ceil_mode ? stride - 1 : 0)) / stride + 1;
}

struct graph_value *build_conv(struct graph *g, struct graph_value *x, const char *name,
                               struct conv c)
{
    if (!x)
        return NULL;
    c = with_defaults(c);
    if (x->rank != 4 || c.out < 1 || x->dim[1] % c.group || c.out % c.group) {
        build_fail(g, "convolution '%s' of %lld to %lld channels in %lld groups does not fit", name,
                   (long long)x->dim[1], (long long)c.out, (long long)c.group);
        return NULL;
    }
    struct graph_attributes a = conv_attributes(&c, x);
    int64_t fan_in = x->dim[1] / c.group * c.kernel * c.kernel_w;
    int64_t kernel[4] = {c.out, x->dim[1] / c.group, c.kernel, c.kernel_w};
    int64_t dim[4] = {
        x->dim[0], c.out,
        windows(x->dim[2], a.pad[0] + a.pad[2], (c.kernel - 1) * c.dilation + 1, c.stride, false),
        windows(x->dim[3], a.pad[1] + a.pad[3], (c.kernel_w - 1) * c.dilation + 1, c.stride,
                false)};
    double bound = kernel_bound(c.gain > 0 ? c.gain : sqrt(2.0), fan_in);
    struct graph_value *input[3] = {
        x, core_weight(g, name, "weight", 4, kernel, core_uniform(WEIGHT_KERNEL, -bound, bound)),
        NULL};
    if (c.has_bias)
        input[2] = core_weight(g, name, "bias", 1, &c.out, core_uniform(WEIGHT_BIAS, -0.1, 0.1));
    return core_node(g, OP_CONV, &a, core_value(g, name, DLI_F32, 4, dim), input, 3);
}

// gamma, beta, mean and variance are near those of a trained network and all different from 1 and
// 0, so that a framework that mixes them up gives other outputs.
struct graph_value *build_batch_norm(struct graph *g, struct graph_value *x, const char *name,
                                     struct norm n)
{
    if (!x)
        return NULL;
    double scale = n.scale > 0 ? n.scale : 1.0;
    const int64_t *channels = &x->dim[1];
    struct graph_attributes a = {.epsilon = n.epsilon > 0 ? (float)n.epsilon : 1e-5f};
    struct graph_value *gamma =
        n.has_no_scale
            ? core_weight(g, name, "one", 1, channels, core_uniform(WEIGHT_CONSTANT, 1, 1))
            : core_weight(g, name, "weight", 1, channels,
                          core_uniform(WEIGHT_SCALE, 0.8 * scale, 1.2 * scale));
    struct graph_value *beta =
        n.has_no_shift
            ? core_weight(g, name, "zero", 1, channels, core_uniform(WEIGHT_CONSTANT, 0, 0))
            : core_weight(g, name, "bias", 1, channels,
                          core_uniform(WEIGHT_SHIFT, -0.2 * scale, 0.2 * scale));
    struct graph_value *input[5] = {
        x, gamma, beta,
        core_weight(g, name, "running_mean", 1, channels, core_uniform(WEIGHT_MEAN, -0.2, 0.2)),
        core_weight(g, name, "running_var", 1, channels, core_uniform(WEIGHT_VARIANCE, 0.8, 1.2))};
    return core_node(g, OP_BATCH_NORM, &a, core_value(g, name, DLI_F32, x->rank, x->dim), input, 5);
}

struct graph_value *build_conv_act(struct graph *g, struct graph_value *x, const char *name,
                                   struct conv c, enum activation act)
{
    c.gain = c.gain > 0 ? c.gain : activation_gain(act);
    return build_activation(g, build_conv(g, x, name, c), build_name(g, "%s/act", name), act);
}

struct graph_value *build_conv_bn(struct graph *g, struct graph_value *x, const char *name,
                                  struct conv c, struct norm n, enum activation act)
{
    c.gain = c.gain > 0 ? c.gain : activation_gain(act);
    struct graph_value *y = build_conv(g, x, name, c);
    y = build_batch_norm(g, y, build_name(g, "%s/bn", name), n);
    return build_activation(g, y, build_name(g, "%s/act", name), act);
}

static struct graph_value *build_relu6(struct graph *g, struct graph_value *x, const char *name)
{
    static const double low = 0, high = 6;
    struct graph_value *input[3] = {x, core_constant(g, name, "min", DLI_F32, 0, &low),
                                    core_constant(g, name, "max", DLI_F32, 0, &high)};
    return core_node(g, OP_CLIP, NULL, core_value(g, name, DLI_F32, x->rank, x->dim), input, 3);
}

// x/2 * (1 + erf(x / sqrt 2)): Hendrycks, Gimpel, 2016 (arXiv:1606.08415), exact form.
static struct graph_value *build_gelu(struct graph *g, struct graph_value *x, const char *name)
{
    static const double root = 1.4142135623730951, one = 1, half = 0.5;
    struct graph_value *divide[2] = {x, core_constant(g, name, "sqrt2", DLI_F32, 0, &root)};
    struct graph_value *y = core_node(
        g, OP_DIV, NULL, core_value(g, build_name(g, "%s/div", name), DLI_F32, x->rank, x->dim),
        divide, 2);
    y = core_unary(g, OP_ERF, NULL, y, build_name(g, "%s/erf", name));
    y = build_add(g, y, core_constant(g, name, "one", DLI_F32, 0, &one),
                  build_name(g, "%s/add", name));
    y = build_mul(g, x, y, build_name(g, "%s/mul", name));
    return build_mul(g, y, core_constant(g, name, "half", DLI_F32, 0, &half), name);
}

struct graph_value *build_activation(struct graph *g, struct graph_value *x, const char *name,
                                     enum activation act)
{
    struct graph_attributes leak = {.alpha = 0.1f}, one = {.alpha = 1};
    struct graph_attributes hard_sigmoid = {.alpha = 1.0f / 6.0f, .beta = 0.5f};
    if (!x)
        return NULL;
    switch (act) {
    case ACT_NONE:
        return x;
    case ACT_RELU:
        return core_unary(g, OP_RELU, NULL, x, name);
    case ACT_RELU6:
        return build_relu6(g, x, name);
    case ACT_SIGMOID:
        return core_unary(g, OP_SIGMOID, NULL, x, name);
    case ACT_LEAKY_RELU:
        return core_unary(g, OP_LEAKY_RELU, &leak, x, name);
    case ACT_ELU:
        return core_unary(g, OP_ELU, &one, x, name);
    case ACT_TANH:
        return core_unary(g, OP_TANH, NULL, x, name);
    case ACT_HARD_SIGMOID:
        return core_unary(g, OP_HARD_SIGMOID, &hard_sigmoid, x, name);
    case ACT_HARD_SWISH:
        return core_unary(g, OP_HARD_SWISH, NULL, x, name);
    case ACT_SILU:
        return build_mul(
            g, x, core_unary(g, OP_SIGMOID, NULL, x, build_name(g, "%s/sigmoid", name)), name);
    case ACT_GELU:
        return build_gelu(g, x, name);
    }
    return NULL;
}

struct graph_value *build_prelu(struct graph *g, struct graph_value *x, const char *name,
                                bool is_per_channel)
{
    if (!x)
        return NULL;
    const int64_t dim[3] = {is_per_channel ? x->dim[1] : 1, 1, 1};
    struct graph_value *input[2] = {
        x, core_weight(g, name, "slope", is_per_channel ? 3 : 1, dim, core_uniform(WEIGHT_SCALE, 0.1, 0.4))};
    return core_node(g, OP_PRELU, NULL, core_value(g, name, DLI_F32, x->rank, x->dim), input, 2);
}

static struct graph_value *build_pool(struct graph *g, enum graph_op op, struct graph_value *x,
                                      const char *name, struct pool p)
{
    if (!x)
        return NULL;
    int64_t down = p.stride ? p.stride : p.kernel;
    const int64_t steps[2] = {down, p.stride_w ? p.stride_w : down};
    struct graph_attributes a = {.kernel = {p.kernel, p.kernel},
                                 .stride = {steps[0], steps[1]},
                                 .dilation = {1, 1},
                                 .pad = {p.pad, p.pad, p.pad, p.pad},
                                 .ceil_mode = p.ceil_mode,
                                 .count_include_pad = !p.excludes_pad};
    int64_t dim[4] = {x->dim[0], x->dim[1], 0, 0};
    for (int i = 0; i < 2; i++) {
        int64_t stride = steps[i];
        if (p.is_same)
            same_padding(&a.pad[i], &a.pad[i + 2], x->dim[i + 2], p.kernel, stride);
        dim[i + 2] = windows(x->dim[i + 2], a.pad[i] + a.pad[i + 2], p.kernel, stride, p.ceil_mode);
        // A window that would begin in the padding after the image is left out, as in Caffe and
        // torch.
        if (p.ceil_mode && (dim[i + 2] - 1) * stride >= x->dim[i + 2] + a.pad[i])
            dim[i + 2]--;
    }
    return core_node(g, op, &a, core_value(g, name, DLI_F32, 4, dim), &x, 1);
}

struct graph_value *build_max_pool(struct graph *g, struct graph_value *x, const char *name,
                                   struct pool p)
{
    return build_pool(g, OP_MAX_POOL, x, name, p);
}

struct graph_value *build_average_pool(struct graph *g, struct graph_value *x, const char *name,
                                       struct pool p)
{
    return build_pool(g, OP_AVERAGE_POOL, x, name, p);
}

struct graph_value *build_global_pool(struct graph *g, struct graph_value *x, const char *name)
{
    if (!x)
        return NULL;
    int64_t dim[4] = {x->dim[0], x->dim[1], 1, 1};
    return core_node(g, OP_GLOBAL_AVERAGE_POOL, NULL, core_value(g, name, DLI_F32, 4, dim), &x, 1);
}

// How `in` pixels of one side become `out`, as torch divides them: window i is [floor(i in/out),
// ceil((i+1) in/out)).
struct division {
    int64_t in, out;
    int64_t kernel, stride; // when is_regular: one pooling operator can do it
    bool is_regular;
};

static void division_window(int64_t *first, int64_t *last, const struct division *d, int64_t i)
{
    *first = i * d->in / d->out;
    *last = ((i + 1) * d->in + d->out - 1) / d->out;
}

static struct division divide(int64_t in, int64_t out)
{
    struct division d = {.in = in, .out = out, .is_regular = true};
    int64_t first, last;
    division_window(&first, &d.kernel, &d, 0);
    d.stride = d.kernel;
    if (out > 1)
        division_window(&d.stride, &last, &d, 1);
    for (int64_t i = 0; i < out; i++) {
        division_window(&first, &last, &d, i);
        d.is_regular =
            d.is_regular && d.stride > 0 && first == i * d.stride && last - first == d.kernel;
    }
    return d;
}

static struct graph_value *average_windows(struct graph *g, struct graph_value *x, const char *name,
                                           const struct division *rows,
                                           const struct division *columns)
{
    struct graph_attributes a = {.kernel = {rows->kernel, columns->kernel},
                                 .stride = {rows->stride, columns->stride},
                                 .dilation = {1, 1},
                                 .count_include_pad = true};
    if (!x)
        return NULL;
    int64_t dim[4] = {x->dim[0], x->dim[1], rows->out, columns->out};
    return core_node(g, OP_AVERAGE_POOL, &a, core_value(g, name, DLI_F32, 4, dim), &x, 1);
}

// Windows of unequal sizes or steps: each is cut out and averaged alone.
static struct graph_value *average_side(struct graph *g, struct graph_value *x, const char *name,
                                        int axis, const struct division *d)
{
    struct graph_value *part[GRAPH_MAX_NODE_INPUTS];
    for (int64_t i = 0; i < d->out && x; i++) {
        int64_t first, last;
        division_window(&first, &last, d, i);
        struct division whole = divide(last - first, 1),
                        other = divide(x->dim[5 - axis], x->dim[5 - axis]);
        part[i] =
            build_slice(g, x, build_name(g, "%s/slice%lld", name, (long long)i), axis, first, last);
        part[i] = average_windows(g, part[i], build_name(g, "%s/mean%lld", name, (long long)i),
                                  axis == 2 ? &whole : &other, axis == 2 ? &other : &whole);
    }
    return x ? build_concat(g, part, (int)d->out, axis, name) : NULL;
}

struct graph_value *build_adaptive_pool(struct graph *g, struct graph_value *x, const char *name,
                                        int64_t size)
{
    if (!x || (x->dim[2] == size && x->dim[3] == size))
        return x;
    if (size > GRAPH_MAX_NODE_INPUTS) {
        build_fail(g, "layer '%s': adaptive pooling to more than %d pixels", name,
                   GRAPH_MAX_NODE_INPUTS);
        return NULL;
    }
    struct division rows = divide(x->dim[2], size), columns = divide(x->dim[3], size);
    if (rows.is_regular && columns.is_regular)
        return average_windows(g, x, name, &rows, &columns);
    x = average_side(g, x, build_name(g, "%s/rows", name), 2, &rows);
    return average_side(g, x, name, 3, &columns);
}

struct graph_value *build_lrn(struct graph *g, struct graph_value *x, const char *name,
                              int64_t size, double alpha, double beta, double k)
{
    struct graph_attributes a = {
        .size = size, .alpha = (float)alpha, .beta = (float)beta, .bias = (float)k};
    return core_unary(g, OP_LRN, &a, x, name);
}

struct graph_value *build_normalise(struct graph *g, struct graph_value *x, const char *name,
                                    double scale)
{
    struct graph_attributes a = {.axis = 1, .size = 2};
    if (!x)
        return NULL;
    const int64_t dim[4] = {1, x->dim[1], 1, 1};
    struct graph_value *factor =
        core_weight(g, name, "weight", 4, dim, core_uniform(WEIGHT_SCALE, 0.8 * scale, 1.2 * scale));
    x = core_unary(g, OP_LP_NORM, &a, x, build_name(g, "%s/unit", name));
    return build_mul(g, x, factor, name);
}

struct graph_value *build_layer_norm(struct graph *g, struct graph_value *x, const char *name,
                                     double epsilon, double scale)
{
    if (!x)
        return NULL;
    const int64_t *features = &x->dim[x->rank - 1];
    struct graph_attributes a = {.axis = -1, .epsilon = (float)epsilon};
    struct graph_value *input[3] = {
        x,
        core_weight(g, name, "weight", 1, features,
                    core_uniform(WEIGHT_SCALE, 0.8 * scale, 1.2 * scale)),
        core_weight(g, name, "bias", 1, features,
                    core_uniform(WEIGHT_SHIFT, -0.2 * scale, 0.2 * scale))};
    return core_node(g, OP_LAYER_NORM, &a, core_value(g, name, DLI_F32, x->rank, x->dim), input, 3);
}

struct graph_value *build_linear(struct graph *g, struct graph_value *x, const char *name,
                                 int64_t out, bool has_bias, double gain)
{
    x = build_flatten(g, x, build_name(g, "%s/flatten", name));
    if (!x)
        return NULL;
    int64_t kernel[2] = {out, x->dim[1]};
    int64_t dim[2] = {x->dim[0], out};
    double bound = kernel_bound(gain > 0 ? gain : 1.0, x->dim[1]);
    struct graph_attributes a = {.alpha = 1, .beta = 1, .transpose_b = true};
    struct graph_value *input[3] = {
        x, core_weight(g, name, "weight", 2, kernel, core_uniform(WEIGHT_KERNEL, -bound, bound)),
        NULL};
    if (has_bias)
        input[2] = core_weight(g, name, "bias", 1, &out, core_uniform(WEIGHT_BIAS, -0.1, 0.1));
    return core_node(g, OP_GEMM, &a, core_value(g, name, DLI_F32, 2, dim), input, 3);
}

struct graph_value *build_project(struct graph *g, struct graph_value *x, const char *name,
                                  int64_t out, bool has_bias, double gain)
{
    if (!x)
        return NULL;
    int64_t kernel[2] = {x->dim[x->rank - 1], out};
    double bound = kernel_bound(gain > 0 ? gain : 1.0, kernel[0]);
    struct graph_value *weight =
        core_weight(g, name, "weight", 2, kernel, core_uniform(WEIGHT_KERNEL, -bound, bound));
    if (!has_bias)
        return build_matmul(g, x, weight, name);
    struct graph_value *y = build_matmul(g, x, weight, build_name(g, "%s/matmul", name));
    return build_add(
        g, y, core_weight(g, name, "bias", 1, &out, core_uniform(WEIGHT_BIAS, -0.1, 0.1)), name);
}
