/**
 * noise.h - what disturbed the machine while a test measured.
 *
 * noise_begin and noise_end read a few kernel counters right before and right after the measured
 * region, never inside it: a dozen small files under /proc and /sys and getrusage, well under a
 * millisecond, no allocation. noise_evaluate turns the two readings into figures and findings; a
 * counter that the system does not offer is NAN or -1 and never a finding.
 *
 * Thresholds (figures are over the whole region; time is counted in the kernel's ticks of 10 ms, so
 * a share must exceed its threshold by two ticks):
 *
 *     finding                                       noisy     invalid
 *     time stolen by the hypervisor, of all CPUs    > 1 %     > 10 %
 *     CPU time of other processes, of all CPUs      > 5 %     > 50 %
 *     processor frequency fell during the region    > 5 %     > 30 %
 *     processor reported thermal throttling         > 0       -
 *     involuntary switches per second and thread    > 100     -
 *     page faults served from disk, per second      > 1       -
 *
 * Not thread-safe; a `struct noise` is plain data.
 */
#ifndef MACHINE_NOISE_H
#define MACHINE_NOISE_H

#include <stdint.h>

#include <dli/error.h>

#define NOISE_MAX_FINDINGS 6

enum noise_severity { NOISE_QUIET, NOISE_NOISY, NOISE_INVALID };

/** Counters at one moment. Unknown: -1 (integers) or NAN. */
struct noise_reading {
    int64_t time_ns;     /**< CLOCK_MONOTONIC */
    int64_t busy_ticks;  /**< of all processors: everything but idle, iowait and steal */
    int64_t steal_ticks; /**< of all processors */
    int64_t own_cpu_ns;  /**< user and system time of this process */
    int64_t pressure_us; /**< PSI: time in which some task waited for a processor */
    int64_t involuntary_switches;
    int64_t major_faults;
    int64_t minor_faults;
    int64_t throttle_count; /**< core and package thermal throttle events, summed */
    double frequency_mhz;   /**< of the fastest processor that this process may use */
    double temperature_c;   /**< hottest zone */
};

struct noise {
    const char *root;    /**< borrowed; NULL: "" (tests put a fake tree here) */
    int processor_count; /**< lines «cpuN» of /proc/stat, set by noise_begin */
    int thread_count;    /**< threads of this process, at the end */
    long ticks_per_s;
    struct noise_reading begin;
    struct noise_reading end;
};

struct noise_finding {
    enum noise_severity severity;
    char text[112]; /**< for people: «other processes used 23 % of the processors» */
};

/** Figures of the region; NAN or -1 where unknown. */
struct noise_result {
    double steal_frac;      /**< of all processors' time */
    double other_load_frac; /**< of all processors' time */
    double pressure_frac;   /**< of the region's time */
    int64_t involuntary_switches;
    int64_t major_faults;
    int64_t minor_faults;
    int64_t throttle_count;
    double frequency_mhz;         /**< mean of begin and end */
    double frequency_change_frac; /**< end / begin - 1 */
    double temperature_c;         /**< at the end */
    enum noise_severity severity; /**< the worst finding */
    int finding_count;
    struct noise_finding finding[NOISE_MAX_FINDINGS];
};

/** Takes the first reading. Set `noise->root` before (zeroed is the real machine). */
void noise_begin(struct noise *noise);
/** Takes the second reading. */
void noise_end(struct noise *noise);
/** Figures and findings from the two readings. Pure. */
void noise_evaluate(struct noise_result *out, const struct noise *noise);

/** "valid", "noisy", "invalid": the words of the column `verdict`. */
const char *noise_severity_name(enum noise_severity severity);

/**
 * Watches the machine for `duration_ns` while this process sleeps: is it idle enough to start?
 * Fills `out` as for a measured region; findings are warnings for people.
 */
void noise_watch_idle(struct noise_result *out, const char *root, int64_t duration_ns);

#endif
