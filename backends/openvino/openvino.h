/**
 * openvino.h - private state of the OpenVINO backend, shared by its three files.
 *
 * openvino.c: probe, load, compile, settings; ports.c: names, types, shapes; run.c: requests.
 * Everything goes through OpenVINO's C API; the library is linked by its path and found by RPATH.
 */
#ifndef BACKEND_OPENVINO_H
#define BACKEND_OPENVINO_H

#include <openvino/c/openvino.h>

#include <dli/backend.h>

/** Whose memory the inference reads and writes. */
enum tensor_owner {
    TENSORS_RUNTIME, /**< OpenVINO's own tensors; copy in is a memcpy into them */
    TENSORS_CORE     /**< the core's buffers, handed to OpenVINO once as external memory */
};

struct slot;

/** One context. */
struct priv {
    int tensors; /**< enum tensor_owner; an option */

    const struct dli_host *host;
    bool is_async;
    ov_core_t *core;
    ov_model_t *model; /**< until compiled */
    ov_compiled_model_t *compiled;
    struct dli_io io;   /**< of the compiled model */
    struct slot *slots; /**< every request made and not released */
};

/** Fills `err` from OpenVINO's last message; `what` says what was tried. Returns the code. */
int ov_failed(struct dli_error *err, int code, const char *what);

/** Inputs and outputs of the model, or of the compiled model once there is one. */
int ports_describe(struct dli_io *out, const struct priv *p, struct dli_error *err);

/** The element type of OpenVINO; DLI_TYPE_NONE for types that the core has not. */
ov_element_type_e ov_type_of(enum dli_type type);
enum dli_type ov_type_from(ov_element_type_e type);

int run_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int run_drain(struct dli_context *ctx, struct dli_error *err);
void run_request_release(struct dli_context *ctx, struct dli_request *request);

#endif
