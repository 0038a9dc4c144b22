// Rows from files: CSV, JSON lines, journals. What was read is written and read again with the same
// rows.
#include <stdlib.h>

#include "report/report.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes)
{
    struct report report, back;
    struct strbuf text = STRBUF_INIT;
    struct dli_error err = {0};
    report_init(&report);
    report_init(&back);
    int result = bytes && data[0] == '{'
                     ? report_read_jsonl(&report, (const char *)data, bytes, "fuzz", &err)
                     : report_read_csv(&report, (const char *)data, bytes, "fuzz", &err);
    if (result != DLI_OK && err.text[0] == '\0')
        abort();
    report_write_csv(&report, &text);
    if (report_row_count(&report) &&
        report_read_csv(&back, text.text, text.length, "back", &err) != DLI_OK)
        abort();
    if (report_row_count(&report) != report_row_count(&back))
        abort();
    strbuf_reset(&text);
    report_write_html(&report, &text);
    report_write_table(&report, false, &text);
    strbuf_release(&text);
    report_release(&report);
    report_release(&back);
    return 0;
}
