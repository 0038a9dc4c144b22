// The steps of one test, in the order of docs/architecture.md.
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "worker/check.h"
#include "worker/result.h"
#include "worker/session.h"
#include "worker/worker.h"

static int read_test(struct session *s, const char *text, size_t bytes, struct dli_error *err)
{
    json_t *object = NULL;
    int result = json_parse_object(&object, text, bytes, err);
    if (result == DLI_OK)
        result = test_from_json(&s->test, object, err);
    json_decref(object);
    if (result != DLI_OK)
        return result;
    if (s->test.model_count != 1)
        return dli_fail(err, DLI_E_UNSUPPORTED, "a test of %d models: this version measures one at a time", s->test.model_count);
    if (s->test.host != s->host->host)
        return s->test.host == TEST_PYTHON
                   ? dli_fail(err, DLI_E_UNAVAILABLE,
                              "host python needs a Python: run tools/setup-python, or set DLI_PYTHON to one that has NumPy and the framework")
                   : dli_fail(err, DLI_E_ARG, "this worker runs tests of host %s", test_host_name(s->host->host));
    s->model = &s->test.model[0];
    if (!s->model->framework && !s->model->module)
        return dli_fail(err, DLI_E_ARG, "the test names no framework");
    return DLI_OK;
}

static int find_module(const struct dli_backend **out, const struct test_model *model, struct dli_error *err)
{
    struct strbuf path = STRBUF_INIT;
    int result = module_find(&path, model->module ? model->module : model->framework, err);
    if (result == DLI_OK)
        result = module_load(out, strbuf_text(&path), err);
    strbuf_release(&path);
    return result;
}

static int load_framework(struct session *s, struct dli_error *err)
{
    records_begin(s->records, "framework_load");
    int result = s->host->find(&s->backend, s->model, err);
    if (result == DLI_OK)
        s->framework_load_ns = records_end(s->records);
    return result;
}

static int open_context(struct session *s, struct dli_error *err)
{
    struct host_context *context = &s->context[s->context_count++];
    int result = host_context_open(context, s->backend, &s->test, s->model, measure_complete, err);
    if (result == DLI_OK)
        result = host_context_load(context, s->model, err);
    if (result == DLI_OK)
        result = host_context_shape(context, s->model, err);
    return result;
}

// How many requests, and who keeps them in flight: the framework, threads of ours, or contexts of its own for each.
static int choose_parallelism(struct session *s, struct dli_error *err)
{
    struct host_context *context = &s->context[0];
    unsigned capabilities = host_context_capabilities(context);
    s->parallelism = PARALLEL_SINGLE;
    s->request_count = 1;
    if (s->test.mode == TEST_SYNC)
        return DLI_OK;
    int optimal = s->backend->optimal_requests ? s->backend->optimal_requests(&context->context) : 0;
    s->request_count = s->model->requests > 0 ? s->model->requests : optimal > 0 ? optimal : s->model->streams;
    if (s->request_count < 1)
        s->request_count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (capabilities & DLI_CAP_ASYNC)
        s->parallelism = PARALLEL_NATIVE_ASYNC;
    else if (capabilities & DLI_CAP_CONCURRENT)
        s->parallelism = PARALLEL_CONCURRENT_SUBMIT;
    else if (capabilities & DLI_CAP_CONTEXTS)
        s->parallelism = PARALLEL_CONTEXTS;
    else if (s->request_count > 1)
        return dli_fail(err, DLI_E_UNSUPPORTED, "%s can run one request at a time only: use --mode sync", s->backend->name);
    return DLI_OK;
}

static int load_model(struct session *s, struct dli_error *err)
{
    s->context = xcalloc(1, sizeof(*s->context));
    records_begin(s->records, "model_read");
    int result = open_context(s, err);
    if (result != DLI_OK)
        return result;
    s->model_read_ns = records_end(s->records);
    records_begin(s->records, "compile");
    result = host_context_compile(&s->context[0], err);
    if (result != DLI_OK)
        return result;
    s->compile_ns = records_end(s->records);
    return choose_parallelism(s, err);
}

