/**
 * tensorflow.h - private state of the TensorFlow backend, shared by its three files.
 *
 * tensorflow.c: options, probe, load, shapes, life; graph.c: what a graph takes and gives; run.c:
 * requests. One session serves every request: TF_SessionRun may be called from several threads.
 */
#ifndef BACKEND_TENSORFLOW_H
#define BACKEND_TENSORFLOW_H

#include <dli/backend.h>

#include <tensorflow/c/c_api.h>

/** One context: options first, then what the hooks make. */
struct priv {
    int inter_threads;
    bool has_onednn;

    TF_Graph *graph;
    TF_Session *session;
    struct dli_io io;
    TF_Output input[DLI_MAX_IO];
    TF_Output output[DLI_MAX_IO];
};

/** DLI_E_RUNTIME, or the code that fits TensorFlow's, with its first line; DLI_OK when `status` is.
 */
int tf_check(const TF_Status *status, const char *what, struct dli_error *err);

/**
 * Finds the ports of p->graph and fills p->io: inputs are its placeholders, outputs the operations
 * that nobody reads, both in the order of the file. DLI_E_UNSUPPORTED: unknown rank, strings, too
 * many.
 */
int graph_describe(struct priv *p, struct dli_error *err);

/** Runs once to learn what shapes the outputs have for the inputs' shapes. */
int run_learn_shapes(struct priv *p, struct dli_error *err);
int run_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
void run_request_release(struct dli_context *ctx, struct dli_request *request);

/** TensorFlow's element type; 0 (none of TensorFlow's) for DLI_TYPE_NONE. */
TF_DataType tf_type(enum dli_type type);

#endif
