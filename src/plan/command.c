#include "plan/command.h"

#include <stdbool.h>

// What stands for the value of an option: its unit, its choices, or a word for its type.
static void add_value_name(struct strbuf *out, const struct dli_option *option)
{
    if (option->type == DLI_OPTION_CHOICE) {
        for (int i = 0; option->choices[i]; i++)
            strbuf_addf(out, "%s%s", i ? "|" : "", option->choices[i]);
        return;
    }
    if (option->type == DLI_OPTION_BOOL)
        return;
    strbuf_adds(out, option->unit                        ? option->unit
                     : option->type == DLI_OPTION_STRING ? "TEXT"
                                                         : "N");
}

static void add_option_name(struct strbuf *out, const struct dli_option *option)
{
    if (option->letter)
        strbuf_addf(out, "-%c, ", option->letter);
    strbuf_addf(out, "--%s", option->name);
    if (option->type != DLI_OPTION_BOOL)
        strbuf_addc(out, ' ');
    add_value_name(out, option);
}

// Appends words of `text`, broken so that lines that start at `indent` end before `width`.
static void add_wrapped(struct strbuf *out, const char *text, int indent, int width, int column)
{
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (column > indent && column + 1 + (int)length > width) {
            strbuf_addf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            strbuf_addc(out, ' ');
            column++;
        }
        strbuf_add(out, text, length);
        column += (int)length;
        text += length;
        if (text[0] == '\n' && text[1] == '\n') {
            strbuf_addf(out, "\n\n%*s", indent, "");
            column = indent;
        }
        text += strspn(text, " \n");
    }
    strbuf_addc(out, '\n');
}

static void add_option_help(struct strbuf *out, const struct dli_option *option, int width)
{
    enum { INDENT = 30 };
    struct strbuf name = STRBUF_INIT;
    add_option_name(&name, option);
    strbuf_addf(out, "  %s%s", option->letter ? "" : "    ", strbuf_text(&name));
    int column = 2 + (option->letter ? 0 : 4) + (int)name.length;
    if (column >= INDENT)
        strbuf_addf(out, "\n%*s", INDENT, "");
    else
        strbuf_addf(out, "%*s", INDENT - column, "");
    add_wrapped(out, option->help, INDENT, width, INDENT);
    strbuf_release(&name);
}

void command_write_help(struct strbuf *out, const struct command *command, int width)
{
    bool has_options = command->options[0] != NULL;
    strbuf_addf(out, "dli %s - %s\n\n", command->name, command->summary);
    strbuf_addf(out, "Usage: dli %s%s%s%s\n\n", command->name, has_options ? " [OPTION...]" : "",
                *command->arguments ? " " : "", command->arguments);
    add_wrapped(out, command->description, 0, width, 0);
    if (has_options)
        strbuf_adds(out, "\nOptions:\n");
    for (int i = 0; command->options[i]; i++)
        for (const struct dli_option *option = command->options[i]; option->name; option++)
            add_option_help(out, option, width);
    if (command->examples)
        strbuf_adds(out, "\nExamples:\n");
    for (const struct command_example *example = command->examples; example && example->line;
         example++)
        strbuf_addf(out, "  %s\n      %s\n", example->line, example->does);
}

// man(7) text: a backslash, a leading dot or quote and every hyphen that is typed must be escaped.
static void add_roff(struct strbuf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\\')
            strbuf_adds(out, "\\e");
        else if (*c == '-')
            strbuf_adds(out, "\\-");
        else if ((*c == '.' || *c == '\'') && (c == text || c[-1] == '\n'))
            strbuf_addf(out, "\\&%c", *c);
        else if (*c == '\n' && c[1] == '\n') {
            strbuf_adds(out, "\n.PP\n");
            c++;
        } else
            strbuf_addc(out, *c);
    }
    strbuf_addc(out, '\n');
}

// "plan show" is the page dli-plan-show.
static void add_dashed(struct strbuf *out, const char *name)
{
    for (; *name; name++)
        strbuf_addc(out, *name == ' ' ? '-' : *name);
}

void command_write_man(struct strbuf *out, const struct command *command, const char *version)
{
    strbuf_adds(out, ".TH DLI-");
    add_dashed(out, command->name);
    strbuf_addf(out, " 1 \"\" \"dli %s\" \"User Commands\"\n.SH NAME\ndli\\-", version);
    add_dashed(out, command->name);
    strbuf_adds(out, " \\- ");
    add_roff(out, command->summary);
    strbuf_addf(out, ".SH SYNOPSIS\n.B dli %s\n%s", command->name,
                command->options[0] ? "[\\fIOPTION\\fR...] " : "");
    add_roff(out, command->arguments);
    strbuf_adds(out, ".SH DESCRIPTION\n");
    add_roff(out, command->description);
    if (command->options[0])
        strbuf_adds(out, ".SH OPTIONS\n");
    for (int i = 0; command->options[i]; i++)
        for (const struct dli_option *option = command->options[i]; option->name; option++) {
            struct strbuf name = STRBUF_INIT;
            add_option_name(&name, option);
            strbuf_adds(out, ".TP\n.B ");
            add_roff(out, strbuf_text(&name));
            add_roff(out, option->help);
            strbuf_release(&name);
        }
    if (command->examples)
        strbuf_adds(out, ".SH EXAMPLES\n");
    for (const struct command_example *example = command->examples; example && example->line;
         example++) {
        strbuf_adds(out, ".TP\n.B ");
        add_roff(out, example->line);
        add_roff(out, example->does);
    }
    strbuf_adds(
        out,
        ".SH EXIT STATUS\n0: all went well; 1: some test failed; 2: usage or configuration error; "
        "3: could not start; 130: interrupted.\n");
}

