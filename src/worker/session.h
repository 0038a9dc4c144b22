/**
 * session.h - everything that one test holds open: contexts, requests, inputs, output memory, measure.
 *
 * Filled step by step by run.c; session_close undoes any part of it.
 */
#ifndef WORKER_SESSION_H
#define WORKER_SESSION_H

#include "host/context.h"
#include "machine/noise.h"
#include "measure/measure.h"
#include "worker/inputs.h"
#include "worker/records.h"
#include "worker/worker.h"

enum parallelism { PARALLEL_SINGLE, PARALLEL_NATIVE_ASYNC, PARALLEL_CONCURRENT_SUBMIT, PARALLEL_CONTEXTS };

struct session {
    struct test test;
    const struct test_model *model; /**< test.model[0] */
    struct records *records;
    const struct worker_host *host;
    const struct dli_backend *backend;

    enum parallelism parallelism;
    int request_count; /**< in flight, over all contexts */
    int context_count;
    struct host_context *context;
    struct host_requests *requests; /**< one per context */

    struct inputs inputs;
    struct measure_slot *slot; /**< request_count of them */
    void **output;             /**< application memory: request_count x outputs */
    size_t *output_capacity;
    struct measure *measure;

    struct noise noise;
    int64_t cpu_start_ns, cpu_end_ns; /**< CPU time of the process at the window's edges */
    int64_t start_ns, framework_load_ns, model_read_ns, compile_ns, first_inference_ns, start_to_first_ns;
};

/** Application memory for every output of every slot, sized from the finished first inference. DLI_E_NOMEM. */
DLI_MUST_CHECK int session_open_outputs(struct session *s, struct dli_error *err);

/** (Re)opens the measure over the slots; without output memory it serves the first inference only. */
DLI_MUST_CHECK int session_open_measure(struct session *s, struct dli_error *err);

/** For measure_plan.on_event: noise and CPU time are read at the edges of the window. `data` is the session. */
void session_at_window_edge(enum measure_event event, void *data);

void session_close(struct session *s);

const char *parallelism_name(enum parallelism parallelism);

#endif
