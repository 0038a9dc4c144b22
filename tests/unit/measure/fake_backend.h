/**
 * fake_backend.h - a backend inside the test: synchronous, or completing from a thread of its own, with
 * the faults that the core must notice. Input 0 is copied to output 0.
 */
#ifndef TEST_FAKE_BACKEND_H
#define TEST_FAKE_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <dli/backend.h>

#include "base/strbuf.h"
#include "measure/measure.h"

#define FAKE_SLOTS 8
#define FAKE_FLOATS 16

enum fake_way {
    FAKE_SYNC,
    FAKE_THREAD,       /**< pending; a thread completes */
    FAKE_EARLY,        /**< pending; completed before submit returns */
    FAKE_POLLED,       /**< pending; completes inside poll */
    FAKE_TWICE,        /**< completes twice */
    FAKE_AFTER_DONE,   /**< returns done, yet completes too */
    FAKE_NONSENSE      /**< returns a value without meaning */
};

struct fake {
    enum fake_way way;
    int64_t fail_at;        /**< submit fails at this call (1 …); 0: never */
    int64_t fail_status_at; /**< likewise, but through complete */
    int64_t busy_every;     /**< every so many calls DLI_BUSY */
    int spin;               /**< rounds of work per inference */
    _Atomic int64_t calls;
    _Atomic int64_t set_calls;
    _Atomic int64_t bad_inputs;
    _Atomic int in_flight;
    _Atomic int most_in_flight;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_ending;
    struct dli_request *queue[FAKE_SLOTS];
    int queued;

    struct dli_host host;
    struct dli_context context;
    struct dli_request request[FAKE_SLOTS];
    struct dli_tensor input[FAKE_SLOTS];
    struct dli_tensor output[FAKE_SLOTS];
    float input_data[FAKE_SLOTS][FAKE_FLOATS];
    float output_data[FAKE_SLOTS][FAKE_FLOATS];
    float set_data[3][FAKE_FLOATS];
    float fetched[FAKE_SLOTS][FAKE_FLOATS];
    const void *set_pointer[3][1];
    struct measure_inputs set[3];
    void *fetched_pointer[FAKE_SLOTS][1];
    size_t fetched_capacity[1];
    struct measure_slot slot[FAKE_SLOTS];
};

static inline void fake_infer(struct fake *fake, struct dli_request *request)
{
    volatile int work = 0;
    for (int i = 0; i < fake->spin; i++)
        work = work + 1;
    memcpy(request->output[0].data, request->input[0].data, request->input[0].bytes);
}

static inline void *fake_thread(void *data)
{
    struct fake *fake = data;
    pthread_mutex_lock(&fake->lock);
    for (;;) {
        while (fake->queued == 0 && !fake->is_ending)
            pthread_cond_wait(&fake->changed, &fake->lock);
        if (fake->queued == 0)
            break;
        struct dli_request *request = fake->queue[0];
        fake->queued--;
        memmove(fake->queue, fake->queue + 1, (size_t)fake->queued * sizeof(fake->queue[0]));
        pthread_mutex_unlock(&fake->lock);
        fake_infer(fake, request);
        atomic_fetch_sub(&fake->in_flight, 1);
        bool is_failing = fake->fail_status_at > 0 && fake->calls >= fake->fail_status_at;
        fake->host.complete(request, is_failing ? DLI_E_RUNTIME : DLI_OK);
        pthread_mutex_lock(&fake->lock);
    }
    pthread_mutex_unlock(&fake->lock);
    return NULL;
}

static inline void fake_enqueue(struct fake *fake, struct dli_request *request)
{
    int now = atomic_fetch_add(&fake->in_flight, 1) + 1;
    if (now > fake->most_in_flight)
        fake->most_in_flight = now;
    pthread_mutex_lock(&fake->lock);
    fake->queue[fake->queued++] = request;
    pthread_cond_signal(&fake->changed);
    pthread_mutex_unlock(&fake->lock);
}

static inline int fake_submit(struct dli_context *ctx, struct dli_request *request,
                              struct dli_error *err)
{
    struct fake *fake = ctx->priv;
    int64_t call = atomic_fetch_add(&fake->calls, 1) + 1;
    if (fake->fail_at > 0 && call >= fake->fail_at)
        return dli_fail(err, DLI_E_RUNTIME, "fault asked for at call %d", (int)call);
    if (fake->busy_every > 0 && call % fake->busy_every == 0)
        return DLI_BUSY;
    switch (fake->way) {
    case FAKE_THREAD:
    case FAKE_POLLED:
        fake_enqueue(fake, request);
        return DLI_PENDING;
    case FAKE_EARLY:
        fake_infer(fake, request);
        fake->host.complete(request, DLI_OK);
        return DLI_PENDING;
    case FAKE_TWICE:
        fake_infer(fake, request);
        fake->host.complete(request, DLI_OK);
        fake->host.complete(request, DLI_OK);
        return DLI_PENDING;
    case FAKE_AFTER_DONE:
        fake_infer(fake, request);
        fake->host.complete(request, DLI_OK);
        return DLI_DONE;
    case FAKE_NONSENSE:
        return 7;
    default:
        fake_infer(fake, request);
        return DLI_DONE;
    }
}

