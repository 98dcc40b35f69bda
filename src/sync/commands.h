/* The program's commands: each returns what the program ends with, and has told what went wrong. */
#ifndef OMEN_SYNC_COMMANDS_H
#define OMEN_SYNC_COMMANDS_H

#include "sync/options.h"

int command_pull(const struct options *options, char *const *words, int count);
int command_push(const struct options *options, char *const *words, int count);
int command_list(const struct options *options, char *const *words, int count);
int command_rollback(const struct options *options, char *const *words, int count);
int command_pin(const struct options *options, char *const *words, int count);
int command_verify(const struct options *options, char *const *words, int count);

#endif
