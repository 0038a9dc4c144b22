// ONNX Runtime through its C API: the library, probe, load and the table of hooks.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dlfcn.h>

#include "onnxruntime.h"

#define DLI_OPT_BASE struct priv
#define LIBRARY_NAME "libonnxruntime.so.1"
#define OLDEST_API 16 /**< the first with RunAsync; everything else here is older */

static const char *const tristates[] = {"default", "yes", "no", NULL};
static const char *const modes[] = {"sequential", "parallel", NULL};
static const char *const levels[] = {"none", "basic", "extended", "all", NULL};

static const struct dli_option options[] = {
    {"inter-threads", DLI_OPT_INT(inter_threads), DLI_RANGE(0, 1024), .unit = "threads",
     .help = "threads across operators in execution-mode parallel; 0: ONNX Runtime decides"},
    {"execution-mode", DLI_OPT_CHOICE(execution_mode), .choices = modes,
     .help = "operators one after the other, or independent ones in parallel"},
    {"graph-optimization", DLI_OPT_CHOICE(graph_level), .choices = levels,
     .help = "level of the graph optimisations"},
    {"spinning", DLI_OPT_CHOICE(spinning), .choices = tristates,
     .help = "whether idle pool threads wait busy"},
    {"affinity", DLI_OPT_STRING(affinity),
     .help =
         "processors of the pool threads, counted from 1, as in «2;3,4;5-6»; empty: as pin says"},
    {"arena", DLI_OPT_BOOL(has_arena), .help = "keep freed memory in an arena"},
    {"memory-pattern", DLI_OPT_BOOL(has_memory_pattern),
     .help = "plan the memory of an inference from the one before"},
    {"binding", DLI_OPT_BOOL(is_binding),
     .help = "bind inputs and outputs once, instead of passing them"},
    {"run-async", DLI_OPT_BOOL(is_run_async),
     .help = "mode async by RunAsync (2 threads or more), instead of Run on several threads"},
    DLI_OPTIONS_END};

static const struct priv defaults = {
    .graph_level = 3, .has_arena = true, .has_memory_pattern = true, .is_binding = true};

static int code_of(OrtErrorCode code, const char *text, int otherwise)
{
    if (strstr(text, "is not a registered function/op") || strstr(text, "is under development") ||
        strstr(text, "nsupported model IR version"))
        return DLI_E_UNSUPPORTED;
    if (strstr(text, "No graph was found"))
        return DLI_E_PARSE;
    switch (code) {
    case ORT_NO_SUCHFILE:
        return DLI_E_NOTFOUND;
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
    case ORT_NO_MODEL:
        return DLI_E_PARSE;
    case ORT_NOT_IMPLEMENTED:
        return DLI_E_UNSUPPORTED;
    case ORT_EP_FAIL:
        return DLI_E_UNAVAILABLE;
    default:
        return otherwise;
    }
}

int ort_failed(const OrtApi *api, OrtStatus *status, struct dli_error *err, int code,
               const char *what)
{
    const char *text = api->GetErrorMessage(status);
    code = code_of(api->GetErrorCode(status), text, code);
    dli_fail(err, code, "%s: %s", what, text);
    api->ReleaseStatus(status);
    return code;
}

/** Opens the library found by this module's RPATH or DLI_ONNXRUNTIME_LIBRARY. Never closed. */
static int open_library(struct library *out, struct dli_error *err)
{
    const char *given = getenv("DLI_ONNXRUNTIME_LIBRARY");
    const char *name = given && given[0] ? given : LIBRARY_NAME;
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return dli_fail(err, DLI_E_UNAVAILABLE, "%s", dlerror());
    const OrtApiBase *(*get_base)(void) = NULL;
    void *symbol = dlsym(handle, "OrtGetApiBase");
    // ISO C has no cast from object to function pointer; POSIX promises that the bytes are the
    // same.
    memcpy(&get_base, &symbol, sizeof(get_base));
    const OrtApiBase *base = get_base ? get_base() : NULL;
    if (!base)
        return dli_fail(err, DLI_E_UNAVAILABLE, "%s is no ONNX Runtime", name);
    out->version = base->GetVersionString();
    // Asking for a version that the library lacks makes it print, so start at its own: «1.NN.p».
    long minor = strncmp(out->version, "1.", 2) == 0 ? strtol(out->version + 2, NULL, 10) : 0;
    uint32_t newest = minor > 0 && minor < ORT_API_VERSION ? (uint32_t)minor : ORT_API_VERSION;
    for (out->api_version = newest; out->api_version >= OLDEST_API; out->api_version--) {
        out->api = base->GetApi(out->api_version);
        if (out->api)
            return DLI_OK;
    }
    return dli_fail(err, DLI_E_UNAVAILABLE, "ONNX Runtime %s is older than 1.%d", out->version,
                    OLDEST_API);
}

