/**
 * columns.h - the columns of a row: one table that every writer iterates.
 *
 * A row is a flat JSON object whose keys are column ids (docs/formats.md §4). The order of the
 * table is the order of CSV and JSON lines. A new column is one line in columns.c; docs/columns.md
 * and the page's tooltips are made from it.
 */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include <stddef.h>

#include "base/strbuf.h"

enum column_type { COLUMN_TEXT, COLUMN_INTEGER, COLUMN_REAL, COLUMN_BOOLEAN };

struct column {
    const char *id;
    const char *title; /**< short, for a table's head */
    const char *unit;  /**< "" when it has none */
    enum column_type type;
    const char *group; /**< one of the groups of docs/formats.md §4 */
    int is_shown;      /**< in the page's table unless the reader chooses otherwise */
    const char *help;  /**< definition, one or two sentences */
};

/** The table; `*count` columns. Static memory. */
const struct column *report_columns(size_t *count);

/** The column of that id; NULL when there is none. */
const struct column *report_find_column(const char *id);

/** The same; looks first right behind `last` (or NULL), as keys mostly come in the table's order.
 */
const struct column *report_next_column(const struct column *last, const char *id);

/** "text", "integer", "real" or "boolean". */
const char *column_type_name(enum column_type type);

/** docs/columns.md, as Markdown. */
void report_write_column_docs(struct strbuf *out);

#endif
