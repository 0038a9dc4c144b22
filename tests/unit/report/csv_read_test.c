#include <stdlib.h>

#include "rows.h"

static void reads_what_editors_make_of_it(void **state)
{
    static const char *const files[] = {
        "status,model,batch\r\nok,m,8\r\n",                     // ours
        "status,model,batch\nok,m,8\n",                         // LF
        "status,model,batch\nok,m,8",                           // no last line end
        "\xef\xbb\xbfstatus,model,batch\r\nok,m,8\r\n",         // byte order mark
        "\"status\",\"model\",\"batch\"\n\"ok\",\"m\",\"8\"\n", // everything quoted
        "status,model,batch\n\nok,m,8\n\n",                     // empty lines
        "batch,model,status\n8,m,ok\n",                         // another order
        "status,model,batch,mine\nok,m,8,x\n",                  // a column of the user's own
        "status,model,batch\nok,m,8.0\n",                       // a spreadsheet's idea of 8
    };
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct report report;
        struct dli_error err = {0};
        report_init(&report);
        check_ok(report_read_csv(&report, files[i], strlen(files[i]), "f.csv", &err));
        assert_int_equal(report_row_count(&report), 1);
        assert_int_equal(report_ok_count(&report), 1);
        assert_string_equal(text_of(&report, 0, "model"), "m");
        assert_true(json_number_value(cell_of(&report, 0, "batch")) == 8);
        report_release(&report);
    }
}

static void faults_name_their_line(void **state)
{
    static const struct {
        const char *text, *fault;
    } files[] = {
        {"", "f.csv: line 1: the file is empty"},
        {"a,b\n1,2\n", "line 1: none of the columns is known"},
        {"status,status\nok,ok\n", "line 1: column 'status' stands there twice"},
        {"status,model\nok\n", "line 2: 1 cells, but the header has 2 columns"},
        {"status,model\nok,m,x\n", "line 2: more cells than the header"},
        {"status,model\nok,m\n\"x\n\ny,m\n", "line 3: a quoted cell does not end"},
        {"status,model\n\"a\nb\",m\nok,\"x\"y\n", "line 4: unexpected character 0x79"},
        {"status,model\nok,a\"b\n", "line 2: unexpected character 0x22"},
        {"status,model\nok,m\rx\n", "line 2: unexpected character 0x0d"},
        {"status,fps\nok,fast\n", "line 2: column fps: 'fast' is not a number"},
        {"status,fps\nok,nan\n", "is not a number"},
        {"status,fps\nok,0x10\n", "is not a number"},
        {"status,fps\nok,1e999\n", "is not a number"},
        {"status,fps\nok, 1\n", "is not a number"},
        {"status,fps\nok,\"1,5\"\n", "is not a number"},
        {"status,pin\nok,yes\n", "neither true nor false"},
    };
    struct dli_error err = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct report report;
        report_init(&report);
        check_fails(report_read_csv(&report, files[i].text, strlen(files[i].text), "f.csv", &err),
                    DLI_E_PARSE, files[i].fault);
        report_release(&report);
    }
}

static void rows_before_a_fault_are_kept(void **state)
{
    struct report report;
    struct dli_error err = {0};
    const char *text = "status,fps\nok,1\nok,2\nok,bad\n";
    (void)state;
    report_init(&report);
    check_fails(report_read_csv(&report, text, strlen(text), "f.csv", &err), DLI_E_PARSE, "line 4");
    assert_int_equal(report_row_count(&report), 2);
    report_release(&report);
}

static void hostile_bytes_are_refused_or_kept_as_text(void **state)
{
    struct report report;
    struct dli_error err = {0};
    (void)state;
    report_init(&report);
    check_fails(report_read_csv(&report, "status,model\nok,a\0b\n", 20, "f", &err), DLI_E_PARSE,
                "0x00");
    check_fails(report_read_csv(&report, "status,model\nok,\"a\0b\"\n", 22, "f", &err), DLI_E_PARSE,
                "NUL");
    const char *bad = "status,m\xff\nok,\xc3(\n"; // neither is UTF-8
    check_ok(report_read_csv(&report, bad, strlen(bad), "f", &err));
    assert_string_equal(text_of(&report, 0, "m\xef\xbf\xbd"), "\xef\xbf\xbd(");
    report_release(&report);
}

static void sizes_are_bounded(void **state)
{
    struct report report;
    struct dli_error err = {0};
    struct strbuf text = STRBUF_INIT;
    (void)state;
    report_init(&report);
    strbuf_adds(&text, "status");
    for (int i = 0; i < 2000; i++)
        strbuf_addf(&text, ",c%d", i);
    check_fails(report_read_csv(&report, text.text, text.length, "f", &err), DLI_E_PARSE,
                "more than 1024 columns");
    for (int is_quoted = 0; is_quoted < 2; is_quoted++) {
        strbuf_reset(&text);
        strbuf_adds(&text, is_quoted ? "status\n\"" : "status\n");
        for (int i = 0; i < (2 << 20); i++)
            strbuf_addc(&text, 'x');
        strbuf_adds(&text, is_quoted ? "\"\n" : "\n");
        check_fails(report_read_csv(&report, text.text, text.length, "f", &err), DLI_E_PARSE,
                    "a cell is longer");
    }
    strbuf_release(&text);
    report_release(&report);
}

// Every prefix and every changed byte of a good file is read or refused, never more (ASan watches).
static void damaged_files_do_no_harm(void **state)
{
    static const char good[] =
        "status,model,fps,pin\r\n\"o\"\"k\",\"'=m\",1.5e3,true\r\nfailed,,,\r\n";
    static const char changes[] = "\",\r\n'\\0=\xff";
    (void)state;
    for (size_t at = 0; at < sizeof(good); at++) {
        for (size_t c = 0; c < sizeof(changes); c++) {
            struct report report;
            struct dli_error err = {0};
            char *copy = malloc(sizeof(good)); // on the heap, so that a read beyond is seen
            memcpy(copy, good, sizeof(good));
            size_t bytes = c ? sizeof(good) - 1 : at;
            if (c && at < bytes)
                copy[at] = changes[c - 1];
            char *tight = malloc(bytes ? bytes : 1);
            memcpy(tight, copy, bytes);
            report_init(&report);
            int result = report_read_csv(&report, tight, bytes, "f", &err);
            assert_true(result == DLI_OK || (result == DLI_E_PARSE && err.text[0] != '\0'));
            assert_true(report_row_count(&report) <= 3);
            report_release(&report);
            free(tight);
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_editors_make_of_it),
        cmocka_unit_test(faults_name_their_line),
        cmocka_unit_test(rows_before_a_fault_are_kept),
        cmocka_unit_test(hostile_bytes_are_refused_or_kept_as_text),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(damaged_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
