// Drift, steps and two modes are found and named; quiet series are left in peace. Prints the
// figures.
#include "check.h"
#include "measure/simulate.h"

/** How often each finding came up. */
struct tally {
    int any;
    int kind[4];
};

enum { RUNS = 400 };

static struct tally tally_runs(struct series s, struct disturbance d)
{
    struct tally tally = {0};
    struct measure_plan plan = simulated_plan();
    plan.iterations = d.length;
    for (int run = 0; run < RUNS; run++) {
        struct measure_result result;
        series_start(&s, (uint64_t)run + 77777);
        simulate(&result, &plan, &s, &d);
        assert_int_equal(result.iterations, d.length);
        tally.any += result.findings.count > 0;
        for (int i = 0; i < result.findings.count; i++)
            tally.kind[result.findings.item[i].kind]++;
        measure_result_release(&result);
    }
    return tally;
}

static void print_tally(const char *name, const struct tally *tally)
{
    printf("%-36s noisy in %5.1f %% (drift %.1f, step %.1f, bimodal %.1f) of %d runs\n", name,
           100.0 * tally->any / RUNS, 100.0 * tally->kind[FINDING_DRIFT] / RUNS,
           100.0 * tally->kind[FINDING_STEP] / RUNS, 100.0 * tally->kind[FINDING_BIMODAL] / RUNS,
           RUNS);
}

static void test_quiet_series_raise_no_alarm(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct series series;
        int64_t length;
    } row[] = {
        {"i.i.d., 300 samples", {.spread = 0.05}, 300},
        {"i.i.d., 3000 samples", {.spread = 0.3}, 3000},
        {"AR(1) 0.5, 1000 samples", {.spread = 0.1, .rho = 0.5}, 1000},
        {"AR(1) 0.9, 1000 samples", {.spread = 0.1, .rho = 0.9}, 1000},
        {"AR(1) 0.9, 4000 samples", {.spread = 0.1, .rho = 0.9}, 4000},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct tally tally =
            tally_runs(row[i].series, (struct disturbance){.length = row[i].length});
        print_tally(row[i].name, &tally);
        assert_true(tally.any <= 0.05 * RUNS);
    }
}

static void test_changes_are_found_and_named(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct series series;
        struct disturbance disturbance;
        enum finding_kind kind;
    } row[] = {
        {"step of 5 % half-way",
         {.spread = 0.05},
         {.step = 0.05, .step_at = 0.5, .length = 1000},
         FINDING_STEP},
        {"step of 5 %, AR(1) 0.5",
         {.spread = 0.05, .rho = 0.5},
         {.step = 0.05, .step_at = 0.4, .length = 1500},
         FINDING_STEP},
        {"step of -10 % at 70 %, AR(1) 0.9",
         {.spread = 0.03, .rho = 0.9},
         {.step = -0.1, .step_at = 0.7, .length = 3000},
         FINDING_STEP},
        {"step of 5 % at 80 %, AR(1) 0.5",
         {.spread = 0.03, .rho = 0.5},
         {.step = 0.05, .step_at = 0.8, .length = 2000},
         FINDING_STEP},
        {"drift of 10 %", {.spread = 0.05}, {.drift = 0.1, .length = 1000}, FINDING_DRIFT},
        {"drift of -10 %, AR(1) 0.5",
         {.spread = 0.05, .rho = 0.5},
         {.drift = -0.1, .length = 1500},
         FINDING_DRIFT},
        {"drift of 10 %, AR(1) 0.9",
         {.spread = 0.03, .rho = 0.9},
         {.drift = 0.1, .length = 4000},
         FINDING_DRIFT},
        {"two modes", {.spread = 0.05, .is_bimodal = true}, {.length = 1000}, FINDING_BIMODAL},
        {"two modes that last",
         {.spread = 0.05, .is_bimodal = true, .stay = 0.8},
         {.length = 8000},
         FINDING_BIMODAL},
    };
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct tally tally = tally_runs(row[i].series, row[i].disturbance);
        print_tally(row[i].name, &tally);
        assert_true(tally.any >= 0.95 * RUNS);
        assert_true(tally.kind[row[i].kind] >= 0.90 * RUNS);
    }
}

