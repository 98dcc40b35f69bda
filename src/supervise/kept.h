/* A program that is to run always: started again when it has ended, at once the first time, then
 * after a pause that doubles while it keeps dying young. */
#ifndef OMEN_SUPERVISE_KEPT_H
#define OMEN_SUPERVISE_KEPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "supervise/child.h"

#define KEPT_NEVER INT64_MAX
#define KEPT_FIRST_PAUSE (50 * CLOCK_NS_PER_MS)
#define KEPT_LONGEST_PAUSE (5 * CLOCK_NS_PER_S)
#define KEPT_YOUNG (5 * CLOCK_NS_PER_S) /* what has lived longer was healthy */

struct kept {
    const char *name; /* for people */
    struct child_options child;
    pid_t pid; /* 0: none runs */
    bool ready;
    int64_t born;     /* of the one that runs or ran last */
    int64_t start_at; /* while none runs */
    int64_t pause;    /* before the start after next */
};

/* Starts it if its time has come; what cannot be started is tried again. */
void kept_tick(struct kept *kept, int64_t now);

/* It has ended: says when it is to be started again. */
void kept_ended(struct kept *kept, int64_t now);

bool kept_is_young(const struct kept *kept, int64_t now);

/* Sends a signal to the one that runs, if one does. */
void kept_signal(const struct kept *kept, int number);

#endif
