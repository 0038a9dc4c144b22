#include "runner/row.h"

#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/strbuf.h"

static void put_options(json_t *columns, const struct test_model *model)
{
    struct strbuf text = STRBUF_INIT;
    for (int i = 0; i < model->option_count; i++)
        strbuf_addf(&text, "%s%s=%s", i ? "; " : "", model->option[i].key, model->option[i].value);
    json_put_string(columns, "options", text.length ? strbuf_text(&text) : NULL);
    strbuf_release(&text);
}

static void put_inputs(json_t *columns, const struct test_model *model)
{
    static const char *const names[] = {"random", "images", "file"};
    struct strbuf text = STRBUF_INIT;
    for (int i = 0; i < model->input_count; i++) {
        const struct test_input *input = &model->input[i];
        strbuf_addf(&text, "%s%s%s%s", i ? "; " : "", input->input ? input->input : "",
                    input->input ? "=" : "", names[input->source]);
        if (input->path)
            strbuf_addf(&text, ":%s", input->path);
    }
    json_put_string(columns, "inputs", text.length ? strbuf_text(&text) : "random");
    strbuf_release(&text);
}

static void put_time(json_t *columns, const char *key)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_put_string(columns, key, stamp);
}

static void put_count(json_t *columns, const char *key, int64_t value)
{
    if (value >= 0)
        json_put_int(columns, key, value);
}

void row_open(struct row *row, const struct test *test, const json_t *where)
{
    const struct test_model *model = &test->model[0];
    memset(row, 0, sizeof(*row));
    json_t *columns = row->columns = json_object();
    json_put_string(columns, "test_id", test->id);
    json_put_int(columns, "repeat", test->repeat);
    json_put_string(columns, "model", model->model);
    json_put_string(columns, "model_format", model->format);
    json_put_string(columns, "model_sha256", model->sha256);
    put_count(columns, "parameters", model->parameter_count);
    put_count(columns, "macs", model->mac_count);
    json_put_bool(columns, "approximate", model->is_approximate);
    json_put_string(columns, "framework", model->framework);
    json_put_string(columns, "device", model->device ? model->device : "CPU");
    json_put_string(columns, "precision", test_precision_name(model->precision));
    json_put_string(columns, "mode", test_mode_name(test->mode));
    json_put_string(columns, "host", test_host_name(test->host));
    json_put_string(columns, "timing", test_timing_name(test->timing));
    json_put_int(columns, "batch", model->batch);
    json_put_int(columns, "threads", model->threads);
    json_put_int(columns, "streams", model->streams);
    json_put_int(columns, "requests", model->requests);
    json_put_string(columns, "hint", model->hint);
    if (model->pin_threads >= 0)
        json_put_bool(columns, "pin", model->pin_threads == 1);
    put_options(columns, model);
    put_inputs(columns, model);
    json_put_int(columns, "seed", (int64_t)test->seed);
    put_time(columns, "started_at");
    if (where)
        json_object_update(columns, (json_t *)where);
}

static void copy(json_t *columns, const json_t *record, const char *from, const char *to)
{
    json_t *value = json_object_get(record, from);
    if (value && !json_is_null(value))
        json_object_set(columns, to, value);
}

static int take_hello(struct row *row, const json_t *record, struct dli_error *err)
{
    int64_t start_ns = 0;
    int result = json_get_int(&start_ns, record, "start_ns", 0, INT64_MAX, err);
    if (result != DLI_OK)
        return result;
    if (start_ns >= row->process_start_ns && row->process_start_ns > 0)
        json_put_double(row->columns, "process_start_ms",
                        (double)(start_ns - row->process_start_ns) / 1e6);
    copy(row->columns, record, "dli_version", "dli_version");
    copy(row->columns, record, "dli_commit", "dli_commit");
    copy(row->columns, record, "build_type", "build_type");
    return DLI_OK;
}

static int take_phase(struct row *row, const json_t *record, struct dli_error *err)
{
    const char *phase = NULL;
    const char *state = NULL;
    int result = json_get_string(&phase, record, "phase", err);
    if (result == DLI_OK)
        result = json_get_string(&state, record, "state", err);
    if (result == DLI_OK && (!phase || !state))
        return dli_fail(err, DLI_E_PROTOCOL, "a phase without its name or state");
    if (result == DLI_OK)
        snprintf(row->phase, sizeof(row->phase), "%s", strcmp(state, "begin") == 0 ? phase : "");
    return result;
}

