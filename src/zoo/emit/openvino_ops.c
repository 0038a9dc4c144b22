// Every operator of the graph in layers of OpenVINO.
#include "zoo/emit/openvino.h"

enum { MAX_INPUTS = GRAPH_MAX_NODE_INPUTS };

static void place(struct ir *ir, const struct graph_node *node, struct ir_value value)
{
    ir->value[node->output->index] = value;
    ir->is_placed[node->output->index] = true;
}

/** A layer over all inputs of the node, whose result is the node's. */
static void whole(struct ir *ir, const struct graph_node *node, const char *type, int set,
                  const char *attributes)
{
    struct ir_value input[MAX_INPUTS];
    for (int i = 0; i < node->input_count; i++)
        input[i] = ir_get(ir, node->input[i]);
    place(ir, node,
          ir_layer(ir, node->name, (struct ir_kind){type, set, attributes}, node->input_count,
                   input, node->output));
}

/** A layer over the node's first input alone. */
static void unary(struct ir *ir, const struct graph_node *node, const char *type, int set,
                  const char *attributes)
{
    struct ir_value input = ir_get(ir, node->input[0]);
    place(
        ir, node,
        ir_layer(ir, node->name, (struct ir_kind){type, set, attributes}, 1, &input, node->output));
}

/** A layer over the node's first input and another value. */
static void with(struct ir *ir, const struct graph_node *node, const char *type, int set,
                 const char *attributes, struct ir_value second)
{
    struct ir_value input[2] = {ir_get(ir, node->input[0]), second};
    place(
        ir, node,
        ir_layer(ir, node->name, (struct ir_kind){type, set, attributes}, 2, input, node->output));
}

static const char *part(struct ir *ir, const struct graph_node *node, const char *name)
{
    return arena_printf(&ir->arena, "%s/%s", node->name, name);
}

static const char *window(struct ir *ir, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    return arena_printf(&ir->arena,
                        "strides=\"%lld,%lld\" pads_begin=\"%lld,%lld\" pads_end=\"%lld,%lld\" "
                        "auto_pad=\"explicit\"",
                        (long long)a->stride[0], (long long)a->stride[1], (long long)a->pad[0],
                        (long long)a->pad[1], (long long)a->pad[2], (long long)a->pad[3]);
}

// Weights of groups have a dimension of their own; the bytes are the same.
static void convolution(struct ir *ir, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    const struct graph_value *weight = node->input[1];
    const int64_t grouped[5] = {a->group, weight->dim[0] / a->group, weight->dim[1], weight->dim[2],
                                weight->dim[3]};
    bool has_groups = a->group > 1, has_bias = node->input_count > 2 && node->input[2];
    struct ir_value input[2] = {ir_get(ir, node->input[0]), has_groups
                                                                ? ir_weight(ir, weight, 5, grouped)
                                                                : ir_get(ir, weight)};
    const char *attributes =
        arena_printf(&ir->arena, "%s dilations=\"%lld,%lld\"", window(ir, node),
                     (long long)a->dilation[0], (long long)a->dilation[1]);
    struct ir_value sum[2];
    sum[0] =
        ir_layer(ir, has_bias ? part(ir, node, "kernel") : node->name,
                 (struct ir_kind){has_groups ? "GroupConvolution" : "Convolution", 1, attributes},
                 2, input, node->output);
    if (has_bias) {
        const int64_t dim[4] = {1, node->output->dim[1], 1, 1};
        sum[1] = ir_weight(ir, node->input[2], 4, dim);
        sum[0] = ir_layer(ir, node->name, (struct ir_kind){"Add", 1, "auto_broadcast=\"numpy\""}, 2,
                          sum, node->output);
    }
    place(ir, node, sum[0]);
}

static void pool(struct ir *ir, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    const char *attributes = arena_printf(
        &ir->arena, "%s kernel=\"%lld,%lld\" rounding_type=\"%s\"", window(ir, node),
        (long long)a->kernel[0], (long long)a->kernel[1], a->ceil_mode ? "ceil" : "floor");
    if (node->op == OP_AVERAGE_POOL)
        attributes = arena_printf(&ir->arena, "%s exclude-pad=\"%s\"", attributes,
                                  a->count_include_pad ? "false" : "true");
    unary(ir, node, node->op == OP_MAX_POOL ? "MaxPool" : "AvgPool", 1, attributes);
}

