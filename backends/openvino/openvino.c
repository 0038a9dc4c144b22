// OpenVINO through its C API: start, models, compilation, settings. Devices and plugins are loaded
// only when asked for, so that the first inference comes early.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "openvino.h"

#define DLI_OPT_BASE struct priv
#define MAX_PROPERTIES 64

static const char *const tensor_owners[] = {"runtime", "core", NULL};

static const struct dli_option options[] = {
    {"tensors", DLI_OPT_CHOICE(tensors), .choices = tensor_owners,
     .help =
         "memory that the inference reads and writes: OpenVINO's own, or the core's bound to it"},
    DLI_OPTIONS_END};

// Lines of a message that say where in OpenVINO's sources it was thrown, not what is wrong.
static bool is_noise(const char *line)
{
    return !line[0] || strncmp(line, "Exception from ", 15) == 0 ||
           strncmp(line, "Check '", 7) == 0;
}

static bool says_unsupported(const char *text)
{
    return strstr(text, "not supported") || strstr(text, "nsupported") ||
           strstr(text, "No conversion rule") || strstr(text, "No translator found") ||
           strstr(text, "not implemented");
}

static bool says_no_device(const char *text)
{
    return strstr(text, "is not registered") || strstr(text, "Cannot load library") ||
           strstr(text, "is not available") || strstr(text, "o available device");
}

int ov_failed(struct dli_error *err, int code, const char *what)
{
    const char *message = ov_get_last_err_msg();
    char text[200] = "";
    size_t length = 0;
    char *copy = message ? strdup(message) : NULL;
    char *rest = NULL;
    if (message && says_no_device(message))
        code = DLI_E_UNAVAILABLE;
    else if (message && strstr(message, "Unsupported property"))
        code = DLI_E_ARG;
    else if (message && says_unsupported(message))
        code = DLI_E_UNSUPPORTED;
    for (char *line = copy ? strtok_r(copy, "\r\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\r\n", &rest)) {
        if (is_noise(line) || length >= sizeof(text) - 1)
            continue;
        int added = snprintf(text + length, sizeof(text) - length, "%s%s", length ? " " : "", line);
        length += added > 0 ? (size_t)added : 0;
    }
    free(copy);
    ov_free(message);
    return dli_fail(err, code, "%s: %s", what, text[0] ? text : "OpenVINO gives no reason");
}

static void copy_property(char *out, size_t out_bytes, const ov_core_t *core, const char *device,
                          const char *key)
{
    char *value = NULL;
    if (ov_core_get_property(core, device, key, &value) == OK && value)
        snprintf(out, out_bytes, "%s", value);
    ov_free(value);
}

static void probe_device(struct dli_device *out, const ov_core_t *core, const char *id)
{
    char memory[32] = "0";
    snprintf(out->id, sizeof(out->id), "%s", id);
    snprintf(out->name, sizeof(out->name), "%s", id);
    copy_property(out->name, sizeof(out->name), core, id, "FULL_DEVICE_NAME");
    if (strncmp(id, "CPU", 3) != 0)
        copy_property(memory, sizeof(memory), core, id, "GPU_DEVICE_TOTAL_MEM_SIZE");
    out->memory_bytes = strtoull(memory, NULL, 10);
}

static int probe(struct dli_probe *out, struct dli_error *err)
{
    ov_core_t *core = NULL;
    ov_available_devices_t devices = {0};
    ov_version_t version = {0};
    memset(out, 0, sizeof(*out));
    if (ov_core_create(&core) != OK)
        return ov_failed(err, DLI_E_UNAVAILABLE, "OpenVINO does not start");
    if (ov_get_openvino_version(&version) == OK) {
        snprintf(out->version, sizeof(out->version), "%s", version.buildNumber);
        ov_version_free(&version);
    }
    int rc = DLI_OK;
    if (ov_core_get_available_devices(core, &devices) != OK) {
        rc = ov_failed(err, DLI_E_UNAVAILABLE, "OpenVINO's devices");
    } else {
        for (size_t i = 0; i < devices.size && out->device_count < DLI_MAX_DEVICES; i++)
            probe_device(&out->device[out->device_count++], core, devices.devices[i]);
        ov_available_devices_free(&devices);
    }
    ov_core_free(core);
    return rc;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    p->host = ctx->host;
    p->is_async = ctx->settings->is_async;
    if (access(model->path, R_OK) != 0)
        return dli_fail(err, errno == ENOENT ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s", model->path,
                        strerror(errno));
    if (ov_core_create(&p->core) != OK)
        return ov_failed(err, DLI_E_UNAVAILABLE, "OpenVINO does not start");
    if (ov_core_read_model(p->core, model->path, model->weights_path, &p->model) != OK)
        return ov_failed(err, DLI_E_PARSE, "reading the model");
    return DLI_OK;
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    return ports_describe(out, ctx->priv, err);
}

