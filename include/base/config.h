/* One table of options feeds flags, environment, configuration file, --print-config, the help text,
 * the man page's list and the sample file, so that they cannot differ.
 *
 * An option `read-timeout` is the flag --read-timeout=5s (or --read-timeout 5s), the variable
 * PREFIX_READ_TIMEOUT and the line `read-timeout = 5s` under its [section] in the file. Strongest
 * first: flag, environment, file, default. The values live in a plain struct of the program. */
#ifndef OMEN_BASE_CONFIG_H
#define OMEN_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

enum config_type {
    CONFIG_TEXT,     /* char *, owned by the values struct; "" is allowed */
    CONFIG_BOOL,     /* bool: yes no true false on off 1 0 */
    CONFIG_INTEGER,  /* int64_t within [minimum, maximum] */
    CONFIG_SIZE,     /* int64_t bytes: 65536, 64k, 16m, 2g (powers of 1024) */
    CONFIG_DURATION, /* int64_t nanoseconds: 500us, 250ms, 5s, 2m, 1h */
    CONFIG_REAL,     /* double within [minimum, maximum] */
    CONFIG_MODE,     /* int64_t, octal file mode: 0660 */
    CONFIG_CHOICE,   /* int, index into choices */
};

struct config_option {
    const char *section; /* of the file; also a heading of the man page's list */
    const char *name;    /* lower-case words joined by '-', unique in the table */
    enum config_type type;
    size_t offset;              /* of the value in the values struct */
    const char *value;          /* the default, as a person would write it */
    double minimum, maximum;    /* of INTEGER, REAL, SIZE (bytes), DURATION (ns); equal: no bound */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const char *help;           /* one or more plain sentences */
};

struct config_table {
    const struct config_option *options;
    size_t count;
    size_t values_size; /* sizeof the values struct */
    const char
        *environment; /* "OMEN": OMEN_READ_TIMEOUT; NULL: flags only, as of a command's own */
};

/* A list of what is wrong, so that a file's errors are told all at once. */
struct config_problems {
    struct buf text; /* one line each: "FILE:LINE: [section] key: what is wrong; what would do" */
    size_t count;
};

/* Fills zeroed values with the defaults. False without memory or (a bug) with a default that its
 * own row refuses. */
bool config_defaults(const struct config_table *table, void *values, struct err *err);

/* Frees the texts and zeroes the struct. */
void config_finish(const struct config_table *table, void *values);

/* Each sets what it is given over what is there, adds a line per mistake to problems, and returns
 * false if it added any. A refused value leaves the old one. */
bool config_read_file(const struct config_table *table, void *values, const char *path,
                      struct config_problems *problems);
bool config_read_environment(const struct config_table *table, void *values, char **environment,
                             struct config_problems *problems);
/* arguments begins with the first argument, not with the program's name: (argc - 1, argv + 1).
 * Understands --name=value, --name value, --name (a bool's yes) and --no-name.
 * Stops at the first argument that is no flag or after "--" and stores its index in *next. Flags it
 * does not know are problems; the program takes its own (--help, --config ...) out before. */
bool config_read_arguments(const struct config_table *table, void *values, int count,
                           char **arguments, int *next, struct config_problems *problems);

/* What precedes the arguments, weakest first: zeroed values get the defaults, then what the file
 * says (path NULL or "": none), then the environment (NULL: none). */
bool config_read(const struct config_table *table, void *values, const char *path,
                 char **environment, struct config_problems *problems);
/* As config_read_arguments, with flags and words in any order; behind "--" there are words only.
 * words has room for count. */
bool config_read_words(const struct config_table *table, void *values, int count, char **arguments,
                       char **words, int *word_count, struct config_problems *problems);

/* The next line, without its end: *at begins as NULL; false after the last one. */
bool config_problem_next(struct config_problems *problems, const char **at, char *line,
                         size_t size);
void config_problems_finish(struct config_problems *problems);

/* Of one option's value in two structs. Exchanging leaves each text with one owner. */
bool config_is_same(const struct config_option *option, const void *a, const void *b);
void config_exchange(const struct config_option *option, void *a, void *b);

/* The values as a configuration file that reads back to the same values. A text that a line cannot
 * hold as it is stands in quotes with the escapes \\ \" \n \t \xHH, and a long one goes on in
 * quotes on indented lines. */
void config_print(const struct config_table *table, const void *values, struct buf *out);
/* As above with every line commented out, its help above it: the sample configuration file. */
void config_print_sample(const struct config_table *table, struct buf *out);
/* The options part of --help. */
void config_print_help(const struct config_table *table, struct buf *out);
/* The options part of the man page, in scdoc. */
void config_print_manual(const struct config_table *table, struct buf *out);

/* One value as text, as config_print writes it. */
void config_print_value(const struct config_option *option, const void *values, struct buf *out);

#endif
