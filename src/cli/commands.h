/**
 * commands.h - every subcommand, one per cmd_<verb>.c.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command cmd_bench;
extern const struct cli_command cmd_plan_show;
extern const struct cli_command cmd_plan_check;
extern const struct cli_command cmd_models;
extern const struct cli_command cmd_zoo_list;
extern const struct cli_command cmd_zoo_show;
extern const struct cli_command cmd_zoo_write;
extern const struct cli_command cmd_backends;
extern const struct cli_command cmd_machine;
extern const struct cli_command cmd_report;
extern const struct cli_command cmd_replay;
extern const struct cli_command cmd_worker;
extern const struct cli_command cmd_help_man;
extern const struct cli_command cmd_help_completion;
extern const struct cli_command cmd_help_docs;

#endif
