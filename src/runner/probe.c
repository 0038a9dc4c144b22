// Asks a worker what a backend is.
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "runner/runner.h"
#include "runner/stream.h"

#define PROBE_LIMIT_NS (60 * NS_PER_S)

struct probe {
    struct stream stream;
    json_t *backend;
    struct dli_error broken;
};

static int take_record(const char *kind, const json_t *record, void *data, struct dli_error *err)
{
    struct probe *probe = data;
    (void)err;
    if (strcmp(kind, "backend") == 0) {
        json_decref(probe->backend);
        probe->backend = json_deep_copy(record);
    }
    return DLI_OK;
}

static enum subprocess_verdict on_data(const char *data, size_t bytes, void *user)
{
    struct probe *probe = user;
    bool is_good = bytes == 0 || stream_feed(&probe->stream, data, bytes, &probe->broken) == DLI_OK;
    return is_good ? SUBPROCESS_GO_ON : SUBPROCESS_STOP;
}

static enum subprocess_verdict on_cancel(void *user)
{
    (void)user;
    return SUBPROCESS_GO_ON;
}

// «{worker…, --probe, name, NULL}»
static const char **probe_line(const char *const *worker, const char *name)
{
    size_t count = 0;
    while (worker[count])
        count++;
    const char **line = xcalloc(count + 3, sizeof(*line));
    memcpy(line, worker, count * sizeof(*line));
    line[count] = "--probe";
    line[count + 1] = name;
    return line;
}

static int judge(json_t **out, struct probe *probe, const struct subprocess_end *end,
                 const char *name, struct dli_error *err)
{
    char text[24];
    if (probe->broken.code != DLI_OK)
        return dli_fail(err, probe->broken.code, "%.40s: %s", name, probe->broken.text);
    if (probe->backend) { // the answer counts, however the framework leaves
        *out = json_incref(probe->backend);
        return DLI_OK;
    }
    if (end->kind == SUBPROCESS_TIMED_OUT)
        return dli_fail(err, DLI_E_TIMEOUT, "%.80s: no answer within %d s", name,
                        (int)(PROBE_LIMIT_NS / NS_PER_S));
    if (end->kind == SUBPROCESS_SIGNALLED)
        return dli_fail(err, DLI_E_CRASHED,
                        "%.80s: the framework crashed by %s while it was asked what it is", name,
                        subprocess_signal_name(text, end->signal));
    return dli_fail(err, DLI_E_PROTOCOL, "%.80s: the worker exited with status %d and said nothing",
                    name, end->exit_status);
}

int runner_probe(json_t **out, const char *const *worker, const char *name, struct dli_error *err)
{
    struct probe probe = {.backend = NULL};
    struct subprocess process;
    struct subprocess_end end;
    const char **line = probe_line(worker, name);
    struct subprocess_options options = {.argv = line, .log_fd = -1};
    *out = NULL;
    probe.stream = (struct stream){.on_record = take_record, .data = &probe};
    int result = subprocess_start(&process, &options, err);
    if (result == DLI_OK) {
        struct subprocess_watch watch = {.deadline_ns = process.start_ns + PROBE_LIMIT_NS,
                                         .grace_ns = NS_PER_S,
                                         .cancel_fd = -1,
                                         .on_data = on_data,
                                         .on_cancel = on_cancel,
                                         .user = &probe};
        subprocess_wait(&process, &watch, &end);
        result = judge(out, &probe, &end, name, err);
    }
    json_decref(probe.backend);
    stream_release(&probe.stream);
    free(line);
    return result;
}
