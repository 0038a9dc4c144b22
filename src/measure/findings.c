#include "measure/findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Fewest batches that a trend can be told from.
enum { MIN_TREND = 16, COARSE_BINS = 32 };
// A step is looked for between 1/EDGE and 1 - 1/EDGE of the series.
enum { EDGE = 8 };
// Smallest change worth a word.
static const double SMALLEST_CHANGE = 0.01;
// Found by simulation (findings_test.c): few false alarms on independent, AR(1) 0.5 and AR(1) 0.9
// series.
static const double CRITICAL_SCORE = 3.6;

const char *finding_name(enum finding_kind kind)
{
    static const char *const names[] = {"unsettled", "drift", "step", "bimodal"};
    return names[kind];
}

static struct finding *add(struct findings *out, enum finding_kind kind)
{
    if (out->count == FINDINGS_MAX)
        return NULL;
    struct finding *finding = &out->item[out->count++];
    *finding = (struct finding){.kind = kind};
    return finding;
}

void findings_add_unsettled(struct findings *out, int64_t warmup_iterations, double warmup_s)
{
    struct finding *finding = add(out, FINDING_UNSETTLED);
    if (finding)
        snprintf(finding->text, sizeof(finding->text),
                 "latency had not settled after %lld iterations (%.1f s) of warm-up",
                 (long long)warmup_iterations, warmup_s);
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(const double *value, int count)
{
    double sorted[STATS_MAX_BATCHES];
    memcpy(sorted, value, (size_t)count * sizeof(sorted[0]));
    qsort(sorted, (size_t)count, sizeof(sorted[0]), compare_double);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static int means_of(double *out, const struct stats_batch *batch, int count)
{
    int used = 0;
    for (int i = 0; i < count; i++)
        if (batch[i].count > 0)
            out[used++] = batch[i].sum_ns / batch[i].count;
    return used;
}

// Centred ranks: a single wild batch then weighs no more than the largest tame one.
static void rank(double *out, const double *value, int count)
{
    for (int i = 0; i < count; i++) {
        double below = 0;
        for (int k = 0; k < count; k++)
            below += (value[k] < value[i]) + 0.5 * (value[k] == value[i]);
        out[i] = below - count / 2.0;
    }
}

// The split that separates the values best: largest |sum of the first k| / sqrt(k (n - k) / n),
// which a step at k makes as large wherever it is. Not too close to the ends, where single batches
// would decide.
static double best_split(const double *value, int count, int *at)
{
    double sum = 0;
    double largest = 0;
    *at = count / 2;
    for (int k = 1; k <= count - count / EDGE; k++) {
        sum += value[k - 1];
        double score = fabs(sum) / sqrt((double)k * (count - k) / count);
        if (k >= count / EDGE && score > largest) {
            largest = score;
            *at = k;
        }
    }
    return largest;
}

// Residuals of `value` from its two averages left and right of `at`; returns their sum of squares.
static double step_residuals(double *out, const double *value, int count, int at)
{
    double squares = 0;
    for (int side = 0; side < 2; side++) {
        int from = side == 0 ? 0 : at;
        int to = side == 0 ? at : count;
        double sum = 0;
        for (int i = from; i < to; i++)
            sum += value[i];
        for (int i = from; i < to; i++) {
            out[i] = value[i] - sum / (to - from);
            squares += out[i] * out[i];
        }
    }
    return squares;
}

// Residuals from the straight line of least squares; returns their sum of squares.
static double line_residuals(double *out, const double *value, int count)
{
    double centre = (count - 1) / 2.0;
    double mean = 0;
    double slope = 0;
    double squares = 0;
    for (int i = 0; i < count; i++)
        mean += value[i] / count;
    for (int i = 0; i < count; i++)
        slope += (i - centre) * value[i] / (count * ((double)count * count - 1) / 12);
    for (int i = 0; i < count; i++) {
        out[i] = value[i] - mean - slope * (i - centre);
        squares += out[i] * out[i];
    }
    return squares;
}

void findings_test_trend(struct findings *out, const struct stats_batch *batch, int count)
{
    double mean[STATS_MAX_BATCHES];
    double ranked[STATS_MAX_BATCHES];
    double residual[STATS_MAX_BATCHES];
    int at;
    count = means_of(mean, batch, count);
    if (count < MIN_TREND)
        return;
    rank(ranked, mean, count);
    double score = best_split(ranked, count, &at);
    // The spread comes from what remains when the better of step and line is taken away, else a
    // real change would hide behind the variance that it makes itself.
    double line_squares = line_residuals(residual, ranked, count);
    double line_inflation = stats_dependence(residual, count);
    double step_squares = step_residuals(residual, ranked, count, at);
    bool is_step = step_squares < line_squares;
    double inflation = is_step ? stats_dependence(residual, count) : line_inflation;
    double squares = is_step ? step_squares : line_squares;
    // Even a perfect split leaves the ranks on both sides their own spread.
    double spread = sqrt(squares / (count - 2) * fmax(inflation, 1));
    if (score < CRITICAL_SCORE * spread)
        return;
    int third = count / 3;
    double change =
        is_step ? median_of(mean + at, count - at) / median_of(mean, at) - 1
                : 1.5 * (median_of(mean + count - third, third) / median_of(mean, third) - 1);
    if (fabs(change) < SMALLEST_CHANGE)
        return;
    struct finding *finding = add(out, is_step ? FINDING_STEP : FINDING_DRIFT);
    if (!finding)
        return;
    finding->change_frac = change;
    finding->at_frac = (double)at / count;
    const char *verb = change > 0 ? "rose" : "fell";
    if (is_step)
        snprintf(finding->text, sizeof(finding->text),
                 "latency %s by %.1f %% in one step at %.0f %% of the run", verb,
                 100 * fabs(change), 100 * finding->at_frac);
    else
        snprintf(finding->text, sizeof(finding->text), "latency %s by %.1f %% over the run", verb,
                 100 * fabs(change));
}

/** Coarse bins of equal ratio between the 1 % and the 99 % quantile. */
struct bins {
    double low_ns;
    double ratio; /**< logarithm of the upper over the lower edge of a bin */
    double count[COARSE_BINS];
};

// Spreads `count` values evenly between two latencies; what lies outside the bins is dropped.
static void bins_spread(struct bins *bins, double from_ns, double to_ns, double count)
{
    double from = log(fmax(from_ns, 1e-9) / bins->low_ns) / bins->ratio;
    double to = log(to_ns / bins->low_ns) / bins->ratio;
    for (int i = from > 0 ? (int)from : 0; i < COARSE_BINS && i < to; i++) {
        double low_ns = fmax(from_ns, bins->low_ns * exp(i * bins->ratio));
        double high_ns = fmin(to_ns, bins->low_ns * exp((i + 1) * bins->ratio));
        bins->count[i] += count * fmax(high_ns - low_ns, 0) / (to_ns - from_ns);
    }
}

// False when the quantiles are too close together.
static bool bins_fill(struct bins *bins, const struct histogram *h, double step_ns)
{
    double low_ns = (double)histogram_quantile_edge(h, 0.01, false);
    double high_ns = (double)histogram_quantile_edge(h, 0.99, true);
    if (low_ns < 1 || high_ns < low_ns * 1.05 || high_ns - low_ns < COARSE_BINS)
        return false;
    *bins = (struct bins){.low_ns = low_ns, .ratio = log(high_ns / low_ns) / COARSE_BINS};
    unsigned last = histogram_index((int64_t)high_ns);
    for (unsigned i = histogram_index((int64_t)low_ns); i <= last; i++) {
        double from_ns = (double)histogram_low_ns(i) - 0.5;
        double to_ns = (double)histogram_high_ns(i) + 0.5;
        double more_ns = fmax(step_ns - (to_ns - from_ns), 0) / 2;
        if (h->bucket[i] > 0)
            bins_spread(bins, from_ns - more_ns, to_ns + more_ns, (double)h->bucket[i]);
    }
    return true;
}

static int highest(const double *bin, int from, int to)
{
    int best = from;
    for (int i = from; i < to; i++)
        if (bin[i] > bin[best])
            best = i;
    return best;
}

void findings_test_modes(struct findings *out, const struct histogram *h, double step_ns,
                         double effective)
{
    struct bins bins;
    if (effective < 50 || !bins_fill(&bins, h, step_ns))
        return;
    const double *bin = bins.count;
    double total = 0;
    double left_share = 0;
    double best = 0;
    int best_left = 0;
    int best_right = 0;
    for (int i = 0; i < COARSE_BINS; i++)
        total += bin[i];
    // Two neighbouring bins make a valley wide enough not to be an artefact of binning.
    for (int valley = 1; valley + 2 < COARSE_BINS; valley++) {
        int left = highest(bin, 0, valley);
        int right = highest(bin, valley + 2, COARSE_BINS);
        double depth = (bin[valley] + bin[valley + 1]) / 2;
        double lower = fmin(bin[left], bin[right]);
        // Counts in units of independent samples: their noise is the root of the count.
        double scale = effective / total;
        double noise = sqrt((lower + depth) * scale + 1);
        double score = (lower - depth) * scale / noise;
        if (depth < lower / 3 && score > best) {
            best = score;
            best_left = left;
            best_right = right;
            left_share = 0;
            for (int i = 0; i <= valley; i++)
                left_share += bin[i] / total;
        }
    }
    if (best < 4 || left_share < 0.1 || left_share > 0.9)
        return;
    double change = exp((best_right - best_left) * bins.ratio) - 1;
    struct finding *finding = change < 0.05 ? NULL : add(out, FINDING_BIMODAL);
    if (!finding)
        return;
    finding->change_frac = change;
    finding->at_frac = left_share;
    snprintf(finding->text, sizeof(finding->text),
             "two modes %.0f %% apart, %.0f %% of requests in the faster one", 100 * change,
             100 * left_share);
}

bool findings_is_settled(const struct stats_batch *batch, int count)
{
    double mean[STATS_MAX_BATCHES];
    double residual[STATS_MAX_BATCHES];
    int used = means_of(mean, batch, count);
    int half = used / 4;
    if (half < 1)
        return false;
    // The last half of the series, cut in two.
    const double *late = mean + used - 2 * half;
    double before = median_of(late, half);
    double after = median_of(late + half, half);
    double change = before > 0 ? fabs(after / before - 1) : 0;
    if (half < 4)
        return change < 0.02;
    if (change < 0.005)
        return true;
    // Standard error of the difference of two averages of `half` batches each; the batches may
    // depend on each other, which the factor 2 allows for.
    double squares = step_residuals(residual, late, 2 * half, half);
    double error = sqrt(squares / (2 * half - 2) * 2 / half);
    return fabs(after - before) < 2 * error && change < 0.1;
}
