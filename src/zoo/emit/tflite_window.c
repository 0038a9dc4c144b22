// Convolution and pooling for the TensorFlow Lite emitter: weights, folded normalisation, padding.
#include <float.h>
#include <math.h>

#include "zoo/emit/tflite.h"

enum { PADDING_SAME = 0, PADDING_VALID = 1 };

/** How a window lies over one side of its input. */
struct side {
    int64_t before, after; /**< pixels of padding that the windows really touch */
    bool is_same;          /**< it is what TensorFlow calls SAME */
};

static struct side side_of(const struct graph_node *node, int i)
{
    const struct graph_attributes *a = &node->attribute;
    int64_t dilation = node->op == OP_CONV ? a->dilation[i] : 1;
    int64_t window = (a->kernel[i] - 1) * dilation + 1;
    int64_t in = node->input[0]->dim[i + 2], out = node->output->dim[i + 2];
    int64_t all = (out - 1) * a->stride[i] + window - in;
    struct side side = {.before = a->pad[i], .after = all - a->pad[i]};
    all = all > 0 ? all : 0;
    side.after = side.after > 0 ? side.after : 0;
    side.is_same = out == (in + a->stride[i] - 1) / a->stride[i] && side.before == all / 2;
    return side;
}

// The input with padding as pixels of their own.
static struct lite_tensor *pad(struct lite *l, const struct graph_node *node,
                               const struct side side[2], struct lite_tensor *fill)
{
    const int64_t amounts[8] = {0, 0, side[0].before, side[0].after, side[1].before, side[1].after,
                                0, 0};
    struct lite_tensor *from = lite_get(l, node->input[0], LITE_LAST);
    int64_t dim[4] = {from->dim[0], from->dim[1] + side[0].before + side[0].after,
                      from->dim[2] + side[1].before + side[1].after, from->dim[3]};
    struct lite_tensor *amount = lite_constant_i32(l, 1, 8, amounts);
    amount->rank = 2;
    amount->dim[0] = 4;
    amount->dim[1] = 2;
    struct lite_tensor *to =
        lite_tensor_new(l, arena_printf(&l->arena, "%s:pad", node->name), 4, dim);
    struct lite_tensor *input[3] = {from, amount, fill};
    lite_add(l, fill ? LITE_PADV2 : LITE_PAD, fill ? LITE_OPT_PADV2 : LITE_OPT_PAD, to,
             fill ? 3 : 2, input);
    return to;
}

/** The windows' input and kind of padding. `fill`: of pixels that padding adds; NULL: zeros. */
static struct lite_tensor *padded(struct lite *l, const struct graph_node *node, int *padding,
                                  bool may_be_same, struct lite_tensor *(*fill)(struct lite *l))
{
    struct side side[2] = {side_of(node, 0), side_of(node, 1)};
    bool is_none = !side[0].before && !side[0].after && !side[1].before && !side[1].after;
    *padding = PADDING_VALID;
    if (!is_none && may_be_same && side[0].is_same && side[1].is_same)
        *padding = PADDING_SAME;
    if (is_none || *padding == PADDING_SAME)
        return lite_get(l, node->input[0], LITE_LAST);
    return pad(l, node, side, fill ? fill(l) : NULL);
}

/** What batch normalisation comes to per channel: y = factor x + shift. */
struct norm_values {
    float *factor, *shift;
};

static struct norm_values norm_values(struct lite *l, const struct graph_node *node)
{
    int64_t count = node->input[1]->dim[0];
    size_t bytes = (size_t)count * sizeof(float);
    float *value[4];
    for (int i = 0; i < 4; i++) {
        value[i] = arena_alloc(&l->arena, bytes);
        graph_fill_f32(l->graph, node->input[i + 1], value[i], 0, count);
    }
    for (int64_t i = 0; i < count; i++) {
        double factor = value[0][i] / sqrt((double)value[3][i] + node->attribute.epsilon);
        value[1][i] = (float)(value[1][i] - value[2][i] * factor);
        value[0][i] = (float)factor;
    }
    return (struct norm_values){value[0], value[1]};
}

// The bias of a convolution, after a normalisation behind it was folded in. The fast kernels want
// one always.
static struct lite_tensor *make_bias(struct lite *l, const struct graph_node *conv,
                                     const struct norm_values *norm)
{
    int64_t count = conv->output->dim[1];
    float *bias = arena_alloc(&l->arena, (size_t)count * sizeof(*bias));
    if (conv->input_count > 2 && conv->input[2])
        graph_fill_f32(l->graph, conv->input[2], bias, 0, count);
    for (int64_t i = 0; norm->factor && i < count; i++)
        bias[i] = bias[i] * norm->factor[i] + norm->shift[i];
    return lite_constant_f32(l, 1, count, bias);
}

