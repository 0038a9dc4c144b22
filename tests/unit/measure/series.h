/**
 * series.h - made-up latencies with a known median, the same on every machine: scale * exp(spread *
 * z), where z is a stationary Gaussian series whose neighbours correlate by rho; the bimodal one is
 * half as long again for 40 % of the samples.
 */
#ifndef TEST_SERIES_H
#define TEST_SERIES_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

#define SERIES_SCALE_NS 1e6
#define SERIES_SLOW_SHARE 0.4
#define SERIES_SLOW_FACTOR 1.5

struct series {
    double rho;
    double spread;
    bool is_bimodal;
    double
        stay; /**< bimodal: chance that the next sample keeps the mode; 0: drawn anew each time */

    uint64_t key;
    uint64_t count; /**< random numbers used */
    double z;
    bool is_slow;
};

static inline double series_uniform(struct series *s)
{
    return ((double)(random_bits(s->key, s->count++) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double series_normal(struct series *s)
{
    double radius = sqrt(-2 * log(series_uniform(s)));
    return radius * cos(6.283185307179586 * series_uniform(s));
}

static inline void series_draw_mode(struct series *s)
{
    s->is_slow = series_uniform(s) < SERIES_SLOW_SHARE;
}

/** Begins the series number `run`. */
static inline void series_start(struct series *s, uint64_t run)
{
    s->key = random_bits(2718281828, run);
    s->count = 0;
    s->z = series_normal(s);
    series_draw_mode(s);
}

static inline int64_t series_next(struct series *s)
{
    s->z = s->rho * s->z + sqrt(1 - s->rho * s->rho) * series_normal(s);
    double x = SERIES_SCALE_NS * exp(s->spread * s->z);
    if (s->is_bimodal) {
        if (series_uniform(s) >= s->stay)
            series_draw_mode(s);
        x *= s->is_slow ? SERIES_SLOW_FACTOR : 1;
    }
    return (int64_t)(x + 0.5);
}

static inline double series_share_below(const struct series *s, double x)
{
    double fast = 0.5 * erfc(-log(x / SERIES_SCALE_NS) / s->spread / sqrt(2));
    double slow = 0.5 * erfc(-log(x / SERIES_SCALE_NS / SERIES_SLOW_FACTOR) / s->spread / sqrt(2));
    return s->is_bimodal ? fast + SERIES_SLOW_SHARE * (slow - fast) : fast;
}

static inline double series_median(const struct series *s)
{
    double low = 0.1 * SERIES_SCALE_NS;
    double high = 10 * SERIES_SCALE_NS;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        *(series_share_below(s, middle) < 0.5 ? &low : &high) = middle;
    }
    return low;
}

#endif
