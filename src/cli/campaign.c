#include "cli/campaign.h"

#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/python.h"
#include "machine/machine.h"
#include "report/report.h"
#include "runner/journal.h"
#include "runner/runner.h"

char *campaign_default_folder(const char *prefix)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &utc);
    char *folder = xasprintf("results/%s%s", prefix, stamp);
    for (int i = 2; file_exists(folder); i++) {
        free(folder);
        folder = xasprintf("results/%s%s-%d", prefix, stamp, i);
    }
    return folder;
}

void campaign_probe(struct backend_list *list, const struct plan *plan)
{
    for (int i = 0; i < plan->test_count; i++)
        for (int m = 0; m < plan->test[i].model_count; m++)
            if (plan->test[i].model[m].framework)
                backends_probe(backends_add(list, plan->test[i].model[m].framework));
}

int campaign_resolve(struct plan *plan, struct backend_list *backends,
                     const struct campaign_options *options)
{
    struct dli_error err = {0};
    struct progress progress;
    progress_init(&progress, options->is_quiet);
    struct catalog_framework *framework = xcalloc((size_t)backends->count + 1, sizeof(*framework));
    for (int i = 0; i < backends->count; i++)
        framework[i] =
            (struct catalog_framework){backends->item[i].name, backends->item[i].formats};
    struct catalog_options catalog = {.framework = framework,
                                      .has_no_reference = options->is_unchecked,
                                      .on_step = progress_step,
                                      .data = &progress};
    int result = catalog_resolve(plan->test, plan->test_count, &catalog, &err);
    free(framework);
    if (result != DLI_OK)
        return cli_fail(&err);
    plan_remove_duplicates(plan);
    return CLI_OK;
}

// Rows of the journal in the order of the plan.
static int load_report(struct report *report, const char *folder,
                       const struct campaign_options *options, struct dli_error *err)
{
    struct journal_content content;
    char *path = xasprintf("%s/%s", folder, JOURNAL_NAME);
    int result = journal_read(&content, path, err);
    if (result == DLI_OK)
        report_add_machine(report, json_object_get(content.header, "machine"));
    for (int i = 0; i < content.test_count && result == DLI_OK; i++)
        if (content.row[i])
            result = report_add_row(report, content.row[i], err);
    report_set_journal(report, path);
    if (options->title)
        report_set_title(report, options->title);
    journal_content_release(&content);
    free(path);
    return result;
}

static int save_all(const struct report *report, const struct campaign_options *options,
                    struct dli_error *err)
{
    static const struct {
        enum report_format format;
        const char *name;
    } own[] = {{REPORT_CSV, "results.csv"},
               {REPORT_JSONL, "results.jsonl"},
               {REPORT_HTML, "results.html"}};
    const char *copies[] = {options->csv, options->jsonl, options->html};
    int result = DLI_OK;
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]) && result == DLI_OK; i++) {
        char *path = xasprintf("%s/%s", options->folder, own[i].name);
        result = report_save(report, own[i].format, path, err);
        if (result == DLI_OK && copies[i])
            result = report_save(report, own[i].format, copies[i], err);
        free(path);
    }
    return result;
}

static int print_results(const struct report *report, const struct campaign_options *options)
{
    struct strbuf text = STRBUF_INIT;
    if (options->is_json)
        report_write_jsonl(report, &text);
    else
        report_write_table(report, cli_is_coloured(), &text);
    int status = cli_print(&text);
    strbuf_release(&text);
    if (!options->is_quiet)
        fprintf(stderr, "\nresults: %s/results.csv\n   page: %s/results.html\n", options->folder,
                options->folder);
    return status;
}

static int make_reports(const struct campaign_options *options)
{
    struct report report;
    struct dli_error err = {0};
    report_init(&report);
    int result = load_report(&report, options->folder, options, &err);
    if (result == DLI_OK)
        result = save_all(&report, options, &err);
    int status = result == DLI_OK ? print_results(&report, options) : cli_fail(&err);
    report_release(&report);
    return status;
}

static json_t *command_line(const struct campaign_options *options)
{
    json_t *list = json_array();
    for (int i = 0; i < options->argc; i++)
        json_array_append_new(list, json_string_safe(options->argv[i]));
    return list;
}

