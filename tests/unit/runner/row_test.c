// Records to a row: what counts, what is refused, how each end is judged.
#include "check.h"

#include "base/json.h"
#include "runner/row.h"
#include "runner/stream.h"

static int take(const char *kind, const json_t *record, void *data, struct dli_error *err)
{
    return row_take(data, kind, record, err);
}

struct made {
    struct test test;
    struct row row;
    struct stream stream;
    struct dli_error broken;
    enum runner_status status;
};

// A row from the records `text`, given in pieces of `piece` bytes, and the end of the process.
static void make(struct made *m, const char *text, size_t piece, struct subprocess_end process)
{
    memset(m, 0, sizeof(*m));
    test_init(&m->test);
    struct test_model *model = test_add_model(&m->test);
    model->model = strdup("resnet-50");
    model->framework = strdup("null");
    m->test.timeout_ns = 5000000000;
    row_open(&m->row, &m->test, NULL);
    m->row.process_start_ns = 1000000;
    m->stream = (struct stream){.on_record = take, .data = &m->row};
    int result = DLI_OK;
    for (size_t at = 0, length = strlen(text); at < length && result == DLI_OK; at += piece)
        result = stream_feed(&m->stream, text + at, length - at < piece ? length - at : piece,
                             &m->broken);
    struct row_end end = {.process = &process,
                          .broken = &m->broken,
                          .timeout_ns = m->test.timeout_ns,
                          .log_tail = "Segmentation fault"};
    m->status = row_close(&m->row, &end);
}

static void release(struct made *m)
{
    row_release(&m->row);
    stream_release(&m->stream);
    test_release(&m->test);
}

static const char *text_of(const struct made *m, const char *column)
{
    const char *text = json_string_value(json_object_get(m->row.columns, column));
    return text ? text : "";
}

static double number_of(const struct made *m, const char *column)
{
    return json_number_value(json_object_get(m->row.columns, column));
}

#define HELLO "{\"record\":\"hello\",\"schema\":1,\"start_ns\":3000000,\"dli_version\":\"9\"}\n"
#define BEGIN(phase) "{\"record\":\"phase\",\"phase\":\"" phase "\",\"state\":\"begin\"}\n"
#define DONE(phase)                                                                                \
    "{\"record\":\"phase\",\"phase\":\"" phase "\",\"state\":\"end\",\"duration_ns\":5}\n"
#define RESULT                                                                                     \
    "{\"record\":\"result\",\"row\":{\"iterations\":7,\"latency_ms\":2.5,\"fps\":400.0,"           \
    "\"requests\":3,\"model\":\"forged\","                                                         \
    "\"start_to_first_inference_ms\":10.0,\"nested\":{\"a\":1}}}\n"
#define END "{\"record\":\"end\"}\n"

static void good_row(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 200; piece += 13) {
        struct made m;
        make(&m, HELLO BEGIN("measure") RESULT DONE("measure") END, piece,
             (struct subprocess_end){.wall_ns = 2000000000});
        assert_int_equal(m.status, RUNNER_OK);
        assert_string_equal(text_of(&m, "status"), "ok");
        assert_string_equal(text_of(&m, "model"), "resnet-50"); // a worker cannot rename its test
        assert_string_equal(text_of(&m, "dli_version"), "9");
        assert_true(number_of(&m, "process_start_ms") == 2);
        assert_true(number_of(&m, "start_to_first_inference_ms") ==
                    12);                             // from the start of the process
        assert_true(number_of(&m, "requests") == 3); // as chosen by the framework
        assert_true(number_of(&m, "fps") == 400);
        assert_true(number_of(&m, "worker_wall_s") == 2);
        assert_null(json_object_get(m.row.columns, "nested"));
        assert_null(json_object_get(m.row.columns, "failed_phase"));
        release(&m);
    }
}

