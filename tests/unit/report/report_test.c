#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "rows.h"

static const char journal[] =
    "{\"record\":\"journal\",\"schema\":1,\"machine\":{\"host\":\"a\"}}\n"
    "{\"record\":\"test\",\"id\":\"1\",\"test\":{}}\n"
    "{\"record\":\"row\",\"id\":\"1\",\"row\":{\"status\":\"ok\",\"model\":\"m\",\"latency_ms\":1}}"
    "\n"
    "{\"record\":\"row\",\"id\":\"2\",\"row\":{\"status\":\"crashed\",\"model\":\"m\"}}\n";

static void a_journal_gives_rows_and_machine(void **state)
{
    struct report report;
    struct dli_error err = {0};
    (void)state;
    report_of(&report, journal);
    assert_int_equal(report_row_count(&report), 2);
    assert_int_equal(report_ok_count(&report), 1);
    assert_int_equal(json_array_size(report.machines), 1);
    check_ok(report_read_jsonl(&report, journal, strlen(journal), "again", &err));
    assert_int_equal(report_row_count(&report), 4);
    assert_int_equal(json_array_size(report.machines), 1); // the same machine, once
    report_release(&report);
}

static void a_torn_last_line_is_left(void **state)
{
    (void)state;
    for (size_t cut = 1; cut < 60; cut++) {
        struct report report;
        struct dli_error err = {0};
        report_init(&report);
        check_ok(report_read_jsonl(&report, journal, strlen(journal) - cut, "torn", &err));
        assert_int_equal(report_row_count(&report), cut == 1 ? 2 : 1);
        report_release(&report);
    }
}

static void a_fault_in_the_middle_names_its_line(void **state)
{
    struct report report;
    struct dli_error err = {0};
    const char *text = "{\"status\":\"ok\"}\n{broken\n{\"status\":\"ok\"}\n";
    const char *wrong = "{\"status\":\"ok\",\"fps\":\"fast\"}\n";
    (void)state;
    report_init(&report);
    check_fails(report_read_jsonl(&report, text, strlen(text), "f", &err), DLI_E_PARSE, "f line 2");
    check_fails(report_read_jsonl(&report, wrong, strlen(wrong), "f", &err), DLI_E_PARSE,
                "column fps");
    report_release(&report);
}

static void json_lines_keep_everything(void **state)
{
    struct report first, second;
    struct strbuf lines = STRBUF_INIT;
    struct dli_error err = {0};
    (void)state;
    report_of(&first, "{\"status\":\"ok\",\"zzz\":\"</"
                      "script>\\u2028\\u0007\",\"fps\":3.25,\"parameters\":9007199254740993,"
                      "\"pin\":false,\"error\":null,\"nested\":{\"a\":[1,2]}}\n");
    report_write_jsonl(&first, &lines);
    assert_null(strchr(lines.text, '<'));
    assert_int_equal(lines.text[lines.length - 1], '\n');
    report_init(&second);
    check_ok(report_read_jsonl(&second, lines.text, lines.length, "l", &err));
    assert_string_equal(text_of(&second, 0, "zzz"), "</script>\xe2\x80\xa8\a");
    assert_true(json_real_value(cell_of(&second, 0, "fps")) == 3.25);
    assert_int_equal(json_integer_value(cell_of(&second, 0, "parameters")), 9007199254740993);
    assert_true(json_is_false(cell_of(&second, 0, "pin")));
    assert_null(cell_of(&second, 0, "error"));
    assert_string_equal(text_of(&second, 0, "nested"), "{\"a\":[1,2]}");
    strbuf_release(&lines);
    report_release(&first);
    report_release(&second);
}

static void files_are_told_apart_and_written_whole(void **state)
{
    struct report first, second;
    struct dli_error err = {0};
    char path[] = "/tmp/dli-report-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    report_of(&first, journal);
    for (int format = REPORT_CSV; format <= REPORT_JSONL; format++) {
        check_ok(report_save(&first, (enum report_format)format, path, &err));
        report_init(&second);
        check_ok(report_read_file(&second, path, &err));
        assert_int_equal(report_row_count(&second), 2);
        assert_string_equal(text_of(&second, 1, "status"), "crashed");
        report_release(&second);
    }
    unlink(path);
    report_init(&second);
    check_fails(report_read_file(&second, path, &err), DLI_E_NOTFOUND, path);
    check_fails(report_save(&first, REPORT_CSV, "/no/such/folder/f.csv", &err), DLI_E_IO,
                "/no/such/folder");
    report_release(&second);
    report_release(&first);
}

static void rows_must_be_objects_with_fitting_values(void **state)
{
    struct report report;
    struct dli_error err = {0};
    json_t *list = json_array(), *text = json_pack("{s:s}", "batch", "8"),
           *number = json_pack("{s:i}", "model", 50);
    (void)state;
    report_init(&report);
    check_fails(report_add_row(&report, list, &err), DLI_E_PARSE, "must be a JSON object");
    check_fails(report_add_row(&report, NULL, &err), DLI_E_PARSE, "must be a JSON object");
    check_fails(report_add_row(&report, text, &err), DLI_E_PARSE,
                "column batch of a row must be a number");
    check_ok(report_add_row(&report, number, &err)); // a text column takes the text of what came
    assert_string_equal(text_of(&report, 0, "model"), "50");
    json_decref(list);
    json_decref(text);
    json_decref(number);
    report_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_journal_gives_rows_and_machine),
        cmocka_unit_test(a_torn_last_line_is_left),
        cmocka_unit_test(a_fault_in_the_middle_names_its_line),
        cmocka_unit_test(json_lines_keep_everything),
        cmocka_unit_test(files_are_told_apart_and_written_whole),
        cmocka_unit_test(rows_must_be_objects_with_fitting_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
