/**
 * journal.h - the campaign's append-only record: one JSON object a line (docs/formats.md §3).
 *
 * Every append is on the disk (fdatasync) before it returns. An append that fails half-way, e.g. on
 * a full disk, is cut off again, so what was there stays readable. A last line that is torn is
 * ignored by readers and cut off before the next append; a broken line in the middle is an error
 * with its number. A writer holds an flock, so that two runners never write one journal; readers
 * need no lock.
 */
#ifndef RUNNER_JOURNAL_H
#define RUNNER_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <dli/error.h>

#include "plan/test.h"

#define JOURNAL_NAME "journal.jsonl"

struct journal; /**< an open, locked journal */

/**
 * A new journal that begins with `bytes` bytes of whole lines: the header and all tests. It appears
 * at once and complete, or not at all. DLI_E_ARG when there is one already. `path` is copied.
 */
DLI_MUST_CHECK int journal_create(struct journal **out, const char *path, const char *text,
                                  size_t bytes, struct dli_error *err);

/** Opens for appending; cuts a torn last line off. DLI_E_NOTFOUND; DLI_E_ARG: another runner has
 * it. */
DLI_MUST_CHECK int journal_open(struct journal **out, const char *path, struct dli_error *err);

/** Appends records: `bytes` bytes of whole lines, each ending in a newline. */
DLI_MUST_CHECK int journal_append_text(struct journal *journal, const char *text, size_t bytes,
                                       struct dli_error *err);

/** Appends one record; steals the reference to `record`. */
DLI_MUST_CHECK int journal_append(struct journal *journal, json_t *record, struct dli_error *err);

/** Unlocks and closes; accepts NULL. */
void journal_close(struct journal *journal);

/** What a journal holds. Tests in the order of the plan; row[i] belongs to test[i]. */
struct journal_content {
    json_t *header; /**< the `journal` record */
    int test_count;
    struct test *test;
    json_t **row;        /**< NULL where the test is not finished */
    int row_count;       /**< finished tests */
    bool is_interrupted; /**< the last `close` says so, or there is none after the last `begin` */
    bool has_torn_tail;
    json_t *index; /**< «id-repeat» -> position, for journal_find */
};

/** Reads a journal. DLI_E_NOTFOUND, DLI_E_IO, DLI_E_PARSE «path:line: …». `out` is releasable
 * always. */
DLI_MUST_CHECK int journal_read(struct journal_content *out, const char *path,
                                struct dli_error *err);

/** Index of the test with this id and repeat, -1 when there is none. */
int journal_find(const struct journal_content *content, const char *id, int repeat);

void journal_content_release(struct journal_content *content);

#endif
