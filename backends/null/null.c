// The null backend: the template to copy for a new framework, the probe of the harness's own cost,
// and the fault injector of the tests. Comments at the hooks say when the core calls them and what
// is required; include/dli/backend.h is the contract.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "null.h"

#define DLI_OPT_BASE struct priv

static const char *const delays[] = {"none", "fixed", "uniform", "lognormal", NULL};
static const char *const faults[] = {
    "none",  "error", "unsupported", "unavailable", "hang",        "hang-hard", "spin",
    "segv",  "abort", "exit",        "memory",      "garbage-fd3", "close-fd3", "garbage-out",
    "wrong", "busy",  "lost",        "twice",       NULL};
static const char *const stages[] = {"load", "compile", "request", "inference", "unload", NULL};

// What the user may set as `-o null.NAME=VALUE`; the core fills struct priv before load.
static const struct dli_option options[] = {
    {"delay", DLI_OPT_CHOICE(delay), .choices = delays,
     .help = "how long an inference lasts: none, fixed, uniform or lognormal around delay-us"},
    {"delay-us", DLI_OPT_DOUBLE(delay_us), DLI_RANGE(0, 1e9), .unit = "us",
     .help = "length of an inference (lognormal: its median)"},
    {"delay-spread", DLI_OPT_DOUBLE(delay_spread), DLI_RANGE(0, 10),
     .help = "uniform: half width as a fraction of delay-us; lognormal: sigma"},
    {"delay-seed", DLI_OPT_INT(delay_seed),
     .help = "seed of the delays; the same seed, the same delays"},
    {"sleep", DLI_OPT_BOOL(is_sleeping), .help = "wait asleep instead of busy"},
    {"copy-in-us", DLI_OPT_DOUBLE(copy_in_us), DLI_RANGE(0, 1e9), .unit = "us",
     .help = "time that copying an input takes beyond the copy"},
    {"load-ms", DLI_OPT_DOUBLE(load_ms), DLI_RANGE(0, 1e7), .unit = "ms",
     .help = "time that load takes"},
    {"compile-ms", DLI_OPT_DOUBLE(compile_ms), DLI_RANGE(0, 1e7), .unit = "ms",
     .help = "time that compile takes"},
    {"fault", DLI_OPT_CHOICE(fault), .choices = faults, .help = "what goes wrong"},
    {"fault-at", DLI_OPT_CHOICE(fault_at), .choices = stages, .help = "where it goes wrong"},
    {"fault-n", DLI_OPT_INT(fault_n), DLI_RANGE(0, 2e9),
     .help = "inference that goes wrong, counted from 0 since the model was loaded"},
    {"fault-mib", DLI_OPT_INT(fault_mib), DLI_RANGE(0, 1e6), .unit = "MiB",
     .help = "memory that the fault «memory» takes; 0: until it is refused"},
    {"async-threads", DLI_OPT_INT(async_threads), DLI_RANGE(0, NULL_THREADS), .unit = "threads",
     .help = "threads that complete requests; 0: submit itself does"},
    {"async-depth", DLI_OPT_INT(async_depth), DLI_RANGE(0, NULL_RING), .unit = "requests",
     .help = "requests taken before submit says busy; 0: as many as fit"},
    {"async-spin", DLI_OPT_BOOL(is_spinning),
     .help = "completion threads wait busy instead of asleep"},
    DLI_OPTIONS_END};

static const struct priv defaults = {
    .delay_us = 100, .delay_spread = 0.5, .fault_at = STAGE_INFERENCE};

// Required. Called without a model, in a process of its own, by `dli backends` and before a
// campaign. Be quick, and say in words what is missing when the framework cannot be used here. The
// options are not known yet; DLI_NULL_PROBE lets the tests break this hook too.
static int probe(struct dli_probe *out, struct dli_error *err)
{
    const char *fault = getenv("DLI_NULL_PROBE");
    struct priv p = {.fault_at = STAGE_LOAD};
    for (int i = 0; fault && faults[i]; i++) {
        if (strcmp(fault, faults[i]) == 0)
            p.fault = i;
    }
    int rc = null_fault(&p, STAGE_LOAD, 0, err);
    if (rc)
        return rc;
    *out = (struct dli_probe){
        .version = "1",
        .device_count = 3,
        .device = {{.id = "CPU", .name = "calling thread"},
                   {.id = "SIM.0", .name = "simulated device", .memory_bytes = (uint64_t)4 << 30},
                   {.id = "SIM.1", .name = "simulated device", .memory_bytes = (uint64_t)8 << 30}}};
    return DLI_OK;
}

