/**
 * dli/request.h - one inference in flight.
 *
 * The core allocates requests and their tensors before the first iteration and reuses them; nothing
 * here is allocated or freed while a test measures. Between submit and complete a request belongs to
 * the backend, otherwise to the core.
 */
#ifndef DLI_REQUEST_H
#define DLI_REQUEST_H

#include <dli/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DLI_MAX_IO 32 /**< inputs, or outputs, of one model */

/** What submit says about a request that it was given. A negative value is an enum dli_code. */
enum dli_submit_result {
    DLI_DONE = 0,    /**< finished: outputs are valid now; complete is never called for it */
    DLI_PENDING = 1, /**< taken: exactly one host->complete follows, perhaps before submit returns */
    DLI_BUSY = 2     /**< nothing was taken: the core polls or waits and submits again */
};

struct dli_request {
    int index; /**< 0 … requests-1 within its context */
    int input_count;
    int output_count;
    /**
     * The library's side of the data: `input[i].data` is what the runtime reads. The core allocates
     * it (64-byte aligned, pages touched) before request_init; a backend whose runtime wants its own
     * memory may point `data` there in request_init (and then must restore nothing: the core keeps
     * its own pointer for freeing).
     */
    struct dli_tensor *input;
    /**
     * As input, for what the runtime writes. Where the shape is known only after the inference
     * (desc has DLI_DYNAMIC), `data` is NULL and `bytes` 0 at request_init; the backend keeps the
     * memory and sets desc, data and bytes before it completes the request.
     */
    struct dli_tensor *output;
    int64_t device_ns; /**< time on the device by its own events; -1 if the backend has none */
    void *priv;        /**< the backend's, set in request_init, released in request_release */
    void *core;        /**< the core's: backends leave it alone */
};

#ifdef __cplusplus
}
#endif
#endif