// Contexts beyond the first. The array is made anew before requests exist; a backend that keeps its context's
// address has only seen addresses inside the heap block that is moved, so the first one is loaded again.
static int open_more_contexts(struct session *s, struct dli_error *err)
{
    int result = DLI_OK;
    host_context_close(&s->context[0]);
    free(s->context);
    s->context = xcalloc((size_t)s->request_count, sizeof(*s->context));
    s->context_count = 0;
    while (s->context_count < s->request_count && result == DLI_OK) {
        result = open_context(s, err);
        if (result == DLI_OK)
            result = host_context_compile(&s->context[s->context_count - 1], err);
    }
    return result;
}

static int open_requests(struct session *s, struct dli_error *err)
{
    bool is_many = s->parallelism == PARALLEL_CONTEXTS && s->request_count > 1;
    int result = is_many ? open_more_contexts(s, err) : DLI_OK;
    int per_context = is_many ? 1 : s->request_count;
    s->requests = xcalloc((size_t)s->context_count, sizeof(*s->requests));
    s->slot = xcalloc((size_t)s->request_count, sizeof(*s->slot));
    for (int c = 0; c < s->context_count && result == DLI_OK; c++) {
        result = host_requests_open(&s->requests[c], &s->context[c], per_context, err);
        for (int i = 0; i < per_context && result == DLI_OK; i++) {
            int index = c * per_context + i;
            bool has_lane = s->parallelism == PARALLEL_CONCURRENT_SUBMIT || s->parallelism == PARALLEL_CONTEXTS;
            s->slot[index] = (struct measure_slot){.backend = s->backend,
                                                   .context = &s->context[c].context,
                                                   .request = &s->requests[c].request[i],
                                                   .lane = has_lane ? index : 0,
                                                   .set_count = s->inputs.set_count,
                                                   .set = s->inputs.set};
        }
    }
    return result;
}

static int prepare(struct session *s, struct dli_error *err)
{
    records_begin(s->records, "inputs");
    int result = inputs_open(&s->inputs, &s->context[0].io, &s->test, s->model, err);
    if (result == DLI_OK)
        result = open_requests(s, err);
    if (result == DLI_OK)
        result = session_open_measure(s, err);
    if (result == DLI_OK)
        records_end(s->records);
    return result;
}

static int infer_first(struct session *s, struct dli_error *err)
{
    struct measure_stamps stamps;
    records_begin(s->records, "first_inference");
    int result = measure_once(s->measure, 0, 0, &stamps, err);
    if (result != DLI_OK)
        return result;
    s->start_to_first_ns = clock_now_ns() - s->start_ns;
    s->first_inference_ns = records_end(s->records);
    result = session_open_outputs(s, err);
    if (result == DLI_OK)
        result = session_open_measure(s, err);
    if (result == DLI_OK)
        result = inputs_fill_rest(&s->inputs, &s->context[0].io, &s->test, s->model, err);
    return result;
}

// One inference of slot `index` and what the application has of it afterwards.
static int infer_into(struct dli_tensor output[DLI_MAX_IO], struct session *s, int index, struct dli_error *err)
{
    struct measure_stamps stamps;
    struct dli_request *request = s->slot[index].request;
    int result = measure_once(s->measure, index, 0, &stamps, err);
    if (result == DLI_OK && s->host->take_outputs)
        result = s->host->take_outputs(request, err);
    for (int k = 0; k < request->output_count; k++) {
        output[k] = request->output[k];
        if (!s->host->take_outputs)
            output[k].data = s->slot[index].output[k];
    }
    return result;
}

// Runs every request once and compares what reached the application's memory.
static int compare_slots(struct session *s, struct check_result *check, const struct reference_file *reference,
                         struct dli_error *err)
{
    struct dli_tensor output[DLI_MAX_IO];
    int result = DLI_OK;
    for (int i = 0; i < s->request_count && result == DLI_OK; i++) {
        result = infer_into(output, s, i, err);
        if (result == DLI_OK)
            result = check_compare(check, reference, output, s->slot[i].request->output_count, err);
    }
    return result;
}

