// OpenVINO's intermediate representation: an .xml with the layers and a .bin with the constants.
#include "zoo/emit/openvino.h"

#include <stdlib.h>

enum { IR_VERSION = 11, ALIGNMENT = 64, CHUNK = 1 << 16 };

void ir_refuse(struct ir *ir, const struct graph_node *node, const char *what)
{
    if (ir->result == DLI_OK)
        ir->result = dli_fail(ir->err, DLI_E_UNSUPPORTED, "openvino: %s '%s': %s",
                              graph_op_name(node->op), node->name, what);
}

static const char *precision_of(enum dli_type type)
{
    return type == DLI_I64 ? "I64" : "FP32";
}

static void add_name(struct strbuf *out, const char *name)
{
    for (; *name; name++)
        if (*name == '&')
            strbuf_adds(out, "&amp;");
        else if (*name == '<')
            strbuf_adds(out, "&lt;");
        else if (*name == '"')
            strbuf_adds(out, "&quot;");
        else
            strbuf_add(out, name, 1);
}

static void add_dims(struct strbuf *out, const struct ir_value *value)
{
    for (int d = 0; d < value->rank; d++)
        strbuf_addf(out, "<dim>%lld</dim>", (long long)value->dim[d]);
    strbuf_adds(out, "</port>");
}

static int start_layer(struct ir *ir, const char *name, const char *type, int set)
{
    strbuf_addf(&ir->layers, "<layer id=\"%d\" name=\"", ir->layer_count);
    add_name(&ir->layers, name);
    strbuf_addf(&ir->layers, "\" type=\"%s\" version=\"opset%d\">", type, set);
    return ir->layer_count++;
}

static void add_inputs(struct ir *ir, int layer, int count, const struct ir_value *input)
{
    strbuf_adds(&ir->layers, "<input>");
    for (int i = 0; i < count; i++) {
        strbuf_addf(&ir->layers, "<port id=\"%d\">", i);
        add_dims(&ir->layers, &input[i]);
        strbuf_addf(&ir->edges,
                    "<edge from-layer=\"%d\" from-port=\"%d\" to-layer=\"%d\" to-port=\"%d\"/>\n",
                    input[i].layer, input[i].port, layer, i);
    }
    strbuf_adds(&ir->layers, "</input>");
}

// `tensor` is the name by which an application asks for it.
static void add_output(struct ir *ir, const struct ir_value *value, const char *tensor)
{
    strbuf_addf(&ir->layers, "<output><port id=\"%d\" precision=\"%s\" names=\"", value->port,
                precision_of(value->type));
    add_name(&ir->layers, tensor);
    strbuf_adds(&ir->layers, "\">");
    add_dims(&ir->layers, value);
    strbuf_adds(&ir->layers, "</output>");
}

static void end_layer(struct ir *ir)
{
    strbuf_adds(&ir->layers, "</layer>\n");
}

static void add_shape(struct strbuf *out, const struct ir_value *value)
{
    for (int d = 0; d < value->rank; d++)
        strbuf_addf(out, "%s%lld", d ? "," : "", (long long)value->dim[d]);
}

static struct ir_value shaped(int layer, int port, enum dli_type type, int rank, const int64_t *dim)
{
    struct ir_value value = {.layer = layer, .port = port, .type = type, .rank = rank};
    for (int d = 0; d < rank; d++)
        value.dim[d] = dim[d];
    return value;
}

