/* The program's commands: each is one file that ends in its `const struct command`, and a line in
 * command.c. */
#ifndef OMEN_CLI_COMMAND_H
#define OMEN_CLI_COMMAND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/config.h"

/* What the program ends with. */
enum command_exit {
    COMMAND_GOOD,
    COMMAND_BAD,   /* a model or a row is bad, or something could not be read or written */
    COMMAND_USAGE, /* the command line is wrong, or there is nothing to look at */
};

struct command {
    const char *name;
    const char *usage;   /* what stands behind the name: "FILE|DIR ..." */
    const char *summary; /* one line */
    const char *details; /* sentences for the help */
    struct config_table table;
    int paths_least, paths_most;
    /* values: the table's struct, filled. Returns an enum command_exit; what went wrong was said.
     */
    int (*run)(const void *values, char *const *paths, int count);
};

/* NULL-terminated. */
extern const struct command *const commands[];

/* The whole program. */
int command_main(int argc, char **argv);

void command_print_help(const struct command *command, struct buf *out);

/* "omen NAME: sentence" on standard error. */
void command_complain(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
