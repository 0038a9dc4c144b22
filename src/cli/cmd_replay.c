// dli replay: one test of a journal again, alone.
#include <jansson.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/campaign.h"
#include "cli/commands.h"
#include "runner/journal.h"

#define DLI_OPT_BASE struct replay_arguments
struct replay_arguments {
    const char *out;
    bool is_json, is_test;
};

static const struct dli_option options[] = {
    {"out", DLI_OPT_STRING(out), .unit = "FOLDER",
     .help = "where journal, log and reports go (default results/replay- and the time)"},
    {"json", DLI_OPT_BOOL(is_json), .help = "print the row as a JSON line instead of a table"},
    {"test", DLI_OPT_BOOL(is_test),
     .help = "print the test itself and do not run it: 'dli worker' reads it"},
    DLI_OPTIONS_END};

static const struct command_example examples[] = {
    {"dli replay results/20261123-180501/journal.jsonl 7f3a",
     "the test whose id begins so (column test_id)"},
    {"dli replay journal.jsonl 12", "the 12th test"},
    {"dli replay journal.jsonl 7f3a --test | dli worker", "see every record of it"},
    {NULL, NULL}};

// An id or its beginning, else a number from 1.
static int find_test(const struct journal_content *content, const char *name, struct dli_error *err)
{
    int found = -1;
    int matches = 0;
    int64_t number = 0;
    struct dli_error ignored;
    for (int i = 0; i < content->test_count; i++) {
        if (content->test[i].repeat > 0 || strncmp(content->test[i].id, name, strlen(name)) != 0)
            continue;
        found = i;
        matches++;
    }
    if (matches == 1)
        return found;
    if (options_parse_int(&number, name, 1, content->test_count, &ignored) == DLI_OK &&
        matches == 0)
        return (int)number - 1;
    if (matches > 1)
        return dli_fail(err, DLI_E_ARG,
                        "%d tests have an id that begins with '%.20s': give more of it", matches,
                        name);
    return dli_fail(err, DLI_E_NOTFOUND,
                    "the journal has no test '%.20s': give its test_id or a number within 1..%d",
                    name, content->test_count);
}

static int print_test(const struct test *test)
{
    json_t *object = test_to_json(test);
    char *line = json_dumps(object, JSON_COMPACT);
    struct strbuf text = STRBUF_INIT;
    strbuf_addf(&text, "%s\n", line);
    int status = cli_print(&text);
    strbuf_release(&text);
    free(line);
    json_decref(object);
    return status;
}

static int run_again(struct test *test, const struct replay_arguments *given, int argc,
                     const char **argv)
{
    char *folder = given->out ? xstrdup(given->out) : campaign_default_folder("replay-");
    struct plan plan = {.test_count = 1, .test = test};
    struct campaign_options campaign = {
        .folder = folder, .is_json = given->is_json, .argc = argc, .argv = argv};
    int status = campaign_restore(test, NULL, 1, false);
    if (status == CLI_OK)
        status = campaign_run(&plan, &campaign);
    fprintf(stderr, "   logs: %s/logs/\n", folder);
    free(folder);
    return status;
}

static int run(const struct cli_command *command, int argc, const char **argv)
{
    struct replay_arguments given = {0};
    struct cli_arguments arguments;
    struct journal_content content;
    struct dli_error err = {0};
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    if (arguments.count != 2) {
        cli_arguments_release(&arguments);
        return cli_usage(command, "a journal and a test, please");
    }
    char *path = file_is_folder(arguments.text[0])
                     ? xasprintf("%s/%s", arguments.text[0], JOURNAL_NAME)
                     : xstrdup(arguments.text[0]);
    int index = journal_read(&content, path, &err);
    if (index == DLI_OK)
        index = find_test(&content, arguments.text[1], &err);
    if (index < 0)
        status = cli_fail(&err);
    else if (given.is_test)
        status = print_test(&content.test[index]);
    else
        status = run_again(&content.test[index], &given, argc, argv);
    journal_content_release(&content);
    free(path);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_replay = {
    .text = {.name = "replay",
             .arguments = "JOURNAL TEST",
             .summary = "run one test of a journal again",
             .description = "JOURNAL is a journal.jsonl or the folder that holds it; TEST is a "
                            "test_id, the beginning of one, or the number of a test. The "
                            "test runs exactly as it stands in the journal, in a new folder.",
             .options = {options},
             .examples = examples},
    .run = run};
