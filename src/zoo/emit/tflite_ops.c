// Every operator of the graph in those of TensorFlow Lite; convolution and pooling are in
// tflite_window.c.
#include <math.h>

#include "zoo/emit/tflite.h"

static enum lite_options options_of(enum lite_code code)
{
    switch (code) {
    case LITE_ADD:
        return LITE_OPT_ADD;
    case LITE_SUB:
        return LITE_OPT_SUB;
    case LITE_MUL:
        return LITE_OPT_MUL;
    case LITE_DIV:
        return LITE_OPT_DIV;
    case LITE_MAXIMUM:
    case LITE_MINIMUM:
        return LITE_OPT_MAXIMUM;
    case LITE_HARD_SWISH:
        return LITE_OPT_HARD_SWISH;
    case LITE_GELU:
        return LITE_OPT_GELU;
    default:
        return 0;
    }
}

static struct lite_tensor *temporary(struct lite *l, const struct lite_tensor *like)
{
    return lite_tensor_new(l, arena_printf(&l->arena, "part%d", l->tensor_count), like->rank,
                           like->dim);
}

/** b = NULL: of one input. The result has the shape of a. */
static struct lite_tensor *part(struct lite *l, enum lite_code code, struct lite_tensor *a,
                                struct lite_tensor *b)
{
    struct lite_tensor *to = temporary(l, a);
    lite_add2(l, code, options_of(code), to, a, b);
    return to;
}

static void unary(struct lite *l, const struct graph_node *node, enum lite_code code)
{
    enum lite_layout layout = lite_layout_of(l, node->input[0]);
    struct lite_tensor *from = lite_get(l, node->input[0], layout);
    lite_add2(l, code, options_of(code), lite_make(l, node->output, layout), from, NULL);
}

static enum lite_layout common_layout(const struct lite *l, const struct graph_node *node)
{
    bool has_last = false;
    for (int i = 0; i < node->input_count; i++) {
        const struct graph_value *value = node->input[i];
        has_last = has_last || (!value->weight && lite_layout_of(l, value) == LITE_LAST);
        if (!value->weight && value->rank != 4)
            return LITE_PLAIN;
    }
    return has_last ? LITE_LAST : LITE_PLAIN;
}

static void arithmetic(struct lite *l, const struct graph_node *node, enum lite_code code)
{
    enum lite_layout layout = common_layout(l, node);
    const struct graph_value *out = node->output;
    enum lite_activation activation = lite_fuse_activation(l, &out);
    struct lite_tensor *a = lite_get(l, node->input[0], layout),
                       *b = lite_get(l, node->input[1], layout);
    lite_option(lite_add2(l, code, options_of(code), lite_make(l, out, layout), a, b), 0, 1,
                activation);
}

// A normalisation that follows no convolution: multiply, add.
static void batch_norm(struct lite *l, const struct graph_node *node)
{
    const struct graph_value *out = node->output;
    int64_t count = node->input[1]->dim[0];
    float *value[4];
    if (out->rank != 4 && out->rank != 2) {
        lite_refuse(l, node, "only over two or four dimensions");
        return;
    }
    for (int i = 0; i < 4; i++) {
        value[i] = arena_alloc(&l->arena, (size_t)count * sizeof(float));
        graph_fill_f32(l->graph, node->input[i + 1], value[i], 0, count);
    }
    for (int64_t i = 0; i < count; i++) {
        double factor = value[0][i] / sqrt((double)value[3][i] + node->attribute.epsilon);
        value[1][i] = (float)(value[1][i] - value[2][i] * factor);
        value[0][i] = (float)factor;
    }
    enum lite_layout layout = out->rank == 4 ? LITE_LAST : LITE_PLAIN;
    enum lite_activation activation = lite_fuse_activation(l, &out);
    struct lite_tensor *scaled = part(l, LITE_MUL, lite_get(l, node->input[0], layout),
                                      lite_constant_f32(l, 1, count, value[0]));
    struct lite_op *op = lite_add2(l, LITE_ADD, LITE_OPT_ADD, lite_make(l, out, layout), scaled,
                                   lite_constant_f32(l, 1, count, value[1]));
    lite_option(op, 0, 1, activation);
}

