/**
 * clock.h - the one clock of DLI: CLOCK_MONOTONIC in nanoseconds.
 *
 * It never jumps and never runs backwards; its zero is arbitrary (boot), so only differences mean
 * something, and they may be compared between processes of one machine. Any thread.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

/** Now, in nanoseconds. About 20-40 ns per call through the vDSO. */
static inline int64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/** Wall-clock time as «2026-11-23T16:35:18Z» (UTC), for rows and names; never for durations. */
void clock_format_utc(char out[32]);

/** Cost of one clock_now_ns() here: median of 1,001 back-to-back readings, in ns. */
int64_t clock_read_cost_ns(void);

/**
 * Distance of two neighbouring readings that this clock can give: 1, or what its counter advances
 * by (10 ns on some processors, 41 ns with a 24 MHz counter). From the gaps between the differences
 * of 4,096 readings; 1 when these show no gaps.
 */
int64_t clock_step_ns(void);

#endif
