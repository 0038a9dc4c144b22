// Tensors, layouts and fusion for the TensorFlow Lite emitter.
#include "zoo/emit/tflite.h"

static const int to_last[4] = {0, 2, 3, 1};
static const int to_plain[4] = {0, 3, 1, 2};
static const int same_order[DLI_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};

void lite_refuse(struct lite *l, const struct graph_node *node, const char *what)
{
    if (l->result == DLI_OK)
        l->result = dli_fail(l->err, DLI_E_UNSUPPORTED, "%s: %s '%s': %s", l->format,
                             graph_op_name(node->op), node->name, what);
}

struct lite_tensor *lite_tensor_new(struct lite *l, const char *name, int rank, const int64_t *dim)
{
    struct lite_tensor *tensor = arena_alloc(&l->arena, sizeof(*tensor));
    tensor->name = name;
    tensor->rank = rank;
    memcpy(tensor->dim, dim, (size_t)rank * sizeof(*dim));
    for (int i = 0; i < rank; i++) {
        if (dim[i] > INT32_MAX && l->result == DLI_OK)
            l->result = dli_fail(l->err, DLI_E_UNSUPPORTED,
                                 "%s: '%s': a dimension of %lld exceeds 32 bits", l->format, name,
                                 (long long)dim[i]);
    }
    tensor->index = l->tensor_count++;
    *(l->last_tensor ? &l->last_tensor->next : &l->first_tensor) = tensor;
    l->last_tensor = tensor;
    return tensor;
}

struct lite_tensor *lite_constant_i32(struct lite *l, int rank, int count, const int64_t *values)
{
    int64_t dim[1] = {count};
    int32_t *copy = arena_alloc(&l->arena, (size_t)count * sizeof(*copy));
    for (int i = 0; i < count; i++)
        copy[i] = (int32_t)values[i];
    struct lite_tensor *tensor =
        lite_tensor_new(l, arena_printf(&l->arena, "constant%d", l->tensor_count), rank, dim);
    tensor->type = LITE_INT32;
    tensor->values = copy;
    return tensor;
}

struct lite_tensor *lite_constant_f32(struct lite *l, int rank, int64_t count, const float *values)
{
    struct lite_tensor *tensor =
        lite_tensor_new(l, arena_printf(&l->arena, "constant%d", l->tensor_count), rank, &count);
    tensor->values = values;
    return tensor;
}

struct lite_tensor *lite_scalar(struct lite *l, float value)
{
    float *copy = arena_alloc(&l->arena, sizeof(*copy));
    *copy = value;
    return lite_constant_f32(l, 0, 1, copy);
}

struct lite_tensor *lite_weight(struct lite *l, const struct graph_value *weight, int rank,
                                const int64_t *dim, const int *perm)
{
    struct lite_tensor *tensor = lite_tensor_new(l, weight->name, rank, dim);
    tensor->weight = weight;
    tensor->type = weight->type == DLI_I64 ? LITE_INT32 : LITE_FLOAT32;
    memcpy(tensor->perm, perm, (size_t)weight->rank * sizeof(*perm));
    return tensor;
}

int lite_axis(int64_t axis, int rank, enum lite_layout layout)
{
    int plain = (int)(axis < 0 ? axis + rank : axis);
    return layout == LITE_LAST ? to_plain[plain] : plain;
}

// Moving the channels changes nothing but the shape.
static bool has_same_bytes(const struct graph_value *value)
{
    return value->rank == 4 && (value->dim[1] == 1 || value->dim[2] * value->dim[3] == 1);
}

static void shape_in(int64_t *dim, const struct graph_value *value, enum lite_layout layout)
{
    for (int i = 0; i < value->rank; i++)
        dim[i] = value->dim[layout == LITE_LAST ? to_last[i] : i];
}

struct lite_tensor *lite_make(struct lite *l, const struct graph_value *value,
                              enum lite_layout layout)
{
    int64_t dim[DLI_MAX_RANK];
    shape_in(dim, value, layout);
    const char *name =
        layout == LITE_LAST ? arena_printf(&l->arena, "%s:nhwc", value->name) : value->name;
    return l->placed[value->index][layout] = lite_tensor_new(l, name, value->rank, dim);
}

// A weight of fewer dimensions is stretched from its end, as broadcasting does.
static struct lite_tensor *place_weight(struct lite *l, const struct graph_value *weight,
                                        enum lite_layout layout)
{
    int64_t dim[DLI_MAX_RANK];
    if (layout == LITE_PLAIN)
        return l->placed[weight->index][layout] =
                   lite_weight(l, weight, weight->rank, weight->dim, same_order);
    int64_t full[4] = {1, 1, 1, 1};
    int missing = 4 - weight->rank;
    memcpy(full + missing, weight->dim, (size_t)weight->rank * sizeof(*full));
    int perm[4];
    int count = 0;
    for (int i = 0; i < 4; i++) {
        dim[i] = full[to_last[i]];
        if (to_last[i] >= missing)
            perm[count++] = to_last[i] - missing;
    }
    return l->placed[weight->index][layout] = lite_weight(l, weight, 4, dim, perm);
}

