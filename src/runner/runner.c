#include "runner/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"
#include "runner/execute.h"

struct run {
    const struct runner_options *options;
    const struct test *test;
    int *order; /**< indices of the tests to run */
    int count;
    int position;
    struct journal *journal;
    struct runner_summary *summary;
    int64_t start_ns;
    int64_t estimate_ns; /**< of all tests to run, from their limits */
    int signal_fd;
    sigset_t old_mask;
};

const char *runner_status_name(enum runner_status status)
{
    static const char *const names[] = {"ok",       "failed",  "unsupported", "unavailable",
                                        "mismatch", "timeout", "crashed"};
    return names[status];
}

static void put_time(json_t *object, const char *key)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_put_string(object, key, stamp);
}

static void add_line(struct strbuf *out, json_t *record)
{
    char *line = json_to_line(record);
    strbuf_addf(out, "%s\n", line);
    free(line);
    json_decref(record);
}

static void add_header(struct strbuf *out, const struct run *run, int test_count)
{
    const struct runner_options *o = run->options;
    json_t *header = json_pack("{s:s,s:i}", "record", "journal", "schema", 1);
    put_time(header, "created");
    json_put_string(header, "dli_version", o->dli_version);
    json_put_string(header, "dli_commit", o->dli_commit);
    if (o->command)
        json_object_set(header, "command", (json_t *)o->command);
    if (o->machine)
        json_object_set(header, "machine", (json_t *)o->machine);
    json_put_int(header, "test_count", test_count);
    add_line(out, header);
}

static int create_journal(struct run *run, const char *path, int test_count, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    add_header(&text, run, test_count);
    for (int i = 0; i < test_count; i++)
        add_line(&text, json_pack("{s:s,s:s,s:i,s:i,s:o}", "record", "test", "id", run->test[i].id,
                                  "repeat", run->test[i].repeat, "index", i, "test",
                                  test_to_json(&run->test[i])));
    int result = journal_create(&run->journal, path, strbuf_text(&text), text.length, err);
    strbuf_release(&text);
    return result;
}

// Leaves out what has a row; a test that the journal does not know belongs to another campaign.
static int skip_finished(struct run *run, const char *path, int test_count, struct dli_error *err)
{
    struct journal_content content;
    int result = journal_read(&content, path, err);
    run->count = 0;
    for (int i = 0; i < test_count && result == DLI_OK; i++) {
        int found = journal_find(&content, run->test[i].id, run->test[i].repeat);
        if (found < 0)
            result =
                dli_fail(err, DLI_E_ARG, "%.180s: another campaign's journal: it has no test %s",
                         path, run->test[i].id);
        else if (content.row[found])
            run->summary->skipped_count++;
        else
            run->order[run->count++] = i;
    }
    journal_content_release(&content);
    return result;
}

static int open_journal(struct run *run, int test_count, struct dli_error *err)
{
    const char *folder = run->options->folder;
    if (!folder)
        return DLI_OK;
    char *path = xasprintf("%s/%s", folder, JOURNAL_NAME);
    char *logs = xasprintf("%s/logs", folder);
    int result = file_make_folders(logs, err);
    if (result == DLI_OK && run->options->is_resume) {
        result = journal_open(&run->journal, path, err);
        if (result == DLI_OK)
            result = skip_finished(run, path, test_count, err);
    } else if (result == DLI_OK) {
        result = create_journal(run, path, test_count, err);
    }
    free(logs);
    free(path);
    return result;
}

// Fisher-Yates with numbers that are the same everywhere, so that an order can be repeated.
static void shuffle(struct run *run)
{
    uint64_t key = random_key(run->options->shuffle_seed, "order");
    for (int i = run->count - 1; i > 0; i--) {
        int other = (int)(random_bits(key, (uint64_t)i) % (uint64_t)(i + 1));
        int kept = run->order[i];
        run->order[i] = run->order[other];
        run->order[other] = kept;
    }
}

static int64_t limit_of(const struct test *test)
{
    const struct test_measure *m = &test->measure;
    int64_t measure_ns = m->time_ns > 0 ? m->time_ns : m->max_time_ns;
    return measure_ns + 2 * NS_PER_S; // loading
}

static int64_t time_to_go(const struct run *run, int done)
{
    int64_t elapsed_ns = clock_now_ns() - run->start_ns;
    int64_t rest_ns = 0;
    if (done == 0)
        return run->estimate_ns > elapsed_ns ? run->estimate_ns - elapsed_ns : 0;
    rest_ns = elapsed_ns / done * (run->count - done);
    return rest_ns;
}

static void tell(struct run *run, enum runner_event_kind kind, const char *phase, json_t *row)
{
    struct runner_event event = {.kind = kind,
                                 .index = run->position,
                                 .count = run->count,
                                 .test = &run->test[run->order[run->position]],
                                 .phase = phase,
                                 .row = row,
                                 .elapsed_ns = clock_now_ns() - run->start_ns,
                                 .eta_ns = time_to_go(run, run->position + (kind == RUNNER_ROW))};
    if (run->options->on_event)
        run->options->on_event(&event, run->options->event_data);
}

