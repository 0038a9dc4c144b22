#include "check.h"
#include "plan/plan.h"

static const char *const frameworks[] = {"openvino", "onnxruntime", NULL};

// Gives one key its texts; `texts` must outlive the list.
static void give(struct plan_texts *texts, enum plan_key key, const char **values, int count)
{
    texts->value[key] = (struct dli_list){count, values};
}

static int expand(struct plan *plan, const struct plan_texts *texts, struct dli_error *err)
{
    struct plan_context context = {texts, frameworks};
    return plan_from_texts(plan, &context, err);
}

static void product_has_the_size_and_order_of_its_keys(void **state)
{
    struct dli_error err;
    struct plan plan;
    struct plan_texts texts = {0};
    const char *model[] = {"a,b"}, *framework[] = {"all"}, *batch[] = {"1,8"}, *threads[] = {"1-3"};
    (void)state;
    give(&texts, PLAN_MODEL, model, 1);
    give(&texts, PLAN_FRAMEWORK, framework, 1);
    give(&texts, PLAN_BATCH, batch, 1);
    give(&texts, PLAN_THREADS, threads, 1);
    check_ok(expand(&plan, &texts, &err));
    assert_int_equal(plan.test_count, 2 * 2 * 2 * 3);
    assert_string_equal(plan.test[0].model[0].model, "a");
    assert_int_equal(plan.test[1].model[0].batch, 8);
    assert_int_equal(plan.test[2].model[0].threads, 2);
    assert_string_equal(plan.test[6].model[0].framework, "onnxruntime");
    assert_string_equal(plan.test[23].model[0].model, "b");
    plan_release(&plan);
}

static void sync_ignores_requests_and_streams(void **state)
{
    struct dli_error err;
    struct plan plan;
    struct plan_texts texts = {0};
    const char *model[] = {"a"}, *framework[] = {"x"}, *mode[] = {"sync,async"},
               *requests[] = {"1-4"}, *streams[] = {"1,2"};
    (void)state;
    give(&texts, PLAN_MODEL, model, 1);
    give(&texts, PLAN_FRAMEWORK, framework, 1);
    give(&texts, PLAN_MODE, mode, 1);
    give(&texts, PLAN_REQUESTS, requests, 1);
    give(&texts, PLAN_STREAMS, streams, 1);
    check_ok(expand(&plan, &texts, &err));
    assert_int_equal(plan.test_count, 1 + 4 * 2);
    plan_release(&plan);
}

static void ranges_are_read_in_every_form(void **state)
{
    static const struct {
        const char *text;
        int count, last;
    } cases[] = {{"4", 1, 4},       {"1-4", 4, 4},     {"1-64*2", 7, 64},
                 {"2-10+2", 5, 10}, {"1,2-3,8", 4, 8}, {"1-5*3", 2, 3}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dli_error err;
        struct plan plan;
        struct plan_texts texts = {0};
        const char *model[] = {"a"}, *framework[] = {"x"}, *batch[] = {cases[i].text};
        give(&texts, PLAN_MODEL, model, 1);
        give(&texts, PLAN_FRAMEWORK, framework, 1);
        give(&texts, PLAN_BATCH, batch, 1);
        check_ok(expand(&plan, &texts, &err));
        assert_int_equal(plan.test_count, cases[i].count);
        assert_int_equal(plan.test[plan.test_count - 1].model[0].batch, cases[i].last);
        plan_release(&plan);
    }
}

static void bad_values_name_their_key(void **state)
{
    static const struct {
        enum plan_key key;
        const char *text, *part;
    } cases[] = {{PLAN_BATCH, "0", "batch: '0' is not within"},
                 {PLAN_BATCH, "8-1", "goes nowhere"},
                 {PLAN_BATCH, "abc", "batch: 'abc' is not a number or a range"},
                 {PLAN_BATCH, "1-99999999", "more than 10000 values"},
                 {PLAN_THREADS, "-3", "threads:"},
                 {PLAN_MODE, "asinc", "mode: 'asinc' is not one of sync, async"},
                 {PLAN_TARGET, "0", "target:"},
                 {PLAN_TIMEOUT, "5 parsecs", "unknown unit"},
                 {PLAN_MEMORY, "2Q", "unknown unit"},
                 {PLAN_SHAPE, "x=1,-3", "is not a shape"},
                 {PLAN_SHAPE, "1,1,1,1,1,1,1,1,1", "more than 8 dimensions"},
                 {PLAN_OPTION, "novalue", "BACKEND.KEY=VALUE"},
                 {PLAN_INPUT, "no/such/file.npy", "no such file"},
                 {PLAN_INPUT, "random:2:1", "LOW must be below HIGH"},
                 {PLAN_PRECISION, "f33", "precision:"},
                 {PLAN_REPEATS, "0", "repeats:"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dli_error err;
        struct plan plan;
        struct plan_texts texts = {0};
        const char *model[] = {"a"}, *framework[] = {"x"}, *value[] = {cases[i].text};
        give(&texts, PLAN_MODEL, model, 1);
        give(&texts, PLAN_FRAMEWORK, framework, 1);
        give(&texts, cases[i].key, value, 1);
        check_fails(expand(&plan, &texts, &err),
                    DLI_E_ARG + (strstr(cases[i].part, "no such") ? -4 : 0), cases[i].part);
        plan_release(&plan);
    }
}

static void missing_model_or_framework_says_so(void **state)
{
    struct dli_error err;
    struct plan plan;
    struct plan_texts texts = {0};
    const char *model[] = {"a"};
    (void)state;
    check_fails(expand(&plan, &texts, &err), DLI_E_ARG, "no model");
    give(&texts, PLAN_MODEL, model, 1);
    check_fails(expand(&plan, &texts, &err), DLI_E_ARG, "no framework");
}

static void options_reach_only_their_backend(void **state)
{
    struct dli_error err;
    struct plan plan;
    struct plan_texts texts = {0};
    const char *model[] = {"a"}, *framework[] = {"openvino,null"},
               *option[] = {"openvino.K=1", "null.delay-us=5"};
    (void)state;
    give(&texts, PLAN_MODEL, model, 1);
    give(&texts, PLAN_FRAMEWORK, framework, 1);
    give(&texts, PLAN_OPTION, option, 2);
    check_ok(expand(&plan, &texts, &err));
    assert_int_equal(plan.test_count, 2);
    assert_int_equal(plan.test[0].model[0].option_count, 1);
    assert_string_equal(plan.test[1].model[0].option[0].key, "null.delay-us");
    assert_string_equal(plan.test[1].model[0].option[0].value, "5");
    plan_release(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(product_has_the_size_and_order_of_its_keys),
                                       cmocka_unit_test(sync_ignores_requests_and_streams),
                                       cmocka_unit_test(ranges_are_read_in_every_form),
                                       cmocka_unit_test(bad_values_name_their_key),
                                       cmocka_unit_test(missing_model_or_framework_says_so),
                                       cmocka_unit_test(options_reach_only_their_backend)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
