/**
 * execute.h - one test in one worker: start, watch, collect, judge. Private to this room.
 */
#ifndef RUNNER_EXECUTE_H
#define RUNNER_EXECUTE_H

#include "runner/journal.h"
#include "runner/row.h"

struct execute_options {
    const char *const *worker;
    const char *log_path;    /**< NULL: the worker's own output is dropped */
    struct journal *journal; /**< takes every record; NULL: none */
    const json_t *where;
    int64_t grace_ns;
    int signal_fd; /**< SIGINT and SIGTERM arrive here; -1: none */
    void (*on_phase)(const char *phase, void *data);
    void (*on_stopping)(void *data);
    void *data;
};

/**
 * `*out` becomes the row, owned by the caller; NULL when the user stopped the test
 * (`*is_interrupted`). DLI_E_IO, DLI_E_NOTFOUND: no worker can be started, or the journal cannot be
 * written.
 */
DLI_MUST_CHECK int execute_test(json_t **out, enum runner_status *status, bool *is_interrupted,
                                const struct test *test, const struct execute_options *options,
                                struct dli_error *err);

#endif
