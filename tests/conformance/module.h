/**
 * module.h - one backend module under test, driven by the contract in dli/backend.h and nothing
 * else.
 *
 * A `struct session` is one context with its settings and requests. session_close() may be called
 * at any point after session_open(), whatever failed.
 */
#ifndef CONFORMANCE_MODULE_H
#define CONFORMANCE_MODULE_H

#include <semaphore.h>
#include <stdatomic.h>

#include <dli/backend.h>

#include "plan/options.h"

#define SESSION_REQUESTS 4

struct sample;

/** What a case is about. */
struct subject {
    const struct dli_backend *backend;
    const struct sample *sample; /**< NULL for the cases about the module alone */
    const char *folder;          /**< scratch */
    int option_count;
    char **option; /**< «NAME=VALUE» of the backend, or «threads=N» */
};

struct session {
    const struct dli_backend *backend;
    struct options_owner owner;
    struct dli_settings settings;
    struct dli_context ctx;
    bool has_loaded; /**< load was called, so unload must be */
    struct dli_io io;
    int request_count;
    struct dli_request request[SESSION_REQUESTS];
    struct dli_tensor input[SESSION_REQUESTS][DLI_MAX_IO];
    struct dli_tensor output[SESSION_REQUESTS][DLI_MAX_IO];
    void *memory[SESSION_REQUESTS][2 * DLI_MAX_IO]; /**< the core's own pointers, for freeing */
    _Atomic int completions[SESSION_REQUESTS];
    _Atomic int failures;
    sem_t completed; /**< posted by complete */
};

/** The module's table; prints why and returns NULL when it cannot be loaded. */
const struct dli_backend *module_open(const char *path);

/** A context with f32, one thread, and the subject's options; fails for an option that is wrong. */
int session_open(struct session *s, const struct subject *subject, bool is_async,
                 struct dli_error *err);

/** load alone. */
int session_read(struct session *s, const char *path, const char *format, struct dli_error *err);

/** load, io_describe, [reshape to `wanted`], compile, io_describe. The first failure's code. */
int session_load(struct session *s, const char *path, const char *format,
                 const struct dli_io *wanted, struct dli_error *err);

/** Allocates tensors and prepares requests. */
int session_make_requests(struct session *s, int count, struct dli_error *err);

/** Copies application memory in, as the core does. */
int session_set_input(struct session *s, int request, int index, const void *data,
                      struct dli_error *err);

/** Submits and, when the request is pending, waits for it. 0 or the failure. */
int session_run(struct session *s, int request, struct dli_error *err);

/** What the context can do now. */
unsigned session_capabilities(struct session *s);

void session_close(struct session *s);

#endif
