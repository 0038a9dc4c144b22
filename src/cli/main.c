// dli: finds the subcommand and runs it.
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &cmd_bench,    &cmd_plan_show,       &cmd_plan_check, &cmd_models,
    &cmd_zoo_list, &cmd_zoo_show,        &cmd_zoo_write,  &cmd_backends,
    &cmd_machine,  &cmd_report,          &cmd_replay,     &cmd_worker,
    &cmd_help_man, &cmd_help_completion, &cmd_help_docs,  NULL};

static int64_t start_ns;

int64_t cli_start_ns(void)
{
    return start_ns;
}

// Words of a command's name that the arguments begin with; 0: another command.
static int match(const char *name, int argc, const char **argv)
{
    int words = 0;
    while (*name) {
        size_t length = strcspn(name, " ");
        if (words >= argc || strlen(argv[words]) != length ||
            strncmp(argv[words], name, length) != 0)
            return 0;
        words++;
        name += length + (name[length] == ' ');
    }
    return words;
}

static bool is_group(const char *word)
{
    size_t length = strlen(word);
    for (const struct cli_command *const *command = cli_commands; *command; command++)
        if (strncmp((*command)->text.name, word, length) == 0 &&
            (*command)->text.name[length] == ' ')
            return true;
    return false;
}

void cli_write_overview(struct strbuf *out)
{
    strbuf_adds(out, "dli - measures deep-learning models on real hardware\n\n"
                     "Usage: dli COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n");
    for (const struct cli_command *const *command = cli_commands; *command; command++)
        strbuf_addf(out, "  %-18s %s\n", (*command)->text.name, (*command)->text.summary);
    strbuf_adds(out, "\n'dli COMMAND --help' shows options and examples. To begin:\n"
                     "  dli backends                 what this machine can run\n"
                     "  dli bench zoo:mobilenet-v2   measure a model on all of it\n");
}

static int fail_unknown(int argc, const char **argv)
{
    const char *names[64];
    int count = 0;
    struct strbuf typed = STRBUF_INIT;
    bool has_two_words = argc > 1 && is_group(argv[0]) && argv[1][0] != '-';
    strbuf_addf(&typed, has_two_words ? "%s %s" : "%s", argv[0], has_two_words ? argv[1] : "");
    for (const struct cli_command *const *command = cli_commands; *command && count < 63; command++)
        names[count++] = (*command)->text.name;
    names[count] = NULL;
    const char *nearest = nearest_name(strbuf_text(&typed), names);
    fprintf(stderr, "dli: error: there is no command '%s'", strbuf_text(&typed));
    fprintf(stderr, nearest ? "; did you mean 'dli %s'?\n" : "; 'dli --help' lists them\n",
            nearest);
    strbuf_release(&typed);
    return CLI_USAGE;
}

static int print_group(const char *word)
{
    struct strbuf text = STRBUF_INIT;
    size_t length = strlen(word);
    for (const struct cli_command *const *command = cli_commands; *command; command++)
        if (strncmp((*command)->text.name, word, length) == 0 &&
            (*command)->text.name[length] == ' ')
            strbuf_addf(&text, "  dli %-18s %s\n", (*command)->text.name, (*command)->text.summary);
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

static int print_overview(void)
{
    struct strbuf text = STRBUF_INIT;
    cli_write_overview(&text);
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

static int print_version(void)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_addf(&text, "dli %s (%s, %s)\n", version_number(), version_commit(),
                version_build_type());
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

int main(int argc, char **argv)
{
    start_ns = clock_now_ns();
    signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of write(2), reported like any other
    const char **words = (const char **)argv + 1;
    int count = argc > 0 ? argc - 1 : 0;
    if (count == 0 || strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
        return print_overview();
    if (strcmp(words[0], "--version") == 0)
        return print_version();
    for (const struct cli_command *const *command = cli_commands; *command; command++) {
        int used = match((*command)->text.name, count, words);
        if (used)
            return (*command)->run(*command, count - used, words + used);
    }
    if (is_group(words[0]) && (count == 1 || words[1][0] == '-'))
        return print_group(words[0]);
    return fail_unknown(count, words);
}
