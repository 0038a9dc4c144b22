// TensorFlow's GraphDef: a frozen graph, channels last, batch norms folded, as its converters leave
// it. The nodes are packed by protobuf-c; constants, which are large, are written one by one around
// them.
#include <stdlib.h>

#include "base/strbuf.h"
#include "zoo/emit/tensorflow.h"
#include "zoo/emit/wire.h"

// What a GraphDef counts as its version; that of TensorFlow 2.12, which later ones read.
enum { GRAPH_PRODUCER = 1286 };
enum {
    FIELD_GRAPH_NODE = 1,
    FIELD_NODE_ATTR = 5,
    FIELD_ENTRY_VALUE = 2,
    FIELD_ATTR_TENSOR = 8,
    FIELD_TENSOR_CONTENT = 4
};

static void put_header(struct strbuf *out, int field, uint64_t bytes)
{
    unsigned char header[WIRE_HEADER_BYTES];
    strbuf_add(out, header, wire_header(header, field, bytes));
}

static void put_packed(struct strbuf *out, const ProtobufCMessage *message)
{
    size_t bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = xmalloc(bytes ? bytes : 1);
    protobuf_c_message_pack(message, packed);
    strbuf_add(out, packed, bytes);
    free(packed);
}

static enum tf_type type_of(const struct lite_tensor *tensor)
{
    return tensor->type == LITE_INT32 ? TF_DT_INT32 : TF_DT_FLOAT;
}

// A Const node up to its data: node { name, op, attr dtype, attr value { tensor { dtype, shape,
// content.
static uint64_t start_constant(struct strbuf *out, struct tf_graph *g,
                               const struct lite_tensor *tensor)
{
    struct tf_node *last = g->last;
    Tensorflow__NodeDef *node = tf_add(g, tf_name(g, tensor), "Const", 0, NULL);
    Tensorflow__TensorProto value = TENSORFLOW__TENSOR_PROTO__INIT;
    Tensorflow__NodeDef__AttrEntry entry = TENSORFLOW__NODE_DEF__ATTR_ENTRY__INIT;
    uint64_t data = (uint64_t)lite_elements(tensor) * 4;
    g->last = last; // it is written here, not with the others
    *(last ? &last->next : &g->first) = NULL;
    tf_set_type(g, node, "dtype", type_of(tensor));
    value.has_dtype = 1;
    value.dtype = type_of(tensor);
    value.tensor_shape = tf_shape(g, tensor->rank, tensor->dim);
    entry.key = (char *)"value";
    uint64_t tensor_bytes = protobuf_c_message_get_packed_size(&value.base) +
                            wire_field_bytes(FIELD_TENSOR_CONTENT, data);
    uint64_t attr_bytes = wire_field_bytes(FIELD_ATTR_TENSOR, tensor_bytes);
    uint64_t entry_bytes = protobuf_c_message_get_packed_size(&entry.base) +
                           wire_field_bytes(FIELD_ENTRY_VALUE, attr_bytes);
    uint64_t node_bytes = protobuf_c_message_get_packed_size(&node->base) +
                          wire_field_bytes(FIELD_NODE_ATTR, entry_bytes);
    put_header(out, FIELD_GRAPH_NODE, node_bytes);
    put_packed(out, &node->base);
    put_header(out, FIELD_NODE_ATTR, entry_bytes);
    put_packed(out, &entry.base);
    put_header(out, FIELD_ENTRY_VALUE, attr_bytes);
    put_header(out, FIELD_ATTR_TENSOR, tensor_bytes);
    put_packed(out, &value.base);
    put_header(out, FIELD_TENSOR_CONTENT, data);
    return data;
}

static void add_placeholders(struct tf_graph *g)
{
    const struct graph *graph = g->l->graph;
    for (int i = 0; i < graph->input_count; i++) {
        const struct lite_tensor *tensor = g->l->placed[graph->input[i]->index][LITE_PLAIN];
        Tensorflow__NodeDef *node = tf_add(g, tf_name(g, tensor), "Placeholder", 0, NULL);
        tf_set_type(g, node, "dtype", type_of(tensor));
        tf_set_shape(g, node, "shape", tensor->rank, tensor->dim);
    }
}