static void mean(struct lite *l, struct lite_tensor *to, struct lite_tensor *from, int axis_count,
                 const int64_t *axis)
{
    struct lite_op *op = lite_add2(l, LITE_MEAN, LITE_OPT_REDUCER, to, from,
                                   lite_constant_i32(l, 1, axis_count, axis));
    lite_option(op, 0, 1, true); // keeps the dimensions
}

static struct lite_tensor *row_mean(struct lite *l, struct lite_tensor *from)
{
    struct lite_tensor *to = temporary(l, from);
    int64_t axis = from->rank - 1;
    to->dim[axis] = 1;
    mean(l, to, from, 1, &axis);
    return to;
}

static void layer_norm(struct lite *l, const struct graph_node *node)
{
    struct lite_tensor *x = lite_get(l, node->input[0], LITE_PLAIN);
    struct lite_tensor *centred = part(l, LITE_SUB, x, row_mean(l, x));
    struct lite_tensor *variance = row_mean(l, part(l, LITE_MUL, centred, centred));
    variance = part(l, LITE_ADD, variance, lite_scalar(l, node->attribute.epsilon));
    struct lite_tensor *y = part(l, LITE_MUL, centred, part(l, LITE_RSQRT, variance, NULL));
    y = part(l, LITE_MUL, y, lite_get(l, node->input[1], LITE_PLAIN));
    lite_add2(l, LITE_ADD, LITE_OPT_ADD, lite_make(l, node->output, LITE_PLAIN), y,
              lite_get(l, node->input[2], LITE_PLAIN));
}

static void lrn(struct lite *l, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    if (a->size % 2 == 0) {
        lite_refuse(l, node, "an even number of channels cannot be centred");
        return;
    }
    struct lite_tensor *from = lite_get(l, node->input[0], LITE_LAST);
    struct lite_op *op =
        lite_add2(l, LITE_LRN, LITE_OPT_LRN, lite_make(l, node->output, LITE_LAST), from, NULL);
    lite_option(op, 0, 4, (uint32_t)(a->size / 2));
    lite_option_float(op, 1, a->bias);
    lite_option_float(op, 2, a->alpha / (float)a->size);
    lite_option_float(op, 3, a->beta);
}

static void clip(struct lite *l, const struct graph_node *node)
{
    double low = node->input[1]->weight->values[0], high = node->input[2]->weight->values[0];
    if (low == 0 && high == 6) {
        unary(l, node, LITE_RELU6_OP);
        return;
    }
    enum lite_layout layout = lite_layout_of(l, node->input[0]);
    struct lite_tensor *raised =
        part(l, LITE_MAXIMUM, lite_get(l, node->input[0], layout), lite_scalar(l, (float)low));
    lite_add2(l, LITE_MINIMUM, LITE_OPT_MAXIMUM, lite_make(l, node->output, layout), raised,
              lite_scalar(l, (float)high));
}

// max(0, min(1, alpha x + beta)) = relu6(6 alpha x + 6 beta) / 6, the form that converters write.
static void hard_sigmoid(struct lite *l, const struct graph_node *node)
{
    float alpha = 6 * node->attribute.alpha, beta = 6 * node->attribute.beta;
    enum lite_layout layout = lite_layout_of(l, node->input[0]);
    struct lite_tensor *x = lite_get(l, node->input[0], layout);
    if (alpha != 1)
        x = part(l, LITE_MUL, x, lite_scalar(l, alpha));
    struct lite_tensor *limited = temporary(l, x);
    lite_option(lite_add2(l, LITE_ADD, LITE_OPT_ADD, limited, x, lite_scalar(l, beta)), 0, 1,
                LITE_RELU6);
    lite_add2(l, LITE_MUL, LITE_OPT_MUL, lite_make(l, node->output, layout), limited,
              lite_scalar(l, 1.0f / 6.0f));
}

