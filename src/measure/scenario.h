/**
 * scenario.h - when the next request of a lane is due.
 *
 * The loop asks the scenario whenever a request is free. Latency counts from the due time, so a
 * scenario that lets requests come due while others are still running needs no other engine: it is free
 * of coordinated omission by construction.
 */
#ifndef MEASURE_SCENARIO_H
#define MEASURE_SCENARIO_H

#include <stdint.h>

struct scenario {
    const char *name;
    /** Due time of the next request, given that one became free and could be issued at `free_ns`. */
    int64_t (*due_ns)(void *state, int64_t free_ns);
    void *state;
};

/** Closed loop: the next request is due as soon as one is free. */
extern const struct scenario scenario_closed;

#endif
