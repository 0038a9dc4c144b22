/**
 * journal.h - the file that a campaign never loses a row with: one JSON object a line, each fsynced.
 *
 * The format is docs/formats.md, section 3. A torn last line (power cut, kill) is cut off when the journal is
 * opened again; damage elsewhere is an error with its line number. The file is locked while open.
 */
#ifndef RUNNER_JOURNAL_H
#define RUNNER_JOURNAL_H

#include <jansson.h>

#include "plan/test.h"

struct journal {
    int fd;
    char *path;
};

/** What a journal holds. Tests and rows in file order; `row[i]` belongs to `test[i]`, NULL: not run yet. */
struct journal_contents {
    json_t *head; /**< the `journal` record */
    int test_count;
    struct test *test;
    json_t **row;
};

/** Creates and locks; DLI_E_IO, or DLI_E_ARG when it exists already (use resume). */
DLI_MUST_CHECK int journal_create(struct journal *out, const char *path, struct dli_error *err);

/** Reads without locking: for reports. */
DLI_MUST_CHECK int journal_read(struct journal_contents *out, const char *path, struct dli_error *err);

/** Locks an existing journal, reads it and cuts off a torn tail, ready to append. */
DLI_MUST_CHECK int journal_open(struct journal *out, struct journal_contents *contents, const char *path,
                                struct dli_error *err);

/** Appends one record as one line and fsyncs. Takes no reference. DLI_E_IO: «…: disk full», nothing half-written stays. */
DLI_MUST_CHECK int journal_append(struct journal *journal, const json_t *record, struct dli_error *err);
/** Appends without fsync; a later journal_append makes it durable. For the list of tests. */
DLI_MUST_CHECK int journal_append_lazily(struct journal *journal, const json_t *record, struct dli_error *err);

void journal_close(struct journal *journal);
void journal_contents_release(struct journal_contents *contents);

/** The row of (id, repeat); -1 if the journal has no such test. */
int journal_find(const struct journal_contents *contents, const char *id, int repeat);

#endif
