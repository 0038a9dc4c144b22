/**
 * pytorch.h - what the files of the PyTorch backend share.
 *
 * pytorch.c: options, settings and the table of hooks, in C; module.cc: the TorchScript module and
 * its inferences; ports.cc: names and shapes, which TorchScript files do not have. Only module.cc
 * sees PyTorch's headers, and no exception leaves it (guard.h).
 */
#ifndef BACKEND_PYTORCH_H
#define BACKEND_PYTORCH_H

#include <dli/backend.h>

#ifdef __cplusplus
extern "C" {
#endif

enum memory_format { FORMAT_CONTIGUOUS, FORMAT_CHANNELS_LAST };
enum optimize { OPTIMIZE_NONE, OPTIMIZE_FREEZE, OPTIMIZE_INFERENCE };

/** The loaded module; C++ inside. */
struct module;

/** One context: options first, then what the hooks make. */
struct priv {
    int inter_threads;
    int memory_format;
    int optimize;
    bool has_onednn;
    const char *shapes;

    struct module *module;
    struct dli_io io; /**< outputs are known after compile */
    bool is_reshaped; /**< io.input holds shapes that the user gave */
};

/** Fills io from the text that DLI's own files carry (backends/null/model.c has its form). */
int ports_read(struct dli_io *out, const char *text, struct dli_error *err);
/** Shapes of the inputs from the option: «1x3x224x224,1x10». */
int ports_set_shapes(struct dli_io *io, const char *shapes, struct dli_error *err);

const char *module_version(void);
int module_load(struct dli_context *ctx, const char *path, struct dli_error *err);
/** Applies the options, runs once to learn the outputs' shapes. */
int module_compile(struct dli_context *ctx, struct dli_error *err);
void module_effective(struct dli_context *ctx, dli_setting_fn tell, void *data);
int module_request_init(struct dli_context *ctx, struct dli_request *request,
                        struct dli_error *err);
int module_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);
void module_request_release(struct dli_context *ctx, struct dli_request *request);
void module_free(struct module *module);

#ifdef __cplusplus
}
#endif
#endif
