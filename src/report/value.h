/**
 * value.h - one cell: how a row's JSON value is written as text, and back. Internal to the room.
 */
#ifndef REPORT_VALUE_H
#define REPORT_VALUE_H

#include <jansson.h>

#include <dli/error.h>

#include "base/strbuf.h"
#include "report/columns.h"

/** Significant digits of a real: nanoseconds of a latency of one second. */
#define REPORT_DIGITS 9

/** Appends the value as plain text: nothing for NULL and null, up to REPORT_DIGITS digits for
 * reals. */
void value_add_text(struct strbuf *out, const json_t *value);

/** Appends the value as JSON that may stand inside an HTML script element: <, > and & are escaped.
 */
void value_add_json(struct strbuf *out, const json_t *value);

/** JSON value of a CSV cell of that column (NULL: unknown, text). New reference; DLI_E_PARSE. */
DLI_MUST_CHECK int value_from_text(json_t **out, const struct column *column, const char *text,
                                   struct dli_error *err);

/** A row's text, "" when absent or no string; borrowed. A row's number, or NAN. */
const char *row_text(const json_t *row, const char *id);
double row_number(const json_t *row, const char *id);

#endif
