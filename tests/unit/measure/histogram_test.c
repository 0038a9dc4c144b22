// The histogram: exact where it promises it, three digits elsewhere, and bytes that come back as
// they went.
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "check.h"
#include "measure/histogram.h"

static void fill(struct histogram *h, const int64_t *value, int count)
{
    histogram_init(h);
    for (int i = 0; i < count; i++)
        histogram_record(h, value[i]);
}

static void test_buckets_join_without_gap(void **state)
{
    (void)state;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        int64_t low = histogram_low_ns(i);
        int64_t high = histogram_high_ns(i);
        assert_int_equal(histogram_index(low), i);
        assert_int_equal(histogram_index(high), i);
        assert_true(high - low <= low / 1000);
        if (i > 0)
            assert_int_equal(histogram_high_ns(i - 1) + 1, low);
    }
    assert_int_equal(histogram_index(INT64_MAX), HISTOGRAM_BUCKETS - 1);
}

static void test_quantiles_of_known_values(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h);
    for (int64_t i = 1; i <= 1000; i++)
        histogram_record(&h, i);
    assert_int_equal(histogram_quantile(&h, 0), 1);
    assert_int_equal(histogram_quantile(&h, 0.5), 500);
    assert_int_equal(histogram_quantile(&h, 0.99), 990);
    assert_int_equal(histogram_quantile(&h, 1), 1000);
    assert_true(fabs(histogram_mean(&h) - 500.5) < 1e-9);
    assert_true(fabs(histogram_sd(&h) - sqrt(1000.0 * 1001 / 12)) < 1e-9);
    histogram_release(&h);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void test_quantiles_are_within_a_thousandth(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static int64_t value[COUNT];
    const double q[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999};
    struct histogram h;
    for (uint64_t i = 0; i < COUNT; i++) // six decades
        value[i] = (int64_t)pow(10, 3 + 6 * (double)random_unit(7, i));
    fill(&h, value, COUNT);
    qsort(value, COUNT, sizeof(value[0]), compare);
    for (size_t i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
        double exact = (double)value[(int)ceil(q[i] * COUNT) - 1];
        assert_true(fabs((double)histogram_quantile(&h, q[i]) / exact - 1) <= 0.0005);
        assert_true((double)histogram_quantile_edge(&h, q[i], false) <= exact);
        assert_true((double)histogram_quantile_edge(&h, q[i], true) >= exact);
        assert_true(fabs(histogram_smooth_quantile(&h, q[i], 1) / exact - 1) <= 0.002);
    }
    histogram_release(&h);
}

static void test_extremes_stay_exact(void **state)
{
    (void)state;
    const int64_t value[] = {-5, 0, 123456789, INT64_C(1) << 45, 99};
    struct histogram h;
    fill(&h, value, 5);
    assert_int_equal(h.min_ns, 0);
    assert_int_equal(h.max_ns, INT64_C(1) << 45);
    assert_int_equal(h.sum_ns, 123456789 + (INT64_C(1) << 45) + 99);
    assert_true(histogram_quantile(&h, 1) >= INT64_C(1) << 42); // as far as the buckets go
    histogram_reset(&h);
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    assert_true(histogram_sd(&h) == 0 && histogram_mean(&h) == 0);
    histogram_release(&h);
}

// A clock that advances by 10: the true median 143 lies between its ticks.
static void test_smooth_quantile_between_ticks(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h);
    for (uint64_t i = 0; i < 100000; i++) {
        double truth = 143 + 8 * ((double)random_unit(1, i) - 0.5);
        double phase = 10 * (double)random_unit(2, i);
        histogram_record(&h, 10 * (int64_t)floor((truth + phase) / 10));
    }
    assert_int_equal(histogram_quantile(&h, 0.5), 140);
    assert_true(fabs(histogram_smooth_quantile(&h, 0.5, 10) - 143) < 1); // a tenth of the step
    histogram_release(&h);
}

static void test_spread_of_nearly_equal_values(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h);
    for (int i = 0; i < 1000; i++) // far from zero: naive squares would lose it
        histogram_record(&h, INT64_C(7000000000000) + (i % 2 ? 3 : -3));
    assert_true(fabs(histogram_sd(&h) - 3 * sqrt(1000.0 / 999)) < 1e-6);
    histogram_release(&h);
}

