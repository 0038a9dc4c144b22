#include "plan/keys.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "plan/options.h"

#define PLAN_KEY_OPTION(id, name, letter, kind, shown, help)                                       \
    {name, DLI_OPTION_LIST, offsetof(struct plan_texts, value[PLAN_##id]), 0, 0, NULL, shown,      \
     help, letter},
const struct dli_option plan_options[] = {PLAN_KEYS(PLAN_KEY_OPTION) DLI_OPTIONS_END};
#undef PLAN_KEY_OPTION

#define PLAN_KEY_KIND(id, name, letter, kind, shown, help) kind,
static const enum plan_kind kinds[] = {PLAN_KEYS(PLAN_KEY_KIND)};
#undef PLAN_KEY_KIND

enum plan_kind plan_key_kind(enum plan_key key)
{
    return kinds[key];
}

const char *plan_key_name(enum plan_key key)
{
    return plan_options[key].name;
}

int plan_key_find(const char *name)
{
    const struct dli_option *option = options_find(plan_options, name);
    return option ? (int)(option - plan_options) : -1;
}

static struct test_model *last_model(struct test *test)
{
    return &test->model[test->model_count - 1];
}

static void replace(char **field, const char *text)
{
    free(*field);
    *field = text ? xstrdup(text) : NULL;
}

// Index of `text` in the NULL-terminated words; DLI_E_ARG lists them.
static int parse_word(int *out, const char *text, const char *const *words, struct dli_error *err)
{
    struct strbuf allowed = STRBUF_INIT;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            strbuf_release(&allowed);
            *out = i;
            return DLI_OK;
        }
        strbuf_addf(&allowed, "%s%s", i ? ", " : "", words[i]);
    }
    int result = dli_fail(err, DLI_E_ARG, "'%.60s' is not one of %s", text, strbuf_text(&allowed));
    strbuf_release(&allowed);
    return result;
}

static int parse_int32(int *out, const char *text, int min, int max, struct dli_error *err)
{
    int64_t value = 0;
    int result = options_parse_int(&value, text, min, max, err);
    if (result == DLI_OK)
        *out = (int)value;
    return result;
}

static int apply_precision(struct test_model *model, const char *text, struct dli_error *err)
{
    static const char *const words[] = {"none", "f32",  "f16",  "bf16", "i8",
                                        "fp32", "fp16", "int8", NULL};
    static const enum dli_type types[] = {DLI_TYPE_NONE, DLI_F32, DLI_F16, DLI_BF16,
                                          DLI_I8,        DLI_F32, DLI_F16, DLI_I8};
    int word = 0;
    int result = parse_word(&word, text, words, err);
    if (result == DLI_OK)
        model->precision = types[word];
    return result;
}

static int apply_hint(struct test_model *model, const char *text, struct dli_error *err)
{
    static const char *const words[] = {"none", "latency", "throughput", NULL};
    int word = 0;
    int result = parse_word(&word, text, words, err);
    if (result == DLI_OK)
        replace(&model->hint, words[word]);
    return result;
}

static int apply_pin(struct test_model *model, const char *text, struct dli_error *err)
{
    bool is_pinned = false;
    int result = options_parse_bool(&is_pinned, text, err);
    if (result == DLI_OK)
        model->pin_threads = is_pinned;
    return result;
}

// «name=rest»: the name's length, 0 without a name. What looks like a path has none.
static size_t name_length(const char *text)
{
    const char *equals = strchr(text, '=');
    const char *slash = strchr(text, '/');
    return equals && (!slash || equals < slash) ? (size_t)(equals - text) : 0;
}

static int apply_shape(struct test_model *model, const char *text, struct dli_error *err)
{
    size_t length = name_length(text);
    const char *next = length ? text + length + 1 : text;
    struct test_shape shape = {0};
    while (*next) {
        char *end = NULL;
        long long dim = strtoll(next, &end, 10);
        if (end == next || dim < 1 || dim > INT32_MAX || (*end && *end != ',' && *end != 'x'))
            return dli_fail(err, DLI_E_ARG, "'%.80s' is not a shape like data=1,3,224,224", text);
        if (shape.rank == DLI_MAX_RANK)
            return dli_fail(err, DLI_E_ARG, "'%.80s' has more than %d dimensions", text,
                            DLI_MAX_RANK);
        shape.dim[shape.rank++] = dim;
        next = *end ? end + 1 : end;
    }
    if (shape.rank == 0)
        return dli_fail(err, DLI_E_ARG, "'%.80s' is not a shape like data=1,3,224,224", text);
    shape.input = length ? xasprintf("%.*s", (int)length, text) : NULL;
    model->shape = xrealloc(model->shape, (size_t)model->shape_count + 1, sizeof(*model->shape));
    model->shape[model->shape_count++] = shape;
    return DLI_OK;
}

