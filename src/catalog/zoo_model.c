// Zoo models: written once per format and batch into the cache, with a neighbour .json that says
// what they are.
#include <ctype.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "catalog/entry.h"
#include "zoo/emit.h"
#include "zoo/fingerprint.h"
#include "zoo/zoo.h"

#define MAX_SIDECAR_BYTES ((size_t)64 << 10)
// To be raised when an emitter writes other bytes for the same graph.
#define EMIT_RULE 1

static const struct emitter *choose_emitter(const char *const *formats)
{
    if (!formats || !*formats)
        return &emitter_onnx; // unknown, e.g. not installed: the test says why
    for (; *formats; formats++)
        if (emit_find(*formats))
            return emit_find(*formats);
    return NULL;
}

// A file name that a person recognises: «resnet-50-batch-8-1f0c….onnx».
static char *cache_path(const char *cache, const struct graph *graph, const struct emitter *emitter)
{
    char print[SHA256_HEX_SIZE];
    char name[96];
    size_t length = 0;
    graph_fingerprint(print, graph);
    for (const char *c = graph->name; *c && length + 1 < sizeof(name); c++)
        name[length++] = isalnum((unsigned char)*c) || *c == '.' || *c == '-' ? *c : '-';
    name[length] = '\0';
    return xasprintf("%s/zoo/%s-%.12s-%d.%s", cache, name, print, EMIT_RULE, emitter->extension);
}

static bool read_sidecar(struct catalog_entry *out, const char *sidecar)
{
    struct strbuf text = STRBUF_INIT;
    struct dli_error err;
    json_t *object = NULL;
    const char *sha256 = NULL;
    int64_t bytes = -1;
    bool is_good = file_read(&text, sidecar, MAX_SIDECAR_BYTES, &err) == DLI_OK &&
                   json_parse_object(&object, strbuf_text(&text), text.length, &err) == DLI_OK &&
                   json_get_string(&sha256, object, "sha256", &err) == DLI_OK &&
                   json_get_int(&bytes, object, "bytes", 0, INT64_MAX, &err) == DLI_OK && sha256 &&
                   strlen(sha256) == SHA256_HEX_SIZE - 1 && bytes == file_bytes(out->path) &&
                   (!out->weights_path || file_exists(out->weights_path));
    if (is_good)
        memcpy(out->sha256, sha256, SHA256_HEX_SIZE);
    json_decref(object);
    strbuf_release(&text);
    return is_good;
}

static int write_sidecar(const struct catalog_entry *entry, const char *spec, const char *sidecar,
                         struct dli_error *err)
{
    json_t *object = json_object();
    json_put_string(object, "model", spec);
    json_put_string(object, "format", entry->format);
    json_put_string(object, "sha256", entry->sha256);
    json_put_int(object, "bytes", file_bytes(entry->path));
    json_put_int(object, "parameters", entry->parameter_count);
    json_put_int(object, "macs", entry->mac_count);
    char *line = json_to_line(object);
    int result = file_write_atomic(sidecar, line, strlen(line), err);
    free(line);
    json_decref(object);
    return result;
}

static int write_model(struct catalog_entry *out, const struct graph *graph,
                       const struct emitter *emitter, const struct zoo_request *request,
                       struct dli_error *err)
{
    char *sidecar = xasprintf("%s.json", out->path);
    char *folder = xasprintf("%s/zoo", request->cache);
    int result = DLI_OK;
    if (!read_sidecar(out, sidecar)) {
        catalog_say(request->options, "writing %s as %s (%.0f MiB)", graph->name, emitter->format,
                    (double)graph_count(graph).weight_bytes / (1 << 20));
        result = file_make_folders(folder, err);
        if (result == DLI_OK)
            result = emit_file(graph, emitter, out->path, out->sha256, err);
        if (result == DLI_OK)
            result = write_sidecar(out, graph->name, sidecar, err);
    }
    free(folder);
    free(sidecar);
    return result;
}

// The specification at the test's batch and seed. A batch inside the specification and another in
// the test disagree.
static int find_model(struct zoo_model *out, const char *spec, int batch, uint64_t seed,
                      struct dli_error *err)
{
    int result = zoo_find(out, spec, err);
    if (result != DLI_OK)
        return result;
    if (out->has_batch && batch != 1 && batch != out->params.batch)
        return dli_fail(err, DLI_E_ARG,
                        "%s: the name says batch=%lld, the test says %d: leave one of them out",
                        spec, (long long)out->params.batch, batch);
    if (!out->has_batch)
        out->params.batch = batch;
    if (!out->has_seed)
        out->seed = seed;
    return DLI_OK;
}

static char *name_without_batch(const struct zoo_model *model, uint64_t seed)
{
    struct strbuf name = STRBUF_INIT;
    struct zoo_model plain = *model;
    plain.params.batch = 1;
    if (plain.seed == seed)
        plain.seed = 1; // the test's seed has a column of its own
    zoo_canonical(&name, &plain);
    return strbuf_detach(&name);
}

int catalog_zoo(struct catalog_entry *out, const struct zoo_request *request, struct dli_error *err)
{
    struct zoo_model model;
    struct graph graph;
    int result = find_model(&model, request->spec, request->batch, request->seed, err);
    if (result != DLI_OK)
        return result;
    const struct emitter *emitter = choose_emitter(request->formats);
    if (!emitter)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "%.100s: the zoo writes no format that this framework reads",
                        request->spec);
    result = zoo_build(&graph, &model, err);
    if (result == DLI_OK) {
        struct graph_counts counts = graph_count(&graph);
        out->name = name_without_batch(&model, request->seed);
        out->path = cache_path(request->cache, &graph, emitter);
        out->weights_path = emit_weights_path(emitter, out->path);
        out->format = emitter->format;
        out->parameter_count = counts.trainable;
        out->mac_count = counts.macs;
        out->batch = (int)model.params.batch;
        out->is_approximate = model.variant->is_approximate;
        out->is_zoo = true;
        out->has_outputs = emitter != &emitter_null;
        result = write_model(out, &graph, emitter, request, err);
        if (result == DLI_E_UNSUPPORTED) {
            // A result, not a failure: its row says so, and the campaign goes on.
            out->refusal = xstrdup(err->text);
            result = DLI_OK;
        }
    }
    graph_release(&graph);
    return result;
}
