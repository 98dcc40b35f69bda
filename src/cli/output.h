/* Where answers go: a descriptor behind a buffer. */
#ifndef OMEN_CLI_OUTPUT_H
#define OMEN_CLI_OUTPUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct output {
    int fd;
    bool owned;
    bool gone;        /* the reader went away: nothing more is written, which is no error to tell */
    const char *name; /* for sentences; borrowed */
    struct buf buf;   /* write here, then output_settle */
};

/* "-": standard output. Otherwise the file is made or emptied; refuses the file that `input_fd`
 * (-1: none) reads. */
bool output_open(struct output *output, const char *path, int input_fd, struct err *err);
/* Writes what is there. False, with err, when that fails; with output->gone when nobody reads. */
bool output_flush(struct output *output, struct err *err);
/* output_flush once there is much. */
bool output_settle(struct output *output, struct err *err);
/* Flushes, closes. */
bool output_close(struct output *output, struct err *err);

#endif