static void softmax(struct lite *l, const struct graph_node *node)
{
    const struct graph_value *in = node->input[0];
    enum lite_layout layout = lite_layout_of(l, in);
    if (lite_axis(node->attribute.axis, in->rank, layout) != in->rank - 1)
        layout = LITE_PLAIN;
    if (lite_axis(node->attribute.axis, in->rank, layout) != in->rank - 1) {
        lite_refuse(l, node, "only over the last dimension");
        return;
    }
    struct lite_tensor *from = lite_get(l, in, layout);
    lite_option_float(lite_add2(l, LITE_SOFTMAX, LITE_OPT_SOFTMAX,
                                lite_make(l, node->output, layout), from, NULL),
                      0, 1.0f);
}

static void global_pool(struct lite *l, const struct graph_node *node)
{
    static const int64_t sides[2] = {1, 2};
    struct lite_tensor *from = lite_get(l, node->input[0], LITE_LAST);
    mean(l, lite_make(l, node->output, LITE_LAST), from, 2, sides);
}

static void concat(struct lite *l, const struct graph_node *node)
{
    struct lite_tensor *input[GRAPH_MAX_NODE_INPUTS];
    enum lite_layout layout = common_layout(l, node);
    for (int i = 0; i < node->input_count; i++)
        input[i] = lite_get(l, node->input[i], layout);
    struct lite_op *op = lite_add(l, LITE_CONCATENATION, LITE_OPT_CONCATENATION,
                                  lite_make(l, node->output, layout), node->input_count, input);
    lite_option(op, 0, 4, (uint32_t)lite_axis(node->attribute.axis, node->output->rank, layout));
}

/** `axis` of `from` cut to [start, start + size). */
static void slice_to(struct lite *l, struct lite_tensor *to, struct lite_tensor *from, int axis,
                     int64_t start, int64_t size)
{
    int64_t begin[DLI_MAX_RANK] = {0};
    int64_t sizes[DLI_MAX_RANK] = {-1, -1, -1, -1, -1, -1, -1, -1}; // all that there is
    begin[axis] = start;
    sizes[axis] = size;
    struct lite_tensor *input[3] = {from, lite_constant_i32(l, 1, from->rank, begin),
                                    lite_constant_i32(l, 1, from->rank, sizes)};
    lite_add(l, LITE_SLICE, LITE_OPT_SLICE, to, 3, input);
}

static void slice(struct lite *l, const struct graph_node *node)
{
    const struct graph_value *in = node->input[0];
    enum lite_layout layout = lite_layout_of(l, in);
    int64_t axis = (int64_t)node->input[3]->weight->values[0],
            start = (int64_t)node->input[1]->weight->values[0];
    struct lite_tensor *from = lite_get(l, in, layout);
    slice_to(l, lite_make(l, node->output, layout), from, lite_axis(axis, in->rank, layout), start,
             node->output->dim[axis]);
}

static void reshape_to(struct lite *l, struct lite_tensor *to, struct lite_tensor *from)
{
    lite_add2(l, LITE_RESHAPE, LITE_OPT_RESHAPE, to, from,
              lite_constant_i32(l, 1, to->rank, to->dim));
}

// One index: a slice without its dimension, which the fast kernels have, unlike Gather.
static void gather(struct lite *l, const struct graph_node *node)
{
    struct lite_tensor *from = lite_get(l, node->input[0], LITE_PLAIN);
    struct lite_tensor *cut = temporary(l, from);
    int axis = lite_axis(node->attribute.axis, from->rank, LITE_PLAIN);
    if (node->input[1]->rank != 0) {
        lite_refuse(l, node, "only with one index");
        return;
    }
    cut->dim[axis] = 1;
    slice_to(l, cut, from, axis, (int64_t)node->input[1]->weight->values[0], 1);
    reshape_to(l, lite_make(l, node->output, LITE_PLAIN), cut);
}