static inline int fake_set_input(struct dli_context *ctx, struct dli_request *request, int index,
                                 const void *data, size_t bytes, struct dli_error *err)
{
    struct fake *fake = ctx->priv;
    (void)err;
    atomic_fetch_add(&fake->set_calls, 1);
    if (index != 0 || bytes != sizeof(fake->set_data[0]))
        atomic_fetch_add(&fake->bad_inputs, 1);
    memcpy(request->input[index].data, data, bytes);
    return DLI_OK;
}

static inline int fake_poll(struct dli_context *ctx, int64_t timeout_ns, struct dli_error *err)
{
    struct fake *fake = ctx->priv;
    (void)timeout_ns;
    (void)err;
    if (fake->queued > 0) {
        struct dli_request *request = fake->queue[--fake->queued];
        fake_infer(fake, request);
        atomic_fetch_sub(&fake->in_flight, 1);
        fake->host.complete(request, DLI_OK);
    }
    return DLI_OK;
}

static const struct dli_backend fake_plain = {.abi = DLI_ABI, .name = "fake", .submit = fake_submit};
static const struct dli_backend fake_with_hooks = {
    .abi = DLI_ABI, .name = "fake", .submit = fake_submit, .set_input = fake_set_input};
static const struct dli_backend fake_pumped = {
    .abi = DLI_ABI, .name = "fake", .submit = fake_submit, .poll = fake_poll};

/** A context with FAKE_SLOTS requests, three input sets each; slot i drives request i in lane 0. */
static inline struct fake *fake_new(enum fake_way way, const struct dli_backend *backend)
{
    struct fake *fake = xcalloc(1, sizeof(*fake));
    fake->way = way;
    fake->host.complete = measure_complete;
    fake->context = (struct dli_context){.host = &fake->host, .priv = fake};
    fake->fetched_capacity[0] = sizeof(fake->fetched[0]);
    pthread_mutex_init(&fake->lock, NULL);
    pthread_cond_init(&fake->changed, NULL);
    for (int s = 0; s < 3; s++) {
        for (int i = 0; i < FAKE_FLOATS; i++)
            fake->set_data[s][i] = (float)(s + 1);
        fake->set_pointer[s][0] = fake->set_data[s];
        fake->set[s].data = fake->set_pointer[s];
    }
    for (int i = 0; i < FAKE_SLOTS; i++) {
        fake->input[i].data = fake->input_data[i];
        fake->output[i].data = fake->output_data[i];
        fake->input[i].bytes = fake->output[i].bytes = sizeof(fake->input_data[i]);
        fake->request[i] = (struct dli_request){.index = i, .input_count = 1, .output_count = 1,
                                                .input = &fake->input[i], .output = &fake->output[i]};
        fake->fetched_pointer[i][0] = fake->fetched[i];
        fake->slot[i] = (struct measure_slot){
            .backend = backend, .context = &fake->context, .request = &fake->request[i],
            .set_count = 3, .set = fake->set, .output = fake->fetched_pointer[i],
            .output_capacity = fake->fetched_capacity};
    }
    if (way == FAKE_THREAD)
        pthread_create(&fake->thread, NULL, fake_thread, fake);
    return fake;
}

static inline void fake_free(struct fake *fake)
{
    if (fake->way == FAKE_THREAD) {
        pthread_mutex_lock(&fake->lock);
        fake->is_ending = true;
        pthread_cond_signal(&fake->changed);
        pthread_mutex_unlock(&fake->lock);
        pthread_join(fake->thread, NULL);
    }
    pthread_cond_destroy(&fake->changed);
    pthread_mutex_destroy(&fake->lock);
    free(fake);
}

/** `slots` requests, exactly `iterations`, no warm-up. */
static inline struct measure_plan fake_plan(struct fake *fake, int slots, int64_t iterations)
{
    return (struct measure_plan){.timing = MEASURE_APPLICATION,
                                 .target = slots > 1 ? MEASURE_THROUGHPUT : MEASURE_MEDIAN,
                                 .lane_count = 1,
                                 .slot_count = slots,
                                 .slot = fake->slot,
                                 .precision_frac = 0.01,
                                 .confidence_frac = 0.95,
                                 .min_iterations = 20,
                                 .max_time_ns = INT64_C(2000000000),
                                 .iterations = iterations,
                                 .warmup = MEASURE_WARMUP_NONE};
}

/** Opens, runs and closes. */
static inline int fake_run(const struct measure_plan *plan, struct measure_result *result,
                           struct dli_error *err)
{
    struct measure *measure;
    int code = measure_open(&measure, plan, err);
    if (code < 0) {
        *result = (struct measure_result){0};
        return code;
    }
    code = measure_run(measure, result, err);
    measure_close(measure);
    return code;
}

#endif