static void add_provider(struct dli_probe *out, const char *provider)
{
    static const char suffix[] = "ExecutionProvider";
    const size_t length = strlen(provider);
    // Azure sends the work away; it is no device of this machine.
    if (strcmp(provider, "AzureExecutionProvider") == 0 || out->device_count == DLI_MAX_DEVICES)
        return;
    struct dli_device *device = &out->device[out->device_count++];
    size_t kept = length;
    if (length > sizeof(suffix) - 1 &&
        strcmp(provider + length - (sizeof(suffix) - 1), suffix) == 0)
        kept = length - (sizeof(suffix) - 1);
    snprintf(device->id, sizeof(device->id), "%.*s", (int)kept, provider);
    snprintf(device->name, sizeof(device->name), "%s", provider);
}

static int probe(struct dli_probe *out, struct dli_error *err)
{
    struct library library;
    char **providers = NULL;
    int count = 0;
    memset(out, 0, sizeof(*out));
    int rc = open_library(&library, err);
    if (rc)
        return rc;
    snprintf(out->version, sizeof(out->version), "%s", library.version);
    OrtStatus *status = library.api->GetAvailableProviders(&providers, &count);
    if (status)
        return ort_failed(library.api, status, err, DLI_E_RUNTIME, "list of execution providers");
    for (int i = 0; i < count; i++)
        add_provider(out, providers[i]);
    status = library.api->ReleaseAvailableProviders(providers, count);
    if (status)
        library.api->ReleaseStatus(status);
    return DLI_OK;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    p->host = ctx->host;
    int rc = open_library(&p->library, err);
    if (rc)
        return rc;
    const OrtApi *api = p->library.api;
    OrtStatus *status = api->CreateEnv(ORT_LOGGING_LEVEL_WARNING, "dli", &p->env);
    if (!status)
        status = api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &p->memory);
    if (status)
        return ort_failed(api, status, err, DLI_E_UNAVAILABLE, "ONNX Runtime does not start");
    p->path = strdup(model->path);
    if (!p->path)
        return dli_fail(err, DLI_E_NOMEM, "no memory for a path");
    rc = session_open(ctx, err);
    return rc ? rc : ports_describe(&p->io, p, err);
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    const struct priv *p = ctx->priv;
    (void)err;
    *out = p->io;
    return DLI_OK;
}

// Open dimensions are fixed when a session is made, so that the optimiser and the outputs know
// them.
static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    int rc = ports_free_dimensions(p, io, err);
    if (rc == DLI_OK && p->free_count > 0)
        rc = session_open(ctx, err);
    if (rc == DLI_OK)
        rc = ports_describe(&p->io, p, err);
    for (int i = 0; rc == DLI_OK && i < p->io.input_count; i++)
        memcpy(p->io.input[i].dim, io->input[i].dim, sizeof(io->input[i].dim));
    return rc;
}

static unsigned context_capabilities(struct dli_context *ctx)
{
    unsigned common = DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE;
    return common | (run_call(ctx) == CALL_RUN_ASYNC ? DLI_CAP_ASYNC : DLI_CAP_CONCURRENT);
}

static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    const OrtApi *api = p->library.api;
    if (p->session)
        api->ReleaseSession(p->session);
    if (p->memory)
        api->ReleaseMemoryInfo(p->memory);
    if (p->env)
        api->ReleaseEnv(p->env);
    free(p->path);
    p->session = NULL;
    p->memory = NULL;
    p->env = NULL;
    p->path = NULL;
}

static const char *const formats[] = {"onnx", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "onnxruntime",
    .description = "Microsoft ONNX Runtime, C API",
    .formats = formats,
    .capabilities = DLI_CAP_CONCURRENT | DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE,
    .priv_size = sizeof(struct priv),
    .priv_defaults = &defaults,
    .options = options,
    .probe = probe,
    .load = load,
    .io_describe = io_describe,
    .reshape = reshape,
    .context_capabilities = context_capabilities,
    .effective = session_effective,
    .request_init = run_request_init,
    .submit = run_submit,
    .request_release = run_request_release,
    .unload = unload,
};

const struct dli_backend *dli_backend_entry(void)
{
    return &backend;
}
