#include "host/context.h"

#include <stdlib.h>

static int bind_option(struct host_context *c, const struct test_option *option,
                       struct dli_error *err)
{
    const char *name = strchr(option->key, '.');
    name = name ? name + 1 : option->key;
    const struct dli_option *known = options_find(c->backend->options, name);
    if (known) {
        int result = options_set(c->context.priv, known, option->value, &c->owner, err);
        if (result != DLI_OK)
            dli_error_prepend(err, "%s", c->backend->name);
        return result;
    }
    // Not the backend's own: handed on under the framework's name for it.
    c->pair[c->settings.pair_count].key = name;
    c->pair[c->settings.pair_count++].value = option->value;
    return DLI_OK;
}

static void bind_settings(struct host_context *c, const struct test *test,
                          const struct test_model *model)
{
    c->settings.device = model->device;
    c->settings.precision = model->precision;
    c->settings.hint = model->hint;
    c->settings.threads = model->threads;
    c->settings.streams = model->streams;
    c->settings.requests = model->requests;
    c->settings.is_async = test->mode == TEST_ASYNC;
    c->settings.pin_threads = model->pin_threads;
}

int host_context_open(struct host_context *out, const struct dli_backend *backend,
                      const struct test *test, const struct test_model *model,
                      void (*complete)(struct dli_request *, int), struct dli_error *err)
{
    int result = DLI_OK;
    memset(out, 0, sizeof(*out));
    out->backend = backend;
    log_init(&out->log, NULL, backend->name);
    out->host.complete = complete;
    out->host.log = log_write;
    out->context =
        (struct dli_context){.host = &out->host, .log = &out->log, .settings = &out->settings};
    out->context.priv = xcalloc(1, backend->priv_size);
    if (backend->priv_defaults)
        memcpy(out->context.priv, backend->priv_defaults, backend->priv_size);
    bind_settings(out, test, model);
    out->pair = xcalloc((size_t)model->option_count, sizeof(*out->pair));
    out->settings.pair = out->pair;
    for (int i = 0; i < model->option_count && result == DLI_OK; i++)
        result = bind_option(out, &model->option[i], err);
    return result;
}

static bool reads_format(const struct dli_backend *backend, const char *format)
{
    for (const char *const *known = backend->formats; *known; known++)
        if (strcmp(*known, format) == 0)
            return true;
    return false;
}

// What the backend says is checked each time, before anything walks over it.
static int describe(struct host_context *c, struct dli_error *err)
{
    int result = c->backend->io_describe(&c->context, &c->io, err);
    if (result != DLI_OK)
        return result;
    if (c->io.input_count < 0 || c->io.input_count > DLI_MAX_IO || c->io.output_count < 1 ||
        c->io.output_count > DLI_MAX_IO)
        return dli_fail(err, DLI_E_PROTOCOL, "%s: describes %d inputs and %d outputs",
                        c->backend->name, c->io.input_count, c->io.output_count);
    return DLI_OK;
}

int host_context_load(struct host_context *c, const struct test_model *model, struct dli_error *err)
{
    if (model->refusal)
        return dli_fail(err, DLI_E_UNSUPPORTED, "%s", model->refusal);
    const struct dli_model file = {model->path, model->weights_path, model->format};
    if (!model->path || !model->format)
        return dli_fail(err, DLI_E_ARG, "the test names no model file or no format");
    if (!reads_format(c->backend, model->format))
        return dli_fail(err, DLI_E_UNSUPPORTED, "%s does not read models of format '%.40s'",
                        c->backend->name, model->format);
    c->is_loaded = true; // unload copes with a load that failed half-way
    int result = c->backend->load(&c->context, &file, err);
    return result == DLI_OK ? describe(c, err) : result;
}

// A shape is that of one sample, or of the whole batch; a row that counts other samples than run
// would lie.
static int set_shape(struct dli_tensor_desc *input, const struct test_shape *shape, int batch,
                     struct dli_error *err)
{
    input->rank = shape->rank;
    memcpy(input->dim, shape->dim, sizeof(shape->dim));
    if (shape->rank > 1 && shape->dim[0] == 1)
        input->dim[0] = batch;
    if (shape->rank > 1 && input->dim[0] != batch)
        return dli_fail(
            err, DLI_E_ARG,
            "--shape: input '%.60s' has %lld samples, the batch is %d: say --batch %lld",
            input->name, (long long)shape->dim[0], batch, (long long)shape->dim[0]);
    return DLI_OK;
}

