#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "check.h"

static void strbuf_grows_and_formats(void **state)
{
    struct strbuf sb = STRBUF_INIT;
    (void)state;
    assert_string_equal(strbuf_text(&sb), "");
    for (int i = 0; i < 1000; i++)
        strbuf_addf(&sb, "%d,", i);
    assert_int_equal(sb.length, strlen(sb.text));
    check_contains(sb.text, ",999,");
    strbuf_release(&sb);
}

static void hashes_equal_the_standard(void **state)
{
    char digest[SHA256_HEX_SIZE];
    (void)state;
    sha256_memory(digest, "abc", 3); // FIPS 180-4, example 1
    assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void random_numbers_are_a_pure_function(void **state)
{
    float all[100], tail[10];
    uint64_t key = random_key(1, "data");
    (void)state;
    random_fill_f32(all, 100, key, 0, -2, 3);
    random_fill_f32(tail, 10, key, 90, -2, 3);
    assert_memory_equal(all + 90, tail, sizeof(tail));
    // Golden bits: weights and inputs made from these must never change.
    assert_true(key == random_key(1, "data") && key != random_key(2, "data") &&
                key != random_key(1, "date"));
    assert_true(random_bits(0, 0) ==
                UINT64_C(0xE220A8397B1DCDAF)); // SplitMix64, seed 0, first output
    double sum = 0;
    for (uint64_t i = 0; i < 100000; i++)
        sum += random_unit(key, i);
    assert_true(fabs(sum / 100000 - 0.5) < 0.005);
}

static void files_are_replaced_whole(void **state)
{
    char path[] = "/tmp/dli-base-XXXXXX";
    struct strbuf text = STRBUF_INIT;
    struct dli_error err;
    (void)state;
    close(mkstemp(path));
    check_ok(file_write_atomic(path, "hello", 5, &err));
    check_ok(file_read(&text, path, 100, &err));
    assert_string_equal(strbuf_text(&text), "hello");
    check_fails(file_read(&text, path, 3, &err), DLI_E_NOMEM, "larger than 3");
    assert_string_equal(strbuf_text(&text), "hello");
    unlink(path);
    check_fails(file_read(&text, path, 3, &err), DLI_E_NOTFOUND, path);
    check_fails(file_write_atomic("/nonexistent/x", "a", 1, &err), DLI_E_IO, "/nonexistent/x");
    strbuf_release(&text);
}

static void json_getters_check_types(void **state)
{
    static const char text[] = "{\"a\":1,\"b\":\"x\",\"c\":2.5,\"d\":null}";
    struct dli_error err;
    json_t *object = NULL;
    int64_t value = 7;
    const char *string = NULL;
    (void)state;
    check_ok(json_parse_object(&object, text, strlen(text), &err));
    check_ok(json_get_int(&value, object, "missing", 0, 9, &err));
    check_ok(json_get_int(&value, object, "d", 0, 9, &err));
    assert_int_equal(value, 7);
    check_fails(json_get_int(&value, object, "a", 2, 9, &err), DLI_E_PARSE, "'a' is 1");
    check_fails(json_get_int(&value, object, "c", 0, 9, &err), DLI_E_PARSE, "whole number");
    check_fails(json_get_string(&string, object, "a", &err), DLI_E_PARSE, "must be a string");
    json_put_string(object, "bad", "a\xff\xc3\x28z");
    assert_string_equal(json_string_value(json_object_get(object, "bad")),
                        "a\xEF\xBF\xBD\xEF\xBF\xBD(z");
    json_put_double(object, "nan", NAN);
    assert_true(json_is_null(json_object_get(object, "nan")));
    json_decref(object);
    check_fails(json_parse_object(&object, "{\"a\":1,\"a\":2}", 13, &err), DLI_E_PARSE, "JSON");
    check_fails(json_parse_object(&object, "[1]", 3, &err), DLI_E_PARSE, "expected an object");
}

static void nearest_names_are_found(void **state)
{
    static const char *const names[] = {"framework", "threads", "batch", NULL};
    (void)state;
    assert_string_equal(nearest_name("framwork", names), "framework");
    assert_string_equal(nearest_name("thread", names), "threads");
    assert_string_equal(nearest_name("abtch", names), "batch");
    assert_null(nearest_name("latency", names));
}

static void the_clock_never_runs_backwards(void **state)
{
    int64_t before = clock_now_ns();
    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t now = clock_now_ns();
        assert_true(now >= before);
        before = now;
    }
    assert_true(clock_read_cost_ns() >= 0);
}

static void errors_keep_the_cause_behind_the_place(void **state)
{
    struct dli_error err;
    (void)state;
    assert_int_equal(dli_fail(&err, DLI_E_PARSE, "line %d\nsecond", 7), DLI_E_PARSE);
    dli_error_prepend(&err, "a.onnx");
    assert_string_equal(err.text, "a.onnx: line 7");
    for (int i = 0; i < 50; i++)
        dli_error_prepend(&err, "a long prefix");
    assert_true(strlen(err.text) < sizeof(err.text));
    assert_string_equal(dli_code_name(-99), "UNKNOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(strbuf_grows_and_formats),
                                       cmocka_unit_test(hashes_equal_the_standard),
                                       cmocka_unit_test(random_numbers_are_a_pure_function),
                                       cmocka_unit_test(files_are_replaced_whole),
                                       cmocka_unit_test(json_getters_check_types),
                                       cmocka_unit_test(nearest_names_are_found),
                                       cmocka_unit_test(the_clock_never_runs_backwards),
                                       cmocka_unit_test(errors_keep_the_cause_behind_the_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
