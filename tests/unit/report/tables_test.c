// The short table for a terminal, and the 22 columns of the published Python tool.
#include "rows.h"

static const char sync_row[] = "{\"status\":\"ok\",\"model\":\"resnet-50\",\"model_format\":"
                               "\"onnx\",\"framework\":\"openvino\",\"device\":\"CPU\","
                               "\"precision\":\"FP32\",\"mode\":\"sync\",\"batch\":8,\"threads\":2,"
                               "\"streams\":0,\"requests\":1,\"iterations\":100,"
                               "\"latency_ms\":40,\"latency_low_ms\":39.8,\"latency_high_ms\":40.2,"
                               "\"average_time_ms\":40.5,\"fps\":200,\"p99_ms\":44,"
                               "\"input_shapes\":\"[8,3,224,224]\",\"cpu\":\"i5, six "
                               "cores\",\"memory_mib\":1024,\"verdict\":\"valid\"}\n";

static size_t cells_of(const char *line, char cell[][256], size_t limit)
{
    size_t count = 0;
    while (*line == '"' && count < limit) {
        size_t length = 0;
        for (line++; *line && !(line[0] == '"' && line[1] != '"'); line++) {
            line += *line == '"';
            if (length < 255)
                cell[count][length++] = *line;
        }
        cell[count++][length] = '\0';
        line += line[1] == ';' ? 2 : 1;
    }
    return count;
}

static void dl22_has_their_columns_and_words(void **state)
{
    static char head[30][256], cell[30][256];
    struct report report;
    struct strbuf out = STRBUF_INIT;
    (void)state;
    report_of(&report, sync_row);
    report_write_dl22(&report, &out);
    assert_int_equal(cells_of(out.text, head, 30), 22);
    assert_string_equal(head[0], "Status");
    assert_string_equal(head[12], "Average time of single pass (s)");
    assert_string_equal(head[21], "Error type");
    const char *line = strstr(out.text, "\r\n");
    assert_int_equal(cells_of(line + 2, cell, 30), 22);
    assert_string_equal(cell[0], "Success");
    assert_string_equal(cell[2], "resnet-50");
    assert_string_equal(cell[5], "OpenVINO DLDT");
    assert_string_equal(cell[6], "[8,3,224,224]");
    assert_string_equal(cell[8], "8");
    assert_string_equal(cell[9], "Sync");
    assert_string_equal(
        cell[10], "Device: CPU, Iteration count: 100, Thread count: 2, Infer request count: 1");
    check_contains(cell[11], "CPU: i5, six cores, ");
    assert_string_equal(cell[12], "0.0405");
    assert_string_equal(cell[13], "0.04");
    assert_string_equal(cell[14], "200");
    assert_string_equal(cell[15], "25");
    assert_string_equal(cell[21], "NO_ERROR");
    strbuf_release(&out);
    report_release(&report);
}

static void dl22_guards_and_names_failures(void **state)
{
    static char cell[30][256];
    struct report report;
    struct strbuf out = STRBUF_INIT;
    (void)state;
    report_of(
        &report,
        "{\"status\":\"timeout\",\"model\":\"=1+1;\\\"x\\\"\",\"mode\":\"async\",\"fps\":3}\n");
    report_write_dl22(&report, &out);
    assert_int_equal(cells_of(strstr(out.text, "\r\n") + 2, cell, 30), 22);
    assert_string_equal(cell[0], "Failed");
    assert_string_equal(cell[2], "'=1+1;\"x\"");
    assert_string_equal(cell[14], ""); // no speed of a test that failed
    assert_string_equal(cell[21], "PROCESS_TIMEOUT");
    strbuf_release(&out);
    report_release(&report);
}

static void the_terminal_table_is_short_and_safe(void **state)
{
    struct report report;
    struct strbuf out = STRBUF_INIT, lines = STRBUF_INIT;
    (void)state;
    strbuf_addf(&lines, "%s%s", sync_row,
                "{\"status\":\"crashed\",\"model\":\"m\\u001b[31m\",\"framework\":\"openvino\","
                "\"mode\":\"sync\",\"error\":\"signal 11\\n\"}\n");
    report_of(&report, lines.text);
    report_write_table(&report, false, &out);
    check_contains(out.text, "latency ms");
    check_contains(out.text, "40.00");
    check_contains(out.text, "0.5"); // half width of the interval, percent
    check_contains(out.text, "crashed [1]\n");
    check_contains(out.text, "\n[1] signal 11?\n");
    assert_null(strchr(out.text, '\033'));
    assert_null(strstr(out.text, "host")); // all agree
    strbuf_reset(&out);
    report_write_table(&report, true, &out);
    check_contains(out.text, "\033[32mvalid\033[0m");
    check_contains(out.text, "\033[31mcrashed");
    strbuf_release(&lines);
    strbuf_release(&out);
    report_release(&report);
}

static void rows_alike_share_a_note(void **state)
{
    struct report report;
    struct strbuf out = STRBUF_INIT, lines = STRBUF_INIT;
    (void)state;
    for (int i = 1; i <= 3; i++)
        strbuf_addf(&lines,
                    "{\"status\":\"ok\",\"model\":\"m\",\"verdict\":\"noisy\",\"verdict_reasons\":"
                    "\"others used %d.5 %%%s\"}\n",
                    i, i == 2 ? "; two modes" : "");
    report_of(&report, lines.text);
    report_write_table(&report, false, &out);
    check_contains(out.text, "noisy [1]\n");
    check_contains(out.text, "noisy [1] [2]\n");
    check_contains(out.text, "[1] others used 1.5 % (3 rows, each with its own figures)\n");
    check_contains(out.text, "[2] two modes\n");
    strbuf_release(&lines);
    strbuf_release(&out);
    report_release(&report);
}

static void long_names_are_cut_between_characters(void **state)
{
    struct report report;
    struct strbuf out = STRBUF_INIT, lines = STRBUF_INIT;
    (void)state;
    strbuf_adds(&lines, "{\"status\":\"ok\",\"framework\":\"f\",\"model\":\"");
    for (int i = 0; i < 200; i++)
        strbuf_adds(&lines, "\xc3\xa4");
    strbuf_adds(&lines, "\"}\n");
    report_of(&report, lines.text);
    report_write_table(&report, false, &out);
    const char *row = strchr(out.text, '\n') + 1;
    assert_int_equal(strspn(row, "\xc3\xa4"), 2 * 47);
    assert_memory_equal(row + 2 * 47, "\xe2\x80\xa6  f", 6);
    strbuf_release(&lines);
    strbuf_release(&out);
    report_release(&report);
}

static void an_empty_table_is_its_head(void **state)
{
    struct report report;
    struct strbuf out = STRBUF_INIT;
    (void)state;
    report_init(&report);
    report_write_table(&report, true, &out);
    check_contains(out.text, "model");
    assert_ptr_equal(strchr(out.text, '\n'), out.text + out.length - 1);
    strbuf_release(&out);
    report_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dl22_has_their_columns_and_words),
        cmocka_unit_test(dl22_guards_and_names_failures),
        cmocka_unit_test(the_terminal_table_is_short_and_safe),
        cmocka_unit_test(rows_alike_share_a_note),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(an_empty_table_is_its_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
