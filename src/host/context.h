/**
 * context.h - one loaded model: settings bound, hooks called in the order of dli/backend.h,
 * defaults supplied.
 *
 * A host_context must not move in memory while open: the backend keeps pointers into it. One
 * thread.
 */
#ifndef HOST_CONTEXT_H
#define HOST_CONTEXT_H

#include "base/log.h"
#include "host/module.h"
#include "plan/options.h"
#include "plan/test.h"

struct host_context {
    const struct dli_backend *backend;
    struct dli_context context; /**< what the hooks see */
    struct dli_host host;
    struct dli_settings settings;
    struct dli_log log;
    struct options_owner owner;
    struct dli_pair *pair;
    struct dli_io io; /**< valid after host_context_shape and host_context_compile */
    bool is_loaded;
};

/**
 * Binds the settings and options of `model`. `complete` becomes host->complete. `model` is borrowed
 * until close. DLI_E_ARG names an option that the backend does not have or cannot take.
 */
DLI_MUST_CHECK int host_context_open(struct host_context *out, const struct dli_backend *backend,
                                     const struct test *test, const struct test_model *model,
                                     void (*complete)(struct dli_request *, int),
                                     struct dli_error *err);

/** load: starts the framework and reads the model. */
DLI_MUST_CHECK int host_context_load(struct host_context *c, const struct test_model *model,
                                     struct dli_error *err);

/**
 * Gives the inputs the shapes asked for: --shape by name, then the batch as first dimension of
 * inputs that leave it open or, where the backend can reshape, have another. DLI_E_UNSUPPORTED when
 * it cannot be done.
 */
DLI_MUST_CHECK int host_context_shape(struct host_context *c, const struct test_model *model,
                                      struct dli_error *err);

/** compile, then describes again. All input dimensions are fixed afterwards. */
DLI_MUST_CHECK int host_context_compile(struct host_context *c, struct dli_error *err);

/** Capabilities of this model: bits of enum dli_capability. */
unsigned host_context_capabilities(struct host_context *c);

/** Unloads from any state; accepts zeroed memory. */
void host_context_close(struct host_context *c);

/** Requests with the core's buffers: 64-byte aligned, pages touched. */
struct host_requests {
    int count;
    struct dli_request *request;
    struct host_context *context;
    void **memory;
    int memory_count;
};

/** Allocates `count` requests for the io of `c` and calls request_init. DLI_E_NOMEM. */
DLI_MUST_CHECK int host_requests_open(struct host_requests *out, struct host_context *c, int count,
                                      struct dli_error *err);
void host_requests_close(struct host_requests *r);

/** Bytes at a 64-byte boundary, zeroed, pages touched; NULL when there is no memory. Free with
 * free(). */
void *host_buffer(size_t bytes);

#endif
