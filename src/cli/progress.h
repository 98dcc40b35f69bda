/* How far it is: one line on a terminal, rewritten; nothing anywhere else. */
#ifndef OMEN_CLI_PROGRESS_H
#define OMEN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown; /* there is a terminal */
    bool drawn;
    int64_t begun, next; /* monotonic ns */
};

/* Nothing is shown unless standard error is a terminal and `wanted`. */
void progress_init(struct progress *progress, bool wanted);
/* Cheap; draws a few times a second. total 0: not known. */
void progress_tell(struct progress *progress, uint64_t rows, uint64_t bytes, uint64_t total);
/* Takes the line away. */
void progress_finish(struct progress *progress);

#endif
