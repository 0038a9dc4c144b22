// Models that the user brings.
#include <stdlib.h>

#include "base/file.h"
#include "catalog/entry.h"

static const struct {
    const char *extension;
    const char *format;
    const char *weights; // extension of the second file, or NULL
} known[] = {{"onnx", "onnx", NULL},
             {"xml", "openvino", "bin"},
             {"tflite", "tflite", NULL},
             {"pb", "tensorflow", NULL},
             {"pdmodel", "paddle", "pdiparams"},
             {"prototxt", "caffe", "caffemodel"},
             {"caffemodel", "caffe", NULL},
             {"pt", "torchscript", NULL},
             {"pth", "torchscript", NULL},
             {"ts", "torchscript", NULL},
             {"param", "ncnn", "bin"},
             {"txt", "null", NULL}};

const char *catalog_extensions(void)
{
    return ".onnx, .xml (+ .bin), .tflite, .pb, .pdmodel, .prototxt (+ .caffemodel), .pt, .param "
           "(+ .bin)";
}

static int find_format(const char *path)
{
    const char *extension = file_extension(path);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcasecmp(extension, known[i].extension) == 0)
            return (int)i;
    return -1;
}

const char *catalog_format_of(const char *path)
{
    int index = find_format(path);
    return index < 0 ? NULL : known[index].format;
}

static char *neighbour(const char *path, const char *extension)
{
    size_t stem = strlen(path) - strlen(file_extension(path));
    return xasprintf("%.*s%s", (int)stem, path, extension);
}

// One hash for both files: of the text of their two hashes.
static int hash_files(struct catalog_entry *entry, struct dli_error *err)
{
    char both[2 * SHA256_HEX_SIZE];
    char second[SHA256_HEX_SIZE];
    int result = sha256_file(entry->sha256, entry->path, err);
    if (result != DLI_OK || !entry->weights_path)
        return result;
    result = sha256_file(second, entry->weights_path, err);
    snprintf(both, sizeof(both), "%s%s", entry->sha256, second);
    if (result == DLI_OK)
        sha256_memory(entry->sha256, both, strlen(both));
    return result;
}

// What is measured must not depend on the folder that the worker runs in.
static char *absolute_path(const char *path, struct dli_error *err)
{
    char *resolved = realpath(path, NULL);
    if (!resolved)
        (void)dli_fail(err, DLI_E_NOTFOUND, "%.200s: cannot be opened", path);
    return resolved;
}

// A format that only its backend knows is called like its files: «acme» for net.acme.
static const char *own_format(const char *path, const char *const *formats)
{
    for (; formats && *formats; formats++)
        if (strcmp(*formats, file_extension(path)) == 0)
            return *formats;
    return NULL;
}

static int fail_unknown(const char *path, struct dli_error *err)
{
    if (file_is_folder(path)) // a SavedModel is a folder
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "%.120s: a folder is no model that this version can load; files are: %s",
                        path, catalog_extensions());
    return dli_fail(err, DLI_E_ARG,
                    "%.90s: unknown kind of model file; known are %s, and extensions that are a "
                    "backend's format",
                    path, catalog_extensions());
}

int catalog_file(struct catalog_entry *out, const char *path, const char *const *formats,
                 struct dli_error *err)
{
    int index = find_format(path);
    const char *own = own_format(path, formats);
    if (index < 0 && !own)
        return fail_unknown(path, err);
    out->name = xstrdup(file_name(path)); // the folder is the machine's business, not the row's
    out->format = own ? own : known[index].format;
    out->path = absolute_path(path, err);
    out->has_outputs = strcmp(out->format, "null") != 0;
    if (!out->path)
        return DLI_E_NOTFOUND;
    if (index >= 0 && known[index].weights) {
        out->weights_path = neighbour(out->path, known[index].weights);
        if (!file_exists(out->weights_path)) {
            free(out->weights_path);
            out->weights_path = NULL;
        }
    }
    if (strcmp(out->format, "onnx") == 0)
        out->parameter_count = catalog_onnx_parameters(out->path);
    return hash_files(out, err);
}
