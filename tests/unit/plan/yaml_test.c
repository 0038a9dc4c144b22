#include <stdlib.h>

#include "check.h"
#include "plan/plan.h"

static const struct plan_context context = {NULL, NULL};

static int parse(struct plan *plan, const char *text, struct strbuf *problems,
                 struct dli_error *err)
{
    return plan_parse(plan, text, strlen(text), "p.yaml", &context, problems, err);
}

static void a_plan_expands(void **state)
{
    static const char text[] = "name: nightly\n"
                               "defaults:\n"
                               "  framework: [openvino, onnxruntime]\n"
                               "  timeout: 1min\n"
                               "tests:\n"
                               "  - model: zoo:resnet-50\n"
                               "    batch: [1, 8]\n"
                               "  - model: zoo:mobilenet-v2\n"
                               "    framework: openvino\n"
                               "    threads: 1-2\n"
                               "    option:\n"
                               "      openvino.ENABLE_CPU_PINNING: no\n";
    struct dli_error err;
    struct plan plan;
    struct strbuf problems = STRBUF_INIT;
    (void)state;
    check_ok(parse(&plan, text, &problems, &err));
    assert_string_equal(plan.name, "nightly");
    assert_int_equal(plan.test_count, 4 + 2);
    assert_int_equal(plan.test[0].timeout_ns, INT64_C(60000000000));
    // «no» stays the text that the framework wants, not a boolean.
    assert_string_equal(plan.test[5].model[0].option[0].value, "no");
    plan_release(&plan);
    strbuf_release(&problems);
}

static void every_problem_has_its_line_and_a_hint(void **state)
{
    static const char text[] = "defaults:\n"
                               "  framwork: openvino\n"
                               "  batch: 1\n"
                               "  batch: 2\n"
                               "test:\n"
                               "  - model: a\n";
    struct dli_error err;
    struct plan plan;
    struct strbuf problems = STRBUF_INIT;
    (void)state;
    assert_int_equal(parse(&plan, text, &problems, &err), DLI_E_PARSE);
    check_contains(strbuf_text(&problems),
                   "p.yaml:2: unknown key 'framwork'; did you mean 'framework'?");
    check_contains(strbuf_text(&problems), "p.yaml:4: 'batch' is given twice");
    check_contains(strbuf_text(&problems), "p.yaml:5: unknown key 'test'; did you mean 'tests'?");
    strbuf_release(&problems);
}

static void hostile_files_are_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"a: &x [1]\nb: *x\n", "aliases"},
        {"[1, 2", "not YAML"},
        {"- 1\n", "a plan has the keys"},
        {"", "a plan has the keys"},
        {"tests: 5\n", "must be a list"},
        {"tests:\n  - 5\n", "expected 'key: value'"},
        {"defaults:\n  model: {a: b}\n", "must be a plain value"},
        {"defaults:\n  model: []\n", "empty list"},
        {"defaults:\n  model: a\n  framework: x\n  batch: 99999999999999999999\n", "batch"},
        {"defaults:\n\tmodel: a\n", "not YAML"},
        {"defaults:\n  model: \"a\\0b\"\n", "NUL"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dli_error err = {0};
        struct plan plan;
        struct strbuf problems = STRBUF_INIT;
        assert_int_equal(parse(&plan, cases[i].text, &problems, &err), DLI_E_PARSE);
        check_contains(strbuf_text(&problems), cases[i].part);
        strbuf_release(&problems);
    }
}

static void deep_nesting_ends_quickly(void **state)
{
    enum { DEPTH = 20000 };
    struct dli_error err;
    struct plan plan;
    struct strbuf problems = STRBUF_INIT;
    struct strbuf text = STRBUF_INIT;
    (void)state;
    for (int i = 0; i < DEPTH; i++)
        strbuf_addc(&text, '[');
    assert_int_equal(
        plan_parse(&plan, strbuf_text(&text), text.length, "deep", &context, &problems, &err),
        DLI_E_PARSE);
    strbuf_release(&text);
    strbuf_release(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_expands), cmocka_unit_test(every_problem_has_its_line_and_a_hint),
        cmocka_unit_test(hostile_files_are_refused), cmocka_unit_test(deep_nesting_ends_quickly)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