// «data 1x3x224x224 f32»
static void take_io(struct row *row, const json_t *record)
{
    struct strbuf text = STRBUF_INIT;
    const json_t *inputs = json_object_get(record, "inputs");
    size_t index, d;
    json_t *input, *size;
    json_array_foreach(inputs, index, input)
    {
        const char *name = json_string_value(json_object_get(input, "name"));
        strbuf_addf(&text, "%s%s ", index ? "; " : "", name ? name : "");
        json_array_foreach(json_object_get(input, "dim"), d, size)
        {
            strbuf_addf(&text, "%s%lld", d ? "x" : "", (long long)json_integer_value(size));
        }
    }
    json_put_string(row->columns, "input_shapes", strbuf_text(&text));
    strbuf_release(&text);
}

static void take_settings(struct row *row, const json_t *record)
{
    struct strbuf text = STRBUF_INIT;
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(record, "effective"), key, value)
    {
        if (json_is_string(value))
            strbuf_addf(&text, "%s%s=%s", text.length ? "; " : "", key, json_string_value(value));
    }
    json_put_string(row->columns, "effective_settings", strbuf_text(&text));
    strbuf_release(&text);
}

static void take_check(struct row *row, const json_t *record)
{
    static const char *const keys[] = {"check", "check_reference", "max_abs_error", "max_rel_error",
                                       "tolerance_frac"};
    const char *outcome = json_string_value(json_object_get(record, "check"));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        copy(row->columns, record, keys[i], keys[i]);
    row->is_disagreeing = outcome && strcmp(outcome, "disagrees") == 0;
    if (row->is_disagreeing) {
        const char *output = json_string_value(json_object_get(record, "output"));
        (void)dli_fail(
            &row->error, DLI_E_MISMATCH,
            "output '%.60s' is off by %.3g of the reference's largest value, %.3g is allowed",
            output ? output : "", json_number_value(json_object_get(record, "max_rel_error")),
            json_number_value(json_object_get(record, "tolerance_frac")));
    }
}

// Only flat, measured columns: a worker cannot change what test a row belongs to.
static void take_result(struct row *row, const json_t *record)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(record, "row"), key, value)
    {
        bool is_flat = !json_is_object(value) && !json_is_array(value);
        if (is_flat && (!json_object_get(row->columns, key) || strcmp(key, "requests") == 0))
            json_object_set(row->columns, key, value);
    }
    // A worker counts from its own main; what the system needed to get there belongs to the start
    // too.
    json_t *first = json_object_get(row->columns, "start_to_first_inference_ms");
    double process_ms = json_number_value(json_object_get(row->columns, "process_start_ms"));
    if (json_is_number(first))
        json_put_double(row->columns, "start_to_first_inference_ms",
                        json_number_value(first) + process_ms);
}

static int code_named(const char *name)
{
    for (int code = 0; name && code >= DLI_E_PROTOCOL; code--)
        if (strcmp(dli_code_name(code), name) == 0)
            return code;
    return DLI_E_RUNTIME;
}

static void take_error(struct row *row, const json_t *record)
{
    const char *text = json_string_value(json_object_get(record, "text"));
    int code = code_named(json_string_value(json_object_get(record, "code")));
    (void)dli_fail(&row->error, code == DLI_OK ? DLI_E_RUNTIME : code, "%s",
                   text && *text ? text : "the worker gave no reason");
}

int row_take(struct row *row, const char *kind, const json_t *record, struct dli_error *err)
{
    int result = DLI_OK;
    if (strcmp(kind, "hello") == 0)
        result = take_hello(row, record, err);
    else if (strcmp(kind, "phase") == 0)
        result = take_phase(row, record, err);
    else if (strcmp(kind, "io") == 0)
        take_io(row, record);
    else if (strcmp(kind, "settings") == 0)
        take_settings(row, record);
    else if (strcmp(kind, "check") == 0)
        take_check(row, record);
    else if (strcmp(kind, "result") == 0)
        take_result(row, record);
    else if (strcmp(kind, "error") == 0)
        take_error(row, record);
    else if (strcmp(kind, "end") == 0)
        row->has_end = true;
    else if (strcmp(kind, "framework") == 0) {
        copy(row->columns, record, "framework", "framework");
        copy(row->columns, record, "framework_version", "framework_version");
        copy(row->columns, record, "device_name", "device_name");
        copy(row->columns, record, "parallelism", "parallelism");
    }
    if (result != DLI_OK && err)
        err->code = DLI_E_PROTOCOL;
    return result == DLI_OK ? DLI_OK : DLI_E_PROTOCOL;
}

static void add_log_tail(struct dli_error *err, const char *tail)
{
    size_t length = strlen(err->text);
    if (*tail)
        snprintf(err->text + length, sizeof(err->text) - length, "; its last words: %s", tail);
}