static void test_merge_is_as_if_recorded_together(void **state)
{
    (void)state;
    struct histogram part[3];
    struct histogram all;
    struct histogram merged;
    histogram_init(&all);
    histogram_init(&merged);
    for (int p = 0; p < 3; p++) {
        histogram_init(&part[p]);
        for (uint64_t i = 0; i < 500 * (uint64_t)p; i++) {
            int64_t value = (int64_t)(random_bits(9, i) % 1000000) * (p + 1);
            histogram_record(&part[p], value);
            histogram_record(&all, value);
        }
        histogram_merge(&merged, &part[p]);
        histogram_release(&part[p]);
    }
    assert_int_equal(merged.count, all.count);
    assert_int_equal(merged.sum_ns, all.sum_ns);
    assert_int_equal(merged.min_ns, all.min_ns);
    assert_int_equal(merged.max_ns, all.max_ns);
    assert_true(fabs(histogram_sd(&merged) / histogram_sd(&all) - 1) < 1e-12);
    assert_memory_equal(merged.bucket, all.bucket, HISTOGRAM_BUCKETS * sizeof(all.bucket[0]));
    histogram_release(&merged);
    histogram_release(&all);
}

static void test_tallied_is_as_recorded(void **state)
{
    (void)state;
    struct histogram recorded;
    struct histogram tallied;
    histogram_init(&recorded);
    histogram_init(&tallied);
    for (uint64_t i = 0; i < 5000; i++) {
        int64_t value = (int64_t)(random_bits(11, i) >> (24 + i % 30)) - 1;
        histogram_record(&recorded, value);
        histogram_tally(&tallied, value);
    }
    histogram_settle(&tallied);
    assert_int_equal(tallied.count, recorded.count);
    assert_int_equal(tallied.sum_ns, recorded.sum_ns);
    assert_true(tallied.min_ns <= recorded.min_ns && tallied.max_ns >= recorded.max_ns);
    assert_true(fabs((double)tallied.max_ns / (double)recorded.max_ns - 1) < 0.001);
    assert_true(fabs(histogram_sd(&tallied) / histogram_sd(&recorded) - 1) < 0.001);
    assert_memory_equal(tallied.bucket, recorded.bucket, HISTOGRAM_BUCKETS * sizeof(uint64_t));
    histogram_release(&tallied);
    histogram_release(&recorded);
}

static void test_bytes_come_back(void **state)
{
    (void)state;
    struct histogram h;
    struct histogram back;
    struct strbuf bytes = STRBUF_INIT;
    struct dli_error err;
    histogram_init(&h);
    histogram_init(&back);
    for (int round = 0; round < 2; round++) { // empty first
        strbuf_release(&bytes);
        histogram_encode(&bytes, &h);
        check_ok(histogram_decode(&back, bytes.text, bytes.length, &err));
        assert_int_equal(back.count, h.count);
        assert_memory_equal(back.bucket, h.bucket, HISTOGRAM_BUCKETS * sizeof(h.bucket[0]));
        assert_int_equal(histogram_quantile(&back, 0.7), histogram_quantile(&h, 0.7));
        for (uint64_t i = 0; i < 3000; i++)
            histogram_record(&h, (int64_t)(random_bits(3, i) >> (20 + i % 40)));
    }
    for (size_t cut = 0; cut < bytes.length; cut++)
        if (histogram_decode(&back, bytes.text, cut, &err) == DLI_OK)
            fail_msg("accepted when cut to %zu of %zu bytes", cut, bytes.length);
    assert_int_equal(back.count, 0);
    strbuf_release(&bytes);
    histogram_release(&back);
    histogram_release(&h);
}

static void test_garbage_is_refused(void **state)
{
    (void)state;
    struct histogram h;
    struct dli_error err;
    const struct {
        unsigned char byte[12];
        size_t length;
    } bad[] = {
        {{2, 0, 0, 0, 0}, 5},                         // another format
        {{1, 1, 5, 4, 5, 5, 1}, 7},                   // min above max
        {{1, 2, 5, 5, 10, 5, 1}, 7},                  // counts do not add up
        {{1, 1, 5, 5, 5, 6, 1}, 7},                   // min's bucket is empty
        {{1, 1, 5, 5, 5, 255, 255, 255, 127, 1}, 10}, // bucket beyond the last
        {{1, 0, 0, 0, 0, 1}, 6},                      // half a pair
    };
    histogram_init(&h);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_fails(histogram_decode(&h, bad[i].byte, bad[i].length, &err), DLI_E_PARSE,
                    "malformed");
    histogram_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets_join_without_gap),
        cmocka_unit_test(test_quantiles_of_known_values),
        cmocka_unit_test(test_quantiles_are_within_a_thousandth),
        cmocka_unit_test(test_extremes_stay_exact),
        cmocka_unit_test(test_smooth_quantile_between_ticks),
        cmocka_unit_test(test_spread_of_nearly_equal_values),
        cmocka_unit_test(test_merge_is_as_if_recorded_together),
        cmocka_unit_test(test_tallied_is_as_recorded),
        cmocka_unit_test(test_bytes_come_back),
        cmocka_unit_test(test_garbage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