static void transpose(struct lite *l, const struct graph_node *node)
{
    struct lite_tensor *from = lite_get(l, node->input[0], LITE_PLAIN);
    lite_add2(l, LITE_TRANSPOSE, LITE_OPT_TRANSPOSE, lite_make(l, node->output, LITE_PLAIN), from,
              lite_constant_i32(l, 1, from->rank, node->attribute.perm));
}

static void expand(struct lite *l, const struct graph_node *node)
{
    struct lite_tensor *from = lite_get(l, node->input[0], LITE_PLAIN);
    struct lite_tensor *to = lite_make(l, node->output, LITE_PLAIN);
    struct lite_tensor *shape = lite_constant_i32(l, 1, to->rank, to->dim);
    lite_add2(l, LITE_BROADCAST_TO, LITE_OPT_BROADCAST_TO, to, from, shape)->version =
        2; // the first there is
}

// The bias that alone is added to a product without one.
static const struct graph_value *fuse_bias(struct lite *l, const struct graph_value **out)
{
    const struct graph_node *add = lite_reader(l, *out, OP_ADD);
    if (!add || !add->input[1]->weight || add->input[1]->rank != 1 ||
        add->input[1]->dim[0] != (*out)->dim[(*out)->rank - 1])
        return NULL;
    *out = add->output;
    l->is_fused[add->output->index] = true;
    return add->input[1];
}

static void fully_connected(struct lite *l, const struct graph_node *node, bool is_transposed)
{
    static const int same[2] = {0, 1}, swapped[2] = {1, 0};
    const struct graph_value *weight = node->input[1], *out = node->output;
    const int *perm = is_transposed ? same : swapped;
    int64_t dim[2] = {weight->dim[perm[0]], weight->dim[perm[1]]};
    const struct graph_value *bias = node->input_count > 2 ? node->input[2] : fuse_bias(l, &out);
    enum lite_activation activation = lite_fuse_activation(l, &out);
    struct lite_tensor *input[3] = {lite_get(l, node->input[0], LITE_PLAIN),
                                    lite_weight(l, weight, 2, dim, perm),
                                    bias ? lite_get(l, bias, LITE_PLAIN) : NULL};
    struct lite_op *op = lite_add(l, LITE_FULLY_CONNECTED, LITE_OPT_FULLY_CONNECTED,
                                  lite_make(l, out, LITE_PLAIN), 3, input);
    op->version = 5; // the first with the field below
    lite_option(op, 0, 1, activation);
    lite_option(op, 2, 1, true); // keeps the number of dimensions
}

static void product(struct lite *l, const struct graph_node *node)
{
    bool is_gemm = node->op == OP_GEMM;
    if (node->input[1]->weight && node->input[1]->rank == 2) {
        fully_connected(l, node, is_gemm && node->attribute.transpose_b);
        return;
    }
    if (is_gemm) {
        lite_refuse(l, node, "only with constant weights");
        return;
    }
    struct lite_tensor *a = lite_get(l, node->input[0], LITE_PLAIN),
                       *b = lite_get(l, node->input[1], LITE_PLAIN);
    lite_add2(l, LITE_BATCH_MATMUL, LITE_OPT_BATCH_MATMUL, lite_make(l, node->output, LITE_PLAIN),
              a, b);
}

static bool is_constant(const struct graph_value *value, double wanted)
{
    return value->weight && value->rank == 0 && value->weight->values &&
           fabs(value->weight->values[0] - wanted) < 1e-6;
}

