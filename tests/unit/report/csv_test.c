#include "report/columns.h"
#include "rows.h"

static void header_and_line_ends_follow_rfc_4180(void **state)
{
    struct report report;
    struct strbuf csv = STRBUF_INIT;
    (void)state;
    report_of(&report, "{\"status\":\"ok\",\"model\":\"m\",\"batch\":8,\"fps\":12.5,\"pin\":true}");
    report_write_csv(&report, &csv);
    assert_memory_equal(csv.text, "status,error_code,error,", 24);
    const char *line_end = strstr(csv.text, "\r\n");
    assert_non_null(line_end);
    assert_string_equal(csv.text + csv.length - 2, "\r\n");
    size_t count, commas = 0;
    report_columns(&count);
    for (const char *c = line_end + 2; *c; c++)
        commas += *c == ',';
    assert_int_equal(commas, count - 1);
    check_contains(line_end, "\nok,,,");
    check_contains(line_end, ",12.5,");
    check_contains(line_end, ",true,");
    strbuf_release(&csv);
    report_release(&report);
}

// What must not reach a spreadsheet as a formula, and what must come back unchanged.
static const char *const texts[] = {"plain",
                                    "comma, inside",
                                    "quote \" inside",
                                    "two\nlines",
                                    "cr\rlf\r\n",
                                    " leading",
                                    "trailing ",
                                    "=1+1",
                                    "+1",
                                    "-1",
                                    "@SUM(A1)",
                                    "\tTAB",
                                    "\rCR",
                                    "\nLF",
                                    "'quoted",
                                    "'=1",
                                    "''",
                                    "''=1",
                                    "\"",
                                    "\"\"",
                                    "=cmd|' /C calc'!A0",
                                    "\xc3\xa4\xe2\x82\xac",
                                    "<b>",
                                    "'",
                                    "a'=b"};

static void texts_come_back_as_they_were(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct report first, second;
        struct strbuf csv = STRBUF_INIT;
        struct dli_error err = {0};
        json_t *row =
            json_pack("{s:s, s:s, s:s}", "status", "failed", "error", texts[i], "model", texts[i]);
        report_init(&first);
        report_init(&second);
        check_ok(report_add_row(&first, row, &err));
        report_write_csv(&first, &csv);
        check_ok(report_read_csv(&second, csv.text, csv.length, "csv", &err));
        assert_int_equal(report_row_count(&second), 1);
        assert_string_equal(text_of(&second, 0, "error"), texts[i]);
        assert_string_equal(text_of(&second, 0, "model"), texts[i]);
        json_decref(row);
        strbuf_release(&csv);
        report_release(&first);
        report_release(&second);
    }
}

static void no_text_cell_begins_a_formula(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct report report;
        struct strbuf csv = STRBUF_INIT;
        struct dli_error err = {0};
        json_t *row = json_pack("{s:s}", "status", texts[i]); // the first cell of the line
        report_init(&report);
        check_ok(report_add_row(&report, row, &err));
        report_write_csv(&report, &csv);
        const char *cell = strstr(csv.text, "\r\n") + 2;
        cell += *cell == '"';
        if (strchr("=+-@\t\r\n", *cell))
            fail_msg("the cell of '%s' begins with 0x%02x", texts[i], (unsigned char)*cell);
        json_decref(row);
        strbuf_release(&csv);
        report_release(&report);
    }
}

static void numbers_come_back_as_they_were(void **state)
{
    static const double numbers[] = {0, 0.34, 1e-9, 123456.789, 9.99999999e15, -2.5, 1e300};
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct report first, second;
        struct strbuf csv = STRBUF_INIT;
        struct dli_error err = {0};
        json_t *row = json_pack("{s:f, s:I, s:b}", "latency_ms", numbers[i], "parameters",
                                (json_int_t)9007199254740993, "pin", 0);
        report_init(&first);
        report_init(&second);
        check_ok(report_add_row(&first, row, &err));
        report_write_csv(&first, &csv);
        check_ok(report_read_csv(&second, csv.text, csv.length, "csv", &err));
        double back = json_number_value(cell_of(&second, 0, "latency_ms"));
        assert_true(back >= numbers[i] - 1e-8 * (numbers[i] < 0 ? -numbers[i] : numbers[i]));
        assert_true(back <= numbers[i] + 1e-8 * (numbers[i] < 0 ? -numbers[i] : numbers[i]));
        assert_int_equal(json_integer_value(cell_of(&second, 0, "parameters")), 9007199254740993);
        assert_true(json_is_false(cell_of(&second, 0, "pin")));
        json_decref(row);
        strbuf_release(&csv);
        report_release(&first);
        report_release(&second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_and_line_ends_follow_rfc_4180),
        cmocka_unit_test(texts_come_back_as_they_were),
        cmocka_unit_test(no_text_cell_begins_a_formula),
        cmocka_unit_test(numbers_come_back_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
