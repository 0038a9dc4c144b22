// struct test as JSON and back. The format is docs/formats.md, section 1.
#include <stdlib.h>

#include "base/json.h"
#include "base/nearest.h"
#include "base/strbuf.h"
#include "plan/test.h"

enum { MAX_MODELS = 64, MAX_SHAPES = 64, MAX_OPTIONS = 256, MAX_INPUTS = 64 };
#define MAX_NS INT64_C(31536000000000000)

static json_t *shapes_to_json(const struct test_model *model)
{
    json_t *list = json_array();
    for (int i = 0; i < model->shape_count; i++) {
        json_t *entry = json_object();
        json_t *dim = json_array();
        for (int k = 0; k < model->shape[i].rank; k++)
            json_array_append_new(dim, json_integer(model->shape[i].dim[k]));
        json_put_string(entry, "input", model->shape[i].input);
        json_object_set_new(entry, "dim", dim);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *reals_to_json(const double *value, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_real(value[i]));
    return list;
}

static json_t *inputs_to_json(const struct test_model *model)
{
    static const char *const sources[] = {"random", "images", "file"};
    json_t *list = json_array();
    for (int i = 0; i < model->input_count; i++) {
        const struct test_input *input = &model->input[i];
        json_t *entry = json_object();
        json_put_string(entry, "input", input->input);
        json_put_string(entry, "source", sources[input->source]);
        if (input->source == TEST_INPUT_RANDOM) {
            json_put_double(entry, "low", input->low);
            json_put_double(entry, "high", input->high);
        } else {
            json_put_string(entry, "path", input->path);
        }
        if (input->source == TEST_INPUT_IMAGES) {
            json_object_set_new(entry, "mean", reals_to_json(input->mean, 4));
            json_object_set_new(entry, "scale", reals_to_json(input->scale, 4));
            json_put_bool(entry, "bgr", input->is_bgr);
            json_put_bool(entry, "nhwc", input->is_nhwc);
        }
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *model_to_json(const struct test_model *model)
{
    json_t *object = json_object();
    json_t *options = json_object();
    json_put_string(object, "model", model->model);
    json_put_string(object, "path", model->path);
    json_put_string(object, "weights_path", model->weights_path);
    json_put_string(object, "format", model->format);
    json_put_string(object, "sha256", model->sha256);
    if (model->refusal)
        json_put_string(object, "refusal", model->refusal);
    json_put_int(object, "parameters", model->parameter_count);
    json_put_int(object, "macs", model->mac_count);
    json_put_bool(object, "approximate", model->is_approximate);
    json_put_string(object, "framework", model->framework);
    json_put_string(object, "module", model->module);
    json_put_string(object, "device", model->device ? model->device : "CPU");
    json_put_string(object, "precision", dli_type_name(model->precision));
    json_put_int(object, "batch", model->batch);
    json_put_int(object, "threads", model->threads);
    json_put_int(object, "streams", model->streams);
    json_put_int(object, "requests", model->requests);
    json_put_string(object, "hint", model->hint);
    json_object_set_new(object, "pin",
                        model->pin_threads < 0 ? json_null() : json_boolean(model->pin_threads));
    json_object_set_new(object, "shapes", shapes_to_json(model));
    for (int i = 0; i < model->option_count; i++)
        json_put_string(options, model->option[i].key, model->option[i].value);
    json_object_set_new(object, "options", options);
    json_object_set_new(object, "inputs", inputs_to_json(model));
    json_put_string(object, "reference", model->reference_path);
    json_put_double(object, "tolerance_frac", model->tolerance_frac);
    return object;
}

static const char *const warmup_names[] = {"auto", "fixed", "none", NULL};

static json_t *measure_to_json(const struct test_measure *measure)
{
    json_t *object = json_object();
    json_put_double(object, "precision_frac", measure->precision_frac);
    json_put_double(object, "confidence_frac", measure->confidence_frac);
    json_put_int(object, "min_time_ns", measure->min_time_ns);
    json_put_int(object, "max_time_ns", measure->max_time_ns);
    json_put_int(object, "min_iterations", measure->min_iterations);
    json_put_int(object, "max_iterations", measure->max_iterations);
    json_put_int(object, "iterations", measure->iterations);
    json_put_int(object, "time_ns", measure->time_ns);
    json_put_string(object, "warmup", warmup_names[measure->warmup]);
    json_put_int(object, "warmup_iterations", measure->warmup_iterations);
    json_put_bool(object, "keep_samples", measure->keep_samples);
    return object;
}

json_t *test_to_json(const struct test *test)
{
    json_t *object = json_object();
    json_t *models = json_array();
    json_put_int(object, "schema", TEST_SCHEMA);
    json_put_string(object, "id", test->id);
    json_put_int(object, "repeat", test->repeat);
    json_put_string(object, "host", test_host_name(test->host));
    json_put_string(object, "mode", test_mode_name(test->mode));
    json_put_string(object, "timing", test_timing_name(test->timing));
    json_put_int(object, "seed", (int64_t)test->seed);
    for (int i = 0; i < test->model_count; i++)
        json_array_append_new(models, model_to_json(&test->model[i]));
    json_object_set_new(object, "models", models);
    json_object_set_new(object, "measure", measure_to_json(&test->measure));
    json_put_int(object, "timeout_ns", test->timeout_ns);
    json_put_int(object, "memory_bytes", test->memory_bytes);
    return object;
}

// Reading keeps the first error and does nothing after it, so that a schema reads as a list of
// keys.
struct reader {
    const json_t *object;
    struct dli_error *err;
    int result;
};

static void read_text(struct reader *r, const char *key, char **out)
{
    const char *text = NULL;
    if (r->result == DLI_OK)
        r->result = json_get_string(&text, r->object, key, r->err);
    if (r->result == DLI_OK && text) {
        free(*out);
        *out = xstrdup(text);
    }
}

static void read_int64(struct reader *r, const char *key, int64_t *out, int64_t min, int64_t max)
{
    if (r->result == DLI_OK)
        r->result = json_get_int(out, r->object, key, min, max, r->err);
}

static void read_int(struct reader *r, const char *key, int *out, int min, int max)
{
    int64_t value = *out;
    read_int64(r, key, &value, min, max);
    *out = (int)value;
}

static void read_real(struct reader *r, const char *key, double *out, double min, double max)
{
    double value = *out;
    if (r->result == DLI_OK)
        r->result = json_get_double(&value, r->object, key, r->err);
    if (r->result == DLI_OK && !(value >= min && value <= max))
        r->result = dli_fail(r->err, DLI_E_PARSE, "'%s' is %g, must be within %g..%g", key, value,
                             min, max);
    if (r->result == DLI_OK)
        *out = value;
}

static void read_bool(struct reader *r, const char *key, bool *out)
{
    if (r->result == DLI_OK)
        r->result = json_get_bool(out, r->object, key, r->err);
}

// A word out of a NULL-terminated list, stored as its index.
static void read_word(struct reader *r, const char *key, int *out, const char *const *words)
{
    const char *text = NULL;
    if (r->result == DLI_OK)
        r->result = json_get_string(&text, r->object, key, r->err);
    if (r->result != DLI_OK || !text)
        return;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return;
        }
    r->result = dli_fail(r->err, DLI_E_PARSE, "'%s' cannot be '%.60s'", key, text);
}

static json_t *read_list(struct reader *r, const char *key, size_t limit)
{
    json_t *list = NULL;
    if (r->result == DLI_OK)
        r->result = json_get_array(&list, r->object, key, r->err);
    if (r->result == DLI_OK && json_array_size(list) > limit)
        r->result = dli_fail(r->err, DLI_E_PARSE, "'%s' has more than %zu entries", key, limit);
    return r->result == DLI_OK ? list : NULL;
}

// Every key of the object must be in the NULL-terminated list.
static void refuse_unknown(struct reader *r, const char *const *keys)
{
    const char *key;
    json_t *value;
    if (r->result == DLI_OK && !json_is_object(r->object))
        r->result = dli_fail(r->err, DLI_E_PARSE, "expected an object");
    if (r->result != DLI_OK)
        return;
    json_object_foreach((json_t *)r->object, key, value)
    {
        const char *const *known = keys;
        while (*known && strcmp(*known, key) != 0)
            known++;
        if (*known)
            continue;
        const char *nearest = nearest_name(key, keys);
        r->result = nearest ? dli_fail(r->err, DLI_E_PARSE,
                                       "unknown key '%.60s'; did you mean '%s'?", key, nearest)
                            : dli_fail(r->err, DLI_E_PARSE, "unknown key '%.60s'", key);
        return;
    }
}

static void read_dims(struct reader *r, struct test_shape *shape)
{
    json_t *list = read_list(r, "dim", DLI_MAX_RANK);
    shape->rank = (int)json_array_size(list);
    for (int i = 0; i < shape->rank && r->result == DLI_OK; i++) {
        const json_t *item = json_array_get(list, (size_t)i);
        shape->dim[i] = json_integer_value(item);
        if (!json_is_integer(item) || shape->dim[i] < 1)
            r->result = dli_fail(r->err, DLI_E_PARSE, "'dim' must hold whole numbers above 0");
    }
}

static void read_shapes(struct reader *r, struct test_model *model)
{
    static const char *const keys[] = {"input", "dim", NULL};
    json_t *list = read_list(r, "shapes", MAX_SHAPES);
    size_t count = json_array_size(list);
    model->shape = xcalloc(count, sizeof(*model->shape));
    for (size_t i = 0; i < count && r->result == DLI_OK; i++) {
        struct reader entry = {json_array_get(list, i), r->err, DLI_OK};
        struct test_shape *shape = &model->shape[model->shape_count++];
        refuse_unknown(&entry, keys);
        read_text(&entry, "input", &shape->input);
        read_dims(&entry, shape);
        r->result = entry.result;
    }
}

static void read_options(struct reader *r, struct test_model *model)
{
    json_t *options = NULL;
    json_t *value;
    const char *key;
    if (r->result == DLI_OK)
        r->result = json_get_object(&options, r->object, "options", r->err);
    if (r->result != DLI_OK || !options)
        return;
    if (json_object_size(options) > MAX_OPTIONS) {
        r->result =
            dli_fail(r->err, DLI_E_PARSE, "'options' has more than %d entries", MAX_OPTIONS);
        return;
    }
    model->option = xcalloc(json_object_size(options), sizeof(*model->option));
    json_object_foreach(options, key, value)
    {
        if (!json_is_string(value)) {
            r->result = dli_fail(r->err, DLI_E_PARSE, "option '%.60s' must be a string", key);
            return;
        }
        model->option[model->option_count].key = xstrdup(key);
        model->option[model->option_count++].value = xstrdup(json_string_value(value));
    }
}

static void read_reals(struct reader *r, const char *key, double out[4])
{
    json_t *list = read_list(r, key, 4);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_number(item)) {
            r->result = dli_fail(r->err, DLI_E_PARSE, "'%s' must hold numbers", key);
            return;
        }
        out[i] = json_number_value(item);
    }
}

