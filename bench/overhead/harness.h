/**
 * harness.h - the null backend under DLI's measuring core, as a worker drives it.
 */
#ifndef OVERHEAD_HARNESS_H
#define OVERHEAD_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

#include <dli/error.h>

/** How the null backend is driven. */
struct harness_case {
    const char *name;
    bool is_application; /**< else inference timing */
    int requests;        /**< in flight */
    bool is_threaded; /**< a thread of the backend completes, waiting busily; else submit itself */
};

extern const struct harness_case harness_cases[];
extern const int harness_case_count;

/** What one window gave. */
struct harness_figures {
    double period_ns; /**< window / requests */
    int64_t iterations;
    int64_t allocations; /**< of all threads inside the window */
};

/** Measures `iterations` requests after a warm-up; `is_marked` as in counts_begin. */
DLI_MUST_CHECK int harness_run(struct harness_figures *out, const struct harness_case *what,
                               const char *module, const char *model, int64_t iterations,
                               bool is_marked, struct dli_error *err);

#endif
