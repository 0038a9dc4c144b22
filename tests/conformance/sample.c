#include "sample.h"

#include <math.h>
#include <stdlib.h>

#include "zoo/emit.h"
#include "zoo/reference/reference.h"
#include "zoo/zoo.h"

#include "base/file.h"
#include "base/random.h"

// Small inputs and widths: the reference executor is exact, not fast. Together they hold every
// operator of the graph but Expand.
static const char *const zoo_names[] = {"squeezenet-1.1?input=64&classes=10",
                                        "resnet-18?input=32&width=0.25&classes=10",
                                        "squeezenet-1.0?input=64&classes=10&batch=2",
                                        "torchvision/mobilenet_v3_small?input=64&classes=10",
                                        "max-pool?input=13",
                                        "average-pool?input=13",
                                        "conv-grouped?input=8",
                                        "batch-norm?input=8",
                                        "lrn?input=8",
                                        "slice?input=8",
                                        "tanh",
                                        "attention",
                                        "gelu",
                                        "layer-norm",
                                        "softmax",
                                        NULL};
static const char *const null_names[] = {"input x f32 1x3x4x4\noutput y f32 1x48\n",
                                         "input x f32 2x3\noutput y f32 2x3\n", NULL};

const char *const *sample_names(const char *format)
{
    if (strcmp(format, "null") == 0)
        return null_names;
    return emit_find(format) ? zoo_names : NULL;
}

static int allocate(struct sample *out, size_t input_count, size_t output_count)
{
    out->input_count = input_count;
    out->output_count = output_count;
    for (int i = 0; i < SAMPLE_ITEMS; i++) {
        out->input[i] = calloc(input_count, sizeof(float));
        out->output[i] = calloc(output_count, sizeof(float));
        if (!out->input[i] || !out->output[i])
            return DLI_E_NOMEM;
        random_fill_f32(out->input[i], input_count, random_key((uint64_t)i + 1, "input"), 0, -1, 1);
    }
    return DLI_OK;
}

static int make_zoo(struct sample *out, const char *spec, struct dli_error *err)
{
    struct zoo_model model;
    struct graph graph;
    char sha256[SHA256_HEX_SIZE];
    int rc = zoo_find(&model, spec, err);
    if (rc)
        return rc;
    rc = zoo_build(&graph, &model, err);
    if (rc == DLI_OK)
        rc = emit_file(&graph, emit_find(out->format), out->path, sha256, err);
    if (rc == DLI_OK) {
        graph_describe(&graph, &out->io);
        rc = allocate(out, (size_t)graph_elements(graph.input[0]),
                      (size_t)graph_elements(graph.output[0]));
    }
    for (int i = 0; rc == DLI_OK && i < SAMPLE_ITEMS; i++) {
        const float *const input[] = {out->input[i]};
        float *const output[] = {out->output[i]};
        rc = reference_run(&graph, input, output, 1, err);
    }
    graph_release(&graph);
    return rc;
}

static int make_null(struct sample *out, const char *text, struct dli_error *err)
{
    int rc = file_write_atomic(out->path, text, strlen(text), err);
    if (rc)
        return rc;
    bool is_first = strcmp(text, null_names[0]) == 0;
    out->io.input_count = 1;
    out->io.output_count = 1;
    out->io.input[0] = is_first ? (struct dli_tensor_desc){"x", DLI_F32, 4, {1, 3, 4, 4}}
                                : (struct dli_tensor_desc){"x", DLI_F32, 2, {2, 3}};
    out->io.output[0] = is_first ? (struct dli_tensor_desc){"y", DLI_F32, 2, {1, 48}}
                                 : (struct dli_tensor_desc){"y", DLI_F32, 2, {2, 3}};
    rc = allocate(out, is_first ? 48 : 6, is_first ? 48 : 6);
    for (int i = 0; rc == DLI_OK && i < SAMPLE_ITEMS; i++) {
        for (size_t k = 0; k < out->output_count; k++)
            out->output[i][k] = out->input[i][k % out->input_count] * 0.5F + 0.25F;
    }
    return rc;
}

int sample_make(struct sample *out, const char *format, const char *name, const char *folder,
                struct dli_error *err)
{
    memset(out, 0, sizeof(*out));
    out->format = format;
    const struct emitter *emitter = emit_find(format);
    snprintf(out->path, sizeof(out->path), "%s/model.%s", folder,
             emitter ? emitter->extension : format);
    if (emitter && emitter->weights_extension)
        snprintf(out->weights_path, sizeof(out->weights_path), "%s/model.%s", folder,
                 emitter->weights_extension);
    return strcmp(format, "null") == 0 ? make_null(out, name, err) : make_zoo(out, name, err);
}

void sample_release(struct sample *sample)
{
    for (int i = 0; i < SAMPLE_ITEMS; i++) {
        free(sample->input[i]);
        free(sample->output[i]);
    }
    memset(sample, 0, sizeof(*sample));
}

double sample_error(const struct sample *sample, int item, const struct dli_tensor *output)
{
    const float *expected = sample->output[item];
    const float *got = output->data;
    double largest = 0;
    double error = 0;
    if (output->bytes != sample->output_count * sizeof(float))
        return INFINITY;
    for (size_t i = 0; i < sample->output_count; i++) {
        double difference = fabs((double)got[i] - (double)expected[i]);
        // No comparison is true for a NaN, which must not pass as «not larger».
        if (isnan(difference))
            return INFINITY;
        error = fmax(error, difference);
        largest = fmax(largest, fabs((double)expected[i]));
    }
    return largest > 0 ? error / largest : error;
}
