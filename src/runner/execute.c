#include "runner/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "runner/stream.h"

#define DEFAULT_GRACE_NS (2 * NS_PER_S)

struct execution {
    const struct test *test;
    const struct execute_options *options;
    struct row row;
    struct stream stream;
    struct strbuf lines;      /**< journal lines of one piece of data */
    struct dli_error broken;  /**< the worker's contract */
    struct dli_error failure; /**< ours: the journal */
    bool is_pipe_closed;
    int signal_count;
    int64_t grace_ns;
    struct subprocess_watch watch;
};

static int take_record(const char *kind, const json_t *record, void *data, struct dli_error *err)
{
    struct execution *e = data;
    char phase[sizeof(e->row.phase)];
    memcpy(phase, e->row.phase, sizeof(phase));
    if (e->options->journal) {
        json_t *line = json_pack("{s:s,s:s,s:i,s:O}", "record", "worker", "id", e->test->id,
                                 "repeat", e->test->repeat, "line", record);
        char *text = json_to_line(line);
        strbuf_addf(&e->lines, "%s\n", text);
        free(text);
        json_decref(line);
    }
    int result = row_take(&e->row, kind, record, err);
    if (result == DLI_OK && e->options->on_phase && *e->row.phase &&
        strcmp(phase, e->row.phase) != 0)
        e->options->on_phase(e->row.phase, e->options->data);
    return result;
}

// A worker that has said everything, or can say nothing more, has a grace time to go.
static void hasten(struct execution *e)
{
    int64_t due_ns = clock_now_ns() + e->grace_ns;
    if (e->watch.deadline_ns == 0 || e->watch.deadline_ns > due_ns)
        e->watch.deadline_ns = due_ns;
}

static enum subprocess_verdict on_data(const char *data, size_t bytes, void *user)
{
    struct execution *e = user;
    if (bytes == 0) {
        // A worker that we stop closes it too, but after its time was up.
        bool is_early = e->watch.deadline_ns == 0 || clock_now_ns() < e->watch.deadline_ns;
        e->is_pipe_closed = !e->row.has_end && is_early;
        hasten(e);
        return SUBPROCESS_GO_ON;
    }
    strbuf_reset(&e->lines);
    int result = stream_feed(&e->stream, data, bytes, &e->broken);
    if (e->lines.length && journal_append_text(e->options->journal, strbuf_text(&e->lines),
                                               e->lines.length, &e->failure) != DLI_OK)
        return SUBPROCESS_KILL;
    if (e->row.has_end)
        hasten(e);
    return result == DLI_OK ? SUBPROCESS_GO_ON : SUBPROCESS_STOP;
}

static enum subprocess_verdict on_cancel(void *user)
{
    struct execution *e = user;
    struct signalfd_siginfo info;
    if (read(e->options->signal_fd, &info, sizeof(info)) != sizeof(info))
        return SUBPROCESS_GO_ON;
    if (e->signal_count++ == 0 && e->options->on_stopping)
        e->options->on_stopping(e->options->data);
    return e->signal_count > 1 ? SUBPROCESS_KILL : SUBPROCESS_STOP;
}

// A line of a stack trace, or around one, as glog and sanitizers print it: it says where, not why.
static bool is_trace(const char *line, size_t length)
{
    while (length > 0 && *line == ' ')
        line++, length--;
    return length == 0 || (length > 3 && memcmp(line, "***", 3) == 0) ||
           (length > 3 && memcmp(line, "@ 0", 3) == 0) ||
           (length > 1 && line[0] == '#' && line[1] >= '0' && line[1] <= '9');
}

// The last line of the log that says something, without control characters.
static void read_log_tail(char out[160], const char *path)
{
    char text[4096];
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    out[0] = '\0';
    if (fd < 0)
        return;
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof(text) ? size - (off_t)sizeof(text) : 0;
    ssize_t end = pread(fd, text, sizeof(text), from);
    close(fd);
    for (ssize_t begin = end; end > 0 && !out[0]; end = begin) {
        while (end > 0 && (unsigned char)text[end - 1] <= ' ')
            end--;
        for (begin = end; begin > 0 && text[begin - 1] != '\n';)
            begin--;
        if (!is_trace(text + begin, (size_t)(end - begin)))
            snprintf(out, 160, "%.*s", (int)(end - begin), text + begin);
    }
    for (char *c = out; *c; c++)
        *c = (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c;
}

static int open_log(const char *path, struct dli_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    return fd >= 0 ? fd : dli_fail(err, DLI_E_IO, "%s: cannot create: %s", path, strerror(errno));
}

static void drop_empty_log(const char *path)
{
    struct stat status;
    if (path && stat(path, &status) == 0 && status.st_size == 0)
        unlink(path);
}

static int start(struct subprocess *process, struct execution *e, struct dli_error *err)
{
    json_t *object = test_to_json(e->test);
    char *text = json_to_line(object);
    int log_fd = e->options->log_path ? open_log(e->options->log_path, err) : -1;
    struct subprocess_options options = {.argv = e->options->worker,
                                         .input = text,
                                         .input_bytes = strlen(text),
                                         .log_fd = log_fd,
                                         .memory_bytes = e->test->memory_bytes};
    int result =
        e->options->log_path && log_fd < 0 ? log_fd : subprocess_start(process, &options, err);
    if (log_fd >= 0)
        close(log_fd);
    free(text);
    json_decref(object);
    return result;
}

static int finish(json_t **out, enum runner_status *status, bool *is_interrupted,
                  struct execution *e, const struct subprocess_end *process, struct dli_error *err)
{
    char tail[160];
    read_log_tail(tail, e->options->log_path);
    drop_empty_log(e->options->log_path);
    if (e->failure.code != DLI_OK) {
        *err = e->failure;
        return e->failure.code;
    }
    *is_interrupted = e->signal_count > 0;
    // What the user stopped is no result; what was complete before he did is one.
    if (*is_interrupted && !e->row.has_end)
        return DLI_OK;
    struct row_end end = {.process = process,
                          .broken = &e->broken,
                          .is_pipe_closed = e->is_pipe_closed,
                          .timeout_ns = e->test->timeout_ns,
                          .log_tail = tail};
    *status = row_close(&e->row, &end);
    *out = json_incref(e->row.columns);
    return DLI_OK;
}

int execute_test(json_t **out, enum runner_status *status, bool *is_interrupted,
                 const struct test *test, const struct execute_options *options,
                 struct dli_error *err)
{
    struct execution e = {.test = test, .options = options};
    struct subprocess process;
    struct subprocess_end end;
    *out = NULL;
    *is_interrupted = false;
    e.grace_ns = options->grace_ns > 0 ? options->grace_ns : DEFAULT_GRACE_NS;
    e.stream = (struct stream){.on_record = take_record, .data = &e};
    row_open(&e.row, test, options->where);
    int result = start(&process, &e, err);
    if (result == DLI_OK) {
        e.row.process_start_ns = process.start_ns;
        e.watch = (struct subprocess_watch){
            .deadline_ns = test->timeout_ns > 0 ? process.start_ns + test->timeout_ns : 0,
            .grace_ns = e.grace_ns,
            .cancel_fd = options->signal_fd,
            .on_data = on_data,
            .on_cancel = on_cancel,
            .user = &e};
        subprocess_wait(&process, &e.watch, &end);
        result = finish(out, status, is_interrupted, &e, &end, err);
    }
    row_release(&e.row);
    stream_release(&e.stream);
    strbuf_release(&e.lines);
    return result;
}
