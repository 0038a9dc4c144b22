/**
 * onnxruntime.h - private state of the ONNX Runtime backend, shared by its four files.
 *
 * onnxruntime.c: the library, probe, load, life; session.c: settings into a session; ports.c:
 * names, types, shapes; run.c: requests. The library is opened with dlopen and asked for the newest
 * API version that both the header and the library know.
 */
#ifndef BACKEND_ONNXRUNTIME_H
#define BACKEND_ONNXRUNTIME_H

#include <onnxruntime_c_api.h>

#include <dli/backend.h>

enum tristate { DEFAULT, YES, NO };

/** The opened library. */
struct library {
    const OrtApi *api;
    const char *version; /**< of the library, as it says */
    uint32_t api_version;
};

/** A dimension that the model leaves open under a name, and the size given to it. */
struct free_dimension {
    char name[DLI_MAX_NAME];
    int64_t size; /**< DLI_DYNAMIC: stays open */
};

/** One context: options first, then what the hooks make. */
struct priv {
    int inter_threads;
    int execution_mode;
    int graph_level;
    int spinning;
    const char *affinity;
    bool has_arena;
    bool has_memory_pattern;
    bool is_binding;
    bool is_run_async;

    const struct dli_host *host;
    struct library library;
    OrtEnv *env;
    OrtMemoryInfo *memory;
    OrtSession *session;
    char *path;
    struct dli_io io;
    int free_count; /**< entries of free_dimension */
    struct free_dimension free_dimension[DLI_MAX_IO * DLI_MAX_RANK];
};

/** Fills `err` from `status`, releases it, and returns a code (the best for it, else `code`). */
int ort_failed(const OrtApi *api, OrtStatus *status, struct dli_error *err, int code,
               const char *what);

/** A session of p->path under the settings, options and free dimensions; replaces p->session. */
int session_open(struct dli_context *ctx, struct dli_error *err);
void session_effective(struct dli_context *ctx, dli_setting_fn tell, void *data);

/** Inputs and outputs of the session. */
int ports_describe(struct dli_io *out, const struct priv *p, struct dli_error *err);
/** Sets p->free_dimension from the difference of `io` to the session's open dimensions. */
int ports_free_dimensions(struct priv *p, const struct dli_io *io, struct dli_error *err);
ONNXTensorElementDataType ort_type_of(enum dli_type type);

/** How requests of this context are run. */
enum run_call { CALL_RUN, CALL_BINDING, CALL_RUN_ASYNC };
enum run_call run_call(const struct dli_context *ctx);

int run_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
void run_request_release(struct dli_context *ctx, struct dli_request *request);

#endif