static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    ov_partial_shape_t shapes[DLI_MAX_IO] = {0};
    size_t ports[DLI_MAX_IO];
    int rc = DLI_OK;
    int count = 0;
    for (; rc == DLI_OK && count < io->input_count; count++) {
        const struct dli_tensor_desc *desc = &io->input[count];
        ov_dimension_t dims[DLI_MAX_RANK];
        ports[count] = (size_t)count;
        for (int d = 0; d < desc->rank; d++)
            dims[d] = (ov_dimension_t){desc->dim[d], desc->dim[d]};
        if (ov_partial_shape_create(desc->rank, dims, &shapes[count]) != OK)
            rc = ov_failed(err, DLI_E_ARG, "shape of an input");
    }
    if (rc == DLI_OK &&
        ov_model_reshape_by_port_indexes(p->model, ports, shapes, (size_t)count) != OK)
        rc = ov_failed(err, DLI_E_UNSUPPORTED, "the model does not take this input shape");
    for (int i = 0; i < count; i++)
        ov_partial_shape_free(&shapes[i]);
    return rc;
}

/** Properties for compile_model, all as text. */
struct properties {
    size_t count;
    ov_property_t list[MAX_PROPERTIES];
    char threads[16];
    char streams[16];
    char requests[16];
};

static void add(struct properties *out, const char *key, const char *value)
{
    out->list[out->count++] = (ov_property_t){key, value};
}

static int add_precision(struct properties *out, enum dli_type precision, struct dli_error *err)
{
    switch (precision) {
    case DLI_TYPE_NONE:
        return DLI_OK;
    case DLI_F32:
    case DLI_F16:
    case DLI_BF16:
        add(out, "INFERENCE_PRECISION_HINT", dli_type_name(precision));
        return DLI_OK;
    default:
        return dli_fail(
            err, DLI_E_UNSUPPORTED,
            "precision %s is no setting of OpenVINO: quantise the model and use precision "
            "none",
            dli_type_name(precision));
    }
}

static int add_hint(struct properties *out, const struct dli_settings *s, struct dli_error *err)
{
    // Requests in flight need streams to run in: unless the user says how many, OpenVINO shall
    // choose.
    bool is_chosen = !s->hint && s->is_async && s->streams == 0;
    const char *hint = is_chosen ? "throughput" : s->hint;
    if (!hint || strcmp(hint, "none") == 0)
        return DLI_OK;
    if (strcmp(hint, "latency") != 0 && strcmp(hint, "throughput") != 0)
        return dli_fail(err, DLI_E_ARG, "hint '%s': there are latency and throughput", hint);
    add(out, "PERFORMANCE_HINT", strcmp(hint, "latency") == 0 ? "LATENCY" : "THROUGHPUT");
    if (s->requests > 0) {
        snprintf(out->requests, sizeof(out->requests), "%d", s->requests);
        add(out, "PERFORMANCE_HINT_NUM_REQUESTS", out->requests);
    }
    return DLI_OK;
}

static int make_properties(struct properties *out, const struct dli_settings *s,
                           struct dli_error *err)
{
    out->count = 0;
    int rc = add_precision(out, s->precision, err);
    rc = rc ? rc : add_hint(out, s, err);
    if (rc)
        return rc;
    if (s->threads > 0) {
        snprintf(out->threads, sizeof(out->threads), "%d", s->threads);
        add(out, "INFERENCE_NUM_THREADS", out->threads);
    }
    if (s->streams > 0) {
        snprintf(out->streams, sizeof(out->streams), "%d", s->streams);
        add(out, "NUM_STREAMS", out->streams);
    }
    if (s->pin_threads >= 0)
        add(out, "ENABLE_CPU_PINNING", s->pin_threads ? "YES" : "NO");
    if (s->cache_dir)
        add(out, "CACHE_DIR", s->cache_dir);
    if (s->is_profiling)
        add(out, "PERF_COUNT", "YES");
    if (s->pair_count < 0 || (size_t)s->pair_count > MAX_PROPERTIES - out->count)
        return dli_fail(err, DLI_E_ARG, "more than %zu properties", MAX_PROPERTIES - out->count);
    for (int i = 0; i < s->pair_count; i++)
        add(out, s->pair[i].key, s->pair[i].value);
    return DLI_OK;
}

