/**
 * tflite.h - private state of the TensorFlow Lite backend, shared by its three files.
 *
 * tflite.c: options, probe, load, shapes, life; library.c: the library; run.c: interpreters and
 * requests. An interpreter runs one inference at a time and owns the memory of its inputs and
 * outputs, so every request has one of its own, as an application that runs several at a time
 * would.
 */
#ifndef BACKEND_TFLITE_H
#define BACKEND_TFLITE_H

#include <dli/backend.h>

#include "api.h"

/** The first thing that the library reported. */
struct report {
    char text[200];
};

struct interpreter {
    TfLiteInterpreter *handle;
    TfLiteDelegate *xnnpack; /**< NULL: not used */
    struct report report;
};

/** One context: options first, then what the hooks make. */
struct priv {
    bool has_xnnpack;

    struct tflite_api api;
    TfLiteModel *model;
    struct report report;
    struct interpreter first; /**< describes the model; becomes that of request 0 */
    struct dli_io io;
    bool is_reshaped; /**< io.input holds shapes that the user gave */
};

/** Opens the library; never closed. DLI_E_UNAVAILABLE with the reason. */
int library_open(struct tflite_api *out, struct dli_error *err);

/** For the library's reporter callbacks; `data` is a struct report. */
void report_keep(void *data, const char *format, va_list args);

/** Makes an interpreter under the settings, with the context's shapes, ready to run. */
int interpreter_init(struct interpreter *out, struct dli_context *ctx, struct dli_error *err);
void interpreter_release(struct interpreter *interpreter, const struct tflite_api *api);

/** Inputs and outputs of the first interpreter. */
int interpreter_describe(struct dli_io *out, const struct priv *p, struct dli_error *err);

int run_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
int run_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
void run_request_release(struct dli_context *ctx, struct dli_request *request);

#endif
