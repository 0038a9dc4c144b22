/**
 * loop.h - the same measurement where the caller owns the loop: `while (loop_next(loop)) work();`.
 *
 * One iteration lasts from the return of one loop_next to the call of the next; what the loop itself does between
 * is not part of any. Warm-up, stop rule, statistics and findings are those of measure_run. One thread.
 */
#ifndef MEASURE_LOOP_H
#define MEASURE_LOOP_H

#include "measure/measure.h"

struct loop;

/** Of `plan`, what says which requests are run is ignored; the target is the median. DLI_E_ARG. */
DLI_MUST_CHECK int loop_open(struct loop **out, const struct measure_plan *plan, struct dli_error *err);

/** Ends the iteration that runs and begins the next; false when enough is known. */
bool loop_next(struct loop *loop);

/** The figures so far; stop is ERROR when loop_next has not said false. At most once. */
void loop_finish(struct loop *loop, struct measure_result *result);

void loop_close(struct loop *loop);

#endif
