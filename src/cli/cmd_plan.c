// dli plan: what a plan or a command line expands to, without running it.
#include <jansson.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/plans.h"

#define DLI_OPT_BASE struct plan_arguments
struct plan_arguments {
    const char *plan;
    bool is_json, is_resolved;
};

static const struct dli_option show_options[] = {
    {"plan", DLI_OPT_STRING(plan), .unit = "FILE", .help = "plan file (docs/plan.md)",
     .letter = 'p'},
    {"json", DLI_OPT_BOOL(is_json), .help = "print the tests as workers get them"},
    {"resolve", DLI_OPT_BOOL(is_resolved),
     .help = "find or write the models first, so that paths, hashes and ids are filled in"},
    DLI_OPTIONS_END};

static const struct command_example show_examples[] = {
    {"dli plan show --plan examples/shop.yaml", "the tests that a file stands for"},
    {"dli plan show zoo:resnet-50 -f openvino -b 1-8*2 --json",
     "the same for a command line, for programs"},
    {NULL, NULL}};

static int print_plan(const struct plan *plan, bool is_json)
{
    struct strbuf text = STRBUF_INIT;
    int status;
    if (is_json) {
        json_t *list = json_array();
        for (int i = 0; i < plan->test_count; i++)
            json_array_append_new(list, test_to_json(&plan->test[i]));
        return cli_print_json(json_pack("{s:o}", "tests", list));
    }
    plan_print(&text, plan);
    status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

static int show(const struct cli_command *command, int argc, const char **argv)
{
    struct plan_arguments given = {0};
    struct plan_texts texts = {0};
    struct cli_arguments arguments;
    struct backend_list backends = {0};
    struct plan plan = {0};
    struct campaign_options campaign = {.is_quiet = false};
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, &texts, &status))
        return status;
    status = plans_read(&plan, &backends, command, given.plan, &arguments, &texts);
    if (status == CLI_OK && given.is_resolved) {
        campaign_probe(&backends, &plan);
        status = campaign_resolve(&plan, &backends, &campaign);
    }
    if (status == CLI_OK)
        status = print_plan(&plan, given.is_json);
    plan_release(&plan);
    backends_release(&backends);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_plan_show = {
    .text = {.name = "plan show",
             .arguments = "[MODEL...]",
             .summary = "print the tests that a plan file or a command line expands to",
             .description =
                 "Takes what 'dli bench' takes and prints the product instead of running it.",
             .options = {show_options, plan_options},
             .examples = show_examples},
    .run = show};

static const struct command_example check_examples[] = {
    {"dli plan check examples/shop.yaml", "every mistake with its line"}, {NULL, NULL}};

static const struct dli_option no_options[] = {DLI_OPTIONS_END};

static int check_file(const char *file, const struct plan_context *context)
{
    struct plan plan;
    struct strbuf problems = STRBUF_INIT;
    struct dli_error err = {0};
    int result = plan_read(&plan, file, context, &problems, &err);
    if (result == DLI_OK)
        printf("%s: %d tests\n", file, plan.test_count);
    else
        fputs(strbuf_text(&problems), stderr);
    plan_release(&plan);
    strbuf_release(&problems);
    return result == DLI_OK ? CLI_OK : CLI_USAGE;
}

static int check(const struct cli_command *command, int argc, const char **argv)
{
    struct cli_arguments arguments;
    struct backend_list backends = {0};
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, NULL, NULL, &status))
        return status;
    if (arguments.count == 0)
        status = cli_usage(command, "no plan file");
    backends_find(&backends);
    const char **names = xcalloc((size_t)backends.count + 1, sizeof(*names));
    for (int i = 0; i < backends.count; i++)
        names[i] = backends.item[i].name;
    struct plan_context context = {.frameworks = names};
    for (int i = 0; i < arguments.count; i++) {
        int one = check_file(arguments.text[i], &context);
        status = status == CLI_OK ? one : status;
    }
    free(names);
    backends_release(&backends);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_plan_check = {
    .text = {.name = "plan check",
             .arguments = "FILE...",
             .summary = "check plan files without running them",
             .description = "Prints every mistake as «file:line: what» with the nearest known "
                            "word. Exit status 2 when there is one.",
             .options = {no_options},
             .examples = check_examples},
    .run = check};
