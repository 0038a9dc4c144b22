#include "plan/test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/strbuf.h"

void test_init(struct test *test)
{
    memset(test, 0, sizeof(*test));
    test->seed = 1;
    test->measure.precision_frac = 0.01;
    test->measure.confidence_frac = 0.95;
    test->measure.min_time_ns = NS_PER_S / 2;
    test->measure.max_time_ns = 20 * NS_PER_S;
    test->measure.min_iterations = 20;
    test->timeout_ns = 300 * NS_PER_S;
}

struct test_model *test_add_model(struct test *test)
{
    test->model = xrealloc(test->model, (size_t)test->model_count + 1, sizeof(*test->model));
    struct test_model *model = &test->model[test->model_count++];
    memset(model, 0, sizeof(*model));
    model->parameter_count = -1;
    model->mac_count = -1;
    model->precision = DLI_F32;
    model->batch = 1;
    model->pin_threads = -1;
    return model;
}

static void release_model(struct test_model *model)
{
    for (int i = 0; i < model->shape_count; i++)
        free(model->shape[i].input);
    for (int i = 0; i < model->option_count; i++) {
        free(model->option[i].key);
        free(model->option[i].value);
    }
    for (int i = 0; i < model->input_count; i++) {
        free(model->input[i].input);
        free(model->input[i].path);
    }
    free(model->shape);
    free(model->option);
    free(model->input);
    free(model->model);
    free(model->path);
    free(model->weights_path);
    free(model->format);
    free(model->sha256);
    free(model->refusal);
    free(model->framework);
    free(model->module);
    free(model->device);
    free(model->hint);
    free(model->reference_path);
}

void test_release(struct test *test)
{
    if (!test)
        return;
    for (int i = 0; i < test->model_count; i++)
        release_model(&test->model[i]);
    free(test->model);
    memset(test, 0, sizeof(*test));
}

static char *copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void copy_model(struct test_model *out, const struct test_model *from)
{
    *out = *from;
    out->model = copy_text(from->model);
    out->path = copy_text(from->path);
    out->weights_path = copy_text(from->weights_path);
    out->format = copy_text(from->format);
    out->sha256 = copy_text(from->sha256);
    out->refusal = copy_text(from->refusal);
    out->framework = copy_text(from->framework);
    out->module = copy_text(from->module);
    out->device = copy_text(from->device);
    out->hint = copy_text(from->hint);
    out->reference_path = copy_text(from->reference_path);
    out->shape = xcalloc((size_t)from->shape_count, sizeof(*out->shape));
    out->option = xcalloc((size_t)from->option_count, sizeof(*out->option));
    out->input = xcalloc((size_t)from->input_count, sizeof(*out->input));
    for (int i = 0; i < from->shape_count; i++) {
        out->shape[i] = from->shape[i];
        out->shape[i].input = copy_text(from->shape[i].input);
    }
    for (int i = 0; i < from->option_count; i++) {
        out->option[i].key = copy_text(from->option[i].key);
        out->option[i].value = copy_text(from->option[i].value);
    }
    for (int i = 0; i < from->input_count; i++) {
        out->input[i] = from->input[i];
        out->input[i].input = copy_text(from->input[i].input);
        out->input[i].path = copy_text(from->input[i].path);
    }
}

void test_copy(struct test *out, const struct test *from)
{
    *out = *from;
    out->model = xcalloc((size_t)from->model_count, sizeof(*out->model));
    for (int i = 0; i < from->model_count; i++)
        copy_model(&out->model[i], &from->model[i]);
}

void test_make_id(struct test *test)
{
    static const char *const test_paths[] = {"id", "timeout_ns", "memory_bytes"};
    static const char *const model_paths[] = {"path", "weights_path", "module", "reference"};
    char digest[SHA256_HEX_SIZE];
    size_t index;
    json_t *model;
    json_t *object = test_to_json(test);
    for (size_t i = 0; i < sizeof(test_paths) / sizeof(test_paths[0]); i++)
        json_object_del(object, test_paths[i]);
    json_array_foreach(json_object_get(object, "models"), index,
                       model) for (size_t i = 0; i < sizeof(model_paths) / sizeof(model_paths[0]);
                                   i++) json_object_del(model, model_paths[i]);
    json_object_del(object, "repeat");
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    if (!text)
        abort();
    sha256_memory(digest, text, strlen(text));
    snprintf(test->id, sizeof(test->id), "%.16s", digest);
    free(text);
    json_decref(object);
}

const char *test_mode_name(enum test_mode mode)
{
    return mode == TEST_ASYNC ? "async" : "sync";
}

const char *test_host_name(enum test_host host)
{
    return host == TEST_PYTHON ? "python" : "native";
}

const char *test_timing_name(enum test_timing timing)
{
    return timing == TEST_INFERENCE ? "inference" : "application";
}

const char *test_precision_name(enum dli_type precision)
{
    switch (precision) {
    case DLI_F32:
        return "FP32";
    case DLI_F16:
        return "FP16";
    case DLI_BF16:
        return "BF16";
    case DLI_F64:
        return "FP64";
    case DLI_I8:
        return "INT8";
    default:
        return "default";
    }
}
