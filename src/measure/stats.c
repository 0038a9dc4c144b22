#include "measure/stats.h"

#include <math.h>

enum { MIN_BATCHES = 8 }; // below it neither the spread nor the dependence of batches is known

// Cosines that are used of a series of `count` batches.
static int cosine_count(int count)
{
    double rule = 0.41 * cbrt((double)count * count);
    return (int)fmax(rule, fmin(count / 5.0, 8));
}

// Continued fraction of the incomplete beta function (Lentz; DLMF 8.17.22).
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1;
    double d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m <= 300; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step[2] = {even, odd};
        double change = 1;
        for (int k = 0; k < 2; k++) {
            d = 1 + step[k] * d;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = 1 + step[k] / c;
            c = fabs(c) < tiny ? tiny : c;
            change *= d * c;
        }
        value *= change;
        if (fabs(change - 1) < 1e-13)
            break;
    }
    return value;
}

static double incomplete_beta(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double stats_student_quantile(double p, double dof)
{
    double low = 0;
    double high = 1;
    // P(T > t) = I(dof / (dof + t^2); dof / 2, 1 / 2) / 2
    while (high < 1e9 && incomplete_beta(dof / 2, 0.5, dof / (dof + high * high)) / 2 > 1 - p)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (incomplete_beta(dof / 2, 0.5, dof / (dof + middle * middle)) / 2 > 1 - p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/** A ratio of two sums over the batches, and its standard error. */
struct ratio {
    double value;
    double error; /**< standard error; INFINITY when there are too few batches */
    double dof;
};

// Which two columns of a batch make the ratio.
enum column { COUNT, BELOW, SUM, SPAN };

static double column_of(const struct stats_batch *batch, enum column column)
{
    switch (column) {
    case COUNT:
        return batch->count;
    case BELOW:
        return batch->below;
    case SUM:
        return batch->sum_ns;
    default:
        return batch->span_ns;
    }
}

double stats_dependence(const double *deviation, int count)
{
    double squares = 0;
    double products = 0;
    for (int i = 0; i < count; i++) {
        squares += deviation[i] * deviation[i];
        products += i > 0 ? deviation[i] * deviation[i - 1] : 0;
    }
    if (squares <= 0)
        return 1;
    double r = (products / squares * count + 1) / (count - 4);
    r = fmin(fmax(r, -0.5), 0.95);
    return (1 + r) / (1 - r);
}

// sqrt(2 / n) * sum of value[i] * cos(pi k (i + 1/2) / n), the cosines by recurrence.
static double cosine_projection(const double *value, int count, int k)
{
    double step = acos(-1) * k / count;
    double turn = 2 * cos(step);
    double before = cos(step / 2); // of i = -1: the cosine is even about -1/2
    double now = before;
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += value[i] * now;
        double next = turn * now - before;
        before = now;
        now = next;
    }
    return sqrt(2.0 / count) * sum;
}

static struct ratio ratio_of(const struct stats_batch *batch, int count, enum column upper,
                             enum column lower)
{
    double deviation[STATS_MAX_BATCHES];
    double upper_sum = 0;
    double lower_sum = 0;
    for (int i = 0; i < count; i++) {
        upper_sum += column_of(&batch[i], upper);
        lower_sum += column_of(&batch[i], lower);
    }
    struct ratio ratio = {lower_sum > 0 ? upper_sum / lower_sum : 0, INFINITY, cosine_count(count)};
    if (count < MIN_BATCHES || lower_sum <= 0)
        return ratio;
    for (int i = 0; i < count; i++)
        deviation[i] = column_of(&batch[i], upper) - ratio.value * column_of(&batch[i], lower);
    double variance = 0;
    for (int k = 1; k <= ratio.dof; k++) {
        double projection = cosine_projection(deviation, count, k);
        variance += projection * projection / ratio.dof;
    }
    ratio.error = sqrt(variance * count) / lower_sum;
    return ratio;
}

static struct stats_interval interval_of(struct ratio ratio, double confidence)
{
    if (!isfinite(ratio.error))
        return (struct stats_interval){ratio.value, -INFINITY, INFINITY};
    double half = stats_student_quantile(0.5 + confidence / 2, ratio.dof) * ratio.error;
    return (struct stats_interval){ratio.value, ratio.value - half, ratio.value + half};
}

struct stats_interval stats_mean(const struct stats_batch *batch, int count, double confidence)
{
    return interval_of(ratio_of(batch, count, SUM, COUNT), confidence);
}

struct stats_interval stats_rate(const struct stats_batch *batch, int count, double confidence)
{
    struct ratio ratio = ratio_of(batch, count, COUNT, SPAN);
    ratio.value *= 1e9;
    ratio.error *= 1e9;
    return interval_of(ratio, confidence);
}

// Standard error of the fraction of samples below the median.
static double rank_error(const struct histogram *h, const struct stats_batch *batch, int count)
{
    struct ratio below = ratio_of(batch, count, BELOW, COUNT);
    double p = below.value;
    if (p >= 0.1 && p <= 0.9)
        return below.error * 0.5 / sqrt(p * (1 - p));
    // The threshold turned out far from the median (warm-up differed): the mean's dependence
    // serves.
    double sd = histogram_sd(h);
    if (sd <= 0)
        return 0;
    return 0.5 * ratio_of(batch, count, SUM, COUNT).error / sd;
}

struct stats_interval stats_median(const struct histogram *h, double step_ns,
                                   const struct stats_batch *batch, int count, double confidence,
                                   double *effective)
{
    double n = (double)h->count;
    struct stats_interval out = {histogram_smooth_quantile(h, 0.5, step_ns), -INFINITY, INFINITY};
    double error = count < MIN_BATCHES ? INFINITY : rank_error(h, batch, count);
    if (effective)
        *effective = error > 0 && 0.25 / (error * error) < n ? 0.25 / (error * error) : n;
    if (!isfinite(error))
        return out;
    double half = stats_student_quantile(0.5 + confidence / 2, cosine_count(count)) * error + 0.5 / n;
    if (half < 0.5) {
        out.low = histogram_smooth_quantile(h, 0.5 - half, step_ns);
        out.high = histogram_smooth_quantile(h, 0.5 + half + 0.5 / n, step_ns);
    }
    return out;
}

double stats_precision(const struct stats_interval *interval)
{
    if (!isfinite(interval->low) || !isfinite(interval->high) || interval->value <= 0)
        return INFINITY;
    return (interval->high - interval->low) / 2 / interval->value;
}
