// TensorFlow through its C API: options, probe, load, shapes and the table of hooks.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <sys/stat.h>

#include "tensorflow.h"

#define DLI_OPT_BASE struct priv

static const struct dli_option options[] = {
    {"inter-threads", DLI_OPT_INT(inter_threads), DLI_RANGE(-1, 1024), .unit = "threads",
     .help = "operators that run at the same time; -1: one after another in the caller's thread; "
             "0: TensorFlow decides"},
    {"onednn", DLI_OPT_BOOL(has_onednn), .help = "use the kernels of oneDNN"},
    DLI_OPTIONS_END};

static const struct priv defaults = {.inter_threads = -1, .has_onednn = true};

int tf_check(const TF_Status *status, const char *what, struct dli_error *err)
{
    TF_Code code = TF_GetCode(status);
    const char *text = TF_Message(status);
    int line = (int)strcspn(text, "\n");
    if (code == TF_OK)
        return DLI_OK;
    return dli_fail(err,
                    code == TF_UNIMPLEMENTED        ? DLI_E_UNSUPPORTED
                    : code == TF_RESOURCE_EXHAUSTED ? DLI_E_NOMEM
                                                    : DLI_E_RUNTIME,
                    "%s: %.*s", what, line < 180 ? line : 180, text);
}

static int probe(struct dli_probe *out, struct dli_error *err)
{
    (void)err;
    memset(out, 0, sizeof(*out));
    snprintf(out->version, sizeof(out->version), "%s", TF_Version());
    out->device_count = 1;
    out->device[0] = (struct dli_device){.id = "CPU", .name = "CPU"};
    return DLI_OK;
}

// What TensorFlow has no way to honour is said before anything is loaded.
static int check_settings(const struct dli_settings *s, struct dli_error *err)
{
    if (s->device && strcmp(s->device, "CPU") != 0)
        return dli_fail(err, DLI_E_UNAVAILABLE, "no device '%s': this TensorFlow has only CPU",
                        s->device);
    if (s->precision != DLI_TYPE_NONE && s->precision != DLI_F32)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "precision %s: TensorFlow computes in the types of the model file",
                        dli_type_name(s->precision));
    if (s->hint)
        return dli_fail(err, DLI_E_UNSUPPORTED, "hint %s: TensorFlow has no performance hints",
                        s->hint);
    if (s->streams > 1)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "streams %d: TensorFlow has none; use requests, which run in parallel",
                        s->streams);
    if (s->pin_threads >= 0)
        return dli_fail(err, DLI_E_UNSUPPORTED, "TensorFlow has no pinning of its threads");
    if (s->cache_dir)
        return dli_fail(err, DLI_E_UNSUPPORTED, "TensorFlow has no cache of compiled models");
    if (s->is_profiling)
        return dli_fail(err, DLI_E_UNSUPPORTED, "this backend does not profile");
    if (s->pair_count > 0)
        return dli_fail(err, DLI_E_ARG, "TensorFlow has no setting '%s'", s->pair[0].key);
    return DLI_OK;
}

static void free_bytes(void *data, size_t bytes)
{
    (void)bytes;
    free(data);
}

// The whole file, as TensorFlow wants it.
static int read_file(TF_Buffer **out, const char *path, struct dli_error *err)
{
    struct stat stat_of;
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    if (!file || fstat(fileno(file), &stat_of) != 0) {
        int rc = dli_fail(err, errno == ENOENT || errno == ENOTDIR ? DLI_E_NOTFOUND : DLI_E_IO,
                          "%s: %s", path, strerror(errno));
        if (file)
            fclose(file);
        return rc;
    }
    size_t bytes = S_ISREG(stat_of.st_mode) && stat_of.st_size > 0 ? (size_t)stat_of.st_size : 0;
    data = bytes ? malloc(bytes) : NULL;
    size_t got = data ? fread(data, 1, bytes, file) : 0;
    fclose(file);
    if (!data || got != bytes) {
        free(data);
        return dli_fail(err, bytes ? DLI_E_IO : DLI_E_PARSE, "%s: %s", path,
                        bytes ? "cannot be read to its end"
                              : "an empty file or a folder, no GraphDef");
    }
    *out = TF_NewBuffer();
    **out = (TF_Buffer){data, bytes, free_bytes};
    return DLI_OK;
}

