/**
 * plans.h - the tests that a command line asks for, from its own words or from a plan file.
 */
#ifndef CLI_PLANS_H
#define CLI_PLANS_H

#include "cli/campaign.h"
#include "cli/cli.h"

/**
 * Reads the plan `file`, or makes one of the positional models and `texts`. Modules are found into
 * `backends`; those are probed that «all» needs. Prints problems and returns an exit status.
 * Positional models are added to texts.
 */
int plans_read(struct plan *out, struct backend_list *backends, const struct cli_command *command,
               const char *file, struct cli_arguments *arguments, struct plan_texts *texts);

#endif
