/**
 * histogram.h - HDR histogram of durations: 1 ns … 2.4 h, 3 significant digits, fixed memory.
 *
 * After Gil Tene's HdrHistogram: values below 2,048 are exact, above them every power of two is cut
 * into 1,024 buckets, so a value is known to 0.1 % (0.05 % from the middle of its bucket). Values
 * beyond the range count in the last bucket; count, mean, sd, min and max stay exact for all.
 * One writer; no locks. Recording is O(1), a few ns, and allocates nothing.
 */
#ifndef MEASURE_HISTOGRAM_H
#define MEASURE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dli/error.h>

#include "base/strbuf.h"

#define HISTOGRAM_MAX_BITS 43 /**< values up to 2^43 - 1 ns = 2.4 h */
#define HISTOGRAM_BUCKETS ((HISTOGRAM_MAX_BITS - 11) * 1024 + 2048)

struct histogram {
    uint64_t *bucket; /**< HISTOGRAM_BUCKETS counts */
    uint64_t count;
    int64_t min_ns; /**< INT64_MAX when empty */
    int64_t max_ns; /**< -1 when empty */
    int64_t sum_ns;
    unsigned __int128
        squares; /**< sum of value^2: exact, so the spread of nearly equal values survives */
};

/** Allocates and touches the buckets; aborts without memory (280 kB). */
void histogram_init(struct histogram *h);
void histogram_release(struct histogram *h);
void histogram_reset(struct histogram *h);

/** Bucket of a value >= 0. */
static inline unsigned histogram_index(int64_t value_ns)
{
    uint64_t value = (uint64_t)value_ns;
    if (value < 2048)
        return (unsigned)value;
    if (value >> HISTOGRAM_MAX_BITS)
        return HISTOGRAM_BUCKETS - 1;
    unsigned shift = 53u - (unsigned)__builtin_clzll(value);
    return shift * 1024u + (unsigned)(value >> shift);
}

/** Counts one value. Negative values count as 0. */
static inline void histogram_record(struct histogram *h, int64_t value_ns)
{
    value_ns = value_ns < 0 ? 0 : value_ns;
    h->bucket[histogram_index(value_ns)]++;
    h->count++;
    h->sum_ns += value_ns;
    h->squares += (unsigned __int128)(uint64_t)value_ns * (uint64_t)value_ns;
    if (value_ns < h->min_ns)
        h->min_ns = value_ns;
    if (value_ns > h->max_ns)
        h->max_ns = value_ns;
}

/**
 * The quick half of histogram_record: bucket and sum only. After the last one histogram_settle must
 * follow; the two ways of recording are not mixed in one histogram.
 */
static inline void histogram_tally(struct histogram *h, int64_t value_ns)
{
    value_ns = value_ns < 0 ? 0 : value_ns;
    h->bucket[histogram_index(value_ns)]++;
    h->sum_ns += value_ns;
}

/** Count, and, as exactly as the buckets know them, min, max and squares. */
void histogram_settle(struct histogram *h);

/** Smallest and largest value that falls into bucket `index`. */
int64_t histogram_low_ns(unsigned index);
int64_t histogram_high_ns(unsigned index);

/** Adds `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/**
 * The value at quantile `q` (0 … 1): the smallest value that q * count values do not exceed, taken
 * in the middle of its bucket and kept within min and max. 0 when empty.
 */
int64_t histogram_quantile(const struct histogram *h, double q);

/**
 * As histogram_quantile for a continuous quantity: every value is spread evenly over its bucket, or
 * over `step_ns` around it where the clock's readings are wider apart than that. So a quantile
 * moves smoothly between two ticks of a coarse clock. Kept within min and max.
 */
double histogram_smooth_quantile(const struct histogram *h, double q, double step_ns);

/** The lower or upper edge of the bucket of quantile `q`, for the ends of an interval. */
int64_t histogram_quantile_edge(const struct histogram *h, double q, bool is_upper);

double histogram_mean(const struct histogram *h);
/** Standard deviation of the values themselves (n - 1), not of the buckets; 0 below two values. */
double histogram_sd(const struct histogram *h);

/**
 * Appends the histogram as unsigned LEB128 numbers: format (1), count, min, max, sum, then for
 * every non-empty bucket in rising order: number of empty buckets skipped before it, its count. The
 * standard deviation is not part of it. An empty histogram is format and four zeros.
 */
void histogram_encode(struct strbuf *out, const struct histogram *h);

/** Reads what histogram_encode wrote into an initialised histogram. DLI_E_PARSE, `h` then empty. */
DLI_MUST_CHECK int histogram_decode(struct histogram *h, const void *data, size_t bytes,
                                    struct dli_error *err);

#endif
