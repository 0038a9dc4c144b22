// OpenCV's DNN module with ONNX models: options, settings and the table of hooks.
#include <stdio.h>
#include <string.h>

#include "opencv.h"

#define DLI_OPT_BASE struct priv

static const struct dli_option options[] = {
    {"fusion", DLI_OPT_BOOL(has_fusion), .help = "join layers where OpenCV can"}, DLI_OPTIONS_END};

static const struct priv defaults = {.has_fusion = true};

static int probe(struct dli_probe *out, struct dli_error *err)
{
    (void)err;
    memset(out, 0, sizeof(*out));
    snprintf(out->version, sizeof(out->version), "%s", net_version());
    out->device_count = 1;
    out->device[0] = (struct dli_device){.id = "CPU", .name = "CPU"};
    return DLI_OK;
}

// What OpenCV has no way to honour is said before anything is loaded.
static int check_settings(const struct dli_settings *s, struct dli_error *err)
{
    if (s->device && strcmp(s->device, "CPU") != 0)
        return dli_fail(err, DLI_E_UNAVAILABLE, "no device '%s': only CPU is offered with OpenCV",
                        s->device);
    if (s->precision != DLI_TYPE_NONE && s->precision != DLI_F32)
        return dli_fail(err, DLI_E_UNSUPPORTED, "precision %s: OpenCV computes in f32 on CPU",
                        dli_type_name(s->precision));
    if (s->hint)
        return dli_fail(err, DLI_E_UNSUPPORTED, "hint %s: OpenCV has no performance hints",
                        s->hint);
    if (s->streams > 1)
        return dli_fail(err, DLI_E_UNSUPPORTED, "streams %d: OpenCV has none", s->streams);
    if (s->pin_threads >= 0)
        return dli_fail(err, DLI_E_UNSUPPORTED, "OpenCV has no pinning of its threads");
    if (s->cache_dir)
        return dli_fail(err, DLI_E_UNSUPPORTED, "OpenCV has no cache of compiled models");
    if (s->is_profiling)
        return dli_fail(err, DLI_E_UNSUPPORTED, "profiling is not offered for OpenCV");
    if (s->pair_count > 0)
        return dli_fail(err, DLI_E_ARG, "OpenCV has no setting '%s'", s->pair[0].key);
    return DLI_OK;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    int rc = check_settings(ctx->settings, err);
    if (rc == DLI_OK)
        rc = ports_read(&p->io, model->path, p->has_fusion, err);
    return rc ? rc : net_load(ctx, model->path, err);
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    (void)err;
    *out = p->io;
    return DLI_OK;
}

// A network takes what it gets; what it cannot do with these shapes shows when it is run.
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
    int rc = net_compile(ctx, err);
    if (rc == DLI_E_RUNTIME && p->is_reshaped)
        // The model itself holds shapes that do not fit: nothing has failed.
        rc = err ? (err->code = DLI_E_UNSUPPORTED) : DLI_E_UNSUPPORTED;
    return rc;
}

static void effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    const struct priv *p = ctx->priv;
    char number[16];
    snprintf(number, sizeof(number), "%d", net_threads());
    tell("num_threads", number, data);
    tell("fusion", p->has_fusion ? "yes" : "no", data);
}

static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    net_free(p->net);
    p->net = NULL;
}

static const char *const formats[] = {"onnx", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "opencv",
    .description = "OpenCV's DNN module",
    .formats = formats,
    .capabilities = DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE,
    .priv_size = sizeof(struct priv),
    .priv_defaults = &defaults,
    .options = options,
    .probe = probe,
    .load = load,
    .io_describe = io_describe,
    .reshape = reshape,
    .compile = compile,
    .effective = effective,
    .submit = net_submit,
    .unload = unload,
};

const struct dli_backend *dli_backend_entry(void)
{
    return &backend;
}
