// Reference outputs of zoo models, by the reference executor.
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/reference_file.h"
#include "catalog/entry.h"
#include "zoo/fingerprint.h"
#include "zoo/reference/reference.h"
#include "zoo/zoo.h"

// Samples of a batch are checked as far as this many multiply-adds go, at least one.
#define CHECK_MACS INT64_C(10000000000)

static float *new_tensor(const struct graph_value *value, struct dli_error *err)
{
    float *data = malloc((size_t)graph_elements(value) * sizeof(*data));
    if (!data)
        (void)dli_fail(err, DLI_E_NOMEM, "no memory for %lld values of '%s'",
                       (long long)graph_elements(value), value->name);
    return data;
}

static int make_inputs(float **input, const struct graph *graph, uint64_t seed,
                       struct dli_error *err)
{
    for (int i = 0; i < graph->input_count; i++) {
        input[i] = new_tensor(graph->input[i], err);
        if (!input[i])
            return DLI_E_NOMEM;
        zoo_fill_input(input[i], (size_t)graph_elements(graph->input[i]), graph->input[i]->name,
                       seed);
    }
    return DLI_OK;
}

static int run_and_write(const struct graph *graph, uint64_t seed, const char *path,
                         struct dli_error *err)
{
    float *input[DLI_MAX_IO] = {NULL};
    float *output[DLI_MAX_IO] = {NULL};
    struct dli_io *io = xcalloc(1, sizeof(*io));
    struct reference_file reference = {
        .origin = "zoo", .seed = seed, .output_count = graph->output_count};
    int thread_count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    int result = make_inputs(input, graph, seed, err);
    graph_describe(graph, io);
    for (int i = 0; i < graph->output_count && result == DLI_OK; i++) {
        output[i] = new_tensor(graph->output[i], err);
        reference.output[i].desc = io->output[i];
        reference.output[i].data = output[i];
        reference.output[i].bytes = (size_t)graph_elements(graph->output[i]) * sizeof(float);
        result = output[i] ? DLI_OK : DLI_E_NOMEM;
    }
    if (result == DLI_OK)
        result = reference_run(graph, (const float *const *)input, output, thread_count, err);
    if (result == DLI_OK)
        result = reference_file_write(&reference, path, err);
    for (int i = 0; i < DLI_MAX_IO; i++) {
        free(input[i]);
        free(output[i]);
    }
    free(io);
    return result;
}

static int checked_samples(const struct zoo_model *model, int batch, struct dli_error *err)
{
    struct zoo_model one = *model;
    struct graph graph;
    one.params.batch = 1;
    int samples = zoo_build(&graph, &one, err);
    if (samples == DLI_OK) {
        int64_t macs = graph_count(&graph).macs;
        int64_t most = macs > 0 ? CHECK_MACS / macs : batch;
        samples = (int)(most < 1 ? 1 : most < batch ? most : batch);
    }
    graph_release(&graph);
    return samples;
}

int catalog_zoo_reference(char **out, const struct zoo_request *request, struct dli_error *err)
{
    struct zoo_model model;
    struct graph graph;
    char print[SHA256_HEX_SIZE];
    int result = zoo_find(&model, request->spec, err);
    if (result != DLI_OK)
        return result;
    if (!model.has_seed)
        model.seed = request->seed;
    int samples = checked_samples(&model, request->batch, err);
    if (samples < 0)
        return samples;
    model.params.batch = samples;
    char *folder = xasprintf("%s/reference", request->cache);
    result = zoo_build(&graph, &model, err);
    if (result == DLI_OK) {
        graph_fingerprint(print, &graph);
        *out = xasprintf("%s/zoo-%.24s-%llu.ref", folder, print, (unsigned long long)request->seed);
        result = file_make_folders(folder, err);
    }
    if (result == DLI_OK && !file_exists(*out)) {
        catalog_say(request->options, "reference outputs of %s, %d sample%s", graph.name, samples,
                    samples == 1 ? "" : "s");
        result = run_and_write(&graph, request->seed, *out, err);
    }
    graph_release(&graph);
    free(folder);
    return result;
}