static struct ir_value add_constant(struct ir *ir, const char *name, struct ir_value value,
                                    const struct graph_value *weight, const void *values)
{
    struct ir_constant *constant = arena_alloc(&ir->arena, sizeof(*constant));
    int64_t count = 1;
    for (int d = 0; d < value.rank; d++)
        count *= value.dim[d];
    constant->weight = weight;
    constant->values = values;
    constant->bytes = (uint64_t)count * dli_type_bytes(value.type);
    constant->offset_bytes = ir->data_bytes;
    ir->data_bytes += (constant->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *(ir->last ? &ir->last->next : &ir->first) = constant;
    ir->last = constant;
    value.layer = start_layer(ir, name, "Const", 1);
    strbuf_addf(&ir->layers, "<data element_type=\"%s\" shape=\"",
                value.type == DLI_I64 ? "i64" : "f32");
    add_shape(&ir->layers, &value);
    strbuf_addf(&ir->layers, "\" offset=\"%llu\" size=\"%llu\"/>",
                (unsigned long long)constant->offset_bytes, (unsigned long long)constant->bytes);
    add_output(ir, &value, name);
    end_layer(ir);
    return value;
}

struct ir_value ir_weight(struct ir *ir, const struct graph_value *weight, int rank,
                          const int64_t *dim)
{
    // The number keeps apart what is used in two shapes.
    const char *name = arena_printf(&ir->arena, "%s/%d", weight->name, ir->layer_count);
    return add_constant(ir, name, shaped(0, 0, weight->type, rank, dim), weight, NULL);
}

struct ir_value ir_get(struct ir *ir, const struct graph_value *value)
{
    if (!ir->is_placed[value->index]) {
        ir->value[value->index] = ir_weight(ir, value, value->rank, value->dim);
        ir->is_placed[value->index] = true;
    }
    return ir->value[value->index];
}

struct ir_value ir_integers(struct ir *ir, int rank, int count, const int64_t *values)
{
    const int64_t dim[1] = {count};
    int64_t *copy = arena_alloc(&ir->arena, (size_t)count * sizeof(*copy));
    memcpy(copy, values, (size_t)count * sizeof(*copy));
    return add_constant(ir, arena_printf(&ir->arena, "constant%d", ir->layer_count),
                        shaped(0, 0, DLI_I64, rank, dim), NULL, copy);
}

struct ir_value ir_scalar(struct ir *ir, float value)
{
    float *copy = arena_alloc(&ir->arena, sizeof(*copy));
    *copy = value;
    return add_constant(ir, arena_printf(&ir->arena, "constant%d", ir->layer_count),
                        shaped(0, 0, DLI_F32, 0, NULL), NULL, copy);
}

struct ir_value ir_layer(struct ir *ir, const char *name, struct ir_kind kind, int input_count,
                         const struct ir_value *input, const struct graph_value *like)
{
    int layer = start_layer(ir, name, kind.type, kind.set);
    struct ir_value out = shaped(layer, input_count, like->type, like->rank, like->dim);
    if (kind.attributes)
        strbuf_addf(&ir->layers, "<data %s/>", kind.attributes);
    add_inputs(ir, layer, input_count, input);
    add_output(ir, &out, name);
    end_layer(ir);
    return out;
}

static void add_parameters(struct ir *ir)
{
    for (int i = 0; i < ir->graph->input_count; i++) {
        const struct graph_value *input = ir->graph->input[i];
        struct ir_value out = shaped(start_layer(ir, input->name, "Parameter", 1), 0, input->type,
                                     input->rank, input->dim);
        strbuf_adds(&ir->layers, "<data shape=\"");
        add_shape(&ir->layers, &out);
        strbuf_addf(&ir->layers, "\" element_type=\"%s\"/>", out.type == DLI_I64 ? "i64" : "f32");
        add_output(ir, &out, input->name);
        end_layer(ir);
        ir->value[input->index] = out;
        ir->is_placed[input->index] = true;
    }
}

static void add_results(struct ir *ir)
{
    for (int i = 0; i < ir->graph->output_count; i++) {
        const struct graph_value *output = ir->graph->output[i];
        struct ir_value from = ir_get(ir, output);
        int layer =
            start_layer(ir, arena_printf(&ir->arena, "%s/result", output->name), "Result", 1);
        add_inputs(ir, layer, 1, &from);
        end_layer(ir);
    }
}

static int lower(struct ir *ir, const struct graph *graph, struct dli_error *err)
{
    size_t values = (size_t)graph->value_count;
    memset(ir, 0, sizeof(*ir));
    ir->graph = graph;
    ir->err = err;
    ir->value = arena_alloc(&ir->arena, values * sizeof(*ir->value));
    ir->is_placed = arena_alloc(&ir->arena, values * sizeof(*ir->is_placed));
    add_parameters(ir);
    for (const struct graph_node *node = graph->first_node; node && ir->result == DLI_OK;
         node = node->next)
        ir_node(ir, node);
    if (ir->result == DLI_OK)
        add_results(ir);
    return ir->result;
}

static void release(struct ir *ir)
{
    strbuf_release(&ir->layers);
    strbuf_release(&ir->edges);
    arena_release(&ir->arena);
}

static int emit(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err)
{
    struct ir ir;
    struct strbuf out = STRBUF_INIT;
    int result = lower(&ir, graph, err);
    if (result == DLI_OK) {
        strbuf_adds(&out, "<?xml version=\"1.0\"?>\n<net name=\"");
        add_name(&out, graph->name);
        strbuf_addf(&out, "\" version=\"%d\">\n<layers>\n", IR_VERSION);
        strbuf_add(&out, ir.layers.text, ir.layers.length);
        strbuf_adds(&out, "</layers>\n<edges>\n");
        strbuf_add(&out, ir.edges.text, ir.edges.length);
        strbuf_adds(&out, "</edges>\n</net>\n");
        result = write(out.text, out.length, sink, err);
    }
    strbuf_release(&out);
    release(&ir);
    return result;
}

static int write_weight(const struct ir *ir, const struct graph_value *weight, void *chunk,
                        emit_write_fn write, void *sink)
{
    int64_t all = graph_elements(weight);
    int result = DLI_OK;
    for (int64_t first = 0; first < all && result == DLI_OK; first += CHUNK) {
        int64_t count = all - first < CHUNK ? all - first : CHUNK;
        if (weight->type == DLI_I64)
            graph_fill_i64(weight, chunk, first, count);
        else
            graph_fill_f32(ir->graph, weight, chunk, first, count);
        result = write(chunk, (size_t)count * dli_type_bytes(weight->type), sink, ir->err);
    }
    return result;
}

static int emit_weights(const struct graph *graph, emit_write_fn write, void *sink,
                        struct dli_error *err)
{
    static const unsigned char zeros[ALIGNMENT] = {0};
    struct ir ir;
    void *chunk = xmalloc(CHUNK * sizeof(int64_t));
    int result = lower(&ir, graph, err);
    for (const struct ir_constant *c = ir.first; c && result == DLI_OK; c = c->next) {
        result = c->weight ? write_weight(&ir, c->weight, chunk, write, sink)
                           : write(c->values, c->bytes, sink, err);
        if (result == DLI_OK)
            result =
                write(zeros, (size_t)((ALIGNMENT - c->bytes % ALIGNMENT) % ALIGNMENT), sink, err);
    }
    free(chunk);
    release(&ir);
    return result;
}

const struct emitter emitter_openvino = {.format = "openvino",
                                         .extension = "xml",
                                         .emit = emit,
                                         .weights_extension = "bin",
                                         .emit_weights = emit_weights};