static int store_reference(struct session *s, struct dli_error *err)
{
    struct reference_file reference = {.seed = s->test.seed, .output_count = s->slot[0].request->output_count};
    int result = infer_into(reference.output, s, 0, err);
    snprintf(reference.origin, sizeof(reference.origin), "%s", s->backend->name);
    return result == DLI_OK ? reference_file_write(&reference, s->model->reference_path, err) : result;
}

static void send_check(struct session *s, const char *outcome, const char *origin, const struct check_result *check)
{
    json_t *fields = json_object();
    json_put_string(fields, "check", outcome);
    json_put_string(fields, "check_reference", origin);
    if (check) {
        json_put_double(fields, "max_abs_error", check->max_abs_error);
        json_put_double(fields, "max_rel_error", check->max_rel_error);
        json_put_double(fields, "tolerance_frac", check->tolerance_frac);
        json_put_string(fields, "output", s->context[0].io.output[check->worst_output].name);
    }
    records_send(s->records, "check", fields);
}

static int check_outputs(struct session *s, struct dli_error *err)
{
    struct reference_file reference = {.output_count = 0};
    const char *path = s->model->reference_path;
    if (!path) {
        send_check(s, "none", NULL, NULL);
        return DLI_OK;
    }
    records_begin(s->records, "check");
    int result = reference_file_read(&reference, path, err);
    if (result == DLI_E_NOTFOUND && s->model->precision == DLI_F32) {
        result = store_reference(s, err);
        if (result == DLI_OK)
            send_check(s, "stored", s->backend->name, NULL);
    } else if (result == DLI_E_NOTFOUND) {
        result = DLI_OK; // only fp32 outputs are fit to judge others
        send_check(s, "none", NULL, NULL);
    } else if (result == DLI_OK) {
        double own = s->model->tolerance_frac;
        struct check_result check = {.tolerance_frac = own > 0 ? own : check_tolerance(s->model->precision)};
        result = compare_slots(s, &check, &reference, err);
        if (result == DLI_OK)
            send_check(s, check.agrees ? "agrees" : "disagrees", reference.origin, &check);
    }
    reference_file_release(&reference);
    if (result == DLI_OK)
        records_end(s->records);
    return result;
}

static void send_io(struct session *s)
{
    const struct dli_io *io = &s->context[0].io;
    json_t *fields = json_object();
    json_object_set_new(fields, "inputs", result_describe(io->input, io->input_count));
    json_object_set_new(fields, "outputs", result_describe(io->output, io->output_count));
    records_send(s->records, "io", fields);
}

static int run_steps(struct session *s, struct dli_error *err)
{
    int result = load_framework(s, err);
    if (result == DLI_OK)
        result = load_model(s, err);
    if (result == DLI_OK)
        result = prepare(s, err);
    if (result == DLI_OK)
        result = infer_first(s, err);
    if (result != DLI_OK)
        return result;
    send_io(s);
    result_send_settings(s);
    result = check_outputs(s, err);
    if (result != DLI_OK)
        return result;
    return result_measure(s, err);
}

int worker_run_on(const struct worker_host *host, const char *text, size_t bytes, int record_fd, int64_t start_ns,
                  struct dli_error *err)
{
    struct records records = {.fd = record_fd};
    struct session *s = xcalloc(1, sizeof(*s));
    struct dli_error failure = {0};
    s->records = &records;
    s->host = host;
    s->start_ns = start_ns;
    records_hello(&records, start_ns);
    int result = read_test(s, text, bytes, &failure);
    if (result == DLI_OK)
        result = run_steps(s, &failure);
    if (result != DLI_OK)
        records_error(&records, &failure);
    // After a broken contract something may still be running: what it uses is not freed.
    if (result != DLI_E_PROTOCOL)
        session_close(s);
    records_send(&records, "end", NULL);
    if (result != DLI_E_PROTOCOL)
        free(s);
    return records.result == DLI_OK ? DLI_OK : dli_fail(err, DLI_E_IO, "the records could not be written");
}

int worker_run(const char *text, size_t bytes, int record_fd, int64_t start_ns, struct dli_error *err)
{
    static const struct worker_host native = {.host = TEST_NATIVE, .find = find_module};
    return worker_run_on(&native, text, bytes, record_fd, start_ns, err);
}
