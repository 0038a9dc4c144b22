// PyTorch (libtorch) with TorchScript modules: options, settings and the table of hooks.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <unistd.h>

#include "pytorch.h"

#define DLI_OPT_BASE struct priv

static const char *const memory_formats[] = {"contiguous", "channels-last", NULL};
static const char *const optimizes[] = {"none", "freeze", "inference", NULL};

static const struct dli_option options[] = {
    {"inter-threads", DLI_OPT_INT(inter_threads), DLI_RANGE(0, 1024), .unit = "threads",
     .help = "threads across operators, once for the process; 0: PyTorch decides"},
    {"memory-format", DLI_OPT_CHOICE(memory_format), .choices = memory_formats,
     .help = "layout of images and kernels: as in the model, or channels last (converted at every "
             "inference)"},
    {"optimize", DLI_OPT_CHOICE(optimize), .choices = optimizes,
     .help = "what is done to the module: nothing, freeze, or freeze and optimize_for_inference"},
    {"onednn", DLI_OPT_BOOL(has_onednn), .help = "use oneDNN where PyTorch can"},
    {"shapes", DLI_OPT_STRING(shapes),
     .help = "shapes of the inputs of a file that DLI has not written, as in 1x3x224x224,1x10"},
    DLI_OPTIONS_END};

static const struct priv defaults = {.optimize = OPTIMIZE_INFERENCE, .has_onednn = true};

static int probe(struct dli_probe *out, struct dli_error *err)
{
    (void)err;
    memset(out, 0, sizeof(*out));
    snprintf(out->version, sizeof(out->version), "%s", module_version());
    out->device_count = 1;
    out->device[0] = (struct dli_device){.id = "CPU", .name = "CPU"};
    return DLI_OK;
}

// What PyTorch has no way to honour is said before anything is loaded.
static int check_settings(const struct dli_settings *s, struct dli_error *err)
{
    if (s->device && strcmp(s->device, "CPU") != 0)
        return dli_fail(err, DLI_E_UNAVAILABLE, "no device '%s': this PyTorch has only CPU",
                        s->device);
    if (s->precision != DLI_TYPE_NONE && s->precision != DLI_F32)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "precision %s: TorchScript computes in the types of the model file",
                        dli_type_name(s->precision));
    if (s->hint)
        return dli_fail(err, DLI_E_UNSUPPORTED, "hint %s: PyTorch has no performance hints",
                        s->hint);
    if (s->streams > 1)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "streams %d: PyTorch has none; use requests, which run in parallel",
                        s->streams);
    if (s->pin_threads >= 0)
        return dli_fail(err, DLI_E_UNSUPPORTED, "PyTorch has no pinning of its threads");
    if (s->cache_dir)
        return dli_fail(err, DLI_E_UNSUPPORTED, "TorchScript has no cache of compiled models");
    if (s->is_profiling)
        return dli_fail(err, DLI_E_UNSUPPORTED, "profiling is not offered for PyTorch");
    if (s->pair_count > 0)
        return dli_fail(err, DLI_E_ARG, "PyTorch has no setting '%s'", s->pair[0].key);
    return DLI_OK;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    int rc = check_settings(ctx->settings, err);
    if (rc)
        return rc;
    if (access(model->path, R_OK) != 0)
        return dli_fail(err, errno == ENOENT || errno == ENOTDIR ? DLI_E_NOTFOUND : DLI_E_IO,
                        "%s: %s", model->path, strerror(errno));
    return module_load(ctx, model->path, err);
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    (void)err;
    *out = p->io;
    return DLI_OK;
}

// A module takes what it gets; what it cannot do with these shapes shows when it is run.
static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    for (int i = 0; i < p->io.input_count; i++) {
        if (io->input[i].rank != p->io.input[i].rank)
            return dli_fail(err, DLI_E_UNSUPPORTED, "input '%s' has %d dimensions, not %d",
                            p->io.input[i].name, p->io.input[i].rank, io->input[i].rank);
        memcpy(p->io.input[i].dim, io->input[i].dim, sizeof(io->input[i].dim));
    }
    p->is_reshaped = true;
    return DLI_OK;
}

static int compile(struct dli_context *ctx, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    int rc = module_compile(ctx, err);
    if (rc == DLI_E_RUNTIME && p->is_reshaped)
        // The model itself holds shapes that do not fit: nothing has failed.
        rc = err ? (err->code = DLI_E_UNSUPPORTED) : DLI_E_UNSUPPORTED;
    return rc;
}

static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    module_free(p->module);
    p->module = NULL;
}

static const char *const formats[] = {"torchscript", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "pytorch",
    .description = "PyTorch (libtorch) with TorchScript modules",
    .formats = formats,
    .capabilities = DLI_CAP_CONCURRENT | DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE,
    .priv_size = sizeof(struct priv),
    .priv_defaults = &defaults,
    .options = options,
    .probe = probe,
    .load = load,
    .io_describe = io_describe,
    .reshape = reshape,
    .compile = compile,
    .effective = module_effective,
    .request_init = module_request_init,
    .submit = module_submit,
    .request_release = module_request_release,
    .unload = unload,
};

const struct dli_backend *dli_backend_entry(void)
{
    return &backend;
}