static void read_inputs(struct reader *r, struct test_model *model)
{
    static const char *const keys[] = {"input", "source", "path", "low",  "high",
                                       "mean",  "scale",  "bgr",  "nhwc", NULL};
    static const char *const sources[] = {"random", "images", "file", NULL};
    json_t *list = read_list(r, "inputs", MAX_INPUTS);
    size_t count = json_array_size(list);
    model->input = xcalloc(count, sizeof(*model->input));
    for (size_t i = 0; i < count && r->result == DLI_OK; i++) {
        struct reader entry = {json_array_get(list, i), r->err, DLI_OK};
        struct test_input *input = &model->input[model->input_count++];
        int source = TEST_INPUT_RANDOM;
        refuse_unknown(&entry, keys);
        read_word(&entry, "source", &source, sources);
        input->source = (enum test_input_source)source;
        read_text(&entry, "input", &input->input);
        read_text(&entry, "path", &input->path);
        read_real(&entry, "low", &input->low, -1e30, 1e30);
        read_real(&entry, "high", &input->high, -1e30, 1e30);
        read_reals(&entry, "mean", input->mean);
        read_reals(&entry, "scale", input->scale);
        read_bool(&entry, "bgr", &input->is_bgr);
        read_bool(&entry, "nhwc", &input->is_nhwc);
        if (entry.result == DLI_OK && input->source != TEST_INPUT_RANDOM && !input->path)
            entry.result =
                dli_fail(r->err, DLI_E_PARSE, "'inputs': a source other than random needs 'path'");
        r->result = entry.result;
    }
}