static int apply_shape(struct dli_io *io, const struct test_shape *shape, int batch,
                       struct dli_error *err)
{
    for (int i = 0; i < io->input_count; i++) {
        struct dli_tensor_desc *input = &io->input[i];
        if (shape->input && strcmp(shape->input, input->name) != 0)
            continue;
        return set_shape(input, shape, batch, err);
    }
    return dli_fail(err, DLI_E_ARG, "--shape: the model has no input '%.80s'; its first is '%s'",
                    shape->input, io->input_count ? io->input[0].name : "none");
}

static bool is_equal(const struct dli_tensor_desc *a, const struct dli_tensor_desc *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, sizeof(a->dim[0]) * (size_t)a->rank) == 0;
}

static int check_fixed(const struct dli_io *io, struct dli_error *err)
{
    for (int i = 0; i < io->input_count; i++) {
        size_t bytes;
        int result = dli_tensor_bytes(&bytes, &io->input[i], err);
        if (result != DLI_OK)
            return result;
    }
    return DLI_OK;
}

static bool has_own_shape(const struct test_model *model, const struct dli_io *io, int index)
{
    for (int i = 0; i < model->shape_count; i++) {
        const char *name = model->shape[i].input;
        if (name ? strcmp(name, io->input[index].name) == 0 : index == 0)
            return true;
    }
    return false;
}

// The batch goes where the user gave no shape and it is open or can be changed.
static int apply_batch(struct dli_io *io, const struct test_model *model, bool can_reshape,
                       struct dli_error *err)
{
    for (int i = 0; i < io->input_count; i++) {
        struct dli_tensor_desc *input = &io->input[i];
        bool is_open = input->rank > 0 && input->dim[0] == DLI_DYNAMIC;
        if (!has_own_shape(model, io, i) && (is_open || (input->rank > 1 && can_reshape)))
            input->dim[0] = model->batch;
    }
    if (io->input_count > 0 && io->input[0].rank > 1 && io->input[0].dim[0] != model->batch)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "the model is made for batch %lld and cannot be changed: say --batch %lld",
                        (long long)io->input[0].dim[0], (long long)io->input[0].dim[0]);
    return DLI_OK;
}

int host_context_shape(struct host_context *c, const struct test_model *model,
                       struct dli_error *err)
{
    struct dli_io wanted = c->io;
    bool can_reshape = c->backend->reshape && (c->backend->capabilities & DLI_CAP_RESHAPE);
    bool is_changed = false;
    int result = DLI_OK;
    for (int i = 0; i < model->shape_count && result == DLI_OK; i++)
        result = apply_shape(&wanted, &model->shape[i], model->batch, err);
    if (result == DLI_OK)
        result = apply_batch(&wanted, model, can_reshape, err);
    if (result == DLI_OK)
        result = check_fixed(&wanted, err);
    for (int i = 0; i < wanted.input_count; i++)
        is_changed = is_changed || !is_equal(&wanted.input[i], &c->io.input[i]);
    if (result != DLI_OK || !is_changed)
        return result;
    if (!can_reshape)
        return dli_fail(err, DLI_E_UNSUPPORTED, "%s cannot change the shape of a model",
                        c->backend->name);
    return c->backend->reshape(&c->context, &wanted, err);
}

int host_context_compile(struct host_context *c, struct dli_error *err)
{
    int result = c->backend->compile ? c->backend->compile(&c->context, err) : DLI_OK;
    if (result == DLI_OK)
        result = describe(c, err);
    if (result != DLI_OK)
        return result;
    return check_fixed(&c->io, err);
}

unsigned host_context_capabilities(struct host_context *c)
{
    return c->backend->context_capabilities ? c->backend->context_capabilities(&c->context)
                                            : c->backend->capabilities;
}

void host_context_close(struct host_context *c)
{
    if (!c->backend)
        return;
    if (c->is_loaded)
        c->backend->unload(&c->context);
    free(c->context.priv);
    free(c->pair);
    options_owner_release(&c->owner);
    memset(c, 0, sizeof(*c));
}
