// TensorFlow Lite (LiteRT) through its C API: options, probe, load, shapes and the table of hooks.
#include <stdio.h>
#include <string.h>

#include <errno.h>
#include <unistd.h>

#include "tflite.h"

#define DLI_OPT_BASE struct priv

static const struct dli_option options[] = {
    {"xnnpack", DLI_OPT_BOOL(has_xnnpack),
     .help = "run what XNNPACK can by XNNPACK, instead of TensorFlow Lite's own kernels"},
    DLI_OPTIONS_END};

static const struct priv defaults = {.has_xnnpack = true};

static int probe(struct dli_probe *out, struct dli_error *err)
{
    struct tflite_api api;
    memset(out, 0, sizeof(*out));
    int rc = library_open(&api, err);
    if (rc)
        return rc;
    snprintf(out->version, sizeof(out->version), "%s", api.Version());
    out->device_count = 1;
    out->device[0] = (struct dli_device){.id = "CPU", .name = "CPU"};
    return DLI_OK;
}

// What TensorFlow Lite has no way to honour is said before anything is loaded.
static int check_settings(const struct dli_settings *s, struct dli_error *err)
{
    if (s->device && strcmp(s->device, "CPU") != 0)
        return dli_fail(err, DLI_E_UNAVAILABLE, "no device '%s': this TensorFlow Lite has only CPU",
                        s->device);
    if (s->precision != DLI_TYPE_NONE && s->precision != DLI_F32)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "precision %s: TensorFlow Lite computes in the types of the model file",
                        dli_type_name(s->precision));
    if (s->hint)
        return dli_fail(err, DLI_E_UNSUPPORTED, "hint %s: TensorFlow Lite has no performance hints",
                        s->hint);
    if (s->streams > 1)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "streams %d: TensorFlow Lite has none; use requests, which run in parallel",
                        s->streams);
    if (s->pin_threads >= 0)
        return dli_fail(err, DLI_E_UNSUPPORTED, "TensorFlow Lite has no pinning of its threads");
    if (s->cache_dir)
        return dli_fail(err, DLI_E_UNSUPPORTED, "TensorFlow Lite has no cache of compiled models");
    if (s->is_profiling)
        return dli_fail(err, DLI_E_UNSUPPORTED, "TensorFlow Lite's C API has no profiler");
    if (s->pair_count > 0)
        return dli_fail(err, DLI_E_ARG, "TensorFlow Lite has no setting '%s'", s->pair[0].key);
    return DLI_OK;
}

static int read_model(struct priv *p, const char *path, struct dli_error *err)
{
    if (access(path, R_OK) != 0)
        return dli_fail(err, errno == ENOENT || errno == ENOTDIR ? DLI_E_NOTFOUND : DLI_E_IO,
                        "%s: %s", path, strerror(errno));
    p->model = p->api.ModelCreateFromFileWithErrorReporter(path, report_keep, &p->report);
    if (!p->model)
        return dli_fail(err, DLI_E_PARSE, "%s: %s", path,
                        p->report.text[0] ? p->report.text : "no TensorFlow Lite model");
    return DLI_OK;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    int rc = check_settings(ctx->settings, err);
    if (rc == DLI_OK)
        rc = library_open(&p->api, err);
    if (rc == DLI_OK)
        rc = read_model(p, model->path, err);
    if (rc == DLI_OK)
        rc = interpreter_init(&p->first, ctx, err);
    return rc ? rc : interpreter_describe(&p->io, p, err);
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    (void)err;
    *out = p->io;
    return DLI_OK;
}

static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    struct dli_io before = p->io;
    for (int i = 0; i < p->io.input_count; i++) {
        if (io->input[i].rank != p->io.input[i].rank)
            return dli_fail(err, DLI_E_UNSUPPORTED, "input '%s' has %d dimensions, not %d",
                            p->io.input[i].name, p->io.input[i].rank, io->input[i].rank);
        memcpy(p->io.input[i].dim, io->input[i].dim, sizeof(io->input[i].dim));
    }
    p->is_reshaped = true;
    interpreter_release(&p->first, &p->api);
    int rc = interpreter_init(&p->first, ctx, err);
    if (rc == DLI_E_RUNTIME)
        // The model itself holds shapes that do not fit: nothing has failed.
        rc = err ? (err->code = DLI_E_UNSUPPORTED) : DLI_E_UNSUPPORTED;
    rc = rc ? rc : interpreter_describe(&p->io, p, err);
    // SLICE keeps the shape in the file whatever its input: the rest of the batch would be lost.
    if (rc == DLI_OK && p->io.input[0].dim[0] != before.input[0].dim[0] &&
        p->io.output[0].dim[0] == before.output[0].dim[0])
        rc = dli_fail(
            err, DLI_E_UNSUPPORTED,
            "an operator of the model has a shape of its own and does not follow another batch");
    return rc;
}

static void effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    const struct priv *p = ctx->priv;
    char number[16] = "default";
    if (ctx->settings->threads > 0)
        snprintf(number, sizeof(number), "%d", ctx->settings->threads);
    tell("num_threads", number, data);
    tell("delegate", p->first.xnnpack ? "XNNPACK" : "none", data);
}

static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    interpreter_release(&p->first, &p->api);
    if (p->model)
        p->api.ModelDelete(p->model);
    p->model = NULL;
}

static const char *const formats[] = {"tflite", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "tflite",
    .description = "TensorFlow Lite (LiteRT), C API",
    .formats = formats,
    .capabilities = DLI_CAP_CONCURRENT | DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE,
    .priv_size = sizeof(struct priv),
    .priv_defaults = &defaults,
    .options = options,
    .probe = probe,
    .load = load,
    .io_describe = io_describe,
    .reshape = reshape,
    .effective = effective,
    .request_init = run_request_init,
    .submit = run_submit,
    .request_release = run_request_release,
    .unload = unload,
};

const struct dli_backend *dli_backend_entry(void)
{
    return &backend;
}
