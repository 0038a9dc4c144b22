// «null:1x3x8x8»: a model that is nothing but shapes, for measuring the harness and for tests.
#include <ctype.h>
#include <stdlib.h>

#include "base/file.h"
#include "catalog/entry.h"

static int add_input(struct strbuf *text, int index, const char *shape, size_t length,
                     struct dli_error *err)
{
    for (size_t i = 0; i < length; i++) {
        bool is_digit = isdigit((unsigned char)shape[i]);
        bool is_cross = i > 0 && i + 1 < length && shape[i] == 'x' && shape[i - 1] != 'x';
        if (!is_digit && !is_cross && shape[i] != '?')
            length = 0;
    }
    if (length == 0)
        return dli_fail(err, DLI_E_ARG,
                        "a null model is written null:1x3x8x8, several inputs null:1x3x8x8,1x4");
    if (index)
        strbuf_addf(text, "input data%d f32 %.*s\n", index, (int)length, shape);
    else
        strbuf_addf(text, "input data f32 %.*s\n", (int)length, shape);
    return DLI_OK;
}

int catalog_null(struct catalog_entry *out, const char *spec, const char *cache,
                 struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    const char *shape = spec + strlen("null:");
    char *folder = xasprintf("%s/null", cache);
    int result = DLI_OK;
    int index = 0;
    for (bool is_more = true; is_more && result == DLI_OK;) {
        size_t length = strcspn(shape, ",");
        result = add_input(&text, index++, shape, length, err);
        is_more = shape[length] == ',';
        shape += length + 1;
    }
    strbuf_adds(&text, "output prob f32 ?x10\n");
    sha256_memory(out->sha256, strbuf_text(&text), text.length);
    out->name = xstrdup(spec);
    out->format = "null";
    out->path = xasprintf("%s/%.16s.txt", folder, out->sha256);
    out->parameter_count = 0;
    out->mac_count = 0;
    out->has_outputs = true; // the null backend makes them from its inputs, always alike
    if (result == DLI_OK)
        result = file_make_folders(folder, err);
    if (result == DLI_OK && !file_exists(out->path))
        result = file_write_atomic(out->path, strbuf_text(&text), text.length, err);
    free(folder);
    strbuf_release(&text);
    return result;
}
