#include <stdlib.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "check.h"
#include "plan/plan.h"

static void make(struct test *test)
{
    struct dli_error err;
    test_init(test);
    test_add_model(test);
    static const struct {
        enum plan_key key;
        const char *text;
    } given[] = {{PLAN_MODEL, "zoo:resnet-50"},
                 {PLAN_FRAMEWORK, "openvino"},
                 {PLAN_DEVICE, "CPU"},
                 {PLAN_BATCH, "8"},
                 {PLAN_PIN, "no"},
                 {PLAN_SHAPE, "x=8,3,224,224"},
                 {PLAN_OPTION, "openvino.A=b"},
                 {PLAN_INPUT, "random:0:255"},
                 {PLAN_MODE, "async"},
                 {PLAN_REQUESTS, "4"},
                 {PLAN_TIMING, "inference"},
                 {PLAN_WARMUP, "3"},
                 {PLAN_TARGET, "2%"},
                 {PLAN_MEMORY, "2G"},
                 {PLAN_TOLERANCE, "0.01"}};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
        check_ok(plan_key_apply(test, given[i].key, given[i].text, &err));
}

static void json_brings_a_test_back(void **state)
{
    struct dli_error err;
    struct test test, again;
    (void)state;
    make(&test);
    test_make_id(&test);
    json_t *json = test_to_json(&test);
    check_ok(test_from_json(&again, json, &err));
    json_t *json_again = test_to_json(&again);
    assert_true(json_equal(json, json_again));
    assert_string_equal(test.id, again.id);
    json_decref(json);
    json_decref(json_again);
    test_release(&test);
    test_release(&again);
}

static void the_id_follows_content_not_paths(void **state)
{
    struct test test;
    char id[TEST_ID_SIZE];
    (void)state;
    make(&test);
    test_make_id(&test);
    memcpy(id, test.id, sizeof(id));
    // Golden: the id of this test on every machine. It changes only with the format of tests.
    assert_string_equal(id, "1f159f26612c6f43");
    test.model[0].path = xstrdup("/elsewhere/model.onnx");
    test.timeout_ns = 5;
    test_make_id(&test);
    assert_string_equal(id, test.id);
    test.model[0].batch = 9;
    test_make_id(&test);
    assert_string_not_equal(id, test.id);
    test_release(&test);
}

static void hostile_json_is_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"{}", "'schema' is 0"},
        {"{\"schema\":2}", "'schema' is 2"},
        {"{\"schema\":1}", "'models' is empty"},
        {"{\"schema\":1,\"models\":[]}", "'models' is empty"},
        {"{\"schema\":1,\"modles\":[]}", "did you mean 'models'"},
        {"{\"schema\":1,\"models\":[5]}", "expected an object"},
        {"{\"schema\":1,\"models\":[{\"batch\":0}]}", "models[0]: 'batch' is 0"},
        {"{\"schema\":1,\"models\":[{\"batch\":1e3}]}", "must be a whole number"},
        {"{\"schema\":1,\"models\":[{\"precision\":\"f33\"}]}", "cannot be 'f33'"},
        {"{\"schema\":1,\"models\":[{\"shapes\":[{\"dim\":[1,-1]}]}]}", "above 0"},
        {"{\"schema\":1,\"models\":[{\"shapes\":[{\"dim\":[1,1,1,1,1,1,1,1,1]}]}]}", "more than 8"},
        {"{\"schema\":1,\"models\":[{\"options\":{\"a\":1}}]}", "must be a string"},
        {"{\"schema\":1,\"models\":[{\"inputs\":[{\"source\":\"images\"}]}]}", "needs 'path'"},
        {"{\"schema\":1,\"id\":\"../../etc\",\"models\":[{}]}", "hexadecimal"},
        {"{\"schema\":1,\"models\":[{}],\"measure\":{\"precision_frac\":0}}", "'precision_frac'"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dli_error err;
        struct test test;
        json_t *json = NULL;
        check_ok(json_parse_object(&json, cases[i].text, strlen(cases[i].text), &err));
        check_fails(test_from_json(&test, json, &err), DLI_E_PARSE, cases[i].part);
        test_release(&test);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(json_brings_a_test_back),
                                       cmocka_unit_test(the_id_follows_content_not_paths),
                                       cmocka_unit_test(hostile_json_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
