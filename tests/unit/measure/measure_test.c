#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "measure/fake_backend.h"

static void check_consistent(const struct measure_result *result, int64_t iterations)
{
    assert_int_equal(result->iterations, iterations);
    assert_int_equal((int64_t)result->latency.count, iterations);
    assert_true(result->total_ns > 0);
    assert_true(fabs(result->average_ns * (double)iterations - (double)result->total_ns) < 1);
    assert_true(fabs(result->throughput_hz * result->average_ns / 1e9 - 1) < 1e-9);
    assert_true(result->latency.min_ns >= 0);
    double counted = 0;
    for (int i = 0; i < result->slice_count; i++)
        counted += result->slice[i].count;
    assert_true(fabs(counted - (double)iterations) < 0.01 + 0.02 * (double)iterations);
}

static void test_sync_counts_exactly(void **state)
{
    (void)state;
    const enum fake_way way[] = {FAKE_SYNC, FAKE_THREAD, FAKE_EARLY, FAKE_POLLED};
    for (int w = 0; w < 4; w++)
        for (int timing = 0; timing < 2; timing++) {
            struct fake *fake = fake_new(way[w], w == 3 ? &fake_pumped : &fake_plain);
            struct measure_plan plan = fake_plan(fake, 1, 500);
            struct measure_result result;
            struct dli_error err;
            plan.timing = timing ? MEASURE_INFERENCE : MEASURE_APPLICATION;
            assert_int_equal(fake_run(&plan, &result, &err), DLI_OK);
            check_consistent(&result, 500);
            assert_int_equal(fake->calls, 500);
            assert_int_equal(result.stop, MEASURE_STOP_FIXED);
            assert_int_equal(result.tail_count, 0);
            assert_int_equal(result.warmup_iterations, 0);
            assert_int_equal((int64_t)result.infer.count, timing ? 0 : 500);
            measure_result_release(&result);
            fake_free(fake);
        }
}

static void test_async_keeps_requests_in_flight(void **state)
{
    (void)state;
    for (int slots = 2; slots <= FAKE_SLOTS; slots *= 2) {
        struct fake *fake = fake_new(FAKE_THREAD, &fake_plain);
        struct measure_plan plan = fake_plan(fake, slots, 2000);
        struct measure_result result;
        struct dli_error err;
        assert_int_equal(fake_run(&plan, &result, &err), DLI_OK);
        check_consistent(&result, 2000);
        assert_true(fake->most_in_flight <= slots);
        assert_true(fake->most_in_flight >= 2);
        assert_int_equal(fake->calls, 2000 + result.tail_count);
        assert_true(result.tail_count < slots);
        assert_int_equal(fake->in_flight, 0);
        measure_result_release(&result);
        fake_free(fake);
    }
}

static void test_phases_add_up(void **state)
{
    (void)state;
    struct fake *fake = fake_new(FAKE_SYNC, &fake_with_hooks);
    struct measure_plan plan = fake_plan(fake, 1, 300);
    struct measure_result result;
    struct dli_error err;
    plan.sample_capacity = 200;
    assert_int_equal(fake_run(&plan, &result, &err), DLI_OK);
    assert_int_equal(result.phase_sum_ns[0] + result.phase_sum_ns[1] + result.phase_sum_ns[2],
                     result.latency.sum_ns);
    assert_int_equal(fake->set_calls, 300);
    assert_int_equal(fake->bad_inputs, 0);
    assert_int_equal(result.sample_count, 200);
    assert_int_equal(result.sample_lost_count, 100);
    for (int i = 1; i < 200; i++)
        assert_true(result.sample[i].end_ns > result.sample[i - 1].end_ns);
    // 300 inferences over three sets in turn: the last one used the third.
    assert_true(fake->fetched[0][0] == 3.0f);
    measure_result_release(&result);
    fake_free(fake);
}

static void test_once_copies_through(void **state)
{
    (void)state;
    const enum fake_way way[] = {FAKE_SYNC, FAKE_THREAD, FAKE_EARLY};
    for (int w = 0; w < 3; w++) {
        struct fake *fake = fake_new(way[w], &fake_plain);
        struct measure_plan plan = fake_plan(fake, 4, 10);
        struct measure *measure;
        struct measure_stamps stamps;
        struct dli_error err;
        plan.timing = MEASURE_INFERENCE;
        assert_int_equal(measure_open(&measure, &plan, &err), DLI_OK);
        for (int slot = 0; slot < 4; slot++) {
            assert_int_equal(measure_once(measure, slot, slot % 3, &stamps, &err), DLI_OK);
            assert_true(fake->fetched[slot][5] == (float)(slot % 3 + 1));
            assert_true(stamps.due_ns == stamps.issue_ns && stamps.issue_ns <= stamps.handed_ns &&
                        stamps.handed_ns <= stamps.done_ns && stamps.done_ns <= stamps.fetched_ns);
        }
        measure_close(measure);
        fake_free(fake);
    }
}