static void layer_norm(struct ir *ir, const struct graph_node *node)
{
    const int64_t axis[1] = {-1};
    struct ir_value input[2] = {ir_get(ir, node->input[0]), ir_integers(ir, 1, 1, axis)};
    const char *attributes = arena_printf(
        &ir->arena, "eps=\"%.9g\" eps_mode=\"inside_sqrt\" normalize_variance=\"true\"",
        (double)node->attribute.epsilon);
    input[0] = ir_layer(ir, part(ir, node, "norm"), (struct ir_kind){"MVN", 6, attributes}, 2,
                        input, node->output);
    input[1] = ir_get(ir, node->input[1]);
    input[0] = ir_layer(ir, part(ir, node, "scale"),
                        (struct ir_kind){"Multiply", 1, "auto_broadcast=\"numpy\""}, 2, input,
                        node->output);
    input[1] = ir_get(ir, node->input[2]);
    place(ir, node,
          ir_layer(ir, node->name, (struct ir_kind){"Add", 1, "auto_broadcast=\"numpy\""}, 2, input,
                   node->output));
}

static void batch_norm(struct ir *ir, const struct graph_node *node)
{
    whole(ir, node, "BatchNormInference", 5,
          arena_printf(&ir->arena, "epsilon=\"%.9g\"", (double)node->attribute.epsilon));
}

static void lp_norm(struct ir *ir, const struct graph_node *node)
{
    const int64_t axis[1] = {node->attribute.axis};
    if (node->attribute.size != 2) {
        ir_refuse(ir, node, "only of order 2");
        return;
    }
    with(ir, node, "NormalizeL2", 1, "eps=\"1e-12\" eps_mode=\"max\"", ir_integers(ir, 1, 1, axis));
}

static void lrn(struct ir *ir, const struct graph_node *node)
{
    static const int64_t channels[1] = {1};
    const struct graph_attributes *a = &node->attribute;
    with(ir, node, "LRN", 1,
         arena_printf(&ir->arena, "alpha=\"%.9g\" beta=\"%.9g\" bias=\"%.9g\" size=\"%lld\"",
                      (double)a->alpha, (double)a->beta, (double)a->bias, (long long)a->size),
         ir_integers(ir, 1, 1, channels));
}

static void clip(struct ir *ir, const struct graph_node *node)
{
    unary(ir, node, "Clamp", 1,
          arena_printf(&ir->arena, "min=\"%.9g\" max=\"%.9g\"", node->input[1]->weight->values[0],
                       node->input[2]->weight->values[0]));
}

// One slope per channel, or one for all.
static void prelu(struct ir *ir, const struct graph_node *node)
{
    const int64_t dim[1] = {graph_elements(node->input[1])};
    with(ir, node, "PReLU", 1, NULL, ir_weight(ir, node->input[1], 1, dim));
}

static void hard_sigmoid(struct ir *ir, const struct graph_node *node)
{
    struct ir_value input[3] = {ir_get(ir, node->input[0]), ir_scalar(ir, node->attribute.alpha),
                                ir_scalar(ir, node->attribute.beta)};
    place(
        ir, node,
        ir_layer(ir, node->name, (struct ir_kind){"HardSigmoid", 1, NULL}, 3, input, node->output));
}

static void gemm(struct ir *ir, const struct graph_node *node)
{
    bool has_bias = node->input_count > 2 && node->input[2];
    struct ir_value input[2] = {ir_get(ir, node->input[0]), ir_get(ir, node->input[1])};
    const char *attributes =
        arena_printf(&ir->arena, "transpose_a=\"false\" transpose_b=\"%s\"",
                     node->op == OP_GEMM && node->attribute.transpose_b ? "true" : "false");
    input[0] = ir_layer(ir, has_bias ? part(ir, node, "product") : node->name,
                        (struct ir_kind){"MatMul", 1, attributes}, 2, input, node->output);
    if (has_bias) {
        input[1] = ir_get(ir, node->input[2]);
        input[0] = ir_layer(ir, node->name, (struct ir_kind){"Add", 1, "auto_broadcast=\"numpy\""},
                            2, input, node->output);
    }
    place(ir, node, input[0]);
}

