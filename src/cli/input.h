/* Where rows come from: a descriptor that is read when it has something, or when nothing else is
 * left to do. */
#ifndef OMEN_CLI_INPUT_H
#define OMEN_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define INPUT_HEAD_SIZE 64

struct input {
    int fd;
    bool owned;
    bool seekable;              /* a regular file */
    const char *name;           /* for sentences; borrowed */
    uint64_t size;              /* bytes from where it was opened; 0 when not known */
    uint64_t consumed;          /* bytes that were read */
    char head[INPUT_HEAD_SIZE]; /* looked at before anyone asked for it */
    size_t head_size, head_at;
};

/* "-": standard input. */
bool input_open(struct input *input, const char *path, struct err *err);
void input_close(struct input *input);

/* Up to `size` bytes, at least one; *got is 0 at the end. Waits for them. */
bool input_read(struct input *input, char *place, size_t size, size_t *got, struct err *err);
/* True if input_read would not have to wait. */
bool input_is_ready(const struct input *input);

enum input_kind { INPUT_EMPTY, INPUT_CSV, INPUT_JSONL, INPUT_NPY };

/* What the first bytes look like, without taking them. Waits for the first one. */
bool input_look(struct input *input, enum input_kind *kind, struct err *err);

#endif