// A device that cannot compute as asked falls back in silence: its speed would stand under a wrong
// name.
static int check_precision(const struct priv *p, const struct dli_settings *s,
                           struct dli_error *err)
{
    char *value = NULL;
    int rc = DLI_OK;
    if (s->precision != DLI_F16 && s->precision != DLI_BF16)
        return DLI_OK;
    if (ov_compiled_model_get_property(p->compiled, "INFERENCE_PRECISION_HINT", &value) == OK &&
        value && strcmp(value, dli_type_name(s->precision)) != 0)
        rc = dli_fail(err, DLI_E_UNSUPPORTED, "precision %s: this device computes in %s instead",
                      dli_type_name(s->precision), value);
    ov_free(value);
    return rc;
}

static int compile(struct dli_context *ctx, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    const char *device = ctx->settings->device ? ctx->settings->device : "CPU";
    struct properties properties;
    int rc = make_properties(&properties, ctx->settings, err);
    if (rc)
        return rc;
    if (ov_core_compile_model_props(p->core, p->model, device, properties.count, properties.list,
                                    &p->compiled) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "compiling the model");
    // The compiled model needs it no longer, and its weights are large.
    ov_model_free(p->model);
    p->model = NULL;
    rc = check_precision(p, ctx->settings, err);
    return rc ? rc : ports_describe(&p->io, p, err);
}

static int optimal_requests(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    char *value = NULL;
    int count = 1;
    if (ov_compiled_model_get_property(p->compiled, "OPTIMAL_NUMBER_OF_INFER_REQUESTS", &value) ==
            OK &&
        value) {
        long read = strtol(value, NULL, 10);
        count = read > 0 && read < 100000 ? (int)read : 1;
    }
    ov_free(value);
    return count;
}

static void tell_property(const struct priv *p, const char *key, dli_setting_fn tell, void *data)
{
    char *value = NULL;
    if (ov_compiled_model_get_property(p->compiled, key, &value) == OK && value)
        tell(key, value, data);
    ov_free(value);
}

static void effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    static const char *const keys[] = {"EXECUTION_DEVICES",
                                       "PERFORMANCE_HINT",
                                       "PERFORMANCE_HINT_NUM_REQUESTS",
                                       "EXECUTION_MODE_HINT",
                                       "INFERENCE_PRECISION_HINT",
                                       "NUM_STREAMS",
                                       "INFERENCE_NUM_THREADS",
                                       "ENABLE_CPU_PINNING",
                                       "ENABLE_HYPER_THREADING",
                                       "SCHEDULING_CORE_TYPE",
                                       "OPTIMAL_NUMBER_OF_INFER_REQUESTS"};
    struct priv *p = ctx->priv;
    const size_t key_count = sizeof(keys) / sizeof(keys[0]);
    for (size_t i = 0; i < key_count; i++)
        tell_property(p, keys[i], tell, data);
    for (int i = 0; i < ctx->settings->pair_count; i++) {
        bool is_told = false;
        for (size_t k = 0; k < key_count; k++)
            is_told = is_told || strcmp(keys[k], ctx->settings->pair[i].key) == 0;
        if (!is_told)
            tell_property(p, ctx->settings->pair[i].key, tell, data);
    }
    tell("call", p->is_async ? "start_async" : "infer", data);
    tell("tensors", tensor_owners[p->tensors], data);
}

static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    ov_compiled_model_free(p->compiled);
    ov_model_free(p->model);
    ov_core_free(p->core);
    p->compiled = NULL;
    p->model = NULL;
    p->core = NULL;
}

static const char *const formats[] = {"openvino", "onnx", "tflite", "tensorflow", "paddle", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "openvino",
    .description = "Intel OpenVINO, C API",
    .formats = formats,
    .capabilities = DLI_CAP_ASYNC | DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE,
    .priv_size = sizeof(struct priv),
    .options = options,
    .probe = probe,
    .load = load,
    .io_describe = io_describe,
    .reshape = reshape,
    .compile = compile,
    .optimal_requests = optimal_requests,
    .effective = effective,
    .request_init = run_request_init,
    .submit = run_submit,
    .drain = run_drain,
    .request_release = run_request_release,
    .unload = unload,
};

const struct dli_backend *dli_backend_entry(void)
{
    return &backend;
}