static void read_precision(struct reader *r, struct test_model *model)
{
    const char *names[DLI_TYPE_COUNT + 1];
    int type = (int)model->precision;
    for (int i = 0; i < DLI_TYPE_COUNT; i++)
        names[i] = dli_type_name((enum dli_type)i);
    names[DLI_TYPE_COUNT] = NULL;
    read_word(r, "precision", &type, names);
    model->precision = (enum dli_type)type;
}

static void read_pin(struct reader *r, struct test_model *model)
{
    bool is_pinned = false;
    if (!json_is_boolean(json_object_get(r->object, "pin")))
        return;
    read_bool(r, "pin", &is_pinned);
    model->pin_threads = is_pinned;
}

static void read_model(struct reader *r, struct test_model *model)
{
    static const char *const keys[] = {
        "model",  "path",        "weights_path", "format",    "sha256",         "parameters",
        "macs",   "approximate", "framework",    "module",    "device",         "precision",
        "batch",  "threads",     "streams",      "requests",  "hint",           "pin",
        "shapes", "options",     "inputs",       "reference", "tolerance_frac", "refusal",
        NULL};
    refuse_unknown(r, keys);
    read_text(r, "model", &model->model);
    read_text(r, "path", &model->path);
    read_text(r, "weights_path", &model->weights_path);
    read_text(r, "format", &model->format);
    read_text(r, "sha256", &model->sha256);
    read_text(r, "refusal", &model->refusal);
    read_int64(r, "parameters", &model->parameter_count, -1, INT64_MAX);
    read_int64(r, "macs", &model->mac_count, -1, INT64_MAX);
    read_bool(r, "approximate", &model->is_approximate);
    read_text(r, "framework", &model->framework);
    read_text(r, "module", &model->module);
    read_text(r, "device", &model->device);
    read_precision(r, model);
    read_int(r, "batch", &model->batch, 1, 65536);
    read_int(r, "threads", &model->threads, 0, 4096);
    read_int(r, "streams", &model->streams, 0, 4096);
    read_int(r, "requests", &model->requests, 0, 4096);
    read_text(r, "hint", &model->hint);
    read_pin(r, model);
    read_shapes(r, model);
    read_options(r, model);
    read_inputs(r, model);
    read_text(r, "reference", &model->reference_path);
    read_real(r, "tolerance_frac", &model->tolerance_frac, 0, 1e6);
}

