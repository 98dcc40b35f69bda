/* omen-supervise's command line: options, the worker's command, and maybe the web server's. */
#ifndef OMEN_SUPERVISE_OPTIONS_H
#define OMEN_SUPERVISE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

struct options {
    char *socket, *socket_group;
    int64_t socket_mode, backlog;
    int64_t ready_timeout, web_wait;
    int64_t grace, web_timeout, worker_timeout;
    int log_level, log_format;
    /* Parts of argv, each ending in NULL. web: NULL when none is kept. */
    char **worker, **web;
};

extern const struct config_table options_table;

/* Zeroes and fills options from the environment and then from the arguments (argv without its
 * first), of which it makes the two commands: the separator becomes NULL. */
bool options_read(struct options *options, char **environment, int count, char **arguments,
                  struct config_problems *problems);
void options_finish(struct options *options);

#endif