static int import_graph(struct priv *p, const char *path, struct dli_error *err)
{
    TF_Buffer *file = NULL;
    int rc = read_file(&file, path, err);
    if (rc)
        return rc;
    TF_Status *status = TF_NewStatus();
    TF_ImportGraphDefOptions *import = TF_NewImportGraphDefOptions();
    p->graph = TF_NewGraph();
    TF_GraphImportGraphDef(p->graph, file, import, status);
    rc = tf_check(status, path, err);
    if (rc && TF_GetCode(status) == TF_INVALID_ARGUMENT)
        rc = err ? (err->code = DLI_E_PARSE) : DLI_E_PARSE;
    TF_DeleteImportGraphDefOptions(import);
    TF_DeleteStatus(status);
    TF_DeleteBuffer(file);
    return rc;
}

static size_t put_int(unsigned char *out, int field, int64_t value)
{
    size_t length = 0;
    uint64_t rest = (uint64_t)value;
    out[length++] = (unsigned char)(field << 3);
    for (; rest >= 0x80; rest >>= 7)
        out[length++] = (unsigned char)(rest | 0x80);
    out[length++] = (unsigned char)rest;
    return length;
}

// tensorflow/core/protobuf/config.proto: 2 intra_op_parallelism_threads, 5
// inter_op_parallelism_threads.
static int make_session(struct priv *p, int threads, struct dli_error *err)
{
    unsigned char config[32];
    size_t length = put_int(config, 2, threads);
    length += put_int(config + length, 5, p->inter_threads);
    TF_Status *status = TF_NewStatus();
    TF_SessionOptions *session_options = TF_NewSessionOptions();
    TF_SetConfig(session_options, config, length, status);
    if (TF_GetCode(status) == TF_OK)
        p->session = TF_NewSession(p->graph, session_options, status);
    int rc = tf_check(status, "making a session", err);
    TF_DeleteSessionOptions(session_options);
    TF_DeleteStatus(status);
    return rc;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    int rc = check_settings(ctx->settings, err);
    if (rc)
        return rc;
    // TensorFlow reads both when it is first used, and has no other way to be told.
    setenv("TF_ENABLE_ONEDNN_OPTS", p->has_onednn ? "1" : "0", 1);
    setenv("TF_CPP_MIN_LOG_LEVEL", "2", 0);
    rc = import_graph(p, model->path, err);
    if (!rc)
        rc = graph_describe(p, err);
    return rc ? rc : make_session(p, ctx->settings->threads, err);
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    (void)err;
    *out = p->io;
    return DLI_OK;
}

// Open dimensions only: the operators of a graph may rely on those that it fixes.
static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    for (int i = 0; i < p->io.input_count; i++) {
        struct dli_tensor_desc *mine = &p->io.input[i];
        const struct dli_tensor_desc *wanted = &io->input[i];
        if (wanted->rank != mine->rank)
            return dli_fail(err, DLI_E_UNSUPPORTED, "input '%s' has %d dimensions, not %d",
                            mine->name, mine->rank, wanted->rank);
        for (int d = 0; d < mine->rank; d++) {
            if (mine->dim[d] != DLI_DYNAMIC && mine->dim[d] != wanted->dim[d])
                return dli_fail(err, DLI_E_UNSUPPORTED,
                                "input '%s': the graph fixes dimension %d at %lld", mine->name, d,
                                (long long)mine->dim[d]);
            mine->dim[d] = wanted->dim[d];
        }
    }
    return DLI_OK;
}

static int compile(struct dli_context *ctx, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    for (int i = 0; i < p->io.output_count; i++)
        for (int d = 0; d < p->io.output[i].rank; d++)
            if (p->io.output[i].dim[d] == DLI_DYNAMIC)
                return run_learn_shapes(p, err);
    return DLI_OK;
}

static void effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    const struct priv *p = ctx->priv;
    char number[16];
    snprintf(number, sizeof(number), "%d", ctx->settings->threads);
    tell("intra_op_parallelism_threads", number, data);
    snprintf(number, sizeof(number), "%d", p->inter_threads);
    tell("inter_op_parallelism_threads", number, data);
    tell("TF_ENABLE_ONEDNN_OPTS", getenv("TF_ENABLE_ONEDNN_OPTS"), data);
}

static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    TF_Status *status = TF_NewStatus();
    if (p->session) {
        TF_CloseSession(p->session, status);
        TF_DeleteSession(p->session, status);
    }
    if (p->graph)
        TF_DeleteGraph(p->graph);
    p->session = NULL;
    p->graph = NULL;
    TF_DeleteStatus(status);
}

static const char *const formats[] = {"tensorflow", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "tensorflow",
    .description = "TensorFlow, C API",
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