static struct lite_tensor *make_kernel(struct lite *l, const struct graph_node *conv,
                                       bool is_depthwise)
{
    static const int full[4] = {0, 2, 3, 1}, depthwise[4] = {1, 2, 3, 0};
    const struct graph_value *weight = conv->input[1];
    const int *perm = is_depthwise ? depthwise : full;
    int64_t dim[4];
    for (int i = 0; i < 4; i++)
        dim[i] = weight->dim[perm[i]];
    return lite_weight(l, weight, 4, dim, perm);
}

void lite_conv(struct lite *l, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    const struct graph_value *out = node->output;
    int64_t channels = node->input[0]->dim[1];
    bool is_depthwise = a->group == channels && channels > 1;
    struct norm_values norm = {NULL, NULL};
    int padding;
    const struct graph_node *follower = lite_reader(l, out, OP_BATCH_NORM);
    if (follower) {
        norm = norm_values(l, follower);
        out = follower->output;
        l->is_fused[out->index] = true;
    }
    enum lite_activation activation = lite_fuse_activation(l, &out);
    struct lite_tensor *input[3] = {padded(l, node, &padding, true, NULL),
                                    make_kernel(l, node, is_depthwise), make_bias(l, node, &norm)};
    input[1]->scale = norm.factor;
    struct lite_op *op = lite_add(l, is_depthwise ? LITE_DEPTHWISE_CONV_2D : LITE_CONV_2D,
                                  is_depthwise ? LITE_OPT_DEPTHWISE : LITE_OPT_CONV,
                                  lite_make(l, out, LITE_LAST), 3, input);
    op->version = is_depthwise ? 2 : a->group > 1 ? 6 : 1;
    int id = 0;
    lite_option(op, id++, 1, (uint32_t)padding);
    lite_option(op, id++, 4, (uint32_t)a->stride[1]);
    lite_option(op, id++, 4, (uint32_t)a->stride[0]);
    if (is_depthwise)
        lite_option(op, id++, 4, (uint32_t)(out->dim[1] / channels));
    lite_option(op, id++, 1, activation);
    lite_option(op, id++, 4, (uint32_t)a->dilation[1]);
    lite_option(op, id++, 4, (uint32_t)a->dilation[0]);
}

static struct lite_tensor *lowest(struct lite *l)
{
    return lite_scalar(l, -FLT_MAX);
}

// Above zero, so that zeros in the padding change no maximum.
static bool is_never_negative(const struct lite *l, const struct graph_value *value)
{
    for (const struct graph_node *node = l->graph->first_node; node; node = node->next) {
        if (node->output == value)
            return node->op == OP_RELU ||
                   (node->op == OP_CLIP && node->input[1]->weight->values[0] >= 0);
    }
    return false;
}

// TensorFlow Lite divides by the pixels inside of the image.
static bool can_average(const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    struct side side[2] = {side_of(node, 0), side_of(node, 1)};
    bool is_none = !side[0].before && !side[0].after && !side[1].before && !side[1].after;
    if (is_none)
        return true;
    if (a->count_include_pad)
        return side[0].after <= a->pad[2] && side[1].after <= a->pad[3];
    return side[0].is_same && side[1].is_same;
}

void lite_pool(struct lite *l, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    bool is_max = node->op == OP_MAX_POOL;
    const struct graph_value *out = node->output;
    int padding;
    if (!is_max && !can_average(node)) {
        lite_refuse(l, node, "no average over windows that reach into this padding");
        return;
    }
    bool needs_lowest = is_max && !is_never_negative(l, node->input[0]);
    struct lite_tensor *input =
        padded(l, node, &padding, is_max || !a->count_include_pad, needs_lowest ? lowest : NULL);
    struct lite_op *op = lite_add2(l, is_max ? LITE_MAX_POOL_2D : LITE_AVERAGE_POOL_2D,
                                   LITE_OPT_POOL, lite_make(l, out, LITE_LAST), input, NULL);
    lite_option(op, 0, 1, (uint32_t)padding);
    lite_option(op, 1, 4, (uint32_t)a->stride[1]);
    lite_option(op, 2, 4, (uint32_t)a->stride[0]);
    lite_option(op, 3, 4, (uint32_t)a->kernel[1]);
    lite_option(op, 4, 4, (uint32_t)a->kernel[0]);
}
