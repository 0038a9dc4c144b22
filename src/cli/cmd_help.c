// dli help …: texts made from the command table, for packages and docs.
#include <stdlib.h>

#include "base/file.h"
#include "base/version.h"
#include "cli/commands.h"

static const struct dli_option no_options[] = {DLI_OPTIONS_END};

static const struct command **list_texts(void)
{
    size_t count = 0;
    while (cli_commands[count])
        count++;
    const struct command **texts = xcalloc(count + 1, sizeof(*texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = &cli_commands[i]->text;
    return texts;
}

static int save_page(const struct command *text, const char *folder, struct dli_error *err)
{
    struct strbuf page = STRBUF_INIT;
    char *path = xasprintf("%s/dli-%s.1", folder, text->name);
    for (char *c = path + strlen(folder) + 1; *c; c++)
        *c = *c == ' ' ? '-' : *c;
    command_write_man(&page, text, version_number());
    int result = file_write_atomic(path, strbuf_text(&page), page.length, err);
    free(path);
    strbuf_release(&page);
    return result;
}

static int run_man(const struct cli_command *command, int argc, const char **argv)
{
    struct cli_arguments arguments;
    struct dli_error err = {0};
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, NULL, NULL, &status))
        return status;
    cli_arguments_release(&arguments);
    if (arguments.count != 1)
        return cli_usage(command, "one folder, please");
    int result = file_make_folders(arguments.text[0], &err);
    for (const struct cli_command *const *c = cli_commands; *c && result == DLI_OK; c++)
        result = save_page(&(*c)->text, arguments.text[0], &err);
    return result == DLI_OK ? CLI_OK : cli_fail(&err);
}

const struct cli_command cmd_help_man = {
    .text = {.name = "help man",
             .arguments = "FOLDER",
             .summary = "write a man page for every command",
             .description = "Pages dli-COMMAND.1; 'make install' puts them where man finds them.",
             .options = {no_options}},
    .run = run_man};

static int run_completion(const struct cli_command *command, int argc, const char **argv)
{
    static const struct {
        const char *shell;
        void (*write)(struct strbuf *out, const struct command *const *commands);
    } known[] = {
        {"bash", command_write_bash}, {"zsh", command_write_zsh}, {"fish", command_write_fish}};
    struct cli_arguments arguments;
    struct strbuf text = STRBUF_INIT;
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, NULL, NULL, &status))
        return status;
    cli_arguments_release(&arguments);
    const struct command **texts = list_texts();
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && arguments.count == 1; i++)
        if (strcmp(known[i].shell, arguments.text[0]) == 0)
            known[i].write(&text, texts);
    status = text.length ? cli_print(&text) : cli_usage(command, "one of bash, zsh, fish, please");
    strbuf_release(&text);
    free(texts);
    return status;
}

static const struct command_example completion_examples[] = {
    {"source <(dli help completion bash)", "for this shell"}, {NULL, NULL}};

const struct cli_command cmd_help_completion = {
    .text = {.name = "help completion",
             .arguments = "bash|zsh|fish",
             .summary = "print shell completion",
             .description =
                 "Completes commands and options; 'make install' puts it where the shells look.",
             .options = {no_options},
             .examples = completion_examples},
    .run = run_completion};

static int run_docs(const struct cli_command *command, int argc, const char **argv)
{
    struct cli_arguments arguments;
    struct strbuf text = STRBUF_INIT;
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, NULL, NULL, &status))
        return status;
    cli_arguments_release(&arguments);
    strbuf_adds(
        &text,
        "# Commands\n\nMade by `dli help docs`; a test compares. Exit statuses of all: 0 done, 1 a "
        "test failed or something "
        "was found wrong,\n2 bad usage or input, 3 the system refused, 130 interrupted.\n\n");
    for (const struct cli_command *const *c = cli_commands; *c; c++)
        command_write_markdown(&text, &(*c)->text);
    status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

const struct cli_command cmd_help_docs = {
    .text = {.name = "help docs",
             .arguments = "",
             .summary = "print the reference of all commands as Markdown",
             .description = "This is docs/commands.md.",
             .options = {no_options}},
    .run = run_docs};