static int exit_status(const struct runner_summary *summary)
{
    int ok = summary->status_count[RUNNER_OK];
    int bad = 0;
    if (summary->is_interrupted)
        return CLI_INTERRUPTED;
    for (int i = 0; i < RUNNER_STATUS_COUNT; i++)
        if (i != RUNNER_OK && i != RUNNER_UNSUPPORTED && i != RUNNER_UNAVAILABLE)
            bad += summary->status_count[i];
    // What a framework cannot do is a result; a campaign that measured nothing at all is not.
    return bad || (ok == 0 && summary->skipped_count == 0) ? CLI_FAILED : CLI_OK;
}

static void print_summary(const struct runner_summary *summary,
                          const struct campaign_options *options)
{
    struct strbuf line = STRBUF_INIT;
    for (int i = 0; i < RUNNER_STATUS_COUNT; i++)
        if (summary->status_count[i])
            strbuf_addf(&line, "%s%d %s", line.length ? ", " : "", summary->status_count[i],
                        runner_status_name((enum runner_status)i));
    if (summary->skipped_count)
        strbuf_addf(&line, "%s%d finished before", line.length ? ", " : "", summary->skipped_count);
    fprintf(stderr, "%s\n", strbuf_text(&line));
    if (summary->is_interrupted)
        fprintf(stderr, "interrupted; 'dli bench --resume %s' goes on\n", options->folder);
    strbuf_release(&line);
}

static int run_tests(struct runner_summary *summary, const struct plan *plan,
                     const struct campaign_options *options, struct dli_error *err)
{
    struct machine machine;
    struct progress progress;
    machine_read(&machine, NULL);
    progress_init(&progress, options->is_quiet);
    json_t *command = command_line(options);
    json_t *description = machine_to_json(&machine);
    json_t *where = machine_row(&machine);
    struct python_worker python;
    struct runner_options runner = {.worker = cli_worker,
                                    .python_worker = python_worker_find(&python),
                                    .folder = options->folder,
                                    .is_resume = options->is_resume,
                                    .is_shuffled = options->is_shuffled,
                                    .shuffle_seed = 1,
                                    .command = command,
                                    .machine = description,
                                    .where = where,
                                    .dli_version = version_number(),
                                    .dli_commit = version_commit(),
                                    .on_event = progress_show,
                                    .event_data = &progress};
    int result = runner_run(summary, plan->test, plan->test_count, &runner, err);
    progress_clear(&progress);
    python_worker_release(&python);
    json_decref(command);
    json_decref(description);
    json_decref(where);
    return result;
}

// Workers find the folder of sample files in the environment, so that a test stays the same
// wherever it runs.
static int make_folders(const struct plan *plan, const struct campaign_options *options,
                        struct dli_error *err)
{
    int result = file_make_folders(options->folder, err);
    bool keeps_samples = false;
    for (int i = 0; i < plan->test_count; i++)
        keeps_samples = keeps_samples || plan->test[i].measure.keep_samples;
    if (result != DLI_OK || !keeps_samples)
        return result;
    char *folder = xasprintf("%s/samples", options->folder);
    result = file_make_folders(folder, err);
    if (result == DLI_OK && setenv("DLI_SAMPLES_FOLDER", folder, 1) != 0)
        result = dli_fail(err, DLI_E_NOMEM, "no memory for the environment");
    free(folder);
    return result;
}

int campaign_run(const struct plan *plan, const struct campaign_options *options)
{
    struct runner_summary summary = {0};
    struct dli_error err = {0};
    int result = make_folders(plan, options, &err);
    if (result != DLI_OK)
        return cli_fail(&err);
    result = run_tests(&summary, plan, options, &err);
    int status = result == DLI_OK ? exit_status(&summary) : cli_fail(&err);
    if (!options->is_quiet)
        print_summary(&summary, options);
    if (result == DLI_E_IO)
        fprintf(stderr, "dli: rows so far are in %s/%s; 'dli bench --resume %s' goes on\n",
                options->folder, JOURNAL_NAME, options->folder);
    int reported = make_reports(options);
    return status != CLI_OK ? status : reported;
}
