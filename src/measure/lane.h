/**
 * lane.h - one issuing thread: keeps its requests in flight, stamps them, hands them to its course.
 *
 * With a single request a loop issues, waits and records; with several, free requests queue up first in, first
 * out, and completions are taken from the ring. A lane that fails closes the run for all; every
 * request of its own that is in flight is awaited first, unless the contract was broken.
 */
#ifndef MEASURE_LANE_H
#define MEASURE_LANE_H

#include "measure/control.h"
#include "measure/measure.h"
#include "measure/ring.h"
#include "measure/scenario.h"

/** A slot of the plan with what the loop needs at hand. */
struct flight {
    struct cell cell; /**< first: request->core points to it */
    const struct measure_slot *slot;
    struct measure_stamps stamps;
    int next_set;
};

struct lane {
    int index;
    bool is_application;
    const struct scenario *scenario;
    int flight_count;
    struct flight **flight;
    struct cell **cell; /**< of each flight, for the ring */
    int *idle;          /**< queue of free requests, flight_count places */
    int idle_first;
    int idle_count;
    int in_flight;
    int poll_next; /**< the request whose context is pumped next */
    int64_t busy_count;
    struct ring ring;
    struct course *course;
    int code; /**< 0 or why the lane ended */
    struct dli_error err;
};

/** `lane` is zeroed; `flight` is borrowed, as is what it points to. */
void lane_init(struct lane *lane, struct flight **flight, int flight_count);
void lane_release(struct lane *lane);

/** Copies the first input set of every request, for inference timing. */
DLI_MUST_CHECK int lane_bind(struct lane *lane, struct dli_error *err);

/** Until the run is closed; leaves code and err. */
void lane_run(struct lane *lane);

/** One request with input set `set` through all stamps, outside a run. */
DLI_MUST_CHECK int lane_once(struct lane *lane, struct flight *flight, int set,
                             struct dli_error *err);

#endif
