// Lists and ranges into their product.
#include <stdlib.h>

#include "base/strbuf.h"
#include "plan/plan.h"

enum { MAX_VALUES = 10000 };

struct values {
    int count;
    char **text;
};

static void add_value(struct values *values, char *text)
{
    values->text = xrealloc(values->text, (size_t)values->count + 1, sizeof(*values->text));
    values->text[values->count++] = text;
}

static void release_values(struct values *values)
{
    for (int i = 0; i < values->count; i++)
        free(values->text[i]);
    free(values->text);
}

// «4», «1-4», «1-64*2», «2-10+2».
static int add_range(struct values *values, const char *text, struct dli_error *err)
{
    char *end = NULL;
    long long first = strtoll(text, &end, 10);
    long long last = first;
    long long step = 1;
    char operator= '+';
    bool is_good = end != text;
    if (is_good && *end == '-') {
        const char *start = end + 1;
        last = strtoll(start, &end, 10);
        is_good = end != start;
        if (is_good && (*end == '*' || *end == '+')) {
            operator= * end;
            start = end + 1;
            step = strtoll(start, &end, 10);
            is_good = end != start;
        }
    }
    if (!is_good || *end || first < 0 || last > INT32_MAX)
        return dli_fail(err, DLI_E_ARG,
                        "'%.60s' is not a number or a range like 1-4, 1-64*2 or 2-10+2", text);
    if (last < first || step < 1 || (operator== '*' &&(step < 2 || first < 1)))
        return dli_fail(err, DLI_E_ARG, "'%.60s' is a range that goes nowhere", text);
    for (long long value = first; value <= last;
         value = operator== '*' ? value * step : value + step) {
        if (values->count >= MAX_VALUES)
            return dli_fail(err, DLI_E_ARG, "'%.60s' gives more than %d values", text, MAX_VALUES);
        add_value(values, xasprintf("%lld", value));
    }
    return DLI_OK;
}

static int split(struct values *values, enum plan_key key, const char *text, struct dli_error *err)
{
    enum plan_kind kind = plan_key_kind(key);
    bool is_whole =
        kind == PLAN_ONE || kind == PLAN_SEVERAL || (key == PLAN_DEVICE && strchr(text, ':'));
    int result = DLI_OK;
    if (is_whole) {
        add_value(values, xstrdup(text));
        return DLI_OK;
    }
    while (result == DLI_OK) {
        const char *comma = strchr(text, ',');
        char *part = comma ? xasprintf("%.*s", (int)(comma - text), text) : xstrdup(text);
        if (kind == PLAN_NUMBERS) {
            result = add_range(values, part, err);
            free(part);
        } else {
            add_value(values, part);
        }
        if (values->count > MAX_VALUES)
            result = dli_fail(err, DLI_E_ARG, "more than %d values", MAX_VALUES);
        if (!comma)
            break;
        text = comma + 1;
    }
    return result;
}

static void replace_all(struct values *values, const char *const *frameworks)
{
    struct values expanded = {0};
    for (int i = 0; i < values->count; i++) {
        if (strcmp(values->text[i], "all") != 0) {
            add_value(&expanded, xstrdup(values->text[i]));
            continue;
        }
        for (const char *const *name = frameworks; name && *name; name++)
            add_value(&expanded, xstrdup(*name));
    }
    release_values(values);
    *values = expanded;
}

static int split_all(struct values *values, const struct plan_texts *texts,
                     const struct plan_context *context, struct dli_error *err)
{
    for (int key = 0; key < PLAN_KEY_COUNT; key++) {
        const struct dli_list *list = &texts->value[key];
        if (context->texts && context->texts->value[key].count > 0)
            list = &context->texts->value[key];
        for (int i = 0; i < list->count; i++) {
            int result = split(&values[key], (enum plan_key)key, list->text[i], err);
            if (result != DLI_OK) {
                dli_error_prepend(err, "%s", plan_key_name((enum plan_key)key));
                return result;
            }
        }
    }
    replace_all(&values[PLAN_FRAMEWORK], context->frameworks);
    return DLI_OK;
}