static void read_measure(struct reader *r, struct test_measure *measure)
{
    static const char *const keys[] = {"precision_frac",    "confidence_frac", "min_time_ns",
                                       "max_time_ns",       "min_iterations",  "max_iterations",
                                       "iterations",        "time_ns",         "warmup",
                                       "warmup_iterations", "keep_samples",    NULL};
    int warmup = measure->warmup;
    refuse_unknown(r, keys);
    read_real(r, "precision_frac", &measure->precision_frac, 1e-6, 1);
    read_real(r, "confidence_frac", &measure->confidence_frac, 0.5, 0.9999);
    read_int64(r, "min_time_ns", &measure->min_time_ns, 0, MAX_NS);
    read_int64(r, "max_time_ns", &measure->max_time_ns, 0, MAX_NS);
    read_int64(r, "min_iterations", &measure->min_iterations, 0, INT64_MAX);
    read_int64(r, "max_iterations", &measure->max_iterations, 0, INT64_MAX);
    read_int64(r, "iterations", &measure->iterations, 0, INT64_MAX);
    read_int64(r, "time_ns", &measure->time_ns, 0, MAX_NS);
    read_word(r, "warmup", &warmup, warmup_names);
    measure->warmup = (enum test_warmup)warmup;
    read_int64(r, "warmup_iterations", &measure->warmup_iterations, 0, INT64_MAX);
    read_bool(r, "keep_samples", &measure->keep_samples);
}

