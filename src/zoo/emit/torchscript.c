// TorchScript as torch.jit.save writes it: an uncompressed ZIP with the code, a pickle of the
// module's attributes that names the storages, and the storages as raw numbers. The shapes of
// inputs and the names of outputs, for which the format has no place, are in one more member,
// «extra/dli-io», in the form of backends/null/model.c.
#include <inttypes.h>
#include <stdlib.h>

#include "zoo/emit/torchscript.h"
#include "zoo/emit/zip.h"

enum { CHUNK = 1 << 16 };

// Pickle, protocol 2 (Python: pickletools).
static void pickle_text(struct strbuf *out, const char *text)
{
    uint32_t bytes = (uint32_t)strlen(text);
    strbuf_addc(out, 'X'); // BINUNICODE
    for (int i = 0; i < 4; i++)
        strbuf_addc(out, (char)(bytes >> 8 * i));
    strbuf_adds(out, text);
}

static void pickle_int(struct strbuf *out, int64_t value)
{
    if (value >= 0 && value <= INT32_MAX) {
        strbuf_addc(out, 'J'); // BININT
        for (int i = 0; i < 4; i++)
            strbuf_addc(out, (char)(value >> 8 * i));
        return;
    }
    strbuf_add(out, "\x8a\x08", 2); // LONG1 of 8 bytes
    for (int i = 0; i < 8; i++)
        strbuf_addc(out, (char)((uint64_t)value >> 8 * i));
}

static void pickle_global(struct strbuf *out, const char *module, const char *name)
{
    strbuf_addf(out, "c%s\n%s\n", module, name);
}

// _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)
static void pickle_tensor(struct strbuf *out, const struct graph_value *weight)
{
    char key[16];
    int64_t stride = graph_elements(weight);
    snprintf(key, sizeof(key), "%d", weight->index);
    pickle_global(out, "torch._utils", "_rebuild_tensor_v2");
    strbuf_adds(out, "((");
    pickle_text(out, "storage");
    pickle_global(out, "torch", "FloatStorage");
    pickle_text(out, key);
    pickle_text(out, "cpu");
    pickle_int(out, stride);
    strbuf_adds(out, "tQ"); // TUPLE, BINPERSID
    pickle_int(out, 0);
    strbuf_addc(out, '(');
    for (int i = 0; i < weight->rank; i++)
        pickle_int(out, weight->dim[i]);
    strbuf_adds(out, "t(");
    for (int i = 0; i < weight->rank; i++) {
        stride /= weight->dim[i];
        pickle_int(out, stride);
    }
    strbuf_adds(out, "t\x89"); // NEWFALSE
    pickle_global(out, "collections", "OrderedDict");
    strbuf_adds(out, ")RtR"); // EMPTY_TUPLE, REDUCE, TUPLE, REDUCE
}

static void make_pickle(struct strbuf *out, const struct graph *graph)
{
    strbuf_add(out, "\x80\x02", 2); // PROTO 2
    pickle_global(out, "__torch__", "Net");
    strbuf_add(out, ")\x81}(", 4); // EMPTY_TUPLE, NEWOBJ, EMPTY_DICT, MARK
    for (const struct graph_value *weight = graph->first_weight; weight; weight = weight->next) {
        char name[16];
        if (!torchscript_is_attribute(weight))
            continue;
        snprintf(name, sizeof(name), "w%d", weight->index);
        pickle_text(out, name);
        pickle_tensor(out, weight);
    }
    pickle_text(out, "training");
    strbuf_add(out, "\x89ub.", 4); // NEWFALSE, SETITEMS, BUILD, STOP
}

static void add_header(struct strbuf *out, const struct graph *graph)
{
    strbuf_adds(out, "class Net(Module):\n  __parameters__ = [");
    for (const struct graph_value *weight = graph->first_weight; weight; weight = weight->next)
        if (torchscript_is_attribute(weight))
            strbuf_addf(out, "\"w%d\", ", weight->index);
    strbuf_adds(out, "]\n  __buffers__ = []\n");
    for (const struct graph_value *weight = graph->first_weight; weight; weight = weight->next)
        if (torchscript_is_attribute(weight))
            strbuf_addf(out, "  w%d : Tensor\n", weight->index);
    strbuf_adds(out, "  training : bool\n  def forward(self: __torch__.Net");
    for (int i = 0; i < graph->input_count; i++)
        strbuf_addf(out, ",\n    v%d: Tensor", graph->input[i]->index);
}

static int make_code(struct strbuf *out, const struct graph *graph, struct dli_error *err)
{
    int result = DLI_OK;
    bool has_many = graph->output_count > 1;
    add_header(out, graph);
    strbuf_adds(out, has_many ? ") -> Tuple[" : ") -> ");
    for (int i = 0; i < graph->output_count; i++)
        strbuf_adds(out, i ? ", Tensor" : "Tensor");
    strbuf_adds(out, has_many ? "]:\n" : ":\n");
    for (const struct graph_node *node = graph->first_node; node && result == DLI_OK;
         node = node->next)
        result = torchscript_node(out, node, err);
    strbuf_adds(out, has_many ? "    return (" : "    return ");
    for (int i = 0; i < graph->output_count; i++)
        strbuf_addf(out, "%sv%d", i ? ", " : "", graph->output[i]->index);
    strbuf_adds(out, has_many ? ")\n" : "\n");
    return result;
}

static int keep(const void *data, size_t bytes, void *sink, struct dli_error *err)
{
    (void)err;
    strbuf_add(sink, data, bytes);
    return DLI_OK;
}

static void add_storage(struct zip *zip, const struct graph *graph,
                        const struct graph_value *weight, float *chunk)
{
    char name[48];
    int64_t all = graph_elements(weight);
    snprintf(name, sizeof(name), "model/data/%d", weight->index);
    zip_begin(zip, name);
    for (int64_t first = 0; first < all && zip->result == DLI_OK; first += CHUNK) {
        int64_t count = all - first < CHUNK ? all - first : CHUNK;
        graph_fill_f32(graph, weight, chunk, first, count);
        zip_add(zip, chunk, (size_t)count * sizeof(*chunk));
    }
    zip_end(zip);
}

static int emit(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err)
{
    struct strbuf code = STRBUF_INIT, pickle = STRBUF_INIT, ports = STRBUF_INIT;
    struct zip zip = {.write = write, .sink = sink, .err = err};
    int result = make_code(&code, graph, err);
    if (result == DLI_OK)
        result = emitter_null.emit(graph, keep, &ports, err);
    if (result == DLI_OK) {
        float *chunk = xmalloc(CHUNK * sizeof(*chunk));
        make_pickle(&pickle, graph);
        zip_member(&zip, "model/data.pkl", pickle.text, pickle.length);
        zip_member(&zip, "model/code/__torch__.py", code.text, code.length);
        zip_member(&zip, "model/constants.pkl", "\x80\x02).", 4);
        zip_member(&zip, "model/version", "3\n", 2);
        zip_member(&zip, "model/byteorder", "little", 6);
        zip_member(&zip, "model/extra/dli-io", ports.text, ports.length);
        for (const struct graph_value *weight = graph->first_weight; weight; weight = weight->next)
            if (torchscript_is_attribute(weight))
                add_storage(&zip, graph, weight, chunk);
        free(chunk);
        result = zip_finish(&zip);
    }
    strbuf_release(&code);
    strbuf_release(&pickle);
    strbuf_release(&ports);
    return result;
}

const struct emitter emitter_torchscript = {.format = "torchscript", .extension = "pt", .emit = emit};