// x / sqrt 2, erf, + 1, * x, * 1/2: TensorFlow Lite has no erf, but all of it as one operator.
static const struct graph_node *last_of_gelu(const struct lite *l, const struct graph_node *divide)
{
    const struct graph_value *x = divide->input[0];
    const struct graph_node *erf = lite_reader(l, divide->output, OP_ERF);
    const struct graph_node *add = erf ? lite_reader(l, erf->output, OP_ADD) : NULL;
    const struct graph_node *mul = add ? l->reader[add->output->index] : NULL;
    if (!is_constant(divide->input[1], sqrt(2)) || !mul || mul->op != OP_MUL ||
        !is_constant(add->input[1], 1) || (mul->input[0] != x && mul->input[1] != x))
        return NULL;
    const struct graph_node *half = lite_reader(l, mul->output, OP_MUL);
    if (!half || !is_constant(half->input[1], 0.5))
        return NULL;
    l->is_fused[erf->output->index] = true;
    l->is_fused[add->output->index] = true;
    l->is_fused[mul->output->index] = true;
    l->is_fused[half->output->index] = true;
    return half;
}

static void divide(struct lite *l, const struct graph_node *node)
{
    const struct graph_node *last = last_of_gelu(l, node);
    if (!last) {
        arithmetic(l, node, LITE_DIV);
        return;
    }
    enum lite_layout layout = lite_layout_of(l, node->input[0]);
    struct lite_tensor *from = lite_get(l, node->input[0], layout);
    lite_option(
        lite_add2(l, LITE_GELU, LITE_OPT_GELU, lite_make(l, last->output, layout), from, NULL), 0,
        1, false);
}

static void pointwise(struct lite *l, const struct graph_node *node)
{
    switch (node->op) {
    case OP_RELU:
        unary(l, node, LITE_RELU_OP);
        break;
    case OP_SIGMOID:
        unary(l, node, LITE_LOGISTIC);
        break;
    case OP_TANH:
        unary(l, node, LITE_TANH);
        break;
    case OP_HARD_SWISH:
        unary(l, node, LITE_HARD_SWISH);
        break;
    case OP_HARD_SIGMOID:
        hard_sigmoid(l, node);
        break;
    case OP_CLIP:
        clip(l, node);
        break;
    case OP_ADD:
        arithmetic(l, node, LITE_ADD);
        break;
    case OP_MUL:
        arithmetic(l, node, LITE_MUL);
        break;
    case OP_DIV:
        divide(l, node);
        break;
    default:
        lite_refuse(l, node, "TensorFlow Lite has no such operator");
    }
}

static void data_movement(struct lite *l, const struct graph_node *node)
{
    switch (node->op) {
    case OP_CONCAT:
        concat(l, node);
        break;
    case OP_SLICE:
        slice(l, node);
        break;
    case OP_TRANSPOSE:
        transpose(l, node);
        break;
    case OP_GATHER:
        gather(l, node);
        break;
    case OP_EXPAND:
        expand(l, node);
        break;
    default: {
        // First the input, whose conversion must stand before what reads it.
        struct lite_tensor *from = lite_get_bytes(l, node->input[0]);
        reshape_to(l, lite_make(l, node->output, LITE_PLAIN), from);
    }
    }
}

void lite_node(struct lite *l, const struct graph_node *node)
{
    switch (node->op) {
    case OP_CONV:
        lite_conv(l, node);
        break;
    case OP_MAX_POOL:
    case OP_AVERAGE_POOL:
        lite_pool(l, node);
        break;
    case OP_GLOBAL_AVERAGE_POOL:
        global_pool(l, node);
        break;
    case OP_BATCH_NORM:
        batch_norm(l, node);
        break;
    case OP_LAYER_NORM:
        layer_norm(l, node);
        break;
    case OP_LRN:
        lrn(l, node);
        break;
    case OP_SOFTMAX:
        softmax(l, node);
        break;
    case OP_GEMM:
    case OP_MATMUL:
        product(l, node);
        break;
    case OP_CONCAT:
    case OP_SLICE:
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_GATHER:
    case OP_EXPAND:
        data_movement(l, node);
        break;
    default:
        pointwise(l, node);
    }
}