static void read_models(struct reader *r, struct test *test)
{
    json_t *list = read_list(r, "models", MAX_MODELS);
    if (r->result == DLI_OK && json_array_size(list) == 0)
        r->result = dli_fail(r->err, DLI_E_PARSE, "'models' is empty or missing");
    for (size_t i = 0; i < json_array_size(list) && r->result == DLI_OK; i++) {
        struct reader entry = {json_array_get(list, i), r->err, DLI_OK};
        read_model(&entry, test_add_model(test));
        r->result = entry.result;
        if (r->result != DLI_OK)
            dli_error_prepend(r->err, "models[%zu]", i);
    }
}

static void read_id(struct reader *r, struct test *test)
{
    const char *id = NULL;
    if (r->result == DLI_OK)
        r->result = json_get_string(&id, r->object, "id", r->err);
    if (r->result != DLI_OK || !id)
        return;
    // The id becomes part of file names, so nothing but its digits is let in.
    if (strlen(id) >= TEST_ID_SIZE || strspn(id, "0123456789abcdef") != strlen(id))
        r->result = dli_fail(r->err, DLI_E_PARSE, "'id' must be at most 16 hexadecimal digits");
    else
        snprintf(test->id, sizeof(test->id), "%s", id);
}

int test_from_json(struct test *out, const json_t *object, struct dli_error *err)
{
    static const char *const keys[] = {"schema",  "id",         "repeat",       "host",
                                       "mode",    "timing",     "seed",         "models",
                                       "measure", "timeout_ns", "memory_bytes", NULL};
    static const char *const hosts[] = {"native", "python", NULL};
    static const char *const modes[] = {"sync", "async", NULL};
    static const char *const timings[] = {"application", "inference", NULL};
    struct reader r = {object, err, DLI_OK};
    int host = 0, mode = 0, timing = 0;
    int64_t schema = 0, seed = 1;
    test_init(out);
    refuse_unknown(&r, keys);
    read_int64(&r, "schema", &schema, 0, INT32_MAX);
    if (r.result == DLI_OK && schema != TEST_SCHEMA)
        r.result = dli_fail(err, DLI_E_PARSE, "'schema' is %lld, this program reads %d",
                            (long long)schema, TEST_SCHEMA);
    read_id(&r, out);
    read_int(&r, "repeat", &out->repeat, 0, INT32_MAX);
    read_word(&r, "host", &host, hosts);
    read_word(&r, "mode", &mode, modes);
    read_word(&r, "timing", &timing, timings);
    read_int64(&r, "seed", &seed, 0, INT64_MAX);
    out->host = (enum test_host)host;
    out->mode = (enum test_mode)mode;
    out->timing = (enum test_timing)timing;
    out->seed = (uint64_t)seed;
    read_models(&r, out);
    if (r.result == DLI_OK && json_object_get(object, "measure")) {
        struct reader measure = {json_object_get(object, "measure"), err, DLI_OK};
        read_measure(&measure, &out->measure);
        r.result = measure.result;
    }
    read_int64(&r, "timeout_ns", &out->timeout_ns, 0, MAX_NS);
    read_int64(&r, "memory_bytes", &out->memory_bytes, 0, INT64_MAX);
    if (r.result != DLI_OK)
        dli_error_prepend(err, "test");
    return r.result;
}
