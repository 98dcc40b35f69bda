/* What the command lines of the programs have in common: flags that are answered instead of carried
 * out, where the configuration file is said, and how what is wrong is told. The options themselves
 * are a table of base/config.h. */
#ifndef OMEN_BASE_PROGRAM_H
#define OMEN_BASE_PROGRAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/config.h"

enum { PROGRAM_USAGE = 2 }; /* the exit code of a wrong command line */

/* A flag that is no option. */
struct program_flag {
    const char *flag; /* as --help has it: "--check ready|live [SOCKET]" */
    const char *help; /* a sentence */
};

struct program {
    const char *name; /* "omen-sync" */
    const struct config_table *table;
    /* The head of --help: how it is called and what it does. */
    void (*print_usage)(struct buf *out);
    const struct program_flag *flags; /* its own, beside what all programs have; no flag ends it */
    bool reads_file; /* --config FILE, the variable PREFIX_CONFIG and --print-sample */
};

/* The answer to --help, --version, --print-manual and --print-sample; false: it is none of them.
 * out NULL: only asks whether it is one. */
bool program_describe(const struct program *program, const char *flag, struct buf *out);

/* The value of --flag=VALUE, or of --flag VALUE, when *at moves on to it; "" when nothing follows.
 * NULL: arguments[*at] is something else. */
const char *program_flag_value(char **arguments, int count, int *at, const char *flag);

/* Takes --config FILE out of the arguments, up to a "--", and sets *path to it, or to what the
 * variable says, or to NULL. False, with a line more in problems: it names no file. */
bool program_take_file(const struct program *program, char **environment, int *count,
                       char **arguments, const char **path, struct config_problems *problems);

/* Tells on standard error what is wrong, "NAME: ..." a line. Returns PROGRAM_USAGE. */
int program_tell(const char *name, struct config_problems *problems);

/* Writes text to standard output. Frees it. Returns the exit code: 0, or 1 if it cannot. */
int program_print(struct buf *text);

#endif
