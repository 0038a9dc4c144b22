/**
 * command.h - what a subcommand is, and the texts made from it: --help, man page, completion,
 * markdown.
 *
 * All of them come from one `struct command`, so they cannot disagree. Writers append to a strbuf.
 */
#ifndef PLAN_COMMAND_H
#define PLAN_COMMAND_H

#include <dli/options.h>

#include "base/strbuf.h"

struct command_example {
    const char *line; /**< as typed, from «dli» on */
    const char *does; /**< what it is good for */
};

struct command {
    const char *name;                       /**< "bench", or "plan show" */
    const char *arguments;                  /**< "MODEL..." as the synopsis shows it; "" for none */
    const char *summary;                    /**< half a sentence */
    const char *description;                /**< paragraphs separated by a blank line */
    const struct dli_option *options[3];    /**< tables, NULL-terminated */
    const struct command_example *examples; /**< ended by a NULL line; may be NULL */
};

/** --help for one command, wrapped to `width` columns. */
void command_write_help(struct strbuf *out, const struct command *command, int width);
/** The page dli-<name>.1 in man(7) language. `version` and `date` go into its header. */
void command_write_man(struct strbuf *out, const struct command *command, const char *version);
/** A section of docs/commands.md. */
void command_write_markdown(struct strbuf *out, const struct command *command);
/** Completion for bash over all commands (NULL-terminated). */
void command_write_bash(struct strbuf *out, const struct command *const *commands);
void command_write_zsh(struct strbuf *out, const struct command *const *commands);
void command_write_fish(struct strbuf *out, const struct command *const *commands);

#endif