static int parse_random(struct test_input *input, const char *range, struct dli_error *err)
{
    if (*range == '\0')
        return DLI_OK;
    char *end = NULL;
    input->low = strtod(range + 1, &end);
    if (*range != ':' || *end != ':')
        return dli_fail(err, DLI_E_ARG, "'random%.60s' is not random:LOW:HIGH", range);
    int result = options_parse_double(&input->high, end + 1, err);
    if (result == DLI_OK && !(input->low < input->high))
        return dli_fail(err, DLI_E_ARG, "'random%.60s': LOW must be below HIGH", range);
    return result;
}

static int apply_input(struct test_model *model, const char *text, struct dli_error *err)
{
    size_t length = name_length(text);
    const char *source = length ? text + length + 1 : text;
    const char *extension = file_extension(source);
    struct test_input input = {.scale = {1, 1, 1, 1}};
    if (strncmp(source, "random", 6) == 0 && (source[6] == '\0' || source[6] == ':')) {
        int result = parse_random(&input, source + 6, err);
        if (result != DLI_OK)
            return result;
    } else {
        bool is_tensor = strcmp(extension, "npy") == 0 || strcmp(extension, "bin") == 0;
        if (!file_exists(source))
            return dli_fail(err, DLI_E_NOTFOUND, "%s: no such file or folder", source);
        input.source = is_tensor ? TEST_INPUT_FILE : TEST_INPUT_IMAGES;
        input.path = xstrdup(source);
    }
    input.input = length ? xasprintf("%.*s", (int)length, text) : NULL;
    model->input = xrealloc(model->input, (size_t)model->input_count + 1, sizeof(*model->input));
    model->input[model->input_count++] = input;
    return DLI_OK;
}

// «1,2,3» or one number for all channels.
static int parse_channels(double out[4], const char *text, struct dli_error *err)
{
    int count = 0;
    const char *next = text;
    for (;;) {
        char *end = NULL;
        if (count == 4)
            return dli_fail(err, DLI_E_ARG, "'%.60s' has more than 4 channels", text);
        out[count++] = strtod(next, &end);
        if (end == next || (*end && *end != ','))
            return dli_fail(err, DLI_E_ARG,
                            "'%.60s' is not a list of numbers like 123.7,116.3,103.5", text);
        if (!*end)
            break;
        next = end + 1;
    }
    for (int i = count; count == 1 && i < 4; i++)
        out[i] = out[0];
    return DLI_OK;
}

// What is said of pictures holds for every picture input of the model.
static int apply_picture(struct test_model *model, enum plan_key key, const char *text,
                         struct dli_error *err)
{
    static const char *const layouts[] = {"nchw", "nhwc", NULL};
    static const char *const colors[] = {"rgb", "bgr", NULL};
    double channel[4] = {0};
    int word = 0;
    int result = DLI_OK;
    if (key == PLAN_LAYOUT || key == PLAN_COLOR)
        result = parse_word(&word, text, key == PLAN_LAYOUT ? layouts : colors, err);
    else
        result = parse_channels(channel, text, err);
    for (int i = 0; i < 4 && result == DLI_OK && key == PLAN_SCALE; i++)
        if (channel[i] == 0)
            channel[i] = 1;
    for (int i = 0; i < model->input_count && result == DLI_OK; i++) {
        struct test_input *input = &model->input[i];
        if (input->source != TEST_INPUT_IMAGES)
            continue;
        if (key == PLAN_LAYOUT)
            input->is_nhwc = word == 1;
        else if (key == PLAN_COLOR)
            input->is_bgr = word == 1;
        else
            memcpy(key == PLAN_MEAN ? input->mean : input->scale, channel, sizeof(channel));
    }
    return result;
}

static int apply_option(struct test_model *model, const char *text, struct dli_error *err)
{
    const char *equals = strchr(text, '=');
    const char *dot = strchr(text, '.');
    if (!equals || !dot || dot > equals || dot == text)
        return dli_fail(err, DLI_E_ARG, "'%.80s' is not BACKEND.KEY=VALUE", text);
    // An option of another backend than this test's is not an error: one line may serve a sweep.
    if (model->framework && strncmp(model->framework, text, (size_t)(dot - text)) != 0)
        return DLI_OK;
    model->option =
        xrealloc(model->option, (size_t)model->option_count + 1, sizeof(*model->option));
    model->option[model->option_count].key = xasprintf("%.*s", (int)(equals - text), text);
    model->option[model->option_count++].value = xstrdup(equals + 1);
    return DLI_OK;
}

static int apply_warmup(struct test_measure *measure, const char *text, struct dli_error *err)
{
    if (strcmp(text, "auto") == 0)
        measure->warmup = TEST_WARMUP_AUTO;
    else if (strcmp(text, "none") == 0)
        measure->warmup = TEST_WARMUP_NONE;
    else {
        measure->warmup = TEST_WARMUP_FIXED;
        return options_parse_int(&measure->warmup_iterations, text, 1, INT64_MAX, err);
    }
    return DLI_OK;
}

static int apply_seed(struct test *test, const char *text, struct dli_error *err)
{
    int64_t seed = 0;
    int result = options_parse_int(&seed, text, 0, INT64_MAX, err);
    if (result == DLI_OK)
        test->seed = (uint64_t)seed;
    return result;
}