// Dimensions '?' of outputs follow the first input, and so does a batch that was changed.
static void derive_outputs(struct priv *p)
{
    const struct dli_tensor_desc *first = &p->io.input[0];
    for (int i = 0; i < p->io.output_count; i++) {
        struct dli_tensor_desc *desc = &p->io.output[i];
        *desc = p->model.output[i];
        for (int d = 0; d < desc->rank; d++) {
            bool is_batch =
                d == 0 && p->model.input[0].rank > 0 && desc->dim[0] == p->model.input[0].dim[0];
            if ((desc->dim[d] == DLI_DYNAMIC || is_batch) && d < first->rank)
                desc->dim[d] = first->dim[d];
        }
    }
}

// Required. First hook of a context: start the framework, look at ctx->settings, read the model.
// What of the settings cannot be honoured is DLI_E_UNSUPPORTED here. Only unload follows a failure.
static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    const char *device = ctx->settings->device;
    p->ctx = ctx;
    if (device && strcmp(device, "CPU") && strcmp(device, "SIM.0") && strcmp(device, "SIM.1"))
        return dli_fail(err, DLI_E_UNAVAILABLE, "null: no device '%s'; there are CPU, SIM.0, SIM.1",
                        device);
    p->is_simulated = device && device[0] == 'S';
    p->is_counting = p->delay || p->fault;
    if (ctx->settings->pair_count > 0)
        return dli_fail(err, DLI_E_ARG, "null: no setting '%s'", ctx->settings->pair[0].key);
    null_wait((int64_t)(p->load_ms * 1e6), true);
    int rc = null_fault(p, STAGE_LOAD, 0, err);
    if (rc)
        return rc;
    rc = null_model_read(&p->model, model->path, err);
    p->io = p->model;
    if (rc == DLI_OK)
        derive_outputs(p);
    return rc;
}

// Required. Called after load, and again after compile: names, types and shapes, DLI_DYNAMIC if
// open.
static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    (void)err;
    *out = p->io;
    for (int i = 0; i < out->output_count; i++) {
        for (int d = 0; d < out->output[i].rank; d++) {
            if (out->output[i].dim[d] == NULL_AT_INFERENCE)
                out->output[i].dim[d] = DLI_DYNAMIC;
        }
    }
    return DLI_OK;
}

// Optional, with DLI_CAP_RESHAPE. Called between load and compile when the user asks for other
// shapes.
static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    for (int i = 0; i < p->io.input_count; i++) {
        const struct dli_tensor_desc *desc = &p->model.input[i];
        if (io->input[i].rank != desc->rank)
            return dli_fail(err, DLI_E_UNSUPPORTED, "null: input '%s' has rank %d", desc->name,
                            desc->rank);
        for (int d = 0; d < desc->rank; d++)
            p->io.input[i].dim[d] = io->input[i].dim[d];
    }
    derive_outputs(p);
    return DLI_OK;
}

// Output i is made of input i (modulo their number), repeated: x/2 + 1/4 for f32 from f32, else the
// bytes plus one. So a test can tell whose inputs a result belongs to.
static void compute(const struct dli_tensor *in, struct dli_tensor *out, bool is_wrong)
{
    if (in->bytes == 0)
        return;
    if (in->desc.type == DLI_F32 && out->desc.type == DLI_F32) {
        const float *from = in->data;
        float *to = out->data;
        size_t in_count = in->bytes / sizeof(float);
        for (size_t i = 0, k = 0; i < out->bytes / sizeof(float);
             i++, k = k + 1 < in_count ? k + 1 : 0)
            to[i] = from[k] * 0.5F + (is_wrong ? 100.0F : 0.25F);
        return;
    }
    const unsigned char *from = in->data;
    unsigned char *to = out->data;
    for (size_t i = 0; i < out->bytes; i++)
        to[i] = (unsigned char)(from[i % in->bytes] + (is_wrong ? 77 : 1));
}

// Memory of an output whose shape only the inference knows: the backend's, grown when needed.
static int place_dynamic(struct dli_request *request, int index,
                         const struct dli_tensor_desc *declared, struct dli_error *err)
{
    struct dli_tensor *out = &request->output[index];
    void **memory = request->priv;
    const struct dli_tensor *in = &request->input[0];
    out->desc = *declared;
    for (int d = 0; d < out->desc.rank; d++) {
        if (out->desc.dim[d] == NULL_AT_INFERENCE)
            out->desc.dim[d] = in->bytes > 0 ? 1 + *(const unsigned char *)in->data % 8 : 1;
    }
    int rc = dli_tensor_bytes(&out->bytes, &out->desc, err);
    if (rc)
        return rc;
    void *grown = realloc(memory[index], out->bytes > 0 ? out->bytes : 1);
    if (!grown)
        return dli_fail(err, DLI_E_NOMEM, "null: output '%s' needs %zu bytes", declared->name,
                        out->bytes);
    memory[index] = grown;
    out->data = grown;
    return DLI_OK;
}

