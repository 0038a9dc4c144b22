// A null model is a text file, one input or output a line:
//     # a comment
//     input  data  f32 1x3x8x8
//     input  mask  i64 ?x4         '?' is left open: reshape fixes it
//     output prob  f32 ?x10        '?' takes the same dimension of the first input
//     output boxes f32 *x4         '*' is known only after an inference (1 to 8 rows)
// A scalar has the shape «scalar». Nothing else is in it: no weights, no operators.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "null.h"

static int read_type(enum dli_type *out, const char *name)
{
    for (int type = DLI_F32; type < DLI_TYPE_COUNT; type++) {
        if (strcmp(dli_type_name((enum dli_type)type), name) == 0) {
            *out = (enum dli_type)type;
            return DLI_OK;
        }
    }
    return DLI_E_PARSE;
}

static int read_shape(struct dli_tensor_desc *desc, char *text)
{
    char *rest = NULL;
    desc->rank = 0;
    if (strcmp(text, "scalar") == 0)
        return DLI_OK;
    for (char *word = strtok_r(text, "x", &rest); word; word = strtok_r(NULL, "x", &rest)) {
        char *end = NULL;
        long long value;
        if (desc->rank == DLI_MAX_RANK)
            return DLI_E_PARSE;
        errno = 0;
        if (strcmp(word, "?") == 0)
            value = DLI_DYNAMIC;
        else if (strcmp(word, "*") == 0)
            value = NULL_AT_INFERENCE;
        else if ((value = strtoll(word, &end, 10)) < 0 || *end || end == word || errno)
            return DLI_E_PARSE;
        desc->dim[desc->rank++] = value;
    }
    return desc->rank > 0 ? DLI_OK : DLI_E_PARSE;
}

static int read_line(struct dli_io *out, char *line)
{
    char *rest = NULL;
    char *kind = strtok_r(line, " \t\r\n", &rest);
    if (!kind || kind[0] == '#')
        return DLI_OK;
    char *name = strtok_r(NULL, " \t\r\n", &rest);
    char *type = strtok_r(NULL, " \t\r\n", &rest);
    char *shape = strtok_r(NULL, " \t\r\n", &rest);
    bool is_input = strcmp(kind, "input") == 0;
    int *count = is_input ? &out->input_count : &out->output_count;
    if ((!is_input && strcmp(kind, "output") != 0) || !shape || *count == DLI_MAX_IO)
        return DLI_E_PARSE;
    if (strlen(name) >= DLI_MAX_NAME)
        return DLI_E_PARSE;
    struct dli_tensor_desc *desc = is_input ? &out->input[*count] : &out->output[*count];
    memcpy(desc->name, name, strlen(name) + 1);
    if (read_type(&desc->type, type) || read_shape(desc, shape))
        return DLI_E_PARSE;
    (*count)++;
    return DLI_OK;
}

int null_model_read(struct dli_io *out, const char *path, struct dli_error *err)
{
    char line[512];
    int number = 0;
    int rc = DLI_OK;
    FILE *file = fopen(path, "re");
    memset(out, 0, sizeof(*out));
    if (!file)
        return dli_fail(err, errno == ENOENT ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s", path,
                        strerror(errno));
    while (rc == DLI_OK && fgets(line, sizeof(line), file)) {
        number++;
        if (!strchr(line, '\n'))
            rc = dli_fail(err, DLI_E_PARSE,
                          "%s:%d: the file ends within this line, or it is too long", path, number);
        else if (read_line(out, line))
            rc = dli_fail(err, DLI_E_PARSE,
                          "%s:%d: expected «input NAME TYPE SHAPE» or «output NAME TYPE SHAPE»",
                          path, number);
    }
    if (rc == DLI_OK && ferror(file))
        rc = dli_fail(err, DLI_E_IO, "%s: %s", path, strerror(errno));
    fclose(file);
    if (rc == DLI_OK && (out->input_count == 0 || out->output_count == 0))
        rc = dli_fail(err, DLI_E_PARSE, "%s: a model needs an input and an output", path);
    return rc;
}