struct lite_tensor *lite_get(struct lite *l, const struct graph_value *value,
                             enum lite_layout layout)
{
    int64_t perm[4];
    int64_t dim[4];
    if (l->placed[value->index][layout])
        return l->placed[value->index][layout];
    if (value->weight)
        return place_weight(l, value, layout);
    struct lite_tensor *from = l->placed[value->index][!layout];
    struct lite_tensor *to = lite_make(l, value, layout);
    if (has_same_bytes(value)) {
        shape_in(dim, value, layout);
        lite_add2(l, LITE_RESHAPE, LITE_OPT_RESHAPE, to, from, lite_constant_i32(l, 1, 4, dim));
        return to;
    }
    for (int i = 0; i < 4; i++)
        perm[i] = layout == LITE_LAST ? to_last[i] : to_plain[i];
    lite_add2(l, LITE_TRANSPOSE, LITE_OPT_TRANSPOSE, to, from, lite_constant_i32(l, 1, 4, perm));
    return to;
}

struct lite_tensor *lite_get_bytes(struct lite *l, const struct graph_value *value)
{
    struct lite_tensor *last = l->placed[value->index][LITE_LAST];
    if (last && !l->placed[value->index][LITE_PLAIN] && has_same_bytes(value))
        return last;
    return lite_get(l, value, LITE_PLAIN);
}

enum lite_layout lite_layout_of(const struct lite *l, const struct graph_value *value)
{
    return l->placed[value->index][LITE_LAST] ? LITE_LAST : LITE_PLAIN;
}

struct lite_op *lite_add(struct lite *l, enum lite_code code, enum lite_options options,
                         struct lite_tensor *output, int input_count,
                         struct lite_tensor *const *input)
{
    struct lite_op *op = arena_alloc(&l->arena, sizeof(*op));
    op->code = code;
    op->options = options;
    op->version = 1;
    op->output = output->index;
    op->input = arena_alloc(&l->arena, (size_t)input_count * sizeof(*op->input));
    for (int i = 0; i < input_count; i++)
        op->input[op->input_count++] = input[i] ? input[i]->index : -1;
    *(l->last_op ? &l->last_op->next : &l->first_op) = op;
    l->last_op = op;
    l->op_count++;
    return op;
}

struct lite_op *lite_add2(struct lite *l, enum lite_code code, enum lite_options options,
                          struct lite_tensor *output, struct lite_tensor *a, struct lite_tensor *b)
{
    struct lite_tensor *input[2] = {a, b};
    return lite_add(l, code, options, output, b ? 2 : 1, input);
}

void lite_option(struct lite_op *op, int id, int bytes, uint32_t value)
{
    op->field[op->field_count++] = (struct flatbuffer_field){id, bytes, value};
}

void lite_option_float(struct lite_op *op, int id, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    lite_option(op, id, 4, bits);
}

const struct graph_node *lite_reader(const struct lite *l, const struct graph_value *value,
                                     enum graph_op op)
{
    const struct graph_node *node = l->reader[value->index];
    return node && node->op == op && node->input[0] == value ? node : NULL;
}

enum lite_activation lite_fuse_activation(struct lite *l, const struct graph_value **value)
{
    enum lite_activation activation = LITE_RELU;
    const struct graph_node *node = lite_reader(l, *value, OP_RELU);
    if (!node) {
        node = lite_reader(l, *value, OP_CLIP);
        if (!node || node->input[1]->weight->values[0] != 0 ||
            node->input[2]->weight->values[0] != 6)
            return LITE_NONE;
        activation = LITE_RELU6;
    }
    *value = node->output;
    l->is_fused[node->output->index] = true;
    return activation;
}

static void find_readers(struct lite *l)
{
    for (const struct graph_node *node = l->graph->first_node; node; node = node->next)
        for (int i = 0; i < node->input_count; i++)
            if (node->input[i] && node->input[i]->use_count == 1)
                l->reader[node->input[i]->index] = node;
}

static void lower(struct lite *l)
{
    const struct graph *graph = l->graph;
    for (int i = 0; i < graph->input_count; i++)
        (void)lite_make(l, graph->input[i], LITE_PLAIN);
    for (const struct graph_node *node = graph->first_node; node && l->result == DLI_OK;
         node = node->next)
        if (!l->is_fused[node->output->index])
            lite_node(l, node);
    for (int i = 0; i < graph->output_count && l->result == DLI_OK; i++)
        (void)lite_get(l, graph->output[i], LITE_PLAIN);
}

int lite_lower(struct lite *out, const struct graph *graph, const char *format,
               struct dli_error *err)
{
    size_t values = (size_t)graph->value_count;
    memset(out, 0, sizeof(*out));
    out->graph = graph;
    out->format = format;
    out->err = err;
    out->placed = arena_alloc(&out->arena, values * sizeof(*out->placed));
    out->reader = arena_alloc(&out->arena, values * sizeof(*out->reader));
    out->is_fused = arena_alloc(&out->arena, values * sizeof(*out->is_fused));
    find_readers(out);
    lower(out);
    return out->result;
}
