#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "cli/cli.h"

void progress_init(struct progress *progress, bool is_quiet)
{
    progress->is_quiet = is_quiet;
    progress->is_terminal = isatty(STDERR_FILENO) != 0;
    progress->is_coloured = log_is_coloured();
}

void progress_clear(struct progress *progress)
{
    if (progress->is_terminal && !progress->is_quiet)
        fputs("\r\033[K", stderr);
}

static void add_duration(struct strbuf *out, int64_t ns)
{
    int64_t seconds = ns / NS_PER_S;
    if (seconds >= 3600)
        strbuf_addf(out, "%lld h %lld min", (long long)(seconds / 3600),
                    (long long)(seconds / 60 % 60));
    else if (seconds >= 60)
        strbuf_addf(out, "%lld min %lld s", (long long)(seconds / 60), (long long)(seconds % 60));
    else
        strbuf_addf(out, "%lld s", (long long)seconds);
}

// «resnet-50 openvino CPU sync batch 8 threads 2»; what the framework decides is left out.
static void add_label(struct strbuf *out, const struct test *test)
{
    const struct test_model *model = &test->model[0];
    strbuf_addf(out, "%s  %s %s %s", model->model, model->framework, model->device,
                test_mode_name(test->mode));
    if (test->host == TEST_PYTHON)
        strbuf_adds(out, " python");
    if (model->precision != DLI_F32)
        strbuf_addf(out, " %s", test_precision_name(model->precision));
    if (model->batch != 1)
        strbuf_addf(out, " batch %d", model->batch);
    if (model->threads)
        strbuf_addf(out, " threads %d", model->threads);
    if (model->streams)
        strbuf_addf(out, " streams %d", model->streams);
    if (test->mode == TEST_ASYNC && model->requests)
        strbuf_addf(out, " requests %d", model->requests);
    if (test->repeat)
        strbuf_addf(out, " repeat %d", test->repeat + 1);
}

static void add_count(struct strbuf *out, const struct runner_event *event)
{
    int digits = snprintf(NULL, 0, "%d", event->count);
    strbuf_addf(out, "[%*d/%d] ", digits, event->index + 1, event->count);
}

static void show_running(struct progress *progress, const struct runner_event *event)
{
    struct strbuf line = STRBUF_INIT;
    if (!progress->is_terminal)
        return;
    add_count(&line, event);
    add_label(&line, event->test);
    strbuf_addf(&line, "  %s", event->phase ? event->phase : "starting");
    strbuf_adds(&line, ", to go ");
    add_duration(&line, event->eta_ns);
    // Cut, so that it stays on one line and can be removed.
    int width = cli_width() - 1;
    fprintf(stderr, "\r\033[K%.*s", (int)line.length < width ? (int)line.length : width,
            strbuf_text(&line));
    fflush(stderr);
    strbuf_release(&line);
}

static double number(const json_t *row, const char *key)
{
    return json_number_value(json_object_get(row, key));
}

static void add_figures(struct strbuf *out, const json_t *row, const struct test *test)
{
    bool is_async = test->mode == TEST_ASYNC;
    double value = number(row, is_async ? "fps" : "latency_ms");
    double low = number(row, is_async ? "fps_low" : "latency_low_ms");
    double high = number(row, is_async ? "fps_high" : "latency_high_ms");
    const char *verdict = json_string_value(json_object_get(row, "verdict"));
    strbuf_addf(out, "  %.4g ms  %.4g fps", number(row, "latency_ms"), number(row, "fps"));
    if (value > 0)
        strbuf_addf(out, " +/-%.1f%%", 50 * (high - low) / value);
    if (verdict && strcmp(verdict, "valid") != 0)
        strbuf_addf(out, "  %s", verdict);
}

static void show_row(struct progress *progress, const struct runner_event *event)
{
    struct strbuf line = STRBUF_INIT;
    const char *status = json_string_value(json_object_get(event->row, "status"));
    const char *error = json_string_value(json_object_get(event->row, "error"));
    bool is_ok = status && strcmp(status, "ok") == 0;
    const char *colour = !progress->is_coloured ? "" : is_ok ? "\033[32m" : "\033[31m";
    add_count(&line, event);
    strbuf_addf(&line, "%s%-11s%s ", colour, status ? status : "?",
                progress->is_coloured ? "\033[0m" : "");
    add_label(&line, event->test);
    if (is_ok)
        add_figures(&line, event->row, event->test);
    else if (error)
        strbuf_addf(&line, ": %s", error);
    if (!progress->is_terminal) {
        strbuf_adds(&line, "  (to go ");
        add_duration(&line, event->eta_ns);
        strbuf_addc(&line, ')');
    }
    progress_clear(progress);
    fprintf(stderr, "%s\n", strbuf_text(&line));
    strbuf_release(&line);
}

void progress_show(const struct runner_event *event, void *data)
{
    struct progress *progress = data;
    if (progress->is_quiet)
        return;
    switch (event->kind) {
    case RUNNER_BEGIN:
    case RUNNER_PHASE:
        show_running(progress, event);
        break;
    case RUNNER_ROW:
        show_row(progress, event);
        break;
    case RUNNER_STOPPING:
        progress_clear(progress);
        fputs("dli: stopping; once more to kill the running test\n", stderr);
        break;
    }
}

void progress_step(const char *text, void *data)
{
    struct progress *progress = data;
    if (progress->is_quiet)
        return;
    progress_clear(progress);
    fprintf(stderr, "%s ...\n", text);
}
