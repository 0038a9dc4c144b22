/**
 * cli.h - what the subcommands share: their table, exit statuses, parsing and printing.
 *
 * A subcommand is one file cmd_<verb>.c that defines `const struct cli_command`s, and one line in
 * main.c. Only this room prints results (stdout), says what it does (stderr) and exits.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "plan/command.h"
#include "plan/options.h"

/** Exit statuses, the same for every subcommand. */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1, /**< it ran, but a test failed or something was found wrong */
    CLI_USAGE = 2,  /**< the command line, a plan or an input file is wrong; nothing was measured */
    CLI_SYSTEM =
        3, /**< the operating system refused: disk full, no process; rows so far are kept */
    CLI_INTERRUPTED = 130 /**< Ctrl-C or SIGTERM; rows so far are kept */
};

struct cli_command {
    struct command text;
    /** `argv` holds the arguments after the command's name. Returns an exit status. */
    int (*run)(const struct cli_command *command, int argc, const char **argv);
};

/** All commands, NULL-terminated, in the order of the overview. */
extern const struct cli_command *const cli_commands[];

/** CLOCK_MONOTONIC at entry of main, for what a worker reports as its start. */
int64_t cli_start_ns(void);

/** Parsed options; release when done. */
struct cli_arguments {
    int count;         /**< of positional arguments */
    const char **text; /**< points into argv */
    struct options_owner owner;
};

/**
 * Parses against the command's own table over `options` and, where the command has them, the plan's
 * keys over `texts`. «--help» prints and «*exit_status» says what to return; true when the command
 * should go on.
 */
bool cli_parse(struct cli_arguments *out, const struct cli_command *command, int argc,
               const char **argv, void *options, void *texts, int *exit_status);
void cli_arguments_release(struct cli_arguments *arguments);

/** Prints «dli: error: text» to stderr and returns the exit status that fits the error's code. */
int cli_fail(const struct dli_error *err);
/** The same for a mistake on the command line; points to --help of the command. */
int cli_usage(const struct cli_command *command, const char *format, ...) DLI_PRINTF(2, 3);

/** Writes to stdout; CLI_SYSTEM when that fails (a full disk, a closed pipe). */
int cli_print(const struct strbuf *text);
/** The JSON value, indented, to stdout. Steals the reference. */

int cli_print_json(json_t *value);

/** Columns of the terminal, 80 when there is none. */
int cli_width(void);
/** True when stdout is a terminal and NO_COLOR is not set. */
bool cli_is_coloured(void);

/** The overview that «dli» and «dli --help» print. */
void cli_write_overview(struct strbuf *out);

/** {"/proc/self/exe", "worker", NULL} */
extern const char *const cli_worker[];

#endif
