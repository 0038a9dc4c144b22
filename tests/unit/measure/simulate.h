/**
 * simulate.h - runs of the measuring core on made-up latencies and a made-up clock: the real
 * warm-up, stop rule and figures, without waiting.
 */
#ifndef TEST_SIMULATE_H
#define TEST_SIMULATE_H

#include <string.h>

#include "measure/control.h"
#include "measure/result.h"
#include "measure/series.h"

/** What happens to the series while it runs; `at` is the fraction of `length` that has passed. */
struct disturbance {
    double step; /**< from `step_at` on latency is so much longer (0.05: 5 %) */
    double step_at;
    double drift;  /**< over the whole length, linear */
    double warmup; /**< first latency is so much longer, decaying with `warmup_count` samples */
    double warmup_count;
    int64_t length;
};

static inline int64_t disturbed_next(struct series *s, const struct disturbance *d, int64_t index)
{
    double at = d->length > 0 ? (double)index / (double)d->length : 0;
    double factor = 1 + (at >= d->step_at ? d->step : 0) + d->drift * at;
    if (d->warmup > 0)
        factor += d->warmup * exp(-(double)index / d->warmup_count);
    return (int64_t)(factor * (double)series_next(s));
}

static inline struct measure_plan simulated_plan(void)
{
    return (struct measure_plan){.timing = MEASURE_INFERENCE,
                                 .target = MEASURE_MEDIAN,
                                 .lane_count = 1,
                                 .slot_count = 1,
                                 .precision_frac = 0.01,
                                 .confidence_frac = 0.95,
                                 .min_iterations = 20,
                                 .max_iterations = 200000,
                                 .warmup = MEASURE_WARMUP_NONE};
}

static int64_t simulated_clock_ns;

static inline int64_t simulated_now_ns(void)
{
    return simulated_clock_ns;
}

/** One request after the other until the stop rule ends it. The result is the caller's. */
static inline void simulate(struct measure_result *result, const struct measure_plan *plan,
                            struct series *s, const struct disturbance *d)
{
    struct course course;
    struct control control;
    memset(&course, 0, sizeof(course));
    memset(&control, 0, sizeof(control));
    memset(result, 0, sizeof(*result));
    course.slot_count = 1;
    control_init(&control, plan, &course);
    control.now_ns = simulated_now_ns;
    control.step_ns = 1;
    simulated_clock_ns = 1000000007;
    control_begin(&control);
    for (int64_t i = 0; (atomic_load(&control.word) & PHASE_MASK) != PHASE_CLOSED; i++) {
        int64_t latency_ns = disturbed_next(s, d, i);
        simulated_clock_ns += latency_ns;
        course_count(&course, latency_ns, simulated_clock_ns);
    }
    result_derive(result, &control);
    control_release(&control);
}

#endif
