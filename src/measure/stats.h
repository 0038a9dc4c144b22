/**
 * stats.h - confidence intervals of a series whose neighbours depend on each other.
 *
 * The series is kept as a bounded number of consecutive batches. The variance of an average is
 * estimated from the batches (batch means), corrected for the dependence that is left between
 * neighbouring batches by a first-order autoregression, and used with Student's t:
 *   s^2 (1 + r) / (1 - r) / B, r the lag-1 correlation of the batches with its small-sample bias
 *   removed (Marriott & Pope 1954), degrees of freedom B / 3 for the noise in s^2 and r together.
 * The median's interval is read from the histogram at the ranks 1/2 ± t * se, where se is the standard
 * error of the fraction of samples below a threshold near the median (order statistics with
 * the variance inflated). All pure functions.
 */
#ifndef MEASURE_STATS_H
#define MEASURE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/histogram.h"

#define STATS_MAX_BATCHES 64

/** A value and its interval; low = -INFINITY, high = INFINITY where the data cannot tell. */
struct stats_interval {
    double value;
    double low;
    double high;
};

/** Consecutive pieces of the series. */
struct stats_batch {
    double count;
    double below;  /**< samples under the threshold, ties by half */
    double sum_ns; /**< of their latencies */
    double span_ns; /**< time that the piece covers */
};

/** Upper quantile of Student's t: P(T <= result) = p, for p in (0.5, 1) and dof > 0, also fractional. */
double stats_student_quantile(double p, double dof);

/**
 * Factor by which dependence between neighbours inflates the variance of an average: (1 + r) / (1 - r)
 * from `count` (> 4) deviations from their average. 1 when independent or constant.
 */
double stats_dependence(const double *deviation, int count);

/** Interval of sum / count: the mean latency. */
struct stats_interval stats_mean(const struct stats_batch *batch, int count, double confidence);

/** Interval of count / span in 1/s. */
struct stats_interval stats_rate(const struct stats_batch *batch, int count, double confidence);

/**
 * Interval of the median of a histogram whose values were read from a clock that advances by `step_ns`;
 * `effective` (may be NULL) gets the number of independent samples.
 */
struct stats_interval stats_median(const struct histogram *h, double step_ns,
                                   const struct stats_batch *batch, int count, double confidence,
                                   double *effective);

/** Half the width of the interval over its value; INFINITY where it cannot be told. */
double stats_precision(const struct stats_interval *interval);

#endif
