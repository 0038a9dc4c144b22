// dli worker: the child side of a test, and the probe of a backend.
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "worker/worker.h"

#define DLI_OPT_BASE struct worker_arguments
struct worker_arguments {
    const char *probe;
};

static const struct dli_option options[] = {
    {"probe", DLI_OPT_STRING(probe), .unit = "NAME",
     .help = "describe this backend (a name or a module's path) instead of running a test"},
    DLI_OPTIONS_END};

static const struct command_example examples[] = {
    {"dli plan show --json zoo:squeezenet1.1 -f openvino --resolve | jq -c '.tests[0]' | dli "
     "worker",
     "run one test by hand and see its records"},
    {"dli worker --probe openvino", "what the runner asks before a campaign"},
    {NULL, NULL}};

static int run_test(int record_fd, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    int result = file_read(&text, "-", WORKER_MAX_TEST_BYTES, err);
    if (result == DLI_OK)
        result = worker_run(strbuf_text(&text), text.length, record_fd, cli_start_ns(), err);
    strbuf_release(&text);
    return result;
}

static int run(const struct cli_command *command, int argc, const char **argv)
{
    struct worker_arguments given = {0};
    struct cli_arguments arguments;
    struct dli_error err = {0};
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    // Run by hand there is no descriptor 3: the records go where the user sees them.
    int record_fd = fcntl(WORKER_RECORD_FD, F_GETFD) >= 0 ? WORKER_RECORD_FD : STDOUT_FILENO;
    if (arguments.count > 0)
        status = cli_usage(command, "a worker takes its test on standard input, not '%s'",
                           arguments.text[0]);
    else if ((given.probe ? worker_probe(given.probe, record_fd, cli_start_ns(), &err)
                          : run_test(record_fd, &err)) != DLI_OK)
        status = cli_fail(&err);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_worker = {
    .text = {.name = "worker",
             .arguments = "< TEST.json",
             .summary = "run one test from standard input (what 'dli bench' starts for every test)",
             .description = "Reads one test as JSON from standard input, runs it and writes "
                            "records, one JSON object a line, to "
                            "file descriptor 3, or to standard output when that is not open. "
                            "docs/formats.md describes both.",
             .options = {options},
             .examples = examples},
    .run = run};
