#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/json.h"

const char *const cli_worker[] = {"/proc/self/exe", "worker", NULL};

bool cli_is_coloured(void)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

int cli_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 80;
}

static bool asks_help(int argc, const char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int print_help(const struct cli_command *command)
{
    struct strbuf text = STRBUF_INIT;
    int width = cli_width();
    command_write_help(&text, &command->text, width < 100 ? width : 100);
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

bool cli_parse(struct cli_arguments *out, const struct cli_command *command, int argc,
               const char **argv, void *options, void *texts, int *exit_status)
{
    struct dli_error err = {0};
    void *base[2] = {options, texts};
    struct options_group group[3] = {{NULL, NULL}};
    memset(out, 0, sizeof(*out));
    if (asks_help(argc, argv)) {
        *exit_status = print_help(command);
        return false;
    }
    for (int i = 0; i < 2 && command->text.options[i]; i++)
        group[i] = (struct options_group){base[i], command->text.options[i]};
    out->text = argv;
    if (options_parse_args(&out->count, argv, argc, group, &out->owner, &err) == DLI_OK)
        return true;
    *exit_status = cli_usage(command, "%s", err.text);
    cli_arguments_release(out);
    return false;
}

void cli_arguments_release(struct cli_arguments *arguments)
{
    options_owner_release(&arguments->owner);
}

static int exit_status_of(int code)
{
    switch (code) {
    case DLI_E_ARG:
    case DLI_E_PARSE:
    case DLI_E_NOTFOUND:
    case DLI_E_UNSUPPORTED:
        return CLI_USAGE;
    case DLI_E_IO:
    case DLI_E_NOMEM:
        return CLI_SYSTEM;
    default:
        return CLI_FAILED;
    }
}

int cli_fail(const struct dli_error *err)
{
    fprintf(stderr, "dli: error: %s\n", err->text);
    return exit_status_of(err->code);
}

int cli_usage(const struct cli_command *command, const char *format, ...)
{
    va_list args;
    fputs("dli: error: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\ndli: 'dli %s --help' shows how it is used\n", command->text.name);
    return CLI_USAGE;
}

int cli_print(const struct strbuf *text)
{
    bool is_written =
        fwrite(strbuf_text(text), 1, text->length, stdout) == text->length && fflush(stdout) == 0;
    // A reader who has seen enough («dli … | head») is no reason to complain.
    if (!is_written && errno != EPIPE)
        fprintf(stderr, "dli: error: standard output cannot be written: %s\n", strerror(errno));
    return is_written ? CLI_OK : CLI_SYSTEM;
}

int cli_print_json(json_t *value)
{
    struct strbuf text = STRBUF_INIT;
    char *dump = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    strbuf_addf(&text, "%s\n", dump ? dump : "null");
    int status = cli_print(&text);
    free(dump);
    strbuf_release(&text);
    json_decref(value);
    return status;
}
