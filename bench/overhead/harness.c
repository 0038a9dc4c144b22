#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "host/context.h"
#include "measure/measure.h"

enum { MAX_REQUESTS = 64, WARMUP = 20000 };

const struct harness_case harness_cases[] = {
    {"inference", false, 1, false}, {"application", true, 1, false}, {"async-1", false, 1, true},
    {"async-4", false, 4, true},    {"async-64", false, 64, true},
};
const int harness_case_count = sizeof(harness_cases) / sizeof(harness_cases[0]);

/** Everything of one run; the model has one number in and one out. */
struct harness {
    struct test test;
    struct host_context context;
    struct host_requests requests;
    float in;
    float out[MAX_REQUESTS];
    const void *in_pointer[1];
    struct measure_inputs inputs;
    void *out_pointer[MAX_REQUESTS][1];
    size_t capacity[1];
    struct measure_slot slot[MAX_REQUESTS];
    bool is_marked;
    int64_t allocations;
};

static void at_edge(enum measure_event event, void *data)
{
    struct harness *h = data;
    if (event == MEASURE_EVENT_WINDOW)
        counts_begin(h->is_marked);
    else if (event == MEASURE_EVENT_END)
        h->allocations = counts_end(h->is_marked);
}

static void add_option(struct test_model *model, const char *key, const char *value)
{
    size_t count = (size_t)model->option_count + 1;
    model->option = xrealloc(model->option, count, sizeof(model->option[0]));
    model->option[model->option_count++] = (struct test_option){xstrdup(key), xstrdup(value)};
}

static void describe(struct harness *h, const struct harness_case *what, const char *model_path)
{
    test_init(&h->test);
    struct test_model *model = test_add_model(&h->test);
    h->test.mode = what->is_threaded ? TEST_ASYNC : TEST_SYNC;
    model->path = xstrdup(model_path);
    model->format = xstrdup("null");
    model->batch = 1;
    if (what->is_threaded) {
        add_option(model, "null.async-threads", "1");
        add_option(model, "null.async-spin", "yes");
    }
}

static int load(struct harness *h, const struct harness_case *what, const char *module,
                struct dli_error *err)
{
    const struct dli_backend *backend;
    const struct test_model *model = &h->test.model[0];
    int result = module_load(&backend, module, err);
    if (result == DLI_OK)
        result = host_context_open(&h->context, backend, &h->test, model, measure_complete, err);
    if (result == DLI_OK)
        result = host_context_load(&h->context, model, err);
    if (result == DLI_OK)
        result = host_context_shape(&h->context, model, err);
    if (result == DLI_OK)
        result = host_context_compile(&h->context, err);
    if (result == DLI_OK)
        result = host_requests_open(&h->requests, &h->context, what->requests, err);
    return result;
}

static void fill_slots(struct harness *h, int count)
{
    h->in_pointer[0] = &h->in;
    h->inputs.data = h->in_pointer;
    h->capacity[0] = sizeof(h->out[0]);
    for (int i = 0; i < count; i++) {
        h->out_pointer[i][0] = &h->out[i];
        h->slot[i] = (struct measure_slot){.backend = h->context.backend,
                                           .context = &h->context.context,
                                           .request = &h->requests.request[i],
                                           .set_count = 1,
                                           .set = &h->inputs,
                                           .output = h->out_pointer[i],
                                           .output_capacity = h->capacity};
    }
}

static int measure_window(struct harness_figures *out, struct harness *h,
                          const struct harness_case *what, int64_t iterations,
                          struct dli_error *err)
{
    struct measure_plan plan = {.timing =
                                    what->is_application ? MEASURE_APPLICATION : MEASURE_INFERENCE,
                                .target = what->requests > 1 ? MEASURE_THROUGHPUT : MEASURE_MEDIAN,
                                .lane_count = 1,
                                .slot_count = what->requests,
                                .slot = h->slot,
                                .precision_frac = 0.01,
                                .confidence_frac = 0.95,
                                .iterations = iterations,
                                .warmup = MEASURE_WARMUP_FIXED,
                                .warmup_iterations = WARMUP,
                                .on_event = at_edge,
                                .event_data = h};
    struct measure *measure = NULL;
    struct measure_result result = {0};
    int code = measure_open(&measure, &plan, err);
    if (code == DLI_OK)
        code = measure_run(measure, &result, err);
    *out = (struct harness_figures){.period_ns = result.average_ns,
                                    .iterations = result.iterations,
                                    .allocations = h->allocations};
    measure_result_release(&result);
    measure_close(measure);
    return code;
}

int harness_run(struct harness_figures *out, const struct harness_case *what, const char *module,
                const char *model, int64_t iterations, bool is_marked, struct dli_error *err)
{
    struct harness *h = xcalloc(1, sizeof(*h));
    h->is_marked = is_marked;
    describe(h, what, model);
    int result = load(h, what, module, err);
    if (result == DLI_OK) {
        fill_slots(h, what->requests);
        result = measure_window(out, h, what, iterations, err);
    }
    host_requests_close(&h->requests);
    host_context_close(&h->context);
    test_release(&h->test);
    free(h);
    return result;
}
