// The format of the null backend: inputs and outputs only, a line each (backends/null/model.c).
#include <stdlib.h>

#include "base/strbuf.h"
#include "zoo/emit.h"

static void add_lines(struct strbuf *text, const char *kind, const struct dli_tensor_desc *desc, int count)
{
    for (int i = 0; i < count; i++) {
        strbuf_addf(text, "%s %s %s ", kind, desc[i].name, dli_type_name(desc[i].type));
        for (int d = 0; d < desc[i].rank; d++)
            strbuf_addf(text, "%s%lld", d ? "x" : "", (long long)desc[i].dim[d]);
        strbuf_adds(text, desc[i].rank ? "\n" : "scalar\n");
    }
}

static int emit_null(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    struct dli_io *io = xcalloc(1, sizeof(*io));
    graph_describe(graph, io);
    add_lines(&text, "input", io->input, io->input_count);
    add_lines(&text, "output", io->output, io->output_count);
    int result = write(strbuf_text(&text), text.length, sink, err);
    free(io);
    strbuf_release(&text);
    return result;
}

const struct emitter emitter_null = {.format = "null", .extension = "txt", .emit = emit_null};
