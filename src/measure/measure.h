/**
 * measure.h - the measuring core: drives loaded models through the backend contract and returns numbers.
 *
 * It knows no framework and no file format. The caller makes contexts, requests (request_init done)
 * and application buffers; the core issues requests, stamps them, decides when to stop and derives
 * every figure. Order: measure_open -> measure_once* -> measure_run -> measure_close. One measure is
 * driven from one thread; measure_run starts the threads of further lanes itself.
 *
 * Stamps of a request (CLOCK_MONOTONIC): due, issue, inputs handed over, done, outputs fetched. In a
 * closed loop due = issue. Latency is fetched - issue with application timing and done - issue with
 * inference timing, where only issue and done are read and the inputs are bound once before.
 * Between issue and done the core allocates nothing, takes no lock, logs nothing and makes no system call,
 * except that a lane with nothing to do sleeps on a futex until a completion wakes it.
 *
 * The measured window opens when the warm-up has ended in every lane and closes when the stop rule
 * says so; every request that completes inside it is counted, none is dropped. All lanes keep their
 * requests in flight until the window has closed, so its edges run under the same load as its middle.
 * Throughput = requests completed in the window / its length. With one request in flight the window
 * goes from the first issue to the last completion.
 */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include <dli/backend.h>

#include "measure/findings.h"
#include "measure/histogram.h"
#include "measure/stats.h"

#define MEASURE_MAX_SLICES 64
#define MEASURE_MAX_LANES 256 /**< issuing threads */

enum measure_timing { MEASURE_APPLICATION, MEASURE_INFERENCE };
enum measure_target { MEASURE_MEDIAN, MEASURE_THROUGHPUT }; /**< whose interval the stop rule watches */
enum measure_warmup { MEASURE_WARMUP_AUTO, MEASURE_WARMUP_FIXED, MEASURE_WARMUP_NONE };
enum measure_stop {
    MEASURE_STOP_PRECISION, /**< the interval is within the precision asked for */
    MEASURE_STOP_TIME,      /**< max_time_ns was reached first */
    MEASURE_STOP_ITERATIONS, /**< max_iterations was reached first */
    MEASURE_STOP_FIXED,     /**< the fixed iterations or time asked for */
    MEASURE_STOP_ERROR      /**< a request failed; figures cover what completed before */
};

/** One prepared set of inputs: `data[i]` holds request->input[i].bytes bytes. */
struct measure_inputs {
    const void *const *data;
};

/** A request and the application's side of its data. Everything is borrowed until measure_close. */
struct measure_slot {
    const struct dli_backend *backend;
    struct dli_context *context;
    struct dli_request *request; /**< initialised, idle; its `core` field is taken over */
    int lane;                    /**< 0 … lane_count-1: which issuing thread drives it */
    int set_count;               /**< prepared input sets, used in turn; >= 1 if there are inputs */
    const struct measure_inputs *set;
    void *const *output;          /**< application memory per output; NULL: inference timing only */
    const size_t *output_capacity; /**< bytes at output[i] */
};

/** What happens outside the timed regions; called between requests, from any lane's thread. */
enum measure_event { MEASURE_EVENT_WARMUP, MEASURE_EVENT_WINDOW, MEASURE_EVENT_END };
typedef void (*measure_event_fn)(enum measure_event event, void *data);

/**
 * How to measure. Lanes: 1 for a synchronous loop (one slot) and for native async (several slots of
 * one context, DLI_CAP_ASYNC); several for a runtime without native async: one thread per lane, its
 * slots being requests of one concurrent context or of a context of its own.
 */
struct measure_plan {
    enum measure_timing timing;
    enum measure_target target; /**< median for sync, throughput for async */
    int lane_count;
    int slot_count;
    const struct measure_slot *slot;

    double precision_frac;  /**< half-width of the interval / value: 0.01 */
    double confidence_frac; /**< 0.95 */
    int64_t min_time_ns;
    int64_t max_time_ns;    /**< 0: no limit */
    int64_t min_iterations;
    int64_t max_iterations; /**< 0: no limit */
    int64_t iterations;     /**< > 0: exactly so many in all, whatever the precision */
    int64_t time_ns;        /**< > 0: exactly so long, whatever the precision */

