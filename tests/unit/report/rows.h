/**
 * rows.h - rows for the tests of src/report: built from JSON text, written, read back.
 */
#ifndef TESTS_REPORT_ROWS_H
#define TESTS_REPORT_ROWS_H

#include "check.h"
#include "report/report.h"

/** A report with these rows, JSON objects one per argument line; aborts the test on bad JSON. */
static inline void report_of(struct report *report, const char *lines)
{
    struct dli_error err = {0};
    report_init(report);
    check_ok(report_read_jsonl(report, lines, strlen(lines), "test", &err));
}

static inline const json_t *cell_of(const struct report *report, size_t row, const char *id)
{
    return json_object_get(json_array_get(report->rows, row), id);
}

static inline const char *text_of(const struct report *report, size_t row, const char *id)
{
    const char *text = json_string_value(cell_of(report, row, id));
    return text ? text : "(none)";
}

#endif
