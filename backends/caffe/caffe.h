/**
 * caffe.h - what the files of the Caffe backend share.
 *
 * caffe.c: options, settings and the table of hooks, in C; net.cc: networks, behind a guard that
 * lets no exception out. A network runs one inference at a time and owns the memory of its inputs
 * and outputs, so every request has a network of its own; all share the weights of the first.
 *
 * Caffe ends the process (LOG(FATAL)) on most errors in a model. What it printed becomes the row's
 * reason.
 */
#ifndef BACKEND_CAFFE_H
#define BACKEND_CAFFE_H

#include <dli/backend.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A network and the description that it was made from; C++ inside. */
struct net;

/** One context. */
struct priv {
    struct net *net; /**< describes the model; its weights are shared by the requests' networks */
    struct dli_io io;
};

const char *net_version(void);
int net_threads(void);
/** DLI_E_PARSE, DLI_E_NOTFOUND; the process ends where Caffe itself gives up. `weights` may be
 * NULL. */
int net_load(struct priv *p, const struct dli_model *model, int threads, struct dli_error *err);
/** Makes the network anew for the shapes in `io`. */
int net_reshape(struct priv *p, const struct dli_io *io, struct dli_error *err);
int net_request_init(struct priv *p, struct dli_request *request, struct dli_error *err);
int net_submit(struct dli_request *request, struct dli_error *err);
void net_request_release(struct dli_request *request);
void net_free(struct net *net);

#ifdef __cplusplus
}
#endif
#endif