static bool is_dynamic(const struct dli_tensor_desc *desc)
{
    for (int d = 0; d < desc->rank; d++) {
        if (desc->dim[d] == NULL_AT_INFERENCE)
            return true;
    }
    return false;
}

static int infer(struct priv *p, struct dli_request *request, long n, struct dli_error *err)
{
    int64_t ns = p->delay ? null_delay(p, n) : 0;
    request->device_ns = p->is_simulated ? ns : -1;
    for (int i = 0, from = 0; i < request->output_count; i++) {
        const struct dli_tensor_desc *declared = &p->io.output[i];
        int rc = is_dynamic(declared) ? place_dynamic(request, i, declared, err) : DLI_OK;
        if (rc)
            return rc;
        compute(&request->input[from], &request->output[i], null_has_fault(p, FAULT_WRONG, n));
        from = from + 1 < request->input_count ? from + 1 : 0;
    }
    return DLI_OK;
}

// Number of an inference, for those whom it concerns; a plain one saves the shared counter.
static long next_number(struct priv *p)
{
    return p->is_counting ? atomic_fetch_add(&p->inference_count, 1) : 0;
}

// Takes the oldest request; NULL when there is none. `*seen` is the thread's own copy of `tail`, so
// that the submitting thread is disturbed only when that is used up.
static struct dli_request *take(struct priv *p, unsigned *seen)
{
    unsigned head = atomic_load_explicit(&p->head, memory_order_relaxed);
    for (;;) {
        if ((int)(*seen - head) <= 0) {
            *seen = atomic_load_explicit(&p->tail, memory_order_acquire);
            if ((int)(*seen - head) <= 0)
                return NULL;
        }
        struct dli_request *request = p->ring[head % NULL_RING];
        if (atomic_compare_exchange_weak(&p->head, &head, head + 1))
            return request;
    }
}

static void run_pending(struct priv *p, struct dli_request *request)
{
    long n = next_number(p);
    int rc = p->fault ? null_fault(p, STAGE_INFERENCE, n, NULL) : DLI_OK;
    rc = rc ? rc : infer(p, request, n, NULL);
    // First, so that the core may submit again from within complete.
    if (p->async_depth > 0)
        atomic_fetch_add(&p->done, 1);
    if (null_has_fault(p, FAULT_LOST, n))
        return;
    p->ctx->host->complete(request, rc);
    if (null_has_fault(p, FAULT_TWICE, n))
        p->ctx->host->complete(request, rc);
}

static void *complete_loop(void *data)
{
    struct priv *p = data;
    unsigned seen = 0;
    while (!atomic_load(&p->is_stopping)) {
        if (!p->is_spinning)
            sem_wait(&p->wake);
        struct dli_request *request = take(p, &seen);
        if (request)
            run_pending(p, request);
        else if (p->is_spinning)
            null_relax();
    }
    return NULL;
}

static int start_threads(struct priv *p, struct dli_error *err)
{
    sigset_t all;
    sigset_t before;
    if (p->async_threads == 0)
        return DLI_OK;
    if (sem_init(&p->wake, 0, 0))
        return dli_fail(err, DLI_E_IO, "null: cannot make a semaphore");
    // Signals are the core's business: threads of a backend take none.
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    while (!failed && p->thread_count < p->async_threads) {
        failed = pthread_create(&p->thread[p->thread_count], NULL, complete_loop, p);
        p->thread_count += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return DLI_OK;
    if (p->thread_count == 0)
        sem_destroy(&p->wake);
    return dli_fail(err, DLI_E_IO, "null: cannot start a thread");
}

// Optional. Called once, after reshape. A framework without a separate step has none.
static int compile(struct dli_context *ctx, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    null_wait((int64_t)(p->compile_ms * 1e6), true);
    int rc = null_fault(p, STAGE_COMPILE, 0, err);
    return rc ? rc : start_threads(p, err);
}

// Optional. Only where options change what the model can do.
static unsigned context_capabilities(struct dli_context *ctx)
{
    const struct priv *p = ctx->priv;
    unsigned common = DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE | DLI_CAP_DEVICE_TIME;
    return common | (p->async_threads > 0 ? DLI_CAP_ASYNC : DLI_CAP_CONCURRENT);
}

// Optional. Requests that keep this model busy, for users who leave the number open.
static int optimal_requests(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    return p->async_threads > 0 ? p->async_threads : 1;
}

// Optional. What the options came to; ends up in the row.
static void effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    struct priv *p = ctx->priv;
    tell("delay", delays[p->delay], data);
    tell("completion", p->async_threads == 0 ? "caller" : p->is_spinning ? "spin" : "thread", data);
}

