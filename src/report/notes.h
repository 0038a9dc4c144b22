/**
 * notes.h - the numbered remarks below the terminal table.
 *
 * A row's reasons are long, and many rows have the same ones but for their figures. Texts that
 * differ in numbers only are one note, shown by its first text and the count of its rows.
 */
#ifndef REPORT_NOTES_H
#define REPORT_NOTES_H

#include <stdbool.h>

#include "base/strbuf.h"

struct note {
    char *kind; /**< the text with numbers as '#' */
    char *text; /**< as it came first */
    int row_count;
    bool is_varying; /**< the rows' figures differ */
};

/** Zeroed is empty. */
struct notes {
    int count;
    struct note *item;
};

/** Adds a text of one row; returns its number, from 1. */
int notes_add(struct notes *notes, const char *text, size_t bytes);
/** One line per note; nothing when there are none. */
void notes_write(struct strbuf *out, const struct notes *notes);
void notes_release(struct notes *notes);

#endif
