/**
 * row.h - a row as it comes into being: the test's own columns, what the records add, how it ended.
 *
 * Private to this room. docs/formats.md §4 lists the columns.
 */
#ifndef RUNNER_ROW_H
#define RUNNER_ROW_H

#include <jansson.h>

#include "base/subprocess.h"
#include "plan/test.h"
#include "runner/runner.h"

struct row {
    json_t *columns;
    int64_t process_start_ns; /**< when the worker was started; of the caller */
    bool has_end;             /**< the `end` record came */
    bool is_disagreeing;
    char phase[32];         /**< begun and not ended; "" when none */
    struct dli_error error; /**< of the worker's `error` record; code 0: none */
};

/** The columns that the test itself gives, and `where`. */
void row_open(struct row *row, const struct test *test, const json_t *where);

/** Takes a record; DLI_E_PROTOCOL when it makes no sense. */
DLI_MUST_CHECK int row_take(struct row *row, const char *kind, const json_t *record,
                            struct dli_error *err);

/** How the worker ended, all together. */
struct row_end {
    const struct subprocess_end *process;
    const struct dli_error *broken; /**< the stream broke its contract so; code 0: it did not */
    bool is_pipe_closed;            /**< before the `end` record */
    int64_t timeout_ns;
    const char *log_tail; /**< the last line of the worker's own output, "" when none */
};

/** Sets the outcome's columns and returns the status. Every row of ours passes here. */
enum runner_status row_close(struct row *row, const struct row_end *end);

void row_release(struct row *row);

#endif
