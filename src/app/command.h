/* The command line: the flags that are no options, and where the options come from. */
#ifndef OMEN_APP_COMMAND_H
#define OMEN_APP_COMMAND_H

#include <stdbool.h>

#include "app/options.h"
#include "base/config.h"
#include "base/program.h"

enum command_action {
    COMMAND_SERVE,
    COMMAND_DESCRIBE, /* what base/program.h answers */
    COMMAND_PRINT_CONFIG,
    COMMAND_CHECK_CONFIG,
    COMMAND_CHECK, /* ask a running worker */
};

struct command {
    enum command_action action;
    const char *describe;     /* the flag that asks for it */
    const char *config;       /* the file's path, or NULL */
    const char *check_path;   /* "/readyz" or "/healthz" */
    const char *check_listen; /* NULL: the option listen */
    char **arguments;         /* what is left for the table, without argv[0]; the array is owned */
    int count;
    char **environment;
};

extern const struct program command_program;

/* Borrows the texts of argv and environment. Adds a line per mistake. */
bool command_parse(struct command *command, int argc, char **argv, char **environment,
                   struct config_problems *problems);
void command_finish(struct command *command);

/* The options that the command's file, environment and arguments say. */
bool command_options(const struct command *command, struct options *options,
                     struct config_problems *problems);

#endif
