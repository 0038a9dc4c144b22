// TensorFlow Lite by its official schema (version 3a). The file is a FlatBuffer: everything but the
// constants is made in memory, then their data follow one by one, so that no more than one is held.
#include <stdlib.h>

#include "zoo/emit.h"
#include "zoo/emit/tflite.h"

enum { SCHEMA_VERSION = 3, DATA_ALIGNMENT = 16, PLACEHOLDER_CODE = 127 };

/** Codes that the file's operators use, in the order of their first use. */
struct codes {
    int count;
    int code[OP_COUNT * 2];
    int version[OP_COUNT * 2];
};

static int index_of_code(struct codes *codes, const struct lite_op *op)
{
    int i = 0;
    while (i < codes->count && codes->code[i] != (int)op->code)
        i++;
    if (i == codes->count) {
        codes->code[codes->count++] = (int)op->code;
        codes->version[i] = 1;
    }
    codes->version[i] = op->version > codes->version[i] ? op->version : codes->version[i];
    return i;
}

static size_t child_vector(struct strbuf *out, size_t table, int id, const void *data, int count)
{
    return flatbuffer_vector(out, flatbuffer_slot(out, table, id), data, (size_t)count);
}

static void write_codes(struct strbuf *out, size_t model, const struct codes *codes)
{
    size_t slots = child_vector(out, model, 1, NULL, codes->count);
    for (int i = 0; i < codes->count; i++) {
        uint32_t code = (uint32_t)codes->code[i];
        const struct flatbuffer_field field[] = {
            {0, 1, code < PLACEHOLDER_CODE ? code : PLACEHOLDER_CODE},
            {2, 4, (uint32_t)codes->version[i]},
            {3, 4, code}};
        flatbuffer_link(out, slots + 4 * (size_t)i, flatbuffer_table(out, field, 3));
    }
}

// Buffer 0 is empty, as the schema asks; then one for each constant in the order of the tensors.
static void write_tensors(struct strbuf *out, size_t subgraph, const struct lite *l)
{
    size_t slots = child_vector(out, subgraph, 0, NULL, l->tensor_count);
    uint32_t buffer = 0;
    for (const struct lite_tensor *tensor = l->first_tensor; tensor; tensor = tensor->next) {
        int32_t shape[DLI_MAX_RANK];
        const struct flatbuffer_field field[] = {FLATBUFFER_CHILD(0),
                                                 {1, 1, tensor->type},
                                                 {2, 4, lite_is_constant(tensor) ? ++buffer : 0},
                                                 FLATBUFFER_CHILD(3),
                                                 {8, 1, true}};
        for (int i = 0; i < tensor->rank; i++)
            shape[i] = (int32_t)tensor->dim[i];
        size_t table = flatbuffer_table(out, field, 5);
        flatbuffer_link(out, slots + 4 * (size_t)tensor->index, table);
        child_vector(out, table, 0, shape, tensor->rank);
        flatbuffer_string(out, flatbuffer_slot(out, table, 3), tensor->name);
    }
}

static void write_operators(struct strbuf *out, size_t subgraph, const struct lite *l,
                            struct codes *codes)
{
    size_t slots = child_vector(out, subgraph, 3, NULL, l->op_count);
    for (const struct lite_op *op = l->first_op; op; op = op->next, slots += 4) {
        const struct flatbuffer_field field[] = {{0, 4, (uint32_t)index_of_code(codes, op)},
                                                 FLATBUFFER_CHILD(1),
                                                 FLATBUFFER_CHILD(2),
                                                 {3, 1, op->options},
                                                 FLATBUFFER_CHILD(4)};
        size_t table = flatbuffer_table(out, field, op->options ? 5 : 3);
        flatbuffer_link(out, slots, table);
        child_vector(out, table, 1, op->input, op->input_count);
        child_vector(out, table, 2, &op->output, 1);
        if (op->options)
            flatbuffer_link(out, flatbuffer_slot(out, table, 4),
                            flatbuffer_table(out, op->field, op->field_count));
    }
}

static void write_ports(struct strbuf *out, size_t subgraph, const struct lite *l)
{
    int32_t index[DLI_MAX_IO];
    for (int i = 0; i < l->graph->input_count; i++)
        index[i] = l->placed[l->graph->input[i]->index][LITE_PLAIN]->index;
    child_vector(out, subgraph, 1, index, l->graph->input_count);
    for (int i = 0; i < l->graph->output_count; i++)
        index[i] = l->placed[l->graph->output[i]->index][LITE_PLAIN]->index;
    child_vector(out, subgraph, 2, index, l->graph->output_count);
}

