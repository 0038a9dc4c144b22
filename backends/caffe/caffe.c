// BVLC Caffe: settings and the table of hooks.
#include "caffe.h"

#include <stdio.h>
#include <string.h>

static int probe(struct dli_probe *out, struct dli_error *err)
{
    (void)err;
    memset(out, 0, sizeof(*out));
    snprintf(out->version, sizeof(out->version), "%s", net_version());
    out->device_count = 1;
    out->device[0] = (struct dli_device){.id = "CPU", .name = "CPU"};
    return DLI_OK;
}

// What Caffe has no way to honour is said before anything is loaded.
static int check_settings(const struct dli_settings *s, struct dli_error *err)
{
    if (s->device && strcmp(s->device, "CPU") != 0)
        return dli_fail(err, DLI_E_UNAVAILABLE, "no device '%s': this Caffe has only CPU",
                        s->device);
    if (s->precision != DLI_TYPE_NONE && s->precision != DLI_F32)
        return dli_fail(err, DLI_E_UNSUPPORTED, "precision %s: Caffe computes in f32",
                        dli_type_name(s->precision));
    if (s->hint)
        return dli_fail(err, DLI_E_UNSUPPORTED, "hint %s: Caffe has no performance hints", s->hint);
    if (s->streams > 1)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "streams %d: Caffe has none; use requests, which run in parallel",
                        s->streams);
    if (s->pin_threads >= 0)
        return dli_fail(err, DLI_E_UNSUPPORTED, "Caffe has no pinning of its threads");
    if (s->cache_dir)
        return dli_fail(err, DLI_E_UNSUPPORTED, "Caffe has no cache of compiled models");
    if (s->is_profiling)
        return dli_fail(err, DLI_E_UNSUPPORTED, "Caffe has no profiler");
    if (s->pair_count > 0)
        return dli_fail(err, DLI_E_ARG, "Caffe has no setting '%s'", s->pair[0].key);
    return DLI_OK;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    int rc = check_settings(ctx->settings, err);
    return rc ? rc : net_load(ctx->priv, model, ctx->settings->threads, err);
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    (void)err;
    *out = p->io;
    return DLI_OK;
}

// Only the number of samples: of another size, most networks would end the process.
static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    for (int i = 0; i < p->io.input_count; i++) {
        const struct dli_tensor_desc *mine = &p->io.input[i], *wanted = &io->input[i];
        if (wanted->rank != mine->rank ||
            memcmp(wanted->dim + 1, mine->dim + 1,
                   sizeof(mine->dim[0]) * (size_t)(mine->rank - 1)) != 0)
            return dli_fail(
                err, DLI_E_UNSUPPORTED,
                "input '%s': only its first dimension can be changed; edit the prototxt",
                mine->name);
    }
    return net_reshape(p, io, err);
}

static void effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    char number[16];
    (void)ctx;
    snprintf(number, sizeof(number), "%d", net_threads());
    tell("openblas_num_threads", number, data);
}

static int request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    return net_request_init(ctx->priv, request, err);
}

static int submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    (void)ctx;
    return net_submit(request, err);
}

static void request_release(struct dli_context *ctx, struct dli_request *request)
{
    (void)ctx;
    net_request_release(request);
}

static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    net_free(p->net);
    p->net = NULL;
}

static const char *const formats[] = {"caffe", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "caffe",
    .description = "BVLC Caffe",
    .formats = formats,
    .capabilities = DLI_CAP_CONCURRENT | DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE,
    .priv_size = sizeof(struct priv),
    .probe = probe,
    .load = load,
    .io_describe = io_describe,
    .reshape = reshape,
    .effective = effective,
    .request_init = request_init,
    .submit = submit,
    .request_release = request_release,
    .unload = unload,
};

const struct dli_backend *dli_backend_entry(void)
{
    return &backend;
}