static enum runner_status status_of(const struct row *row, int code)
{
    switch (code) {
    case DLI_OK:
        return RUNNER_OK;
    case DLI_E_UNSUPPORTED:
        return RUNNER_UNSUPPORTED;
    case DLI_E_UNAVAILABLE:
        return RUNNER_UNAVAILABLE;
    case DLI_E_NOTFOUND: // a module that is not there; a file that is not there is a failure
        return strcmp(row->phase, "framework_load") == 0 ? RUNNER_UNAVAILABLE : RUNNER_FAILED;
    case DLI_E_MISMATCH:
        return RUNNER_MISMATCH;
    case DLI_E_TIMEOUT:
        return RUNNER_TIMEOUT;
    case DLI_E_CRASHED:
        return RUNNER_CRASHED;
    default:
        return RUNNER_FAILED;
    }
}

// What went wrong with the process, into `row->error`; a worker that said everything is left as it
// is.
static void judge_process(struct row *row, const struct row_end *end)
{
    const struct subprocess_end *process = end->process;
    struct dli_error *err = &row->error;
    char name[24];
    if (end->broken->code != DLI_OK) {
        *err = *end->broken;
    } else if (process->kind == SUBPROCESS_TIMED_OUT && end->is_pipe_closed) {
        (void)dli_fail(err, DLI_E_PROTOCOL,
                       "the worker closed its records before the end and did not exit");
    } else if (process->kind == SUBPROCESS_TIMED_OUT) {
        (void)dli_fail(err, DLI_E_TIMEOUT, "not done after %.0f s%s (--timeout)",
                       (double)end->timeout_ns / NS_PER_S,
                       process->is_killed ? ", and it did not end on TERM" : "");
    } else if (process->kind == SUBPROCESS_SIGNALLED) {
        bool is_oom = process->signal == 9;
        (void)dli_fail(
            err, DLI_E_CRASHED, "the worker died by %s%s",
            subprocess_signal_name(name, process->signal),
            is_oom ? " that was not ours: the system was out of memory, or somebody killed it"
                   : "");
        add_log_tail(err, end->log_tail);
    } else if (process->exit_status != 0) {
        (void)dli_fail(err, DLI_E_CRASHED, "the worker exited with status %d",
                       process->exit_status);
        add_log_tail(err, end->log_tail);
    } else if (err->code == DLI_OK || row->is_disagreeing) {
        (void)dli_fail(err, DLI_E_PROTOCOL, "the worker ended without its last record");
        add_log_tail(err, end->log_tail);
    }
}

// A row that was complete stays; how the worker left is worth a remark.
static void remark(struct row *row, const struct subprocess_end *process)
{
    char name[24];
    char text[128] = "";
    if (process->kind == SUBPROCESS_TIMED_OUT)
        snprintf(text, sizeof(text), "measured; afterwards the worker did not exit and was killed");
    else if (process->kind == SUBPROCESS_SIGNALLED)
        snprintf(text, sizeof(text), "measured; afterwards the worker died by %s",
                 subprocess_signal_name(name, process->signal));
    else if (process->exit_status != 0)
        snprintf(text, sizeof(text), "measured; afterwards the worker exited with status %d",
                 process->exit_status);
    if (*text && row->error.code == DLI_OK)
        json_put_string(row->columns, "error", text);
}

enum runner_status row_close(struct row *row, const struct row_end *end)
{
    static const char *const speeds[] = {"fps", "fps_low", "fps_high", "throughput_fps"};
    if (row->has_end && end->broken->code == DLI_OK)
        remark(row, end->process);
    else
        judge_process(row, end);
    if (row->error.code == DLI_OK && !json_object_get(row->columns, "iterations"))
        (void)dli_fail(&row->error, DLI_E_PROTOCOL, "the worker ended without a result");
    enum runner_status status = status_of(row, row->error.code);
    json_put_string(row->columns, "status", runner_status_name(status));
    if (status != RUNNER_OK) {
        json_put_string(row->columns, "error_code", dli_code_name(row->error.code));
        json_put_string(row->columns, "error", row->error.text);
        if (*row->phase)
            json_put_string(row->columns, "failed_phase", row->phase);
        for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
            json_object_del(row->columns, speeds[i]);
    }
    json_put_double(row->columns, "worker_cpu_time_s", (double)end->process->cpu_ns / 1e9);
    json_put_double(row->columns, "worker_wall_s", (double)end->process->wall_ns / 1e9);
    if (!json_object_get(row->columns, "peak_memory_mib"))
        json_put_double(row->columns, "peak_memory_mib",
                        (double)end->process->peak_bytes / (1 << 20));
    return status;
}

void row_release(struct row *row)
{
    json_decref(row->columns);
    memset(row, 0, sizeof(*row));
}