static void test_lanes_share_the_limit(void **state)
{
    (void)state;
    for (int lanes = 2; lanes <= 4; lanes++) {
        struct fake *fake = fake_new(FAKE_SYNC, &fake_plain);
        struct measure_plan plan = fake_plan(fake, lanes, 3000);
        struct measure_result result;
        struct dli_error err;
        fake->spin = 200;
        plan.lane_count = lanes;
        plan.warmup = MEASURE_WARMUP_FIXED;
        plan.warmup_iterations = 10;
        for (int i = 0; i < lanes; i++)
            fake->slot[i].lane = i;
        assert_int_equal(fake_run(&plan, &result, &err), DLI_OK);
        check_consistent(&result, 3000);
        assert_true(result.warmup_iterations >= 10);
        assert_int_equal(fake->calls, 3000 + result.tail_count + result.warmup_iterations);
        measure_result_release(&result);
        fake_free(fake);
    }
}

static int64_t seen[3];

static void note_event(enum measure_event event, void *data)
{
    (void)data;
    seen[event]++;
}

static void test_stop_rule_names_its_reason(void **state)
{
    (void)state;
    static const struct {
        int slots, lanes;
        double precision;
        int64_t max_iterations, max_time_ns, time_ns;
        enum measure_stop stop;
    } row[] = {
        {1, 1, 0.9, 0, 2000000000, 0, MEASURE_STOP_PRECISION},
        {4, 1, 0.9, 0, 2000000000, 0, MEASURE_STOP_PRECISION},
        {2, 2, 0.9, 0, 2000000000, 0, MEASURE_STOP_PRECISION},
        {1, 1, 1e-9, 777, 2000000000, 0, MEASURE_STOP_ITERATIONS},
        {2, 2, 1e-9, 777, 2000000000, 0, MEASURE_STOP_ITERATIONS},
        {1, 1, 1e-9, 0, 50000000, 0, MEASURE_STOP_TIME},
        {4, 1, 1e-9, 0, 50000000, 0, MEASURE_STOP_TIME},
        {2, 2, 1e-9, 0, 50000000, 0, MEASURE_STOP_TIME},
        {1, 1, 0.9, 0, 2000000000, 30000000, MEASURE_STOP_FIXED},
        {2, 2, 0.9, 0, 2000000000, 30000000, MEASURE_STOP_FIXED},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct fake *fake = fake_new(row[i].lanes > 1 ? FAKE_SYNC : FAKE_EARLY, &fake_plain);
        struct measure_plan plan = fake_plan(fake, row[i].slots, 0);
        struct measure_result result;
        struct dli_error err;
        fake->spin = 500;
        plan.lane_count = row[i].lanes;
        plan.precision_frac = row[i].precision;
        plan.target = MEASURE_THROUGHPUT;
        plan.max_iterations = row[i].max_iterations;
        plan.max_time_ns = row[i].max_time_ns;
        plan.time_ns = row[i].time_ns;
        plan.on_event = note_event;
        memset(seen, 0, sizeof(seen));
        for (int k = 0; k < row[i].slots; k++)
            fake->slot[k].lane = row[i].lanes > 1 ? k : 0;
        assert_int_equal(fake_run(&plan, &result, &err), DLI_OK);
        assert_string_equal(measure_stop_name(result.stop), measure_stop_name(row[i].stop));
        if (row[i].max_iterations > 0)
            assert_int_equal(result.iterations, row[i].max_iterations);
        assert_true(result.iterations >= 20);
        assert_int_equal(seen[MEASURE_EVENT_WARMUP], 0);
        assert_int_equal(seen[MEASURE_EVENT_WINDOW], 1);
        assert_int_equal(seen[MEASURE_EVENT_END], 1);
        measure_result_release(&result);
        fake_free(fake);
    }
}

static void test_warmup_is_counted_apart(void **state)
{
    (void)state;
    for (int slots = 1; slots <= 4; slots += 3)
        for (int kind = 0; kind < 2; kind++) {
            struct fake *fake = fake_new(FAKE_THREAD, &fake_plain);
            struct measure_plan plan = fake_plan(fake, slots, 400);
            struct measure_result result;
            struct dli_error err;
            plan.warmup = kind ? MEASURE_WARMUP_AUTO : MEASURE_WARMUP_FIXED;
            plan.warmup_iterations = 50;
            plan.warmup_limit_ns = 100000000;
            plan.on_event = note_event;
            memset(seen, 0, sizeof(seen));
            assert_int_equal(fake_run(&plan, &result, &err), DLI_OK);
            assert_int_equal(result.iterations, 400);
            if (kind == 0)
                assert_int_equal(result.warmup_iterations, 50 + (slots > 1 ? slots : 0));
            assert_true(result.warmup_iterations >= 4 && result.warmup_ns > 0);
            assert_int_equal(seen[MEASURE_EVENT_WARMUP] + seen[MEASURE_EVENT_WINDOW], 2);
            assert_int_equal(fake->calls, 400 + result.warmup_iterations + result.tail_count);
            measure_result_release(&result);
            fake_free(fake);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync_counts_exactly),
        cmocka_unit_test(test_async_keeps_requests_in_flight),
        cmocka_unit_test(test_phases_add_up),
        cmocka_unit_test(test_once_copies_through),
        cmocka_unit_test(test_lanes_share_the_limit),
        cmocka_unit_test(test_stop_rule_names_its_reason),
        cmocka_unit_test(test_warmup_is_counted_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
