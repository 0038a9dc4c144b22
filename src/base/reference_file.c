#include "base/reference_file.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"

#define MAX_REFERENCE_BYTES ((size_t)4 << 30)

void reference_file_release(struct reference_file *reference)
{
    for (int i = 0; i < reference->output_count; i++)
        free(reference->output[i].data);
    memset(reference, 0, sizeof(*reference));
}

static enum dli_type type_named(const char *name)
{
    for (int type = 1; name && type < DLI_TYPE_COUNT; type++)
        if (strcmp(dli_type_name((enum dli_type)type), name) == 0)
            return (enum dli_type)type;
    return DLI_TYPE_NONE;
}

static int read_desc(struct dli_tensor_desc *out, const json_t *entry, struct dli_error *err)
{
    json_t *dim = json_object_get(entry, "dim");
    const char *name = json_string_value(json_object_get(entry, "name"));
    if (!name || !json_is_array(dim) || json_array_size(dim) > DLI_MAX_RANK)
        return dli_fail(err, DLI_E_PARSE, "an output has no name or no shape");
    snprintf(out->name, sizeof(out->name), "%s", name);
    out->type = type_named(json_string_value(json_object_get(entry, "type")));
    out->rank = (int)json_array_size(dim);
    for (int i = 0; i < out->rank; i++)
        out->dim[i] = json_integer_value(json_array_get(dim, (size_t)i));
    return DLI_OK;
}

static int read_outputs(struct reference_file *out, const json_t *list, const char *data,
                        size_t bytes, struct dli_error *err)
{
    if (!json_is_array(list) || json_array_size(list) > REFERENCE_MAX_OUTPUTS)
        return dli_fail(err, DLI_E_PARSE, "no list of outputs");
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct dli_tensor *tensor = &out->output[i];
        int result = read_desc(&tensor->desc, json_array_get(list, i), err);
        if (result == DLI_OK)
            result = dli_tensor_bytes(&tensor->bytes, &tensor->desc, err);
        if (result != DLI_OK)
            return result;
        if (tensor->bytes > bytes)
            return dli_fail(err, DLI_E_PARSE, "the data of output '%s' are cut off",
                            tensor->desc.name);
        tensor->data = malloc(tensor->bytes ? tensor->bytes : 1);
        if (!tensor->data)
            return dli_fail(err, DLI_E_NOMEM, "no memory for %zu bytes", tensor->bytes);
        out->output_count++;
        memcpy(tensor->data, data, tensor->bytes);
        data += tensor->bytes;
        bytes -= tensor->bytes;
    }
    return bytes ? dli_fail(err, DLI_E_PARSE, "%zu bytes too many", bytes) : DLI_OK;
}

int reference_file_read(struct reference_file *out, const char *path, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    json_t *head = NULL;
    memset(out, 0, sizeof(*out));
    int result = file_read(&text, path, MAX_REFERENCE_BYTES, err);
    if (result != DLI_OK)
        goto out;
    const char *newline = memchr(strbuf_text(&text), '\n', text.length);
    if (!newline) {
        result = dli_fail(err, DLI_E_PARSE, "%s: not a file of reference outputs", path);
        goto out;
    }
    size_t head_bytes = (size_t)(newline - text.text);
    result = json_parse_object(&head, text.text, head_bytes, err);
    if (result == DLI_OK) {
        const char *origin = json_string_value(json_object_get(head, "origin"));
        snprintf(out->origin, sizeof(out->origin), "%s", origin ? origin : "?");
        out->seed = (uint64_t)json_integer_value(json_object_get(head, "seed"));
        result = read_outputs(out, json_object_get(head, "outputs"), newline + 1,
                              text.length - head_bytes - 1, err);
    }
    if (result != DLI_OK)
        dli_error_prepend(err, "%s", path);
out:
    json_decref(head);
    strbuf_release(&text);
    return result;
}

int reference_file_write(const struct reference_file *reference, const char *path,
                         struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    json_t *head = json_object();
    json_t *list = json_array();
    json_put_int(head, "schema", 1);
    json_put_string(head, "origin", reference->origin);
    json_put_int(head, "seed", (int64_t)reference->seed);
    for (int i = 0; i < reference->output_count; i++) {
        const struct dli_tensor_desc *desc = &reference->output[i].desc;
        json_t *entry = json_object();
        json_t *dim = json_array();
        for (int k = 0; k < desc->rank; k++)
            json_array_append_new(dim, json_integer(desc->dim[k]));
        json_put_string(entry, "name", desc->name);
        json_put_string(entry, "type", dli_type_name(desc->type));
        json_object_set_new(entry, "dim", dim);
        json_array_append_new(list, entry);
    }
    json_object_set_new(head, "outputs", list);
    char *line = json_to_line(head);
    strbuf_adds(&text, line);
    strbuf_addc(&text, '\n');
    for (int i = 0; i < reference->output_count; i++)
        strbuf_add(&text, reference->output[i].data, reference->output[i].bytes);
    int result = file_write_atomic(path, text.text, text.length, err);
    free(line);
    json_decref(head);
    strbuf_release(&text);
    return result;
}
