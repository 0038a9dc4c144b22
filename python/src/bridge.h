/**
 * bridge.h - a Python application behind the hooks of a backend, so that the one measuring core runs it.
 *
 * The application is Python: a module with App and Request (python/dli/bridge.py says what they have). Per iteration the
 * core calls set_input, submit and get_output, which call Request.copy_in, infer and copy_out with NumPy arrays.
 */
#ifndef PYTHON_BRIDGE_H
#define PYTHON_BRIDGE_H

#include "core.h"
#include "worker/worker.h"

#define BRIDGE_MAX_SETS 8 /**< input sets whose arrays are kept */

/** State of a context; the prototype in priv_defaults holds the module. */
struct bridge_priv {
    PyObject *module; /**< the application's; lives as long as the process */
    PyObject *app;
    const struct dli_host *host;
    bool is_shared;  /**< hooks may run on any thread: take the interpreter first */
    bool is_pending; /**< infer only starts; `done` follows */
};

/** Input arrays over the memory of one input set, made when it is first seen. */
struct bridge_set {
    const void *first; /**< memory of input 0: the key */
    PyObject *arrays;
};

struct bridge_slot {
    struct dli_request *request;
    const struct dli_host *host;
    unsigned long thread; /**< that made itself known to the interpreter */
    PyObject *copy_in, *infer, *copy_out; /**< bound methods */
    PyObject *outputs;    /**< what copy_out returned last */
    PyObject *described;  /**< keeps alive what request->output points to */
    int set_count;
    struct bridge_set set[BRIDGE_MAX_SETS];
    const void *given[DLI_MAX_IO]; /**< by set_input, until the last input has come */
};

/** The Python worker's host. */
extern const struct worker_host bridge_host;

/** Takes the interpreter on a thread that keeps its state from call to call. */
PyGILState_STATE bridge_enter(struct bridge_slot *slot);

int bridge_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int bridge_set_input(struct dli_context *ctx, struct dli_request *request, int index, const void *data, size_t bytes,
                     struct dli_error *err);
int bridge_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int bridge_get_output(struct dli_context *ctx, struct dli_request *request, int index, void *data, size_t capacity,
                      struct dli_error *err);
void bridge_request_release(struct dli_context *ctx, struct dli_request *request);
int bridge_take_outputs(struct dli_request *request, struct dli_error *err);

#endif
