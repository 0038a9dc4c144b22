// Student's t against tables, intervals against hand-made batches, blocks against a plain list.
#include <math.h>

#include "base/random.h"
#include "check.h"
#include "measure/blocks.h"
#include "measure/stats.h"

static void test_student_quantiles_of_the_tables(void **state)
{
    (void)state;
    const struct {
        double p, dof, t;
    } row[] = {{0.975, 1, 12.7062}, {0.975, 2, 4.30265},  {0.975, 10, 2.22814},
               {0.95, 5, 2.01505},  {0.995, 30, 2.75000}, {0.975, 1e6, 1.95997},
               {0.9, 3, 1.63774}};
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        assert_true(fabs(stats_student_quantile(row[i].p, row[i].dof) / row[i].t - 1) < 2e-5);
    double between = stats_student_quantile(0.975, 10.5); // fractional degrees of freedom
    assert_true(between < 2.22814 && between > 2.20099);
}

static void test_dependence_of_known_series(void **state)
{
    (void)state;
    double value[1000] = {0};
    assert_true(stats_dependence(value, 1000) == 1);
    for (int i = 0; i < 1000; i++)
        value[i] = i % 2 ? 1 : -1;
    assert_true(stats_dependence(value, 1000) < 0.34);
    for (int i = 0; i < 1000; i++)
        value[i] = (double)random_unit(5, (uint64_t)i) - 0.5;
    assert_true(fabs(stats_dependence(value, 1000) - 1) < 0.2);
    for (int i = 1; i < 1000; i++)
        value[i] = 0.8 * value[i - 1] + value[i];
    assert_true(fabs(stats_dependence(value, 1000) / 9 - 1) < 0.3); // (1 + 0.8) / (1 - 0.8)
}

static void test_intervals_of_batches(void **state)
{
    (void)state;
    struct stats_batch batch[32];
    for (int i = 0; i < 32; i++) // alternately 9 and 11 per batch of 1 us
        batch[i] = (struct stats_batch){
            .count = i % 2 ? 11 : 9, .sum_ns = i % 2 ? 1100 : 900, .span_ns = 1000};
    struct stats_interval rate = stats_rate(batch, 32, 0.95);
    struct stats_interval mean = stats_mean(batch, 32, 0.95);
    assert_true(fabs(rate.value / 1e7 - 1) < 1e-12);
    assert_true(rate.low < 1e7 && rate.high > 1e7 && stats_precision(&rate) < 0.04);
    assert_true(fabs(mean.value - 100) < 1e-9 && mean.high - mean.low < 1e-6);
    struct stats_interval wide = stats_rate(batch, 32, 0.999);
    assert_true(wide.high > rate.high);
}

static void test_too_little_tells_nothing(void **state)
{
    (void)state;
    struct stats_batch batch[7];
    struct histogram h;
    double effective;
    histogram_init(&h);
    for (int i = 0; i < 7; i++) {
        batch[i] = (struct stats_batch){.count = 1, .below = 0.5, .sum_ns = 10, .span_ns = 10};
        histogram_record(&h, 10);
    }
    struct stats_interval median = stats_median(&h, 1, batch, 7, 0.95, &effective);
    assert_true(fabs(median.value - 10) <= 0.5);
    assert_true(isinf(median.low) && isinf(median.high) && isinf(stats_precision(&median)));
    assert_true(isinf(stats_mean(batch, 7, 0.95).high));
    assert_true(isinf(stats_rate(batch, 0, 0.95).high));
    histogram_release(&h);
}

static void test_blocks_lose_nothing(void **state)
{
    (void)state;
    static struct blocks blocks;
    for (int64_t length = 1; length < 100000; length = length * 3 + 1) {
        struct stats_batch batch[32];
        int64_t now_ns = 500;
        blocks_reset(&blocks, now_ns);
        for (int64_t i = 0; i < length; i++) {
            now_ns += i % 7 + 1;
            blocks_add(&blocks, i % 7, now_ns);
        }
        int count = blocks_batch(batch, 32, &blocks, 0);
        double samples = 0;
        double sum_ns = 0;
        double span_ns = 0;
        for (int i = 0; i < count; i++) {
            samples += batch[i].count;
            sum_ns += batch[i].sum_ns;
            span_ns += batch[i].span_ns;
        }
        assert_true(count == (length < 32 ? length : 32));
        assert_true(samples == (double)length);
        assert_true(span_ns == (double)(now_ns - 500));
        assert_true(sum_ns == (double)(now_ns - 500 - length));
    }
}

static void test_threshold_is_a_median(void **state)
{
    (void)state;
    static struct blocks blocks;
    blocks_reset(&blocks, 0);
    for (int64_t i = 0; i < 5000; i++)
        blocks_add(&blocks, (int64_t)(random_bits(4, (uint64_t)i) % 1000), i);
    assert_true(blocks.threshold_ns > 400 && blocks.threshold_ns < 600);
    int64_t below_twice = blocks.open.below_twice;
    int64_t count = blocks.open.count;
    for (int i = 0; i < blocks.used; i++) {
        below_twice += blocks.full[i].below_twice;
        count += blocks.full[i].count;
    }
    assert_int_equal(count, 5000);
    assert_true(fabs((double)below_twice / (double)count - (double)blocks.threshold_ns / 500) <
                0.05);
}

static void test_lanes_side_by_side(void **state)
{
    (void)state;
    static struct blocks blocks[3];
    const struct blocks *lane[3];
    struct stats_batch batch[16];
    for (int l = 0; l < 3; l++) { // a request every 10, 20 and 30 ns
        blocks_reset(&blocks[l], 0);
        for (int64_t t = 10 * (l + 1); t <= 60000; t += 10 * (l + 1))
            blocks_add(&blocks[l], 10 * (l + 1), t);
        lane[l] = &blocks[l];
    }
    int count = blocks_batch_lanes(batch, 16, lane, 3, 0, 60000);
    double samples = 0;
    assert_int_equal(count, 16);
    for (int i = 0; i < 16; i++) {
        samples += batch[i].count;
        assert_true(fabs(batch[i].count - 11000.0 / 16) < 1);
        assert_true(fabs(batch[i].span_ns - 3750) < 1e-9);
    }
    assert_true(fabs(samples - 11000) < 1e-6);
    assert_int_equal(blocks_batch_lanes(batch, 16, lane, 3, 5, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student_quantiles_of_the_tables),
        cmocka_unit_test(test_dependence_of_known_series),
        cmocka_unit_test(test_intervals_of_batches),
        cmocka_unit_test(test_too_little_tells_nothing),
        cmocka_unit_test(test_blocks_lose_nothing),
        cmocka_unit_test(test_threshold_is_a_median),
        cmocka_unit_test(test_lanes_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