static void gather(struct ir *ir, const struct graph_node *node)
{
    struct ir_value input[3] = {ir_get(ir, node->input[0]), ir_get(ir, node->input[1]),
                                ir_integers(ir, 0, 1, &node->attribute.axis)};
    place(ir, node,
          ir_layer(ir, node->name, (struct ir_kind){"Gather", 1, NULL}, 3, input, node->output));
}

// ONNX orders them start, end, axes; here the step stands before the axes.
static void slice(struct ir *ir, const struct graph_node *node)
{
    static const int64_t one[1] = {1};
    struct ir_value input[5] = {ir_get(ir, node->input[0]), ir_get(ir, node->input[1]),
                                ir_get(ir, node->input[2]), ir_integers(ir, 1, 1, one),
                                ir_get(ir, node->input[3])};
    place(ir, node,
          ir_layer(ir, node->name, (struct ir_kind){"Slice", 8, NULL}, 5, input, node->output));
}

static void data_movement(struct ir *ir, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    switch (node->op) {
    case OP_CONCAT:
        whole(ir, node, "Concat", 1, arena_printf(&ir->arena, "axis=\"%lld\"", (long long)a->axis));
        break;
    case OP_SLICE:
        slice(ir, node);
        break;
    case OP_RESHAPE:
        whole(ir, node, "Reshape", 1, "special_zero=\"true\"");
        break;
    case OP_TRANSPOSE:
        with(ir, node, "Transpose", 1, NULL, ir_integers(ir, 1, node->output->rank, a->perm));
        break;
    case OP_GATHER:
        gather(ir, node);
        break;
    case OP_EXPAND:
        whole(ir, node, "Broadcast", 3, "mode=\"bidirectional\"");
        break;
    default:
        ir_refuse(ir, node, "not written as a layer of OpenVINO");
    }
}

static void pointwise(struct ir *ir, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    static const char numpy[] = "auto_broadcast=\"numpy\"";
    switch (node->op) {
    case OP_RELU:
        unary(ir, node, "ReLU", 1, NULL);
        break;
    case OP_SIGMOID:
        unary(ir, node, "Sigmoid", 1, NULL);
        break;
    case OP_TANH:
        unary(ir, node, "Tanh", 1, NULL);
        break;
    case OP_ERF:
        unary(ir, node, "Erf", 1, NULL);
        break;
    case OP_HARD_SWISH:
        unary(ir, node, "HSwish", 4, NULL);
        break;
    case OP_HARD_SIGMOID:
        hard_sigmoid(ir, node);
        break;
    case OP_ELU:
        unary(ir, node, "Elu", 1, arena_printf(&ir->arena, "alpha=\"%.9g\"", (double)a->alpha));
        break;
    case OP_PRELU:
        prelu(ir, node);
        break;
    case OP_LEAKY_RELU:
        with(ir, node, "PReLU", 1, NULL, ir_scalar(ir, a->alpha));
        break;
    case OP_CLIP:
        clip(ir, node);
        break;
    case OP_SOFTMAX:
        unary(ir, node, "SoftMax", 8,
              arena_printf(&ir->arena, "axis=\"%lld\"", (long long)a->axis));
        break;
    case OP_ADD:
        whole(ir, node, "Add", 1, numpy);
        break;
    case OP_MUL:
        whole(ir, node, "Multiply", 1, numpy);
        break;
    case OP_DIV:
        whole(ir, node, "Divide", 1, numpy);
        break;
    default:
        data_movement(ir, node);
    }
}

void ir_node(struct ir *ir, const struct graph_node *node)
{
    static const int64_t sides[2] = {2, 3};
    switch (node->op) {
    case OP_CONV:
        convolution(ir, node);
        break;
    case OP_MAX_POOL:
    case OP_AVERAGE_POOL:
        pool(ir, node);
        break;
    case OP_GLOBAL_AVERAGE_POOL:
        with(ir, node, "ReduceMean", 1, "keep_dims=\"true\"", ir_integers(ir, 1, 2, sides));
        break;
    case OP_BATCH_NORM:
        batch_norm(ir, node);
        break;
    case OP_LAYER_NORM:
        layer_norm(ir, node);
        break;
    case OP_LP_NORM:
        lp_norm(ir, node);
        break;
    case OP_LRN:
        lrn(ir, node);
        break;
    case OP_GEMM:
    case OP_MATMUL:
        gemm(ir, node);
        break;
    default:
        pointwise(ir, node);
    }
}