// Optional. Called once per request, tensors ready; here a real backend makes the framework's own
// request object and binds the tensors to it.
static int request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    request->priv = calloc(DLI_MAX_IO, sizeof(void *));
    if (!request->priv)
        return dli_fail(err, DLI_E_NOMEM, "null: no memory for a request");
    return null_fault(ctx->priv, STAGE_REQUEST, 0, err);
}

// Optional. Part of the measured time. Without it the core copies to request->input[index].data.
static int set_input(struct dli_context *ctx, struct dli_request *request, int index,
                     const void *data, size_t bytes, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    if (bytes != request->input[index].bytes)
        return dli_fail(err, DLI_E_ARG, "null: input %d has %zu bytes, not %zu", index,
                        request->input[index].bytes, bytes);
    memcpy(request->input[index].data, data, bytes);
    if (p->copy_in_us > 0)
        null_wait((int64_t)(p->copy_in_us * 1e3), false);
    return DLI_OK;
}

static int submit_async(struct priv *p, struct dli_request *request)
{
    unsigned depth = p->async_depth > 0 ? (unsigned)p->async_depth : NULL_RING;
    unsigned tail = atomic_load_explicit(&p->tail, memory_order_relaxed);
    if (tail - p->seen >= depth) {
        p->seen = atomic_load(p->async_depth > 0 ? &p->done : &p->head);
        if (tail - p->seen >= depth)
            return DLI_BUSY;
    }
    p->ring[tail % NULL_RING] = request;
    atomic_store_explicit(&p->tail, tail + 1, memory_order_release);
    if (!p->is_spinning)
        sem_post(&p->wake);
    return DLI_PENDING;
}

// Required, the measured call: no allocation, log, lock or clock here. DLI_DONE, or DLI_PENDING and
// later exactly one host->complete, or DLI_BUSY when nothing was taken.
static int submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    if (null_has_fault(p, FAULT_BUSY, atomic_load(&p->inference_count)))
        return DLI_BUSY;
    if (p->thread_count > 0)
        return submit_async(p, request);
    long n = next_number(p);
    int rc = p->fault ? null_fault(p, STAGE_INFERENCE, n, err) : DLI_OK;
    if (rc)
        return rc;
    rc = infer(p, request, n, err);
    if (null_has_fault(p, FAULT_TWICE, n))
        ctx->host->complete(request, DLI_OK);
    return rc ? rc : null_has_fault(p, FAULT_LOST, n) ? DLI_PENDING : DLI_DONE;
}

// Optional. Undoes request_init, also a failed one.
static void request_release(struct dli_context *ctx, struct dli_request *request)
{
    void **memory = request->priv;
    (void)ctx;
    for (int i = 0; memory && i < DLI_MAX_IO; i++)
        free(memory[i]);
    free(memory);
    request->priv = NULL;
}

// Required. Undoes everything from any partial state; the core frees ctx->priv itself.
static void unload(struct dli_context *ctx)
{
    struct priv *p = ctx->priv;
    (void)null_fault(p, STAGE_UNLOAD, 0, NULL);
    atomic_store(&p->is_stopping, true);
    for (int i = 0; i < p->thread_count; i++)
        sem_post(&p->wake);
    for (int i = 0; i < p->thread_count; i++)
        pthread_join(p->thread[i], NULL);
    if (p->thread_count > 0)
        sem_destroy(&p->wake);
    p->thread_count = 0;
}

static const char *const formats[] = {"null", NULL};

static const struct dli_backend backend = {
    .abi = DLI_ABI,
    .name = "null",
    .description = "does nothing: template for new backends, cost of the harness, faults for tests",
    .formats = formats,
    .capabilities = DLI_CAP_ASYNC | DLI_CAP_CONTEXTS | DLI_CAP_RESHAPE | DLI_CAP_DEVICE_TIME,
    .priv_size = sizeof(struct priv),
    .priv_defaults = &defaults,
    .options = options,
    .probe = probe,
    .load = load,
    .io_describe = io_describe,
    .reshape = reshape,
    .compile = compile,
    .context_capabilities = context_capabilities,
    .optimal_requests = optimal_requests,
    .effective = effective,
    .request_init = request_init,
    .set_input = set_input,
    .submit = submit,
    .request_release = request_release,
    .unload = unload,
};

const struct dli_backend *dli_backend_entry(void)
{
    return &backend;
}
