/**
 * findings.h - what is odd about a series: drift, a step, two modes, a warm-up that never settled.
 *
 * Tests are tuned by simulation (tests/unit/measure): together at most 5 % false alarms on
 * stationary series, also strongly autocorrelated ones, and 90 % power for a step of 5 % or a drift
 * of 10 % at usual noise. A finding needs statistical significance and a size that matters (1 %).
 */
#ifndef MEASURE_FINDINGS_H
#define MEASURE_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/histogram.h"
#include "measure/stats.h"

#define FINDINGS_MAX 4

enum finding_kind { FINDING_UNSETTLED, FINDING_DRIFT, FINDING_STEP, FINDING_BIMODAL };

struct finding {
    enum finding_kind kind;
    double change_frac; /**< drift: end / start - 1; step: after / before - 1; bimodal: high / low -
                           1 */
    double at_frac;     /**< step: where in the window (0 … 1); bimodal: share of the low mode */
    char text[96]; /**< for people: «latency rose by 12.3 % in one step at 41 % of the run» */
};

struct findings {
    int count;
    struct finding item[FINDINGS_MAX];
};

/** "unsettled", "drift", "step", "bimodal". */
const char *finding_name(enum finding_kind kind);

/** Appends FINDING_UNSETTLED: the warm-up ended at its limit. */
void findings_add_unsettled(struct findings *out, int64_t warmup_iterations, double warmup_s);

/** Appends FINDING_DRIFT or FINDING_STEP (never both) if the batches of latencies show one. */
void findings_test_trend(struct findings *out, const struct stats_batch *batch, int count);

/**
 * Appends FINDING_BIMODAL; `step_ns` is what the clock advances by (its ticks are no modes),
 * `effective` the number of independent samples.
 */
void findings_test_modes(struct findings *out, const struct histogram *h, double step_ns,
                         double effective);

/** True when the end of a warm-up series looks like what came just before it. */
bool findings_is_settled(const struct stats_batch *batch, int count);

#endif
