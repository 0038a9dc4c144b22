// ONNX through its official schema. Everything but the weights is packed by protobuf-c; the weights follow as more
// fields of the same message, which protobuf allows in any order, so that no more than a chunk of one is in memory.
#include <stdlib.h>

#include "base/strbuf.h"
#include "onnx/onnx.pb-c.h"
#include "zoo/emit.h"
#include "zoo/emit/wire.h"

enum { OPSET = 17, IR_VERSION = 8, CHUNK = 1 << 18, MAX_ATTRIBUTES = 12 };
enum { FIELD_MODEL_GRAPH = 7, FIELD_GRAPH_INITIALIZER = 5, FIELD_TENSOR_RAW_DATA = 9 };

// Memory of the message under construction; freed with the arena.
struct message {
    struct arena arena;
    const struct graph *graph;
};

static Onnx__AttributeProto *add_attribute(struct message *m, Onnx__NodeProto *node, const char *name,
                                           Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *attribute = arena_alloc(&m->arena, sizeof(*attribute));
    onnx__attribute_proto__init(attribute);
    attribute->name = (char *)name;
    attribute->has_type = 1;
    attribute->type = type;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

static void add_int(struct message *m, Onnx__NodeProto *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *attribute = add_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    attribute->has_i = 1;
    attribute->i = value;
}

static void add_float(struct message *m, Onnx__NodeProto *node, const char *name, float value)
{
    Onnx__AttributeProto *attribute = add_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    attribute->has_f = 1;
    attribute->f = value;
}

static void add_ints(struct message *m, Onnx__NodeProto *node, const char *name, const int64_t *values, int count)
{
    Onnx__AttributeProto *attribute = add_attribute(m, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    attribute->n_ints = (size_t)count;
    attribute->ints = arena_alloc(&m->arena, (size_t)count * sizeof(int64_t));
    memcpy(attribute->ints, values, (size_t)count * sizeof(int64_t));
}

static void add_window(struct message *m, Onnx__NodeProto *node, const struct graph_attributes *a)
{
    add_ints(m, node, "kernel_shape", a->kernel, 2);
    add_ints(m, node, "strides", a->stride, 2);
    add_ints(m, node, "pads", a->pad, 4);
}

static void add_attributes(struct message *m, Onnx__NodeProto *out, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    switch (node->op) {
    case OP_CONV:
        add_window(m, out, a);
        add_ints(m, out, "dilations", a->dilation, 2);
        add_int(m, out, "group", a->group);
        break;
    case OP_MAX_POOL:
        add_window(m, out, a);
        add_int(m, out, "ceil_mode", a->ceil_mode);
        break;
    case OP_AVERAGE_POOL:
        add_window(m, out, a);
        add_int(m, out, "ceil_mode", a->ceil_mode);
        add_int(m, out, "count_include_pad", a->count_include_pad);
        break;
    case OP_LAYER_NORM:
        add_int(m, out, "axis", a->axis);
        add_float(m, out, "epsilon", a->epsilon);
        break;
    case OP_BATCH_NORM:
        add_float(m, out, "epsilon", a->epsilon);
        break;
    case OP_LRN:
        add_int(m, out, "size", a->size);
        add_float(m, out, "alpha", a->alpha);
        add_float(m, out, "beta", a->beta);
        add_float(m, out, "bias", a->bias);
        break;
    case OP_HARD_SIGMOID:
        add_float(m, out, "alpha", a->alpha);
        add_float(m, out, "beta", a->beta);
        break;
    case OP_LP_NORM:
        add_int(m, out, "axis", a->axis);
        add_int(m, out, "p", a->size);
        break;
    case OP_LEAKY_RELU:
    case OP_ELU:
        add_float(m, out, "alpha", a->alpha);
        break;
    case OP_SOFTMAX:
    case OP_CONCAT:
    case OP_GATHER:
        add_int(m, out, "axis", a->axis);
        break;
    case OP_TRANSPOSE:
        add_ints(m, out, "perm", a->perm, node->output->rank);
        break;
    case OP_GEMM:
        add_int(m, out, "transB", a->transpose_b);
        break;
    default:
        break;
    }
}

static Onnx__NodeProto *make_node(struct message *m, const struct graph_node *node)
{
    Onnx__NodeProto *out = arena_alloc(&m->arena, sizeof(*out));
    onnx__node_proto__init(out);
    out->name = (char *)node->name;
    out->op_type = (char *)graph_op_name(node->op);
    out->n_input = (size_t)node->input_count;
    out->input = arena_alloc(&m->arena, out->n_input * sizeof(char *));
    for (int i = 0; i < node->input_count; i++)
        out->input[i] = (char *)node->input[i]->name;
    out->n_output = 1;
    out->output = arena_alloc(&m->arena, sizeof(char *));
    out->output[0] = (char *)node->output->name;
    out->attribute = arena_alloc(&m->arena, MAX_ATTRIBUTES * sizeof(*out->attribute));
    add_attributes(m, out, node);
    return out;
}

static int onnx_type(enum dli_type type)
{
    return type == DLI_I64 ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64 : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
}

static Onnx__ValueInfoProto *make_value_info(struct message *m, const struct graph_value *value)
{
    Onnx__ValueInfoProto *info = arena_alloc(&m->arena, sizeof(*info));
    Onnx__TypeProto *type = arena_alloc(&m->arena, sizeof(*type));
    Onnx__TypeProto__Tensor *tensor = arena_alloc(&m->arena, sizeof(*tensor));
    Onnx__TensorShapeProto *shape = arena_alloc(&m->arena, sizeof(*shape));
    onnx__value_info_proto__init(info);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = (size_t)value->rank;
    shape->dim = arena_alloc(&m->arena, shape->n_dim * sizeof(*shape->dim));
    for (int i = 0; i < value->rank; i++) {
        Onnx__TensorShapeProto__Dimension *dim = arena_alloc(&m->arena, sizeof(*dim));
        onnx__tensor_shape_proto__dimension__init(dim);
        dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = value->dim[i];
        shape->dim[i] = dim;
    }
    tensor->has_elem_type = 1;
    tensor->elem_type = onnx_type(value->type);
    tensor->shape = shape;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    info->name = (char *)value->name;
    info->type = type;
    return info;
}

static Onnx__ValueInfoProto **make_value_infos(struct message *m, struct graph_value *const *value, int count)
{
    Onnx__ValueInfoProto **infos = arena_alloc(&m->arena, (size_t)count * sizeof(*infos));
    for (int i = 0; i < count; i++)
        infos[i] = make_value_info(m, value[i]);
    return infos;
}

static void make_graph(struct message *m, Onnx__GraphProto *out)
{
    const struct graph *graph = m->graph;
    onnx__graph_proto__init(out);
    out->name = (char *)graph->name;
    out->node = arena_alloc(&m->arena, (size_t)graph->node_count * sizeof(*out->node));
    for (const struct graph_node *node = graph->first_node; node; node = node->next)
        out->node[out->n_node++] = make_node(m, node);
    out->n_input = (size_t)graph->input_count;
    out->input = make_value_infos(m, graph->input, graph->input_count);
    out->n_output = (size_t)graph->output_count;
    out->output = make_value_infos(m, graph->output, graph->output_count);
}

// The tensor without its data, which follows as one more field.
static void make_tensor(Onnx__TensorProto *out, const struct graph_value *weight)
{
    onnx__tensor_proto__init(out);
    out->n_dims = (size_t)weight->rank;
    out->dims = (int64_t *)weight->dim;
    out->has_data_type = 1;
    out->data_type = onnx_type(weight->type);
    out->name = (char *)weight->name;
}

static size_t weight_bytes(const struct graph_value *weight)
{
    return (size_t)graph_elements(weight) * dli_type_bytes(weight->type);
}

// Bytes of the TensorProto of a weight, data included.
static size_t tensor_bytes(const struct graph_value *weight)
{
    Onnx__TensorProto tensor;
    make_tensor(&tensor, weight);
    return onnx__tensor_proto__get_packed_size(&tensor) + wire_field_bytes(FIELD_TENSOR_RAW_DATA, weight_bytes(weight));
}

struct writer {
    emit_write_fn write;
    void *sink;
    void *chunk;
    struct dli_error *err;
};

static int write_packed(struct writer *w, const ProtobufCMessage *message)
{
    size_t bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = malloc(bytes ? bytes : 1);
    if (!packed)
        return dli_fail(w->err, DLI_E_NOMEM, "onnx: no memory for a graph of %zu bytes", bytes);
    protobuf_c_message_pack(message, packed);
    int result = w->write(packed, bytes, w->sink, w->err);
    free(packed);
    return result;
}

static int write_header(struct writer *w, int field, uint64_t bytes)
{
    unsigned char header[WIRE_HEADER_BYTES];
    return w->write(header, wire_header(header, field, bytes), w->sink, w->err);
}

static int write_data(struct writer *w, const struct graph *graph, const struct graph_value *weight)
{
    size_t element = dli_type_bytes(weight->type);
    int64_t all = graph_elements(weight);
    int64_t per_chunk = CHUNK / (int64_t)element;
    int result = DLI_OK;
    for (int64_t first = 0; first < all && result == DLI_OK; first += per_chunk) {
        int64_t count = all - first < per_chunk ? all - first : per_chunk;
        if (weight->type == DLI_I64)
            graph_fill_i64(weight, w->chunk, first, count);
        else
            graph_fill_f32(graph, weight, w->chunk, first, count);
        result = w->write(w->chunk, (size_t)count * element, w->sink, w->err);
    }
    return result;
}

static int write_weight(struct writer *w, const struct graph *graph, const struct graph_value *weight)
{
    Onnx__TensorProto tensor;
    make_tensor(&tensor, weight);
    int result = write_header(w, FIELD_GRAPH_INITIALIZER, tensor_bytes(weight));
    if (result == DLI_OK)
        result = write_packed(w, &tensor.base);
    if (result == DLI_OK)
        result = write_header(w, FIELD_TENSOR_RAW_DATA, weight_bytes(weight));
    if (result == DLI_OK)
        result = write_data(w, graph, weight);
    return result;
}

static int write_model(struct writer *w, const struct graph *graph, const Onnx__ModelProto *model,
                       const Onnx__GraphProto *body)
{
    size_t bytes = onnx__graph_proto__get_packed_size(body);
    for (const struct graph_value *weight = graph->first_weight; weight; weight = weight->next)
        bytes += wire_field_bytes(FIELD_GRAPH_INITIALIZER, tensor_bytes(weight));
    // protobuf readers refuse messages of 2 GiB and more.
    if (bytes > INT32_MAX)
        return dli_fail(w->err, DLI_E_UNSUPPORTED, "%s: %zu MiB are more than one ONNX file can hold (2 GiB)", graph->name,
                        bytes >> 20);
    int result = write_packed(w, &model->base);
    if (result == DLI_OK)
        result = write_header(w, FIELD_MODEL_GRAPH, bytes);
    if (result == DLI_OK)
        result = write_packed(w, &body->base);
    for (const struct graph_value *weight = graph->first_weight; weight && result == DLI_OK; weight = weight->next)
        result = write_weight(w, graph, weight);
    return result;
}

static int emit(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err)
{
    struct message m = {.graph = graph};
    struct writer w = {write, sink, xmalloc(CHUNK), err};
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT;
    Onnx__OperatorSetIdProto *opsets[] = {&opset};
    Onnx__GraphProto body;
    opset.domain = (char *)"";
    opset.has_version = 1;
    opset.version = OPSET;
    model.has_ir_version = 1;
    model.ir_version = IR_VERSION;
    model.producer_name = (char *)"dli";
    model.n_opset_import = 1;
    model.opset_import = opsets;
    make_graph(&m, &body);
    int result = write_model(&w, graph, &model, &body);
    arena_release(&m.arena);
    free(w.chunk);
    return result;
}

const struct emitter emitter_onnx = {.format = "onnx", .extension = "onnx", .emit = emit};
