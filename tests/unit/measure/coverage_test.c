// Whether 95 % intervals hold the truth 95 times in 100, on series whose truth is known. Prints the
// figures.
#include "check.h"
#include "measure/blocks.h"
#include "measure/simulate.h"

static const struct {
    const char *name;
    struct series series;
} rows[] = {
    {"i.i.d. lognormal, sigma 0.1", {.spread = 0.1}},
    {"i.i.d. lognormal, sigma 0.5", {.spread = 0.5}},
    {"AR(1) 0.5", {.spread = 0.1, .rho = 0.5}},
    {"AR(1) 0.9", {.spread = 0.1, .rho = 0.9}},
    {"bimodal", {.spread = 0.05, .is_bimodal = true}},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

// Share of `runs` series of `length` samples whose interval holds the median, or the mean.
static void cover(double *median_frac, double *mean_frac, struct series *s, int length, int runs)
{
    static struct blocks blocks;
    struct histogram h;
    int median_hits = 0;
    int mean_hits = 0;
    double median = series_median(s);
    double mean = SERIES_SCALE_NS * exp(s->spread * s->spread / 2) *
                  (s->is_bimodal ? 1 + SERIES_SLOW_SHARE * (SERIES_SLOW_FACTOR - 1) : 1);
    histogram_init(&h);
    for (int run = 0; run < runs; run++) {
        struct stats_batch batch[STATS_MAX_BATCHES];
        int64_t now_ns = 0;
        series_start(s, (uint64_t)run * 1000003 + (uint64_t)length);
        histogram_reset(&h);
        blocks_reset(&blocks, 0);
        for (int i = 0; i < length; i++) {
            int64_t latency_ns = series_next(s);
            now_ns += latency_ns;
            histogram_record(&h, latency_ns);
            blocks_add(&blocks, latency_ns, now_ns);
        }
        blocks_settle_threshold(&blocks);
        int count = blocks_batch(batch, STATS_MAX_BATCHES, &blocks, 0);
        struct stats_interval of_median = stats_median(&h, 1, batch, count, 0.95, NULL);
        struct stats_interval of_mean = stats_mean(batch, count, 0.95);
        median_hits += of_median.low <= median && median <= of_median.high;
        mean_hits += of_mean.low <= mean && mean <= of_mean.high;
    }
    *median_frac = (double)median_hits / runs;
    *mean_frac = (double)mean_hits / runs;
    histogram_release(&h);
}

static void test_intervals_cover(void **state)
{
    (void)state;
    const int length[] = {1000, 4000};
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < 2; k++) {
            struct series s = rows[i].series;
            double median_frac;
            double mean_frac;
            cover(&median_frac, &mean_frac, &s, length[k], 2000);
            printf("%-28s %5d samples: median covered in %.2f %%, mean in %.2f %% of 2000 runs\n",
                   rows[i].name, length[k], 100 * median_frac, 100 * mean_frac);
            assert_true(median_frac >= 0.93 && median_frac <= 0.97);
            assert_true(mean_frac >= 0.93 && mean_frac <= 0.97);
        }
}

// The rule looks again and again and stops when it likes what it sees: what is left of the 95 %?
static void test_the_stop_rule_keeps_its_word(void **state)
{
    (void)state;
    enum { RUNS = 400 };
    const struct measure_plan plan = simulated_plan();
    const struct disturbance none = {0};
    for (int i = 0; i < ROWS; i++) {
        struct series s = rows[i].series;
        int hits = 0;
        int close = 0;
        double iterations = 0;
        if (s.spread > 0.4)
            continue; // the same as the narrower one, only 25 times as long
        for (int run = 0; run < RUNS; run++) {
            struct measure_result result;
            double median = series_median(&s);
            series_start(&s, (uint64_t)run);
            simulate(&result, &plan, &s, &none);
            assert_int_equal(result.stop, MEASURE_STOP_PRECISION);
            assert_true(result.precision_frac <= 0.01);
            hits += result.median_ns.low <= median && median <= result.median_ns.high;
            close += fabs(result.median_ns.value / median - 1) <= 0.01;
            iterations += (double)result.iterations / RUNS;
            measure_result_release(&result);
        }
        printf("%-28s stop at +-1 %%: after %.0f samples; covered in %.1f %%, within 1 %% of the "
               "truth "
               "in %.1f %% of %d runs\n",
               rows[i].name, iterations, 100.0 * hits / RUNS, 100.0 * close / RUNS, RUNS);
        assert_true(hits >= 0.90 * RUNS);
        assert_true(close >= 0.95 * RUNS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals_cover),
        cmocka_unit_test(test_the_stop_rule_keeps_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