static void test_findings_say_what_and_where(void **state)
{
    (void)state;
    struct stats_batch batch[32];
    struct findings found = {0};
    for (int i = 0; i < 32; i++)
        batch[i] = (struct stats_batch){
            .count = 10, .sum_ns = (i < 12 ? 1e6 : 1.2e6) * 10 + (i % 3) * 1e3, .span_ns = 1e7};
    findings_test_trend(&found, batch, 32);
    assert_int_equal(found.count, 1);
    assert_string_equal(finding_name(found.item[0].kind), "step");
    assert_true(fabs(found.item[0].change_frac - 0.2) < 0.01);
    assert_true(fabs(found.item[0].at_frac - 12.0 / 32) < 1e-9);
    check_contains(found.item[0].text, "rose by 20.0 % in one step at 38 % of the run");
    findings_add_unsettled(&found, 120, 3.5);
    assert_string_equal(finding_name(found.item[1].kind), "unsettled");
    check_contains(found.item[1].text, "120 iterations (3.5 s)");
}

static void test_small_changes_and_short_series_are_no_findings(void **state)
{
    (void)state;
    struct stats_batch batch[32];
    struct findings found = {0};
    for (int i = 0; i < 32; i++) // perfectly clear, but half a percent
        batch[i] =
            (struct stats_batch){.count = 1, .sum_ns = i < 16 ? 1e6 : 1.005e6, .span_ns = 1e6};
    findings_test_trend(&found, batch, 32);
    for (int i = 0; i < 15; i++)
        batch[i].sum_ns = i < 8 ? 1e6 : 2e6;
    findings_test_trend(&found, batch, 15);
    assert_int_equal(found.count, 0);
    for (int i = 0; i < 32; i++) // all the same
        batch[i].sum_ns = 1e6;
    findings_test_trend(&found, batch, 32);
    assert_int_equal(found.count, 0);
}

static void test_ticks_of_the_clock_are_no_modes(void **state)
{
    (void)state;
    struct histogram h;
    struct series s = {.spread = 0.1};
    for (double step_ns = 1; step_ns < 25; step_ns += 9) {
        struct findings found = {0};
        histogram_init(&h);
        series_start(&s, 5);
        for (int i = 0; i < 20000; i++) {
            double latency_ns = 120 * (double)series_next(&s) / SERIES_SCALE_NS;
            double phase_ns = step_ns * series_uniform(&s);
            histogram_record(&h, (int64_t)(step_ns * floor((latency_ns + phase_ns) / step_ns)));
        }
        findings_test_modes(&found, &h, step_ns, 20000);
        assert_int_equal(found.count, 0);
        if (step_ns > 5) {
            findings_test_modes(&found, &h, 1,
                                20000); // not knowing better, it would take them for modes
            assert_int_equal(found.count, 1);
        }
        histogram_release(&h);
    }
}

static void test_warmup_ends_when_the_series_has_settled(void **state)
{
    (void)state;
    struct measure_plan plan = simulated_plan();
    struct series s = {.spread = 0.02, .rho = 0.5};
    struct disturbance slow_start = {.warmup = 1.0, .warmup_count = 100};
    double longest = 0;
    plan.warmup = MEASURE_WARMUP_AUTO;
    plan.max_time_ns = INT64_C(60000000000);
    for (int run = 0; run < 100; run++) {
        struct measure_result result;
        series_start(&s, (uint64_t)run);
        simulate(&result, &plan, &s, &slow_start);
        assert_true(result.is_warmup_settled);
        assert_true(result.warmup_ns >= 100000000); // clocks need their tenth of a second
        // Twice as slow at first, within 3 % after 350 samples: the median must not know of it.
        assert_true(fabs(result.median_ns.value / SERIES_SCALE_NS - 1) < 0.02);
        longest = fmax(longest, (double)result.warmup_iterations);
        measure_result_release(&result);
    }
    printf("warm-up of a series that settles after some 350 samples: at most %.0f\n", longest);
    assert_true(longest < 5000);
}

static void test_a_warmup_that_never_ends_is_a_finding(void **state)
{
    (void)state;
    struct measure_plan plan = simulated_plan();
    struct series s = {.spread = 0.001};
    struct disturbance falling = {.warmup = 5, .warmup_count = 30};
    struct measure_result result;
    plan.warmup = MEASURE_WARMUP_AUTO;
    plan.warmup_limit_ns = 60000000;
    plan.iterations = 100;
    series_start(&s, 1);
    simulate(&result, &plan, &s, &falling);
    assert_false(result.is_warmup_settled);
    assert_int_equal(result.findings.item[0].kind, FINDING_UNSETTLED);
    assert_int_equal(result.iterations, 100);
    measure_result_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet_series_raise_no_alarm),
        cmocka_unit_test(test_changes_are_found_and_named),
        cmocka_unit_test(test_findings_say_what_and_where),
        cmocka_unit_test(test_small_changes_and_short_series_are_no_findings),
        cmocka_unit_test(test_ticks_of_the_clock_are_no_modes),
        cmocka_unit_test(test_warmup_ends_when_the_series_has_settled),
        cmocka_unit_test(test_a_warmup_that_never_ends_is_a_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
