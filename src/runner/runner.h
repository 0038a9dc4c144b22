/**
 * runner.h - runs tests, each in a worker process of its own, and never loses a finished one.
 *
 * Per test: `begin` goes to the journal, the worker gets the test on standard input and answers
 * with records on file descriptor 3 (docs/formats.md); every record is fsynced to the journal as it
 * comes; whatever happens to the worker, the test ends as one row, and the next test runs. Only
 * these stop a campaign: the worker program cannot be started, the journal cannot be written,
 * SIGINT or SIGTERM.
 *
 * While a worker measures, the runner sleeps in ppoll on its pipe, its pidfd and a signalfd; there
 * is no periodic wake-up. SIGINT and SIGTERM are blocked during runner_run and read from the
 * signalfd: the first stops the worker (TERM, grace, KILL), the second kills it at once; the test
 * that was running gets no row and runs again on resume. Call from the main thread: workers die
 * with the thread that started them. Everything in the options is borrowed during the call.
 *
 * Status of a row: what the worker says in its records; `crashed` when it died by a signal or exit
 * status; `timeout` at the test's limit; `failed` with PROTOCOL when it broke the contract.
 * Measured columns of a test that failed late are kept. A worker that hangs after its `end` record
 * is killed, and its row stays as it is with a remark in `error`.
 */
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <dli/error.h>

#include "plan/test.h"

enum runner_event_kind {
    RUNNER_BEGIN,   /**< a worker starts */
    RUNNER_PHASE,   /**< the worker began `phase` */
    RUNNER_ROW,     /**< the test is finished: `row` */
    RUNNER_STOPPING /**< SIGINT or SIGTERM came; the worker is being stopped */
};

/** Everything is borrowed during the callback. */
struct runner_event {
    enum runner_event_kind kind;
    int index; /**< 0 … count-1, in the order of this run */
    int count; /**< tests of this run; without those that already had a row */
    const struct test *test;
    const char *phase;
    json_t *row;
    int64_t elapsed_ns; /**< since runner_run began */
    int64_t eta_ns;     /**< to the end, from the tests done so far, else from their limits */
};

typedef void (*runner_event_fn)(const struct runner_event *event, void *data);

enum runner_status {
    RUNNER_OK,
    RUNNER_FAILED,
    RUNNER_UNSUPPORTED,
    RUNNER_UNAVAILABLE,
    RUNNER_MISMATCH,
    RUNNER_TIMEOUT,
    RUNNER_CRASHED,
    RUNNER_STATUS_COUNT
};

struct runner_options {
    const char *const *worker; /**< NULL-terminated: {"/proc/self/exe", "worker", NULL} */
    /** For tests of host python; NULL: `worker` gets them too and says what is missing. */
    const char *const *python_worker;
    const char *folder;        /**< holds journal.jsonl and logs/; NULL: keep nothing */
    bool is_resume;            /**< the folder's journal exists; run what has no row */
    bool is_shuffled;
    uint64_t shuffle_seed;
    int64_t grace_ns;        /**< between TERM and KILL; 0: 2 s */
    const json_t *command;   /**< array for the journal's first line, or NULL */
    const json_t *machine;   /**< object for the journal's first line, or NULL */
    const json_t *where;     /**< columns for every row: machine, cpu, … (machine_row), or NULL */
    const char *dli_version; /**< of the journal's first line; rows take the worker's own word */
    const char *dli_commit;
    runner_event_fn on_event; /**< or NULL */
    void *event_data;
};

/** What happened in this run. */
struct runner_summary {
    int status_count[RUNNER_STATUS_COUNT]; /**< rows made by this run */
    int skipped_count;                     /**< tests that already had a row */
    bool is_interrupted;                   /**< by SIGINT or SIGTERM */
};

/** "ok", "failed", …: the words of the column `status`. */
const char *runner_status_name(enum runner_status status);

/**
 * Runs the tests. DLI_OK also when tests failed or the user interrupted: see `out`. DLI_E_IO: the
 * journal cannot be written or the system refuses processes; DLI_E_NOTFOUND: no worker program;
 * DLI_E_ARG: the journal is another campaign's or in use. Rows made before a failure are in the
 * journal, and `out` counts them.
 */
DLI_MUST_CHECK int runner_run(struct runner_summary *out, const struct test *test, int test_count,
                              const struct runner_options *options, struct dli_error *err);

/**
 * Asks a worker about the backend `name` (a name or a module's path). `*out` becomes its `backend`
 * record, free with json_decref. DLI_E_UNAVAILABLE, DLI_E_NOTFOUND, … as the worker says;
 * DLI_E_CRASHED or DLI_E_TIMEOUT when the framework takes the worker down.
 */
DLI_MUST_CHECK int runner_probe(json_t **out, const char *const *worker, const char *name,
                                struct dli_error *err);

#endif
