// dli bench: the main job.
#include <stdlib.h>

#include "base/file.h"
#include "cli/campaign.h"
#include "cli/commands.h"
#include "cli/plans.h"
#include "runner/journal.h"

#define DLI_OPT_BASE struct bench_arguments
struct bench_arguments {
    const char *plan, *out, *resume, *csv, *html, *jsonl, *title;
    bool is_json, is_quiet, is_shuffled, is_unchecked;
};

static const struct dli_option options[] = {
    {"plan", DLI_OPT_STRING(plan), .unit = "FILE",
     .help = "take the tests from a plan file (docs/plan.md); keys given here win over the file's",
     .letter = 'p'},
    {"out", DLI_OPT_STRING(out), .unit = "FOLDER",
     .help = "where journal, logs and reports go (default results/ and the time)"},
    {"resume", DLI_OPT_STRING(resume), .unit = "FOLDER",
     .help = "go on with an interrupted campaign: runs what has no row yet"},
    {"csv", DLI_OPT_STRING(csv), .unit = "FILE",
     .help = "write the rows here too; - is standard output"},
    {"html", DLI_OPT_STRING(html), .unit = "FILE", .help = "write the page here too"},
    {"jsonl", DLI_OPT_STRING(jsonl), .unit = "FILE", .help = "write JSON lines here too"},
    {"json", DLI_OPT_BOOL(is_json), .help = "print rows as JSON lines instead of a table"},
    {"title", DLI_OPT_STRING(title), .unit = "TEXT", .help = "heading of the page"},
    {"shuffle", DLI_OPT_BOOL(is_shuffled),
     .help = "run the tests in a random order, so that slow changes of the machine hit all alike"},
    {"no-check", DLI_OPT_BOOL(is_unchecked), .help = "do not compare outputs with a reference"},
    {"quiet", DLI_OPT_BOOL(is_quiet), .help = "no progress", .letter = 'q'},
    DLI_OPTIONS_END};

static const struct command_example examples[] = {
    {"dli bench zoo:mobilenet-v2", "one model on every framework of this machine"},
    {"dli bench zoo:resnet-50 model.onnx -f openvino,onnxruntime -b 1,8 -t 1-4",
     "a product: models x frameworks x batch x threads"},
    {"dli bench zoo:resnet-50 -f openvino --mode async -r 1-8*2 --html page.html",
     "throughput with 1, 2, 4 and 8 requests in flight"},
    {"dli bench --plan examples/shop.yaml", "tests from a file"},
    {"dli bench --resume results/20261123-180501", "go on after an interruption"},
    {"dli bench net.onnx -f openvino --shape 1,3,640,640 -i photos/ --mean 0,0,0 --scale "
     "255,255,255",
     "an own model on own pictures"},
    {NULL, NULL}};

static void set_outputs(struct campaign_options *campaign, const struct bench_arguments *given)
{
    campaign->csv = given->csv;
    campaign->html = given->html;
    campaign->jsonl = given->jsonl;
    campaign->title = given->title;
    campaign->is_json = given->is_json;
    campaign->is_quiet = given->is_quiet;
    campaign->is_shuffled = given->is_shuffled;
    campaign->is_unchecked = given->is_unchecked;
}

static int resume(struct campaign_options *campaign, const char *folder)
{
    struct journal_content content;
    struct dli_error err = {0};
    char *path = xasprintf("%s/%s", folder, JOURNAL_NAME);
    int status;
    campaign->folder = folder;
    campaign->is_resume = true;
    if (journal_read(&content, path, &err) == DLI_OK) {
        struct plan plan = {.test_count = content.test_count, .test = content.test};
        status =
            campaign_restore(content.test, content.row, content.test_count, campaign->is_quiet);
        if (status == CLI_OK)
            status = campaign_run(&plan, campaign);
    } else {
        status = cli_fail(&err);
    }
    journal_content_release(&content);
    free(path);
    return status;
}

static int start(struct campaign_options *campaign, struct plan *plan,
                 struct backend_list *backends, const char *out)
{
    char *folder = out ? xstrdup(out) : campaign_default_folder("");
    campaign->folder = folder;
    campaign_probe(backends, plan);
    int status = campaign_resolve(plan, backends, campaign);
    if (status == CLI_OK)
        status = campaign_run(plan, campaign);
    free(folder);
    return status;
}

static int run(const struct cli_command *command, int argc, const char **argv)
{
    struct bench_arguments given = {0};
    struct plan_texts texts = {0};
    struct cli_arguments arguments;
    struct backend_list backends = {0};
    struct plan plan = {0};
    int status = CLI_OK;
    // The parser reorders its array; the journal keeps the line as typed.
    const char **typed = xcalloc((size_t)argc + 1, sizeof(*typed));
    for (int i = 0; i < argc; i++)
        typed[i] = argv[i];
    struct campaign_options campaign = {.argc = argc, .argv = typed};
    if (!cli_parse(&arguments, command, argc, argv, &given, &texts, &status))
        goto out;
    set_outputs(&campaign, &given);
    if (given.resume && (given.plan || given.out || arguments.count > 0)) {
        status = cli_usage(
            command,
            "--resume goes on with the tests of its folder: no models, --plan or --out beside it");
    } else if (given.resume) {
        status = resume(&campaign, given.resume);
    } else {
        status = plans_read(&plan, &backends, command, given.plan, &arguments, &texts);
        if (status == CLI_OK)
            status = start(&campaign, &plan, &backends, given.out);
    }
    cli_arguments_release(&arguments);
out:
    plan_release(&plan);
    backends_release(&backends);
    free(typed);
    return status;
}

const struct cli_command cmd_bench = {
    .text = {.name = "bench",
             .arguments = "[MODEL...]",
             .summary = "measure models and write CSV and an HTML page",
             .description =
                 "Runs every combination of the given models, frameworks, devices and settings, "
                 "each test in a process of its own, and "
                 "writes the results as CSV, JSON lines and a page. MODEL is a name of the zoo "
                 "(dli zoo list), a model file "
                 "(.onnx, .xml, .tflite, .pb), or null:1x3x224x224 for the null backend. Without "
                 "--framework every framework that this machine "
                 "can run is measured.\n\nLists (1,8) and ranges (1-4, 1-64*2) multiply. A test "
                 "stops when its confidence interval is within --target. "
                 "Outputs are compared with a reference first.\n\nExit status: 0 all measured "
                 "(what a framework cannot do does not count), 1 a test failed, 2 bad "
                 "usage, 3 the system refused (rows so far are kept), 130 interrupted.",
             .options = {options, plan_options},
             .examples = examples},
    .run = run};
