/**
 * stats.h - confidence intervals of a series whose neighbours depend on each other.
 *
 * The series is kept as a bounded number of consecutive batches. What the variance of an average is
 * when neighbours depend on each other is read from the slow part of the series: the squared
 * projections on the first v cosines estimate it without a model of the dependence, and the average
 * over its standard error is Student's t with v degrees of freedom (equally weighted cosines,
 * v = 0.41 B^(2/3): Lazarus, Lewis, Stock & Watson 2018, «HAR Inference: Recommendations for Practice»).
 * The median's interval is read from the histogram at the ranks 1/2 ± t * se, where se is the standard
 * error of the fraction of samples below a threshold near the median (order statistics with
 * the variance inflated). All pure functions.
 */
#ifndef MEASURE_STATS_H
#define MEASURE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/histogram.h"

#define STATS_MAX_BATCHES 256

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
