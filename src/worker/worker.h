/**
 * worker.h - the child side: one test, one process, one stream of records (docs/formats.md, section 2).
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include <dli/backend.h>

#include "plan/test.h"

#define WORKER_RECORD_FD 3
#define WORKER_MAX_TEST_BYTES ((size_t)16 << 20)

/**
 * Whose worker this is: the native one runs the modules of backends, the Python one (python/src) applications.
 * Constant for the life of the process.
 */
struct worker_host {
    enum test_host host;
    /** The table of hooks that runs `model`; valid until the process ends. */
    int (*find)(const struct dli_backend **out, const struct test_model *model, struct dli_error *err);
    /**
     * NULL: get_output copies into the memory that it is given. Else the application keeps its outputs, and this,
     * called outside the timed regions, points request->output at them until the request runs again.
     */
    int (*take_outputs)(struct dli_request *request, struct dli_error *err);
};

/**
 * Runs the test whose JSON is `text` and writes its records to `record_fd`. `start_ns` is the clock at entry of
 * main. Returns 0 also when the test failed (an `error` record says why); a negative code when the records could
 * not be written.
 */
DLI_MUST_CHECK int worker_run_on(const struct worker_host *host, const char *text, size_t bytes, int record_fd, int64_t start_ns,
                                 struct dli_error *err);

/** The same on the native host. */
DLI_MUST_CHECK int worker_run(const char *text, size_t bytes, int record_fd, int64_t start_ns, struct dli_error *err);

/** Probe mode: describes the backend called `name` (or by path) in a `backend` record. */
DLI_MUST_CHECK int worker_probe(const char *name, int record_fd, int64_t start_ns, struct dli_error *err);

/** Calls `visit` for every backend module that is installed, sorted; nothing is loaded. */
void worker_each_module(void (*visit)(const char *name, const char *path, void *data), void *data);

#endif
