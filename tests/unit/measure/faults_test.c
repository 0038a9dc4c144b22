#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "measure/fake_backend.h"

static void test_breaches_are_protocol_errors(void **state)
{
    (void)state;
    const enum fake_way way[] = {FAKE_TWICE, FAKE_AFTER_DONE, FAKE_NONSENSE};
    for (int w = 0; w < 3; w++)
        for (int slots = 1; slots <= 2; slots++) {
            struct fake *fake = fake_new(way[w], &fake_plain);
            struct measure_plan plan = fake_plan(fake, slots, 10);
            struct measure_result result;
            struct dli_error err;
            assert_int_equal(fake_run(&plan, &result, &err), DLI_E_PROTOCOL);
            assert_int_equal(err.code, DLI_E_PROTOCOL);
            assert_int_equal(result.stop, MEASURE_STOP_ERROR);
            measure_result_release(&result);
            fake_free(fake);
        }
}

static void test_completion_of_an_idle_request(void **state)
{
    (void)state;
    struct fake *fake = fake_new(FAKE_SYNC, &fake_plain);
    struct measure_plan plan = fake_plan(fake, 2, 10);
    struct measure_result result;
    struct measure *measure;
    struct dli_error err;
    measure_complete(&fake->request[0], DLI_OK); // before the core has it: nothing to tell
    assert_int_equal(measure_open(&measure, &plan, &err), DLI_OK);
    measure_complete(&fake->request[1], DLI_OK);
    fake->way = FAKE_EARLY;
    assert_int_equal(measure_run(measure, &result, &err), DLI_E_PROTOCOL);
    measure_close(measure);
    measure_complete(&fake->request[1], DLI_OK);
    measure_result_release(&result);
    fake_free(fake);
}

static void test_error_at_the_nth_keeps_the_others(void **state)
{
    (void)state;
    const enum fake_way way[] = {FAKE_SYNC, FAKE_THREAD, FAKE_EARLY};
    for (int w = 0; w < 3; w++)
        for (int slots = 1; slots <= 4; slots++) {
            struct fake *fake = fake_new(way[w], &fake_plain);
            struct measure_plan plan = fake_plan(fake, slots, 1000);
            struct measure_result result;
            struct dli_error err;
            fake->fail_at = 101;
            assert_int_equal(fake_run(&plan, &result, &err), DLI_E_RUNTIME);
            assert_non_null(strstr(err.text, "fault asked for"));
            assert_int_equal(result.iterations + result.tail_count, 100);
            assert_int_equal(result.stop, MEASURE_STOP_ERROR);
            assert_int_equal(fake->in_flight, 0);
            measure_result_release(&result);
            fake_free(fake);
        }
}

static void test_error_in_one_lane_ends_all(void **state)
{
    (void)state;
    struct fake *fake = fake_new(FAKE_SYNC, &fake_plain);
    struct measure_plan plan = fake_plan(fake, 3, 0);
    struct measure_result result;
    struct dli_error err;
    plan.lane_count = 3;
    plan.time_ns = INT64_C(60000000000);
    for (int i = 0; i < 3; i++)
        fake->slot[i].lane = i;
    fake->fail_at = 5000;
    assert_int_equal(fake_run(&plan, &result, &err), DLI_E_RUNTIME);
    assert_true(result.iterations > 0);
    measure_result_release(&result);
    fake_free(fake);
}

static void test_status_of_a_completion(void **state)
{
    (void)state;
    for (int slots = 1; slots <= 4; slots += 3) {
        struct fake *fake = fake_new(FAKE_THREAD, &fake_plain);
        struct measure_plan plan = fake_plan(fake, slots, 1000);
        struct measure_result result;
        struct dli_error err;
        fake->fail_status_at = 50;
        assert_int_equal(fake_run(&plan, &result, &err), DLI_E_RUNTIME);
        assert_non_null(strstr(err.text, "RUNTIME"));
        assert_int_equal(fake->in_flight, 0);
        measure_result_release(&result);
        fake_free(fake);
    }
}

static void test_busy_is_retried(void **state)
{
    (void)state;
    const enum fake_way way[] = {FAKE_SYNC, FAKE_THREAD, FAKE_POLLED};
    for (int w = 0; w < 3; w++)
        for (int slots = 1; slots <= 4; slots += 3) {
            struct fake *fake = fake_new(way[w], w == 2 ? &fake_pumped : &fake_plain);
            struct measure_plan plan = fake_plan(fake, slots, 300);
            struct measure_result result;
            struct dli_error err;
            fake->busy_every = 7;
            assert_int_equal(fake_run(&plan, &result, &err), DLI_OK);
            assert_int_equal(result.iterations, 300);
            assert_int_equal(result.busy_count, fake->calls / 7);
            assert_true(result.busy_count >= 300 / 7);
            measure_result_release(&result);
            fake_free(fake);
        }
}

static void test_output_that_does_not_fit(void **state)
{
    (void)state;
    struct fake *fake = fake_new(FAKE_SYNC, &fake_plain);
    struct measure_plan plan = fake_plan(fake, 1, 10);
    struct measure_result result;
    struct dli_error err;
    fake->fetched_capacity[0] = 8;
    assert_int_equal(fake_run(&plan, &result, &err), DLI_E_ARG);
    assert_non_null(strstr(err.text, "do not fit"));
    measure_result_release(&result);
    fake_free(fake);
}

static void test_plans_that_make_no_sense(void **state)
{
    (void)state;
    struct fake *fake = fake_new(FAKE_SYNC, &fake_plain);
    struct measure_plan good = fake_plan(fake, 2, 10);
    struct measure_plan bad[6];
    struct measure *measure;
    struct dli_error err;
    for (int i = 0; i < 6; i++)
        bad[i] = good;
    bad[0].lane_count = 0;
    bad[1].slot_count = 0;
    bad[2].precision_frac = 0;
    bad[3].confidence_frac = 1;
    bad[4].lane_count = 2; // lane 1 has no request
    bad[5].lane_count = 2;
    bad[5].target = MEASURE_MEDIAN;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(measure_open(&measure, &bad[i], &err), DLI_E_ARG);
        assert_null(measure);
    }
    fake->slot[1].lane = 5;
    assert_int_equal(measure_open(&measure, &good, &err), DLI_E_ARG);
    fake->slot[1].lane = 0;
    fake->slot[1].set_count = 0;
    assert_int_equal(measure_open(&measure, &good, &err), DLI_E_ARG);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaches_are_protocol_errors),
        cmocka_unit_test(test_completion_of_an_idle_request),
        cmocka_unit_test(test_error_at_the_nth_keeps_the_others),
        cmocka_unit_test(test_error_in_one_lane_ends_all),
        cmocka_unit_test(test_status_of_a_completion),
        cmocka_unit_test(test_busy_is_retried),
        cmocka_unit_test(test_output_that_does_not_fit),
        cmocka_unit_test(test_plans_that_make_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
