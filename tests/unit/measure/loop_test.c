// The loop that its caller owns: counts, ends, figures.
#include "check.h"

#include "base/clock.h"
#include "measure/loop.h"

static const struct measure_plan fixed = {
    .precision_frac = 0.01, .confidence_frac = 0.95, .iterations = 10, .warmup = MEASURE_WARMUP_FIXED, .warmup_iterations = 3};

static void test_counts(void **state)
{
    struct loop *loop = NULL;
    struct measure_result result;
    int calls = 0;
    (void)state;
    assert_int_equal(loop_open(&loop, &fixed, NULL), DLI_OK);
    while (loop_next(loop))
        calls++;
    assert_false(loop_next(loop));
    loop_finish(loop, &result);
    assert_int_equal(calls, 13);
    assert_int_equal(result.iterations, 10);
    assert_int_equal(result.warmup_iterations, 3);
    assert_int_equal(result.stop, MEASURE_STOP_FIXED);
    assert_int_equal(result.latency.count, 10);
    assert_true(result.total_ns >= result.latency.sum_ns);
    assert_int_equal(result.infer.count, 0);
    measure_result_release(&result);
    loop_close(loop);
}

static void test_left_early(void **state)
{
    struct measure_result result;
    (void)state;
    for (int calls = 0; calls < 6; calls++) {
        struct loop *loop = NULL;
        assert_int_equal(loop_open(&loop, &fixed, NULL), DLI_OK);
        for (int i = 0; i < calls; i++)
            assert_true(loop_next(loop));
        loop_finish(loop, &result);
        assert_int_equal(result.stop, MEASURE_STOP_ERROR);
        assert_int_equal(result.iterations, calls > 4 ? calls - 4 : 0);
        measure_result_release(&result);
        loop_close(loop);
    }
}

static void test_stops_by_precision(void **state)
{
    struct measure_plan plan = {.precision_frac = 0.9, .confidence_frac = 0.95, .min_iterations = 50, .max_iterations = 1000000,
                                .warmup = MEASURE_WARMUP_NONE};
    struct loop *loop = NULL;
    struct measure_result result;
    (void)state;
    assert_int_equal(loop_open(&loop, &plan, NULL), DLI_OK);
    while (loop_next(loop))
        clock_read_cost_ns();
    loop_finish(loop, &result);
    assert_int_equal(result.stop, MEASURE_STOP_PRECISION);
    assert_true(result.iterations >= 50);
    measure_result_release(&result);
    loop_close(loop);
}

static void test_refuses(void **state)
{
    const double wrong[][2] = {{0, 0.95}, {1, 0.95}, {0.01, 0}, {0.01, 1}, {-1, 0.5}};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct measure_plan plan = {.precision_frac = wrong[i][0], .confidence_frac = wrong[i][1]};
        struct loop *loop = NULL;
        struct dli_error err = {0};
        assert_int_equal(loop_open(&loop, &plan, &err), DLI_E_ARG);
        assert_null(loop);
        assert_non_null(strstr(err.text, "precision"));
    }
    loop_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts), cmocka_unit_test(test_left_early),
                                       cmocka_unit_test(test_stops_by_precision), cmocka_unit_test(test_refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
