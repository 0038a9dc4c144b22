#include "module.h"

#include <stdlib.h>

#include <dlfcn.h>
#include <unistd.h>

#include "zoo/emit.h"

static void ignore_log(struct dli_log *log, enum dli_log_level level, const char *format, ...)
{
    (void)log;
    (void)level;
    (void)format;
}

static void complete(struct dli_request *request, int status)
{
    struct session *s = request->core;
    atomic_fetch_add(&s->completions[request->index], 1);
    if (status)
        atomic_fetch_add(&s->failures, 1);
    sem_post(&s->completed);
}

static const struct dli_host host = {.complete = complete, .log = ignore_log};

const struct dli_backend *module_open(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        printf("# %s\n", dlerror());
        return NULL;
    }
    void *symbol = dlsym(handle, DLI_BACKEND_SYMBOL);
    dli_backend_entry_fn entry = NULL;
    memcpy(&entry, &symbol, sizeof(entry));
    return entry ? entry() : NULL;
}

static int set_option(struct session *s, const char *text, struct dli_error *err)
{
    char name[64];
    const char *value = strchr(text, '=');
    if (!value || (size_t)(value - text) >= sizeof(name))
        return dli_fail(err, DLI_E_ARG, "option '%s': NAME=VALUE", text);
    memcpy(name, text, (size_t)(value - text));
    name[value - text] = '\0';
    const struct dli_option *option = options_find(s->backend->options, name);
    if (option)
        return options_set(s->ctx.priv, option, value + 1, &s->owner, err);
    if (strcmp(name, "threads") != 0)
        return dli_fail(err, DLI_E_ARG, "no option '%s'", name);
    s->settings.threads = (int)strtol(value + 1, NULL, 10);
    return DLI_OK;
}

int session_open(struct session *s, const struct subject *subject, bool is_async,
                 struct dli_error *err)
{
    const struct dli_backend *b = subject->backend;
    memset(s, 0, sizeof(*s));
    s->backend = b;
    s->settings.precision = DLI_F32;
    s->settings.threads = 1;
    s->settings.requests = is_async ? SESSION_REQUESTS : 1;
    s->settings.is_async = is_async;
    s->settings.pin_threads = -1;
    s->ctx = (struct dli_context){.host = &host, .settings = &s->settings};
    s->ctx.priv = calloc(1, b->priv_size > 0 ? b->priv_size : 1);
    if (b->priv_defaults)
        memcpy(s->ctx.priv, b->priv_defaults, b->priv_size);
    sem_init(&s->completed, 0, 0);
    for (int i = 0; i < subject->option_count; i++) {
        int rc = set_option(s, subject->option[i], err);
        if (rc)
            return rc;
    }
    return DLI_OK;
}

int session_read(struct session *s, const char *path, const char *format, struct dli_error *err)
{
    const struct emitter *emitter = emit_find(format);
    char *weights = emitter ? emit_weights_path(emitter, path) : NULL;
    bool has_weights = weights && access(weights, R_OK) == 0;
    struct dli_model model = {
        .path = path, .weights_path = has_weights ? weights : NULL, .format = format};
    s->has_loaded = true;
    int rc = s->backend->load(&s->ctx, &model, err);
    free(weights);
    return rc;
}

int session_load(struct session *s, const char *path, const char *format,
                 const struct dli_io *wanted, struct dli_error *err)
{
    const struct dli_backend *b = s->backend;
    int rc = session_read(s, path, format, err);
    if (rc == DLI_OK)
        rc = b->io_describe(&s->ctx, &s->io, err);
    if (rc == DLI_OK && wanted)
        rc = b->reshape ? b->reshape(&s->ctx, wanted, err)
                        : dli_fail(err, DLI_E_UNSUPPORTED, "the backend cannot reshape");
    if (rc == DLI_OK && b->compile)
        rc = b->compile(&s->ctx, err);
    return rc ? rc : b->io_describe(&s->ctx, &s->io, err);
}

static int make_tensor(struct dli_tensor *out, void **memory, const struct dli_tensor_desc *desc,
                       bool may_be_open, struct dli_error *err)
{
    out->desc = *desc;
    int rc = dli_tensor_bytes(&out->bytes, desc, err);
    if (rc)
        return may_be_open ? DLI_OK : rc;
    *memory = aligned_alloc(64, (out->bytes + 127) / 64 * 64);
    if (!*memory)
        return dli_fail(err, DLI_E_NOMEM, "no memory for a tensor");
    memset(*memory, 0, out->bytes);
    out->data = *memory;
    return DLI_OK;
}

int session_make_requests(struct session *s, int count, struct dli_error *err)
{
    for (int r = 0; r < count; r++) {
        struct dli_request *request = &s->request[r];
        int rc = DLI_OK;
        *request = (struct dli_request){.index = r,
                                        .input_count = s->io.input_count,
                                        .output_count = s->io.output_count,
                                        .input = s->input[r],
                                        .output = s->output[r],
                                        .device_ns = -1,
                                        .core = s};
        s->request_count = r + 1;
        for (int i = 0; rc == DLI_OK && i < s->io.input_count; i++)
            rc = make_tensor(&s->input[r][i], &s->memory[r][i], &s->io.input[i], false, err);
        for (int i = 0; rc == DLI_OK && i < s->io.output_count; i++)
            rc = make_tensor(&s->output[r][i], &s->memory[r][DLI_MAX_IO + i], &s->io.output[i],
                             true, err);
        if (rc == DLI_OK && s->backend->request_init)
            rc = s->backend->request_init(&s->ctx, request, err);
        if (rc)
            return rc;
    }
    return DLI_OK;
}

int session_set_input(struct session *s, int request, int index, const void *data,
                      struct dli_error *err)
{
    struct dli_tensor *tensor = &s->input[request][index];
    if (s->backend->set_input)
        return s->backend->set_input(&s->ctx, &s->request[request], index, data, tensor->bytes,
                                     err);
    memcpy(tensor->data, data, tensor->bytes);
    return DLI_OK;
}

int session_run(struct session *s, int request, struct dli_error *err)
{
    int failures = atomic_load(&s->failures);
    int rc = s->backend->submit(&s->ctx, &s->request[request], err);
    if (rc == DLI_BUSY)
        return dli_fail(err, DLI_E_PROTOCOL, "an idle backend answered busy");
    if (rc == DLI_PENDING) {
        sem_wait(&s->completed);
        rc = atomic_load(&s->failures) == failures ? DLI_OK : DLI_E_RUNTIME;
    }
    return rc;
}

unsigned session_capabilities(struct session *s)
{
    return s->backend->context_capabilities ? s->backend->context_capabilities(&s->ctx)
                                            : s->backend->capabilities;
}

void session_close(struct session *s)
{
    for (int r = 0; r < s->request_count; r++) {
        if (s->backend->request_release)
            s->backend->request_release(&s->ctx, &s->request[r]);
        for (int i = 0; i < 2 * DLI_MAX_IO; i++)
            free(s->memory[r][i]);
    }
    if (s->has_loaded)
        s->backend->unload(&s->ctx);
    free(s->ctx.priv);
    options_owner_release(&s->owner);
    sem_destroy(&s->completed);
}
