// Operators of the lowered graph in the words of TensorFlow (tensorflow/core/ops/*.cc).
#include <math.h>

#include "zoo/emit/tensorflow.h"

static uint32_t option(const struct lite_op *op, int id)
{
    for (int i = 0; i < op->field_count; i++)
        if (op->field[i].id == id)
            return (uint32_t)op->field[i].value;
    return 0;
}

static float option_float(const struct lite_op *op, int id)
{
    uint32_t bits = option(op, id);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static struct lite_tensor *tensor_in(const struct tf_graph *g, const struct lite_op *op, int i)
{
    return i < op->input_count && op->input[i] >= 0 ? g->tensor[op->input[i]] : NULL;
}

static const char *in(struct tf_graph *g, const struct lite_op *op, int i)
{
    return tf_name(g, tensor_in(g, op, i));
}

static const char *out(struct tf_graph *g, const struct lite_op *op)
{
    return tf_name(g, g->tensor[op->output]);
}

static const char *part_name(struct tf_graph *g, const struct lite_op *op, const char *part)
{
    return arena_printf(&g->l->arena, "%s/%s", out(g, op), part);
}

static const char *scalar(struct tf_graph *g, float value)
{
    return tf_name(g, lite_scalar(g->l, value));
}

static const char *integer(struct tf_graph *g, int64_t value)
{
    return tf_name(g, lite_constant_i32(g->l, 0, 1, &value));
}

static void refuse(struct tf_graph *g, const struct lite_op *op, const char *what)
{
    struct lite *l = g->l;
    if (l->result == DLI_OK)
        l->result = dli_fail(l->err, DLI_E_UNSUPPORTED, "%s: '%s': %s", l->format,
                             g->tensor[op->output]->name, what);
}

/** A node over floats of one or two inputs (b = NULL). Returns its name. */
static const char *node2(struct tf_graph *g, const char *name, const char *type, const char *a,
                         const char *b)
{
    const char *const input[2] = {a, b};
    tf_set_type(g, tf_add(g, name, type, b ? 2 : 1, input), "T", TF_DT_FLOAT);
    return name;
}

// The operator's own node and the activation behind it, whichever is last under the output's name.
static const char *name_before(struct tf_graph *g, const struct lite_op *op, uint32_t activation,
                               const char *part)
{
    return activation == LITE_NONE ? out(g, op) : part_name(g, op, part);
}

static void activate(struct tf_graph *g, const struct lite_op *op, uint32_t activation,
                     const char *from)
{
    if (activation != LITE_NONE)
        node2(g, out(g, op), activation == LITE_RELU6 ? "Relu6" : "Relu", from, NULL);
}

static const char *padding_text(uint32_t padding)
{
    return padding == 0 ? "SAME" : "VALID";
}

// Kernels of TensorFlow are height x width x in x out; depthwise, height x width x in x multiplier.
static void turn_kernel(struct lite_tensor *kernel, uint32_t multiplier)
{
    static const int full[4] = {2, 3, 1, 0};
    const struct graph_value *weight = kernel->weight;
    if (multiplier > 0) {
        // The same bytes as 1 x height x width x channels.
        const int64_t dim[4] = {weight->dim[2], weight->dim[3], weight->dim[0] / multiplier,
                                multiplier};
        memcpy(kernel->dim, dim, sizeof(dim));
        return;
    }
    memcpy(kernel->perm, full, sizeof(full));
    for (int i = 0; i < 4; i++)
        kernel->dim[i] = weight->dim[full[i]];
}

// TensorFlow's optimiser fuses a bias that is added into the convolution, and then has no kernel
// for groups: subtracted from, it stays apart.
static const char *negated(struct tf_graph *g, const struct lite_tensor *bias)
{
    int64_t count = lite_elements(bias);
    float *value = arena_alloc(&g->l->arena, (size_t)count * sizeof(*value));
    for (int64_t i = 0; i < count; i++)
        value[i] = -((const float *)bias->values)[i];
    return tf_name(g, lite_constant_f32(g->l, 1, count, value));
}

static void convolution(struct tf_graph *g, const struct lite_op *op)
{
    bool is_depthwise = op->code == LITE_DEPTHWISE_CONV_2D;
    int after = is_depthwise ? 4 : 3; // the options behind the multiplier
    uint32_t activation = option(op, after);
    const int64_t strides[4] = {1, option(op, 2), option(op, 1), 1};
    const int64_t dilations[4] = {1, option(op, after + 2), option(op, after + 1), 1};
    const char *const input[2] = {in(g, op, 0), in(g, op, 1)};
    if (is_depthwise && (dilations[1] > 1 || dilations[2] > 1 || strides[1] != strides[2])) {
        refuse(g, op, "no depthwise convolution with dilation or unequal strides on a CPU");
        return;
    }
    turn_kernel(tensor_in(g, op, 1), is_depthwise ? option(op, 3) : 0);
    Tensorflow__NodeDef *node = tf_add(g, part_name(g, op, "conv"),
                                       is_depthwise ? "DepthwiseConv2dNative" : "Conv2D", 2, input);
    tf_set_type(g, node, "T", TF_DT_FLOAT);
    tf_set_ints(g, node, "strides", 4, strides);
    tf_set_text(g, node, "padding", padding_text(option(op, 0)));
    tf_set_ints(g, node, "dilations", 4, dilations);
    const char *name = name_before(g, op, activation, "bias");
    bool has_groups = !is_depthwise && tensor_in(g, op, 0)->dim[3] != tensor_in(g, op, 1)->dim[2];
    activate(g, op, activation,
             has_groups ? node2(g, name, "Sub", node->name, negated(g, tensor_in(g, op, 2)))
                        : node2(g, name, "BiasAdd", node->name, in(g, op, 2)));
}

static void pool(struct tf_graph *g, const struct lite_op *op)
{
    const int64_t strides[4] = {1, option(op, 2), option(op, 1), 1};
    const int64_t window[4] = {1, option(op, 4), option(op, 3), 1};
    const char *const input[1] = {in(g, op, 0)};
    Tensorflow__NodeDef *node =
        tf_add(g, out(g, op), op->code == LITE_MAX_POOL_2D ? "MaxPool" : "AvgPool", 1, input);
    tf_set_type(g, node, "T", TF_DT_FLOAT);
    tf_set_ints(g, node, "ksize", 4, window);
    tf_set_ints(g, node, "strides", 4, strides);
    tf_set_text(g, node, "padding", padding_text(option(op, 0)));
}

static const char *reshape(struct tf_graph *g, const char *name, const char *from,
                           const char *shape)
{
    const char *const input[2] = {from, shape};
    Tensorflow__NodeDef *node = tf_add(g, name, "Reshape", 2, input);
    tf_set_type(g, node, "T", TF_DT_FLOAT);
    tf_set_type(g, node, "Tshape", TF_DT_INT32);
    return name;
}

// Rows of features: more dimensions than two become rows and come back.
static void fully_connected(struct tf_graph *g, const struct lite_op *op)
{
    struct lite_tensor *weight = tensor_in(g, op, 1), *bias = tensor_in(g, op, 2);
    const struct lite_tensor *to = g->tensor[op->output];
    uint32_t activation = option(op, 0);
    const int64_t rows[2] = {-1, weight->dim[1]}, dim[2] = {weight->dim[1], weight->dim[0]};
    const int perm[2] = {weight->perm[1], weight->perm[0]};
    bool is_flat = to->rank == 2;
    memcpy(weight->perm, perm, sizeof(perm));
    memcpy(weight->dim, dim, sizeof(dim));
    const char *x = in(g, op, 0);
    if (!is_flat)
        x = reshape(g, part_name(g, op, "rows"), x,
                    tf_name(g, lite_constant_i32(g->l, 1, 2, rows)));
    bool is_last = is_flat && activation == LITE_NONE;
    const char *y = node2(g, is_last && !bias ? out(g, op) : part_name(g, op, "product"), "MatMul",
                          x, tf_name(g, weight));
    if (bias)
        y = node2(g, is_last ? out(g, op) : part_name(g, op, "bias"), "BiasAdd", y,
                  tf_name(g, bias));
    if (is_flat) {
        activate(g, op, activation, y);
        return;
    }
    if (activation != LITE_NONE)
        y = node2(g, part_name(g, op, "act"), activation == LITE_RELU6 ? "Relu6" : "Relu", y, NULL);
    reshape(g, out(g, op), y, tf_name(g, lite_constant_i32(g->l, 1, to->rank, to->dim)));
}

static void arithmetic(struct tf_graph *g, const struct lite_op *op, const char *type)
{
    uint32_t activation = option(op, 0);
    const char *y =
        node2(g, name_before(g, op, activation, "op"), type, in(g, op, 0), in(g, op, 1));
    activate(g, op, activation, y);
}

static void concat(struct tf_graph *g, const struct lite_op *op)
{
    const char *input[GRAPH_MAX_NODE_INPUTS + 1];
    for (int i = 0; i < op->input_count; i++)
        input[i] = in(g, op, i);
    input[op->input_count] = integer(g, option(op, 0));
    Tensorflow__NodeDef *node = tf_add(g, out(g, op), "ConcatV2", op->input_count + 1, input);
    tf_set_int(g, node, "N", op->input_count);
    tf_set_type(g, node, "T", TF_DT_FLOAT);
    tf_set_type(g, node, "Tidx", TF_DT_INT32);
}

// x * relu6(x + 3) / 6
static void hard_swish(struct tf_graph *g, const struct lite_op *op)
{
    const char *x = in(g, op, 0);
    const char *y = node2(g, part_name(g, op, "raised"), "AddV2", x, scalar(g, 3));
    y = node2(g, part_name(g, op, "limited"), "Relu6", y, NULL);
    y = node2(g, part_name(g, op, "product"), "Mul", x, y);
    node2(g, out(g, op), "Mul", y, scalar(g, 1.0f / 6.0f));
}

// x / 2 * (1 + erf(x / sqrt 2)), in the form that TensorFlow's own optimiser knows and fuses.
static void gelu(struct tf_graph *g, const struct lite_op *op)
{
    const char *x = in(g, op, 0);
    const char *y = node2(g, part_name(g, op, "scaled"), "Mul", x, scalar(g, (float)sqrt(0.5)));
    y = node2(g, part_name(g, op, "erf"), "Erf", y, NULL);
    y = node2(g, part_name(g, op, "raised"), "AddV2", y, scalar(g, 1));
    const char *half = node2(g, part_name(g, op, "half"), "Mul", x, scalar(g, 0.5f));
    node2(g, out(g, op), "Mul", half, y);
}

static void lrn(struct tf_graph *g, const struct lite_op *op)
{
    const char *const input[1] = {in(g, op, 0)};
    Tensorflow__NodeDef *node = tf_add(g, out(g, op), "LRN", 1, input);
    tf_set_type(g, node, "T", TF_DT_FLOAT);
    tf_set_int(g, node, "depth_radius", option(op, 0));
    tf_set_float(g, node, "bias", option_float(op, 1));
    tf_set_float(g, node, "alpha", option_float(op, 2));
    tf_set_float(g, node, "beta", option_float(op, 3));
}

/** Operators that take integers beside their data: how TensorFlow calls them and the integers'
 * type. */
static const struct {
    enum lite_code code;
    const char *type, *integers;
} with_integers[] = {
    {LITE_RESHAPE, "Reshape", "Tshape"},
    {LITE_PAD, "Pad", "Tpaddings"},
    {LITE_PADV2, "PadV2", "Tpaddings"},
    {LITE_TRANSPOSE, "Transpose", "Tperm"},
    {LITE_MEAN, "Mean", "Tidx"},
    {LITE_SLICE, "Slice", "Index"},
    {LITE_BROADCAST_TO, "BroadcastTo", "Tidx"},
};

/** Operators that need no more than their inputs. */
static const struct {
    enum lite_code code;
    const char *type;
} plain[] = {
    {LITE_LOGISTIC, "Sigmoid"}, {LITE_RELU_OP, "Relu"},    {LITE_RELU6_OP, "Relu6"},
    {LITE_SOFTMAX, "Softmax"},  {LITE_TANH, "Tanh"},       {LITE_RSQRT, "Rsqrt"},
    {LITE_MAXIMUM, "Maximum"},  {LITE_MINIMUM, "Minimum"}, {LITE_BATCH_MATMUL, "BatchMatMulV2"},
};

static bool from_tables(struct tf_graph *g, const struct lite_op *op)
{
    const char *input[3];
    for (int i = 0; i < op->input_count && i < 3; i++)
        input[i] = in(g, op, i);
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (plain[i].code == op->code) {
            node2(g, out(g, op), plain[i].type, input[0], op->input_count > 1 ? input[1] : NULL);
            return true;
        }
    for (size_t i = 0; i < sizeof(with_integers) / sizeof(with_integers[0]); i++)
        if (with_integers[i].code == op->code) {
            Tensorflow__NodeDef *node =
                tf_add(g, out(g, op), with_integers[i].type, op->input_count, input);
            tf_set_type(g, node, "T", TF_DT_FLOAT);
            tf_set_type(g, node, with_integers[i].integers, TF_DT_INT32);
            if (op->code == LITE_MEAN)
                tf_set_bool(g, node, "keep_dims", true);
            return true;
        }
    return false;
}

void tf_operator(struct tf_graph *g, const struct lite_op *op)
{
    switch (op->code) {
    case LITE_CONV_2D:
    case LITE_DEPTHWISE_CONV_2D:
        convolution(g, op);
        break;
    case LITE_MAX_POOL_2D:
    case LITE_AVERAGE_POOL_2D:
        pool(g, op);
        break;
    case LITE_FULLY_CONNECTED:
        fully_connected(g, op);
        break;
    case LITE_ADD:
        arithmetic(g, op, "AddV2");
        break;
    case LITE_SUB:
        arithmetic(g, op, "Sub");
        break;
    case LITE_MUL:
        arithmetic(g, op, "Mul");
        break;
    case LITE_DIV:
        arithmetic(g, op, "RealDiv");
        break;
    case LITE_CONCATENATION:
        concat(g, op);
        break;
    case LITE_HARD_SWISH:
        hard_swish(g, op);
        break;
    case LITE_GELU:
        gelu(g, op);
        break;
    case LITE_LRN:
        lrn(g, op);
        break;
    default:
        if (!from_tables(g, op))
            refuse(g, op, "not written in TensorFlow's operators");
    }
}