    enum measure_warmup warmup;
    int64_t warmup_iterations; /**< in all, for FIXED */
    int64_t warmup_limit_ns;   /**< for AUTO; 0: a quarter of max_time_ns or time_ns, at most 10 s */

    int64_t sample_capacity; /**< samples to keep one by one, in all; 0: none */

    measure_event_fn on_event; /**< or NULL */
    void *event_data;
};

/** Clock readings of one request; with inference timing only issue and done, the others repeat them. */
struct measure_stamps {
    int64_t due_ns;
    int64_t issue_ns;
    int64_t handed_ns; /**< inputs handed over */
    int64_t done_ns;   /**< stamped by the completing thread */
    int64_t fetched_ns;
};

/** A kept sample. */
struct measure_sample {
    int64_t end_ns; /**< completion, since the window opened; at most one latency before 0 never */
    int64_t latency_ns;
};

/** A piece of the window: the throughput and latency curve. */
struct measure_slice {
    int64_t start_ns; /**< since the window opened */
    int64_t duration_ns;
    double count; /**< requests completed; fractional where a request straddles the border */
    double mean_ns;
};

struct measure_result {
    int64_t iterations; /**< requests counted in the window */
    int64_t total_ns;   /**< length of the window */
    enum measure_stop stop;
    double throughput_hz; /**< iterations / total; times batch = FPS */
    double average_ns;    /**< total / iterations: «average time of a single pass» */

    struct histogram latency; /**< ns */
    struct histogram copy_in; /**< phases, application timing only; else zeroed, without buckets */
    struct histogram infer;
    struct histogram copy_out;
    int64_t phase_sum_ns[3]; /**< summed copy in, infer, copy out */

    struct stats_interval median_ns;
    struct stats_interval mean_ns;
    struct stats_interval rate_hz;
    double precision_frac;     /**< reached for the target; INFINITY if it cannot be told */
    double effective_samples;  /**< independent samples that the median's interval is worth */

    int64_t warmup_iterations;
    int64_t warmup_ns;
    bool is_warmup_settled; /**< false: AUTO reached its limit first (also a finding) */
    int64_t tail_count;     /**< requests in flight when the window closed: completed, not counted */
    int64_t busy_count;     /**< times that submit said DLI_BUSY */
    int64_t sleep_count;    /**< times that a lane slept for a completion */
    int64_t window_start_ns; /**< on the clock of base/clock.h */

    struct findings findings;
    int slice_count;
    struct measure_slice slice[MEASURE_MAX_SLICES];

    int64_t sample_count; /**< kept, in order of completion within each lane */
    int64_t sample_lost_count; /**< measured, but beyond sample_capacity (the histogram has them) */
    struct measure_sample *sample; /**< owned by the result */
};

struct measure;

/**
 * The `complete` entry of struct dli_host: stamps the clock, then publishes. Any thread; wait-free.
 * A completion of a request that is not pending makes measure_run fail with DLI_E_PROTOCOL.
 */
void measure_complete(struct dli_request *request, int status);

/** Checks the plan and prepares all memory. `plan` is copied, what it points to is borrowed. DLI_E_ARG. */
DLI_MUST_CHECK int measure_open(struct measure **out, const struct measure_plan *plan,
                                struct dli_error *err);

/**
 * One request through all five stamps, whatever the timing: input set `set` copied in, inferred, outputs
 * copied out (if the slot has output memory). For the first inference and for checking outputs.
 */
DLI_MUST_CHECK int measure_once(struct measure *measure, int slot, int set,
                                struct measure_stamps *out, struct dli_error *err);

/**
 * Warm-up and measurement. On failure `result` covers what completed before (stop = ERROR), and
 * nothing is in flight any more, unless the failure is DLI_E_PROTOCOL. At most once per measure.
 */
DLI_MUST_CHECK int measure_run(struct measure *measure, struct measure_result *result,
                               struct dli_error *err);

void measure_close(struct measure *measure);

/** Frees what a result owns; accepts a zeroed one. */
void measure_result_release(struct measure_result *result);

/** "precision", "time", "iterations", "fixed", "error". */
const char *measure_stop_name(enum measure_stop stop);

#endif