static void tell_phase(const char *phase, void *data)
{
    tell(data, RUNNER_PHASE, phase, NULL);
}

static void tell_stopping(void *data)
{
    tell(data, RUNNER_STOPPING, NULL, NULL);
}

static json_t *record_of(const char *kind, const struct test *test)
{
    return json_pack("{s:s,s:s,s:i}", "record", kind, "id", test->id, "repeat", test->repeat);
}

static int write_begin(struct run *run, const struct test *test, struct dli_error *err)
{
    json_t *record = record_of("begin", test);
    put_time(record, "time");
    if (run->journal)
        return journal_append(run->journal, record, err);
    json_decref(record);
    return DLI_OK;
}

static int write_row(struct run *run, const struct test *test, json_t *row, struct dli_error *err)
{
    json_t *record = record_of("row", test);
    json_object_set(record, "row", row);
    if (run->journal)
        return journal_append(run->journal, record, err);
    json_decref(record);
    return DLI_OK;
}

static int run_one(struct run *run, const struct test *test, struct dli_error *err)
{
    enum runner_status status = RUNNER_FAILED;
    json_t *row = NULL;
    char *log = run->options->folder
                    ? xasprintf("%s/logs/%s-%d.log", run->options->folder, test->id, test->repeat)
                    : NULL;
    bool is_python = test->host == TEST_PYTHON && run->options->python_worker;
    struct execute_options execute = {.worker = is_python ? run->options->python_worker : run->options->worker,
                                      .log_path = log,
                                      .journal = run->journal,
                                      .where = run->options->where,
                                      .grace_ns = run->options->grace_ns,
                                      .signal_fd = run->signal_fd,
                                      .on_phase = tell_phase,
                                      .on_stopping = tell_stopping,
                                      .data = run};
    tell(run, RUNNER_BEGIN, NULL, NULL);
    int result = write_begin(run, test, err);
    if (result == DLI_OK)
        result = execute_test(&row, &status, &run->summary->is_interrupted, test, &execute, err);
    if (result == DLI_OK && row)
        result = write_row(run, test, row, err);
    if (result == DLI_OK && row) {
        run->summary->status_count[status]++;
        tell(run, RUNNER_ROW, NULL, row);
    }
    json_decref(row);
    free(log);
    return result;
}

static int block_signals(struct run *run, struct dli_error *err)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &mask, &run->old_mask);
    run->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signal_fd >= 0
               ? DLI_OK
               : dli_fail(err, DLI_E_IO, "cannot watch for signals: %s", strerror(errno));
}

// A signal that came between two tests.
static bool is_stopped(struct run *run)
{
    struct signalfd_siginfo info;
    if (read(run->signal_fd, &info, sizeof(info)) == sizeof(info))
        run->summary->is_interrupted = true;
    return run->summary->is_interrupted;
}

static void unblock_signals(struct run *run)
{
    struct signalfd_siginfo info;
    while (read(run->signal_fd, &info, sizeof(info)) == sizeof(info))
        continue; // taken, so that it does not strike once it is let in
    close(run->signal_fd);
    pthread_sigmask(SIG_SETMASK, &run->old_mask, NULL);
}

static int run_all(struct run *run, struct dli_error *err)
{
    int result = DLI_OK;
    for (int i = 0; i < run->count; i++)
        run->estimate_ns += limit_of(&run->test[run->order[i]]);
    run->start_ns = clock_now_ns();
    for (; run->position < run->count && result == DLI_OK && !is_stopped(run); run->position++)
        result = run_one(run, &run->test[run->order[run->position]], err);
    if (result == DLI_OK && run->journal) {
        json_t *close = json_pack("{s:s,s:s}", "record", "close", "reason",
                                  run->summary->is_interrupted ? "interrupted" : "done");
        put_time(close, "time");
        result = journal_append(run->journal, close, err);
    }
    return result;
}

int runner_run(struct runner_summary *out, const struct test *test, int test_count,
               const struct runner_options *options, struct dli_error *err)
{
    struct run run = {
        .options = options, .test = test, .count = test_count, .summary = out, .signal_fd = -1};
    memset(out, 0, sizeof(*out));
    run.order = xcalloc((size_t)test_count + 1, sizeof(*run.order));
    for (int i = 0; i < test_count; i++)
        run.order[i] = i;
    int result = open_journal(&run, test_count, err);
    if (result == DLI_OK && options->is_shuffled)
        shuffle(&run);
    if (result == DLI_OK)
        result = block_signals(&run, err);
    if (result == DLI_OK) {
        result = run_all(&run, err);
        unblock_signals(&run);
    }
    journal_close(run.journal);
    free(run.order);
    return result;
}
