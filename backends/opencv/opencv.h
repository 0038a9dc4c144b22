/**
 * opencv.h - what the files of the OpenCV backend share.
 *
 * opencv.c: options, settings and the table of hooks, in C; net.cc: the network, behind a guard
 * that lets no exception out; ports.c: names and shapes of an ONNX file, which OpenCV does not
 * tell. A network runs one inference at a time: parallel requests are contexts of their own.
 */
#ifndef BACKEND_OPENCV_H
#define BACKEND_OPENCV_H

#include <dli/backend.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The network; C++ inside. */
struct net;

/** One context: options first, then what the hooks make. */
struct priv {
    bool has_fusion;

    struct net *net;
    struct dli_io io; /**< shapes of outputs are known after compile */
    bool is_reshaped; /**< io.input holds shapes that the user gave */
};

/**
 * Inputs (those that are no weights) and names of outputs of an ONNX file. DLI_E_UNSUPPORTED for
 * operators that OpenCV 4.6 is known to compute wrongly without saying so.
 */
int ports_read(struct dli_io *out, const char *path, bool has_fusion, struct dli_error *err);

const char *net_version(void);
int net_load(struct dli_context *ctx, const char *path, struct dli_error *err);
/** Runs once to learn the outputs' shapes. */
int net_compile(struct dli_context *ctx, struct dli_error *err);
int net_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int net_threads(void);
void net_free(struct net *net);

#ifdef __cplusplus
}
#endif
#endif
