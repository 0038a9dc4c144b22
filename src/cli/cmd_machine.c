// dli machine: what this computer is.
#include <jansson.h>

#include "cli/commands.h"
#include "machine/machine.h"

#define DLI_OPT_BASE struct machine_arguments
struct machine_arguments {
    bool is_json;
};

static const struct dli_option options[] = {{"json", DLI_OPT_BOOL(is_json), .help = "print JSON"},
                                            DLI_OPTIONS_END};

static const struct command_example examples[] = {
    {"dli machine", "processor, memory, frequency control, limits, devices"},
    {"dli machine --json", "the same for programs"},
    {NULL, NULL}};

static int run(const struct cli_command *command, int argc, const char **argv)
{
    struct machine_arguments given = {0};
    struct cli_arguments arguments;
    struct machine machine;
    struct strbuf text = STRBUF_INIT;
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    cli_arguments_release(&arguments);
    if (arguments.count > 0)
        return cli_usage(command, "'%s': no argument expected", arguments.text[0]);
    machine_read(&machine, NULL);
    if (given.is_json)
        return cli_print_json(machine_to_json(&machine));
    machine_print(&text, &machine);
    status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

const struct cli_command cmd_machine = {
    .text = {.name = "machine",
             .arguments = "",
             .summary = "what this computer is, as every result records it",
             .description = "Processor, caches, memory, frequency control, limits of containers "
                            "and cgroups, accelerators. Everything "
                            "is read from the system; nothing needs privileges.",
             .options = {options},
             .examples = examples},
    .run = run};