// Tables of the buffers; their data lie behind `out`, in the same order, at places known from their
// sizes.
static int write_buffers(struct strbuf *out, size_t model, struct lite *l)
{
    static const struct flatbuffer_field data[] = {FLATBUFFER_CHILD(0)};
    int count = 1;
    for (const struct lite_tensor *tensor = l->first_tensor; tensor; tensor = tensor->next)
        count += lite_is_constant(tensor);
    size_t slots = child_vector(out, model, 4, NULL, count);
    size_t *table = arena_alloc(&l->arena, (size_t)count * sizeof(*table));
    for (int i = 0; i < count; i++) {
        table[i] = flatbuffer_table(out, data, i > 0);
        flatbuffer_link(out, slots + 4 * (size_t)i, table[i]);
    }
    uint64_t at = out->length;
    count = 1;
    for (struct lite_tensor *tensor = l->first_tensor; tensor; tensor = tensor->next) {
        if (!lite_is_constant(tensor))
            continue;
        tensor->data_at = flatbuffer_vector_place(at, DATA_ALIGNMENT);
        at = tensor->data_at + 4 + (uint64_t)lite_elements(tensor) * 4;
        if (at > INT32_MAX)
            return dli_fail(l->err, DLI_E_UNSUPPORTED,
                            "tflite: %s is larger than one file can be (2 GiB)", l->graph->name);
        flatbuffer_link(out, flatbuffer_slot(out, table[count++], 0), tensor->data_at);
    }
    return DLI_OK;
}

static int write_structure(struct strbuf *out, struct lite *l)
{
    static const struct flatbuffer_field model_fields[] = {{0, 4, SCHEMA_VERSION},
                                                           FLATBUFFER_CHILD(1),
                                                           FLATBUFFER_CHILD(2),
                                                           FLATBUFFER_CHILD(3),
                                                           FLATBUFFER_CHILD(4)};
    static const struct flatbuffer_field subgraph_fields[] = {
        FLATBUFFER_CHILD(0), FLATBUFFER_CHILD(1), FLATBUFFER_CHILD(2), FLATBUFFER_CHILD(3),
        FLATBUFFER_CHILD(4)};
    struct codes codes = {0};
    flatbuffer_start(out, "TFL3");
    size_t model = flatbuffer_table(out, model_fields, 5);
    flatbuffer_link(out, 0, model);
    flatbuffer_string(out, flatbuffer_slot(out, model, 3), "written by dli");
    size_t slot = child_vector(out, model, 2, NULL, 1);
    size_t subgraph = flatbuffer_table(out, subgraph_fields, 5);
    flatbuffer_link(out, slot, subgraph);
    flatbuffer_string(out, flatbuffer_slot(out, subgraph, 4), l->graph->name);
    write_ports(out, subgraph, l);
    write_tensors(out, subgraph, l);
    write_operators(out, subgraph, l, &codes);
    write_codes(out, model, &codes);
    return write_buffers(out, model, l);
}

static int write_data(const struct lite *l, uint64_t at, emit_write_fn write, void *sink)
{
    static const unsigned char zeros[DATA_ALIGNMENT] = {0};
    int result = DLI_OK;
    for (const struct lite_tensor *tensor = l->first_tensor; tensor && result == DLI_OK;
         tensor = tensor->next) {
        if (!lite_is_constant(tensor))
            continue;
        size_t bytes = (size_t)lite_elements(tensor) * 4;
        const unsigned char length[4] = {(unsigned char)bytes, (unsigned char)(bytes >> 8),
                                         (unsigned char)(bytes >> 16),
                                         (unsigned char)(bytes >> 24)};
        result = write(zeros, (size_t)(tensor->data_at - at), sink, l->err);
        if (result == DLI_OK)
            result = write(length, sizeof(length), sink, l->err);
        if (result == DLI_OK)
            result = lite_write_constant(l, tensor, write, sink);
        at = tensor->data_at + 4 + bytes;
    }
    return result;
}

static int emit(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err)
{
    struct lite l;
    struct strbuf out = STRBUF_INIT;
    int result = lite_lower(&l, graph, "tflite", err);
    if (result == DLI_OK)
        result = write_structure(&out, &l);
    if (result == DLI_OK)
        result = write(out.text, out.length, sink, err);
    if (result == DLI_OK)
        result = write_data(&l, out.length, write, sink);
    strbuf_release(&out);
    arena_release(&l.arena);
    return result;
}

const struct emitter emitter_tflite = {.format = "tflite", .extension = "tflite", .emit = emit};