static int apply_to_measure(struct test_measure *measure, enum plan_key key, const char *text,
                            struct dli_error *err)
{
    switch (key) {
    case PLAN_TARGET:
        return options_parse_fraction(&measure->precision_frac, text, err);
    case PLAN_CONFIDENCE:
        return options_parse_fraction(&measure->confidence_frac, text, err);
    case PLAN_MIN_TIME:
        return options_parse_duration(&measure->min_time_ns, text, err);
    case PLAN_MAX_TIME:
        return options_parse_duration(&measure->max_time_ns, text, err);
    case PLAN_MIN_ITERATIONS:
        return options_parse_int(&measure->min_iterations, text, 0, INT64_MAX, err);
    case PLAN_MAX_ITERATIONS:
        return options_parse_int(&measure->max_iterations, text, 0, INT64_MAX, err);
    case PLAN_ITERATIONS:
        return options_parse_int(&measure->iterations, text, 1, INT64_MAX, err);
    case PLAN_TIME:
        return options_parse_duration(&measure->time_ns, text, err);
    case PLAN_WARMUP:
        return apply_warmup(measure, text, err);
    default:
        return options_parse_bool(&measure->keep_samples, text, err);
    }
}

static int apply_to_test(struct test *test, enum plan_key key, const char *text,
                         struct dli_error *err)
{
    static const char *const hosts[] = {"native", "python", NULL};
    static const char *const modes[] = {"sync", "async", NULL};
    static const char *const timings[] = {"application", "inference", NULL};
    int word = 0;
    int result = DLI_OK;
    switch (key) {
    case PLAN_HOST:
        result = parse_word(&word, text, hosts, err);
        test->host = (enum test_host)word;
        return result;
    case PLAN_MODE:
        result = parse_word(&word, text, modes, err);
        test->mode = (enum test_mode)word;
        return result;
    case PLAN_TIMING:
        result = parse_word(&word, text, timings, err);
        test->timing = (enum test_timing)word;
        return result;
    case PLAN_SEED:
        return apply_seed(test, text, err);
    case PLAN_TIMEOUT:
        return options_parse_duration(&test->timeout_ns, text, err);
    case PLAN_MEMORY:
        return options_parse_bytes(&test->memory_bytes, text, err);
    default:
        return apply_to_measure(&test->measure, key, text, err);
    }
}

static int apply_to_model(struct test_model *model, enum plan_key key, const char *text,
                          struct dli_error *err)
{
    switch (key) {
    case PLAN_MODEL:
        replace(&model->model, text);
        return *text ? DLI_OK : dli_fail(err, DLI_E_ARG, "the name is empty");
    case PLAN_FRAMEWORK:
        replace(&model->framework, text);
        return *text ? DLI_OK : dli_fail(err, DLI_E_ARG, "the name is empty");
    case PLAN_DEVICE:
        replace(&model->device, text);
        return *text ? DLI_OK : dli_fail(err, DLI_E_ARG, "the name is empty");
    case PLAN_PRECISION:
        return apply_precision(model, text, err);
    case PLAN_HINT:
        return apply_hint(model, text, err);
    case PLAN_PIN:
        return apply_pin(model, text, err);
    case PLAN_THREADS:
        return parse_int32(&model->threads, text, 0, 4096, err);
    case PLAN_STREAMS:
        return parse_int32(&model->streams, text, 0, 4096, err);
    case PLAN_REQUESTS:
        return parse_int32(&model->requests, text, 0, 4096, err);
    case PLAN_BATCH:
        return parse_int32(&model->batch, text, 1, 65536, err);
    case PLAN_SHAPE:
        return apply_shape(model, text, err);
    case PLAN_INPUT:
        return apply_input(model, text, err);
    case PLAN_OPTION:
        return apply_option(model, text, err);
    case PLAN_TOLERANCE:
        return options_parse_double(&model->tolerance_frac, text, err);
    default:
        return apply_picture(model, key, text, err);
    }
}

int plan_key_apply(struct test *test, enum plan_key key, const char *text, struct dli_error *err)
{
    int result = DLI_OK;
    switch (key) {
    case PLAN_REPEATS:
    case PLAN_KEY_COUNT:
        return DLI_OK;
    case PLAN_HOST:
    case PLAN_MODE:
    case PLAN_TIMING:
    case PLAN_SEED:
    case PLAN_TIMEOUT:
    case PLAN_MEMORY:
    case PLAN_TARGET:
    case PLAN_CONFIDENCE:
    case PLAN_MIN_TIME:
    case PLAN_MAX_TIME:
    case PLAN_MIN_ITERATIONS:
    case PLAN_MAX_ITERATIONS:
    case PLAN_ITERATIONS:
    case PLAN_TIME:
    case PLAN_WARMUP:
    case PLAN_SAMPLES:
        result = apply_to_test(test, key, text, err);
        break;
    default:
        result = apply_to_model(last_model(test), key, text, err);
    }
    if (result != DLI_OK)
        dli_error_prepend(err, "%s", plan_key_name(key));
    return result;
}
