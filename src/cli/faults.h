/* Bad rows: what becomes of them, and the file that lists them. */
#ifndef OMEN_CLI_FAULTS_H
#define OMEN_CLI_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/output.h"
#include "cli/source.h"
#include "graph/frame.h"

enum faults_policy { FAULTS_STOP, FAULTS_SKIP, FAULTS_NULL };

struct faults {
    enum faults_policy policy;
    struct output file; /* fd -1: none */
    uint64_t count;     /* rows */
    const char *input;  /* its name */
};

/* path "": no file. */
bool faults_open(struct faults *faults, enum faults_policy policy, const char *path,
                 const char *input, int input_fd, struct err *err);
bool faults_close(struct faults *faults, struct err *err);

/* Takes a bad row. frame: its problems, or NULL when err says all. Never writes a value of the row.
 * False when the program has to end: `err` then says where and why. */
bool faults_take(struct faults *faults, const struct source_row *row, const struct frame *frame,
                 struct err *err);

#endif
