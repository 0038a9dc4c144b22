// Caffe: a prototxt with the layers, and a caffemodel with what the layers learnt, matched by their
// names.
#include "zoo/emit/caffe.h"

#include <stdlib.h>

#include "zoo/emit/wire.h"

// NetParameter.layer, LayerParameter.name .type .blobs, BlobProto.shape .data, BlobShape.dim
enum { FIELD_NET_LAYER = 100, FIELD_LAYER_NAME = 1, FIELD_LAYER_TYPE = 2, FIELD_LAYER_BLOBS = 7 };
enum { FIELD_BLOB_SHAPE = 7, FIELD_BLOB_DATA = 5, FIELD_SHAPE_DIM = 1 };
enum { CHUNK = 1 << 16 };

void caffe_refuse(struct caffe *c, const struct graph_node *node, const char *what)
{
    if (c->result == DLI_OK)
        c->result = dli_fail(c->err, DLI_E_UNSUPPORTED, "caffe: %s '%s': %s",
                             graph_op_name(node->op), node->name, what);
}

const char *caffe_begin(struct caffe *c, const char *name, const char *type, const char *bottom,
                        const char *top)
{
    strbuf_addf(&c->text, "layer {\n  name: \"%s\"\n  type: \"%s\"\n", name, type);
    if (bottom)
        strbuf_addf(&c->text, "  bottom: \"%s\"\n", bottom);
    if (top)
        strbuf_addf(&c->text, "  top: \"%s\"\n", top);
    return name;
}

void caffe_end(struct caffe *c)
{
    strbuf_adds(&c->text, "}\n");
}

void caffe_simple(struct caffe *c, const char *name, const char *type, const char *bottom,
                  const char *top, const char *text)
{
    caffe_begin(c, name, type, bottom, top);
    strbuf_adds(&c->text, text);
    caffe_end(c);
}

struct caffe_layer *caffe_weights(struct caffe *c, const char *name, const char *type)
{
    struct caffe_layer *layer = arena_alloc(&c->arena, sizeof(*layer));
    layer->name = name;
    layer->type = type;
    *(c->last ? &c->last->next : &c->first) = layer;
    c->last = layer;
    return layer;
}

void caffe_add_blob(struct caffe_layer *layer, const struct graph_value *weight)
{
    struct caffe_blob *blob = &layer->blob[layer->blob_count++];
    blob->weight = weight;
    blob->rank = weight ? weight->rank : 1;
    blob->dim[0] = 1;
    if (weight)
        memcpy(blob->dim, weight->dim, (size_t)weight->rank * sizeof(*blob->dim));
}

const char *caffe_part(struct caffe *c, const char *of, const char *part)
{
    return arena_printf(&c->arena, "%s/%s%d", of, part, c->part_count++);
}

const char *caffe_name(const struct caffe *c, const struct graph_value *value)
{
    return c->name[value->index];
}

static int output_index(const struct graph *graph, const struct graph_value *value)
{
    for (int i = 0; i < graph->output_count; i++)
        if (graph->output[i] == value)
            return i;
    return -1;
}

const char *caffe_place(struct caffe *c, const struct graph_value *output,
                        const struct graph_value *input)
{
    int index = output_index(c->graph, output);
    const char *name = output->name;
    // Caffe hands several outputs out in the order of their names.
    if (index >= 0 && c->graph->output_count > 1)
        name = arena_printf(&c->arena, "%02d.%s", index, output->name);
    else if (input && input->use_count == 1 && input->producer >= 0)
        name = caffe_name(c, input);
    return c->name[output->index] = name;
}

static void add_inputs(struct caffe *c)
{
    for (int i = 0; i < c->graph->input_count; i++) {
        const struct graph_value *input = c->graph->input[i];
        c->name[input->index] = input->name;
        caffe_begin(c, input->name, "Input", NULL, input->name);
        strbuf_adds(&c->text, "  input_param { shape {");
        for (int d = 0; d < input->rank; d++)
            strbuf_addf(&c->text, " dim: %lld", (long long)input->dim[d]);
        strbuf_adds(&c->text, " } }\n");
        caffe_end(c);
    }
}

// Caffe's outputs are the arrays that nobody reads.
static void check_outputs(struct caffe *c)
{
    for (int i = 0; i < c->graph->output_count && c->result == DLI_OK; i++)
        if (c->graph->output[i]->use_count > 1 || c->graph->output[i]->producer < 0)
            c->result =
                dli_fail(c->err, DLI_E_UNSUPPORTED,
                         "caffe: output '%s' is read by a layer too, which Caffe does not give out",
                         c->graph->output[i]->name);
}

static int lower(struct caffe *c, const struct graph *graph, struct dli_error *err)
{
    memset(c, 0, sizeof(*c));
    c->graph = graph;
    c->err = err;
    c->name = arena_alloc(&c->arena, (size_t)graph->value_count * sizeof(*c->name));
    strbuf_addf(&c->text, "name: \"%s\"\n", graph->name);
    add_inputs(c);
    check_outputs(c);
    for (const struct graph_node *node = graph->first_node; node && c->result == DLI_OK;
         node = node->next)
        caffe_node(c, node);
    return c->result;
}

