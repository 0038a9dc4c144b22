#include "worker/session.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"

enum { MAX_SAMPLES = 8 << 20 };

const char *parallelism_name(enum parallelism parallelism)
{
    static const char *const names[] = {"single", "native-async", "concurrent-submit", "contexts"};
    return names[parallelism];
}

int session_open_outputs(struct session *s, struct dli_error *err)
{
    int count = s->slot[0].request->output_count;
    s->output = xcalloc((size_t)(s->request_count * count), sizeof(*s->output));
    s->output_capacity = xcalloc((size_t)(s->request_count * count), sizeof(*s->output_capacity));
    for (int i = 0; i < s->request_count; i++) {
        for (int k = 0; k < count; k++) {
            // The first inference has run on slot 0: its sizes are known, also of outputs with an open shape. Those may
            // grow with other inputs, so they get room to spare.
            size_t bytes = s->slot[0].request->output[k].bytes;
            bool is_open = s->slot[i].request->output[k].data == NULL || s->context[0].io.output[k].rank == 0;
            for (int d = 0; d < s->context[0].io.output[k].rank; d++)
                is_open = is_open || s->context[0].io.output[k].dim[d] == DLI_DYNAMIC;
            size_t capacity = is_open ? 4 * bytes + 4096 : bytes;
            s->output_capacity[i * count + k] = capacity;
            s->output[i * count + k] = host_buffer(capacity);
            if (!s->output[i * count + k])
                return dli_fail(err, DLI_E_NOMEM, "no memory for %zu bytes of output", capacity);
        }
        s->slot[i].output = s->output + i * count;
        s->slot[i].output_capacity = s->output_capacity + i * count;
    }
    return DLI_OK;
}

static int64_t own_cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
           ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
}

void session_at_window_edge(enum measure_event event, void *data)
{
    struct session *s = data;
    if (event == MEASURE_EVENT_WINDOW) {
        noise_begin(&s->noise);
        s->cpu_start_ns = own_cpu_ns();
    } else if (event == MEASURE_EVENT_END) {
        s->cpu_end_ns = own_cpu_ns();
        noise_end(&s->noise);
    }
}

int session_open_measure(struct session *s, struct dli_error *err)
{
    const struct test_measure *m = &s->test.measure;
    bool is_laned = s->parallelism == PARALLEL_CONCURRENT_SUBMIT || s->parallelism == PARALLEL_CONTEXTS;
    struct measure_plan plan = {
        .timing = s->test.timing == TEST_INFERENCE ? MEASURE_INFERENCE : MEASURE_APPLICATION,
        .target = s->test.mode == TEST_ASYNC ? MEASURE_THROUGHPUT : MEASURE_MEDIAN,
        .lane_count = is_laned ? s->request_count : 1,
        .slot_count = s->request_count,
        .slot = s->slot,
        .precision_frac = m->precision_frac,
        .confidence_frac = m->confidence_frac,
        .min_time_ns = m->min_time_ns,
        .max_time_ns = m->max_time_ns,
        .min_iterations = m->min_iterations,
        .max_iterations = m->max_iterations,
        .iterations = m->iterations,
        .time_ns = m->time_ns,
        .warmup = (enum measure_warmup)m->warmup,
        .warmup_iterations = m->warmup_iterations,
        .sample_capacity = m->keep_samples ? (m->iterations > 0 ? m->iterations : MAX_SAMPLES) : 0,
        .on_event = session_at_window_edge,
        .event_data = s};
    measure_close(s->measure);
    s->measure = NULL;
    if (!s->output) // before the outputs' sizes are known nothing can be fetched
        plan.timing = MEASURE_INFERENCE;
    return measure_open(&s->measure, &plan, err);
}

void session_close(struct session *s)
{
    int outputs = s->slot && s->slot[0].request ? s->slot[0].request->output_count : 0;
    measure_close(s->measure);
    for (int i = 0; s->output && i < s->request_count * outputs; i++)
        free(s->output[i]);
    free(s->output);
    free(s->output_capacity);
    free(s->slot);
    for (int i = 0; i < s->context_count; i++) {
        if (s->requests)
            host_requests_close(&s->requests[i]);
        host_context_close(&s->context[i]);
    }
    free(s->requests);
    free(s->context);
    inputs_close(&s->inputs);
    test_release(&s->test);
}