static bool is_swept(enum plan_key key)
{
    return plan_key_kind(key) == PLAN_WORDS || plan_key_kind(key) == PLAN_NUMBERS;
}

static int make_test(struct test *out, const struct values *values, const int *index,
                     struct dli_error *err)
{
    int result = DLI_OK;
    test_init(out);
    struct test_model *model = test_add_model(out);
    for (int key = 0; key < PLAN_KEY_COUNT && result == DLI_OK; key++) {
        if (is_swept((enum plan_key)key)) {
            if (values[key].count)
                result = plan_key_apply(out, (enum plan_key)key, values[key].text[index[key]], err);
            continue;
        }
        // Of a key that takes one text the last one given counts.
        int first = plan_key_kind((enum plan_key)key) == PLAN_ONE && values[key].count
                        ? values[key].count - 1
                        : 0;
        for (int i = first; i < values[key].count && result == DLI_OK; i++)
            result = plan_key_apply(out, (enum plan_key)key, values[key].text[i], err);
    }
    if (out->mode == TEST_SYNC) {
        model->streams = 0;
        model->requests = 1;
    }
    if (!model->device)
        model->device = xstrdup("CPU");
    return result;
}

// The next combination; false after the last.
static bool advance(int *index, const struct values *values)
{
    for (int key = PLAN_KEY_COUNT - 1; key >= 0; key--) {
        if (!is_swept((enum plan_key)key) || values[key].count == 0)
            continue;
        if (++index[key] < values[key].count)
            return true;
        index[key] = 0;
    }
    return false;
}

static int check_required(const struct values *values, struct dli_error *err)
{
    if (values[PLAN_MODEL].count == 0)
        return dli_fail(err, DLI_E_ARG, "no model: name one, e.g. zoo:resnet-50 or model.onnx");
    if (values[PLAN_FRAMEWORK].count == 0)
        return dli_fail(err, DLI_E_ARG,
                        "no framework: name one, or 'all' (dli backends lists them)");
    return DLI_OK;
}

static int parse_repeats(int64_t *out, const struct values *values, struct dli_error *err)
{
    const struct values *repeats = &values[PLAN_REPEATS];
    *out = 1;
    if (repeats->count == 0)
        return DLI_OK;
    int result = options_parse_int(out, repeats->text[repeats->count - 1], 1, 10000, err);
    if (result != DLI_OK)
        dli_error_prepend(err, "repeats");
    return result;
}

static int add_repeats(struct plan *plan, struct test *test, int64_t repeats, struct dli_error *err)
{
    if (plan->test_count + repeats > PLAN_MAX_TESTS) {
        test_release(test);
        return dli_fail(err, DLI_E_ARG, "the plan has more than %d tests", PLAN_MAX_TESTS);
    }
    size_t count = (size_t)plan->test_count + (size_t)repeats;
    plan->test = xrealloc(plan->test, count, sizeof(*plan->test));
    for (int i = 0; i < repeats; i++) {
        struct test *next = &plan->test[plan->test_count++];
        test_copy(next, test);
        next->repeat = i;
    }
    test_release(test);
    return DLI_OK;
}

int plan_expand(struct plan *plan, const struct plan_texts *texts,
                const struct plan_context *context, struct dli_error *err)
{
    struct values values[PLAN_KEY_COUNT] = {{0, NULL}};
    int index[PLAN_KEY_COUNT] = {0};
    int64_t repeats = 1;
    int result = split_all(values, texts, context, err);
    if (result == DLI_OK)
        result = check_required(values, err);
    if (result == DLI_OK)
        result = parse_repeats(&repeats, values, err);
    bool is_more = true;
    while (result == DLI_OK && is_more) {
        struct test test;
        result = make_test(&test, values, index, err);
        if (result == DLI_OK)
            result = add_repeats(plan, &test, repeats, err);
        else
            test_release(&test);
        is_more = advance(index, values);
    }
    for (int key = 0; key < PLAN_KEY_COUNT; key++)
        release_values(&values[key]);
    return result;
}
