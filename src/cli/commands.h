/* What command.c lists. */
#ifndef OMEN_CLI_COMMANDS_H
#define OMEN_CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command command_check;
extern const struct command command_golden;
extern const struct command command_inspect;
extern const struct command command_predict;

#endif