static void add_outputs(struct tf_graph *g)
{
    const struct graph *graph = g->l->graph;
    for (int i = 0; i < graph->output_count; i++) {
        const struct lite_tensor *tensor = g->l->placed[graph->output[i]->index][LITE_PLAIN];
        const char *const input[1] = {tf_name(g, tensor)};
        Tensorflow__NodeDef *node =
            tf_add(g, tf_clean_name(g, graph->output[i]->name), "Identity", 1, input);
        tf_set_type(g, node, "T", type_of(tensor));
    }
}

static void make_nodes(struct tf_graph *g)
{
    struct lite *l = g->l;
    g->tensor = arena_alloc(&l->arena, (size_t)l->tensor_count * sizeof(*g->tensor));
    for (struct lite_tensor *tensor = l->first_tensor; tensor; tensor = tensor->next)
        g->tensor[tensor->index] = tensor;
    add_placeholders(g);
    for (const struct lite_op *op = l->first_op; op && l->result == DLI_OK; op = op->next)
        tf_operator(g, op);
    add_outputs(g);
}

// Bytes of the whole file, so that one too large is refused before anything is written.
static uint64_t count_bytes(struct tf_graph *g)
{
    struct strbuf scratch = STRBUF_INIT;
    uint64_t bytes = 0;
    for (const struct lite_tensor *tensor = g->l->first_tensor; tensor; tensor = tensor->next) {
        if (!lite_is_constant(tensor))
            continue;
        bytes += start_constant(&scratch, g, tensor) + scratch.length;
        strbuf_reset(&scratch);
    }
    for (const struct tf_node *node = g->first; node; node = node->next)
        bytes +=
            wire_field_bytes(FIELD_GRAPH_NODE, protobuf_c_message_get_packed_size(&node->def.base));
    strbuf_release(&scratch);
    return bytes;
}

static int write_constants(struct tf_graph *g, emit_write_fn write, void *sink)
{
    struct strbuf before = STRBUF_INIT;
    int result = DLI_OK;
    for (const struct lite_tensor *tensor = g->l->first_tensor; tensor && result == DLI_OK;
         tensor = tensor->next) {
        if (!lite_is_constant(tensor))
            continue;
        strbuf_reset(&before);
        (void)start_constant(&before, g, tensor);
        result = write(before.text, before.length, sink, g->l->err);
        if (result == DLI_OK)
            result = lite_write_constant(g->l, tensor, write, sink);
    }
    strbuf_release(&before);
    return result;
}

static int write_nodes(const struct tf_graph *g, emit_write_fn write, void *sink)
{
    Tensorflow__GraphDef rest = TENSORFLOW__GRAPH_DEF__INIT;
    Tensorflow__VersionDef versions = TENSORFLOW__VERSION_DEF__INIT;
    struct strbuf out = STRBUF_INIT;
    versions.has_producer = 1;
    versions.producer = GRAPH_PRODUCER;
    rest.versions = &versions;
    for (const struct tf_node *node = g->first; node; node = node->next) {
        put_header(&out, FIELD_GRAPH_NODE, protobuf_c_message_get_packed_size(&node->def.base));
        put_packed(&out, &node->def.base);
    }
    put_packed(&out, &rest.base);
    int result = write(out.text, out.length, sink, g->l->err);
    strbuf_release(&out);
    return result;
}

static int emit(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err)
{
    struct lite l;
    struct tf_graph g = {.l = &l};
    int result = lite_lower(&l, graph, "tensorflow", err);
    if (result == DLI_OK) {
        make_nodes(&g);
        result = l.result;
    }
    if (result == DLI_OK && count_bytes(&g) > INT32_MAX)
        result = dli_fail(err, DLI_E_UNSUPPORTED,
                          "tensorflow: %s is larger than one GraphDef can be (2 GiB)", graph->name);
    if (result == DLI_OK)
        result = write_constants(&g, write, sink);
    if (result == DLI_OK)
        result = write_nodes(&g, write, sink);
    arena_release(&l.arena);
    return result;
}

const struct emitter emitter_tensorflow = {.format = "tensorflow", .extension = "pb", .emit = emit};