static void ends_of_processes(void **state)
{
    (void)state;
    static const struct {
        const char *records;
        struct subprocess_end end;
        enum runner_status status;
        const char *text;
    } table[] = {
        {HELLO BEGIN("compile"),
         {.kind = SUBPROCESS_SIGNALLED, .signal = 11},
         RUNNER_CRASHED,
         "SIGSEGV; its last words: Segmentation fault"},
        {HELLO, {.kind = SUBPROCESS_SIGNALLED, .signal = 9}, RUNNER_CRASHED, "out of memory"},
        {HELLO, {.exit_status = 7}, RUNNER_CRASHED, "status 7"},
        {HELLO, {.exit_status = 0}, RUNNER_FAILED, "without its last record"},
        {"", {.exit_status = 0}, RUNNER_FAILED, "without its last record"},
        {HELLO END, {.exit_status = 0}, RUNNER_FAILED, "without a result"},
        {HELLO BEGIN("measure"),
         {.kind = SUBPROCESS_TIMED_OUT},
         RUNNER_TIMEOUT,
         "not done after 5 s"},
        {HELLO,
         {.kind = SUBPROCESS_TIMED_OUT, .is_killed = true},
         RUNNER_TIMEOUT,
         "did not end on TERM"},
        {HELLO "garbage\n", {.kind = SUBPROCESS_STOPPED}, RUNNER_FAILED, "no record: 'garbage'"},
        {HELLO "[1,2]\n", {.kind = SUBPROCESS_STOPPED}, RUNNER_FAILED, "no record"},
        {HELLO "{\"a\":1}\n", {.kind = SUBPROCESS_STOPPED}, RUNNER_FAILED, "no record"},
        {"{\"record\":\"hello\",\"start_ns\":\"x\"}\n",
         {.kind = SUBPROCESS_STOPPED},
         RUNNER_FAILED,
         "start_ns"},
        {HELLO "{\"record\":\"error\",\"code\":\"UNSUPPORTED\",\"text\":\"no LRN\"}\n" END,
         {.exit_status = 0},
         RUNNER_UNSUPPORTED,
         "no LRN"},
        {HELLO BEGIN("framework_load") "{\"record\":\"error\",\"code\":\"NOTFOUND\",\"text\":\"no "
                                       "module\"}\n" END,
         {.exit_status = 0},
         RUNNER_UNAVAILABLE,
         "no module"},
        {HELLO BEGIN("model_read") "{\"record\":\"error\",\"code\":\"NOTFOUND\",\"text\":\"no "
                                   "file\"}\n" END,
         {.exit_status = 0},
         RUNNER_FAILED,
         "no file"},
        {HELLO "{\"record\":\"error\",\"code\":\"BOGUS\"}\n" END,
         {.exit_status = 0},
         RUNNER_FAILED,
         "gave no reason"},
        {HELLO RESULT END,
         {.kind = SUBPROCESS_SIGNALLED, .signal = 11},
         RUNNER_OK,
         "afterwards the worker died by SIGSEGV"},
        {HELLO RESULT END,
         {.kind = SUBPROCESS_TIMED_OUT},
         RUNNER_OK,
         "did not exit and was killed"},
        {HELLO "{\"record\":\"future\"}\n" RESULT END, {.exit_status = 0}, RUNNER_OK, ""}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct made m;
        make(&m, table[i].records, 64, table[i].end);
        if (m.status != table[i].status || !strstr(text_of(&m, "error"), table[i].text))
            fail_msg("%zu: %s: %s", i, text_of(&m, "status"), text_of(&m, "error"));
        assert_string_equal(text_of(&m, "status"), runner_status_name(table[i].status));
        release(&m);
    }
}

static void wrong_outputs_have_no_speed(void **state)
{
    (void)state;
    struct made m;
    make(&m,
         HELLO "{\"record\":\"check\",\"check\":\"disagrees\",\"output\":\"prob\",\"max_rel_"
               "error\":0.5,\"tolerance_frac\":0.001}\n" RESULT END,
         4096, (struct subprocess_end){.exit_status = 0});
    assert_int_equal(m.status, RUNNER_MISMATCH);
    assert_true(number_of(&m, "latency_ms") == 2.5);
    assert_null(json_object_get(m.row.columns, "fps"));
    assert_non_null(strstr(text_of(&m, "error"), "'prob' is off by 0.5"));
    release(&m);
}

static void failure_keeps_its_phase(void **state)
{
    (void)state;
    struct made m;
    make(&m, HELLO BEGIN("model_read") DONE("model_read") BEGIN("compile"), 4096,
         (struct subprocess_end){.kind = SUBPROCESS_SIGNALLED, .signal = 6});
    assert_string_equal(text_of(&m, "failed_phase"), "compile");
    assert_string_equal(text_of(&m, "error_code"), "CRASHED");
    release(&m);
}

static void endless_line(void **state)
{
    (void)state;
    struct row row;
    struct test test;
    struct dli_error err = {0};
    struct stream stream = {.on_record = take, .data = &row};
    char *block = malloc(1 << 20);
    int result = DLI_OK;
    memset(block, ' ', 1 << 20);
    test_init(&test);
    test_add_model(&test);
    row_open(&row, &test, NULL);
    for (int i = 0; i < 20 && result == DLI_OK; i++)
        result = stream_feed(&stream, block, 1 << 20, &err);
    assert_int_equal(result, DLI_E_PROTOCOL);
    assert_true(stream.rest.length <= STREAM_MAX_LINE_BYTES);
    free(block);
    row_release(&row);
    stream_release(&stream);
    test_release(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_row), cmocka_unit_test(ends_of_processes),
        cmocka_unit_test(wrong_outputs_have_no_speed), cmocka_unit_test(failure_keeps_its_phase),
        cmocka_unit_test(endless_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