static void release(struct caffe *c)
{
    strbuf_release(&c->text);
    arena_release(&c->arena);
}

static int emit(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err)
{
    struct caffe c;
    int result = lower(&c, graph, err);
    if (result == DLI_OK)
        result = write(c.text.text, c.text.length, sink, err);
    release(&c);
    return result;
}

static uint64_t data_bytes(const struct caffe_blob *blob)
{
    return blob->weight ? (uint64_t)graph_elements(blob->weight) * sizeof(float) : sizeof(float);
}

static void put_header(struct strbuf *out, int field, uint64_t bytes)
{
    unsigned char header[WIRE_HEADER_BYTES];
    strbuf_add(out, header, wire_header(header, field, bytes));
}

static void put_text(struct strbuf *out, int field, const char *text)
{
    put_header(out, field, strlen(text));
    strbuf_adds(out, text);
}

// BlobShape: one packed list of dimensions.
static void put_shape(struct strbuf *out, const struct caffe_blob *blob)
{
    struct strbuf dims = STRBUF_INIT;
    for (int d = 0; d < blob->rank; d++) {
        unsigned char varint[WIRE_HEADER_BYTES];
        strbuf_add(&dims, varint, wire_varint(varint, (uint64_t)blob->dim[d]));
    }
    put_header(out, FIELD_BLOB_SHAPE, wire_field_bytes(FIELD_SHAPE_DIM, dims.length));
    put_header(out, FIELD_SHAPE_DIM, dims.length);
    strbuf_add(out, dims.text, dims.length);
    strbuf_release(&dims);
}

// A BlobProto up to its data.
static void put_blob_start(struct strbuf *out, const struct caffe_blob *blob)
{
    struct strbuf shape = STRBUF_INIT;
    put_shape(&shape, blob);
    put_header(out, FIELD_LAYER_BLOBS,
               shape.length + wire_field_bytes(FIELD_BLOB_DATA, data_bytes(blob)));
    strbuf_add(out, shape.text, shape.length);
    put_header(out, FIELD_BLOB_DATA, data_bytes(blob));
    strbuf_release(&shape);
}

static int write_blob(const struct caffe *c, const struct caffe_blob *blob, emit_write_fn write,
                      void *sink)
{
    static const float one = 1;
    float *chunk = xmalloc(CHUNK * sizeof(*chunk));
    int64_t all = blob->weight ? graph_elements(blob->weight) : 0;
    int result = blob->weight ? DLI_OK : write(&one, sizeof(one), sink, c->err);
    for (int64_t first = 0; first < all && result == DLI_OK; first += CHUNK) {
        int64_t count = all - first < CHUNK ? all - first : CHUNK;
        graph_fill_f32(c->graph, blob->weight, chunk, first, count);
        result = write(chunk, (size_t)count * sizeof(*chunk), sink, c->err);
    }
    free(chunk);
    return result;
}

static int write_layer(const struct caffe *c, const struct caffe_layer *layer, emit_write_fn write,
                       void *sink)
{
    struct strbuf start[3] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
    struct strbuf head = STRBUF_INIT, names = STRBUF_INIT;
    put_text(&names, FIELD_LAYER_NAME, layer->name);
    put_text(&names, FIELD_LAYER_TYPE, layer->type);
    uint64_t bytes = names.length;
    for (int i = 0; i < layer->blob_count; i++) {
        put_blob_start(&start[i], &layer->blob[i]);
        bytes += start[i].length + data_bytes(&layer->blob[i]);
    }
    put_header(&head, FIELD_NET_LAYER, bytes);
    strbuf_add(&head, names.text, names.length);
    int result = write(head.text, head.length, sink, c->err);
    for (int i = 0; i < layer->blob_count && result == DLI_OK; i++) {
        result = write(start[i].text, start[i].length, sink, c->err);
        if (result == DLI_OK)
            result = write_blob(c, &layer->blob[i], write, sink);
    }
    for (int i = 0; i < 3; i++)
        strbuf_release(&start[i]);
    strbuf_release(&names);
    strbuf_release(&head);
    return result;
}

static int emit_weights(const struct graph *graph, emit_write_fn write, void *sink,
                        struct dli_error *err)
{
    struct caffe c;
    int result = lower(&c, graph, err);
    uint64_t bytes = 0;
    for (const struct caffe_layer *layer = c.first; layer; layer = layer->next)
        for (int i = 0; i < layer->blob_count; i++)
            bytes += data_bytes(&layer->blob[i]);
    // protobuf readers refuse messages of 2 GiB and more.
    if (result == DLI_OK && bytes > INT32_MAX)
        result = dli_fail(err, DLI_E_UNSUPPORTED,
                          "caffe: %s is larger than one caffemodel can be (2 GiB)", graph->name);
    for (const struct caffe_layer *layer = c.first; layer && result == DLI_OK; layer = layer->next)
        result = write_layer(&c, layer, write, sink);
    release(&c);
    return result;
}

const struct emitter emitter_caffe = {.format = "caffe",
                                      .extension = "prototxt",
                                      .emit = emit,
                                      .weights_extension = "caffemodel",
                                      .emit_weights = emit_weights};