// In a table cell a bar ends the cell.
static void add_cell(struct strbuf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            strbuf_addc(out, '\\');
        strbuf_addc(out, *text);
    }
}

void command_write_markdown(struct strbuf *out, const struct command *command)
{
    strbuf_addf(out, "## dli %s\n\n%s.\n\n```\ndli %s%s%s%s\n```\n\n%s\n\n", command->name,
                command->summary, command->name, command->options[0] ? " [OPTION...]" : "",
                *command->arguments ? " " : "", command->arguments, command->description);
    if (command->options[0])
        strbuf_adds(out, "| option | meaning |\n| --- | --- |\n");
    for (int i = 0; command->options[i]; i++)
        for (const struct dli_option *option = command->options[i]; option->name; option++) {
            struct strbuf name = STRBUF_INIT;
            add_option_name(&name, option);
            strbuf_adds(out, "| `");
            add_cell(out, strbuf_text(&name));
            strbuf_adds(out, "` | ");
            add_cell(out, option->help);
            strbuf_adds(out, " |\n");
            strbuf_release(&name);
        }
    for (const struct command_example *example = command->examples; example && example->line;
         example++)
        strbuf_addf(out, "\n```\n%s\n```\n%s\n", example->line, example->does);
    strbuf_addc(out, '\n');
}

static void add_bash_words(struct strbuf *out, const struct command *command)
{
    for (int i = 0; command->options[i]; i++)
        for (const struct dli_option *option = command->options[i]; option->name; option++)
            strbuf_addf(out, " --%s", option->name);
    strbuf_adds(out, " --help");
}

void command_write_bash(struct strbuf *out, const struct command *const *commands)
{
    strbuf_adds(
        out,
        "# bash completion of dli; made by: dli completion bash\n_dli() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} command=\"${COMP_WORDS[1]}\" options=\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        mapfile -t COMPREPLY < <(compgen -W \"");
    for (int i = 0; commands[i]; i++)
        if (!strchr(commands[i]->name, ' '))
            strbuf_addf(out, "%s%s", i ? " " : "", commands[i]->name);
    strbuf_adds(out, "\" -- \"$word\")\n        return\n    fi\n"
                     "    case \"$command ${COMP_WORDS[2]}\" in\n");
    // Two-word commands first, or their first word would match.
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; commands[i]; i++) {
            if ((strchr(commands[i]->name, ' ') == NULL) != (pass == 1))
                continue;
            strbuf_addf(out, "    \"%s%s\"*) options=\"", commands[i]->name, pass ? " " : "");
            add_bash_words(out, commands[i]);
            strbuf_adds(out, "\" ;;\n");
        }
    strbuf_adds(out, "    esac\n    case $word in\n"
                     "    -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\") ;;\n"
                     "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n    esac\n}\n"
                     "complete -o filenames -F _dli dli\n");
}

// Text inside single quotes of zsh and fish; brackets and colons mean something to zsh.
static void add_quoted(struct strbuf *out, const char *text, const char *escape)
{
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_adds(out, "'\\''");
        else if (strchr(escape, *text))
            strbuf_addf(out, "\\%c", *text);
        else
            strbuf_addc(out, *text);
    }
}

void command_write_zsh(struct strbuf *out, const struct command *const *commands)
{
    strbuf_adds(out,
                "#compdef dli\n# zsh completion of dli; made by: dli completion zsh\n_dli() {\n"
                "    if (( CURRENT == 2 )); then\n        local -a commands=(\n");
    for (int i = 0; commands[i]; i++) {
        if (strchr(commands[i]->name, ' '))
            continue;
        strbuf_addf(out, "            '%s:", commands[i]->name);
        add_quoted(out, commands[i]->summary, ":");
        strbuf_adds(out, "'\n");
    }
    strbuf_adds(out, "        )\n        _describe command commands\n        return\n    fi\n"
                     "    case \"$words[2] $words[3]\" in\n");
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; commands[i]; i++) {
            if ((strchr(commands[i]->name, ' ') == NULL) != (pass == 1))
                continue;
            strbuf_addf(out, "    '%s%s'*) _arguments", commands[i]->name, pass ? " " : "");
            for (int k = 0; commands[i]->options[k]; k++)
                for (const struct dli_option *option = commands[i]->options[k]; option->name;
                     option++) {
                    strbuf_addf(out, " '--%s[", option->name);
                    add_quoted(out, option->help, "[]:");
                    strbuf_addf(out, "]%s'",
                                option->type == DLI_OPTION_BOOL ? "" : ":value:_files");
                }
            strbuf_adds(out, " '*:file:_files' ;;\n");
        }
    strbuf_adds(out, "    esac\n}\n_dli \"$@\"\n");
}

void command_write_fish(struct strbuf *out, const struct command *const *commands)
{
    strbuf_adds(out, "# fish completion of dli; made by: dli completion fish\n");
    for (int i = 0; commands[i]; i++) {
        const struct command *command = commands[i];
        if (strchr(command->name, ' '))
            continue;
        strbuf_addf(out, "complete -c dli -n __fish_use_subcommand -a %s -d '", command->name);
        add_quoted(out, command->summary, "");
        strbuf_adds(out, "'\n");
        for (int k = 0; command->options[k]; k++)
            for (const struct dli_option *option = command->options[k]; option->name; option++) {
                strbuf_addf(out, "complete -c dli -n '__fish_seen_subcommand_from %s' -l %s%s -d '",
                            command->name, option->name,
                            option->type == DLI_OPTION_BOOL ? "" : " -r");
                add_quoted(out, option->help, "");
                strbuf_adds(out, "'\n");
            }
    }
}
