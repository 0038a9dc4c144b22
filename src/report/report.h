/**
 * report.h - rows in, tables out.
 *
 * A report holds rows: flat JSON objects whose keys are column ids (report/columns.h); keys that
 * the table does not know are kept. Rows come one by one, or from the text of a file: our CSV, JSON
 * lines of rows, or a campaign's journal. Files are hostile until checked: malformed text is
 * DLI_E_PARSE with the line, and the report keeps the rows read before it. Writers append bytes to
 * a strbuf and cannot fail; report_save() writes a file in one step. The report owns its rows. Not
 * thread-safe.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <dli/error.h>

#include "base/strbuf.h"

enum report_format {
    REPORT_CSV,   /**< RFC 4180: comma, CRLF, UTF-8, one header */
    REPORT_JSONL, /**< one row a line */
    REPORT_HTML,  /**< one self-contained page */
    REPORT_DL22   /**< the 22-column, semicolon-separated table of the published Python tool */
};

struct report {
    json_t *rows;     /**< array of flat objects */
    json_t *machines; /**< array: `machine` objects of the journals read, for the page's machine
                         panel */
    char *title;      /**< the page's heading; NULL: a default */
    char *journal;    /**< path for the page's replay commands; NULL: "journal.jsonl" */
};

void report_init(struct report *report);
void report_release(struct report *report);

void report_set_title(struct report *report, const char *title);
void report_set_journal(struct report *report, const char *path);

/**
 * Adds a copy of `row`. Nested values are kept as their JSON text. DLI_E_PARSE when it is no
 * object, or when a known number column holds a value of another type.
 */
DLI_MUST_CHECK int report_add_row(struct report *report, const json_t *row, struct dli_error *err);

/** Adds a machine object (docs/formats.md §3) unless an equal one is there. Borrowed; copied. */
void report_add_machine(struct report *report, const json_t *machine);

/** Our CSV: LF or CRLF, BOM allowed. `name` stands before the line number in errors. */
DLI_MUST_CHECK int report_read_csv(struct report *report, const char *text, size_t bytes,
                                   const char *name, struct dli_error *err);

/** JSON lines: rows, or a journal, of which the rows and the machine are taken; a torn last line is
 * left. */
DLI_MUST_CHECK int report_read_jsonl(struct report *report, const char *text, size_t bytes,
                                     const char *name, struct dli_error *err);

/** Either of the two, told apart by the first character. "-" reads standard input. */
DLI_MUST_CHECK int report_read_file(struct report *report, const char *path, struct dli_error *err);

void report_write_csv(const struct report *report, struct strbuf *out);
void report_write_jsonl(const struct report *report, struct strbuf *out);
void report_write_html(const struct report *report, struct strbuf *out);
void report_write_dl22(const struct report *report, struct strbuf *out);

/** Short aligned table for a terminal: what was run, latency with its interval, FPS, p99, verdict
 * or reason. */
void report_write_table(const struct report *report, bool is_coloured, struct strbuf *out);
void report_print_table(FILE *file, const struct report *report, bool is_coloured);

/** Writes the file atomically: readers see the old file or the new one. "-" writes to standard
 * output. */
DLI_MUST_CHECK int report_save(const struct report *report, enum report_format format,
                               const char *path, struct dli_error *err);

/** Rows whose status is "ok", and all rows. */
size_t report_ok_count(const struct report *report);
size_t report_row_count(const struct report *report);

#endif
