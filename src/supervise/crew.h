/* The workers on one listener: the one that serves, the one that is to take over from it, and those
 * that have been told to end. The listener stays open in us while none lives, so that connections
 * wait in the kernel's queue and none is refused. */
#ifndef OMEN_SUPERVISE_CREW_H
#define OMEN_SUPERVISE_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervise/kept.h"

enum { CREW_RETIRED_MAX = 32 };

struct crew_options {
    struct child_options child;
    int64_t ready_timeout, end_timeout;
};

struct crew_retired {
    pid_t pid;
    int64_t deadline; /* when it is killed */
};

struct crew {
    struct crew_options options;
    struct kept worker;
    struct kept successor; /* of a rolling restart, until it is ready */
    struct crew_retired retired[CREW_RETIRED_MAX];
    size_t retired_count;
    bool ending;
    bool roll_again; /* asked for while one was under way */
    bool refused;    /* the worker cannot run as it was told to: nothing would mend that */
    bool cut_short;  /* at the end one had to be killed, or did not end in order */
};

void crew_init(struct crew *crew, const struct crew_options *options);

/* Does what is due. */
void crew_tick(struct crew *crew, int64_t now);
/* When crew_tick has something to do, if nothing happens before. */
int64_t crew_due(const struct crew *crew);

/* A process has ended, or has said that it is ready; not all are ours. */
void crew_on_end(struct crew *crew, pid_t pid, int status, int64_t now);
void crew_on_ready(struct crew *crew, pid_t pid, int64_t now);

/* A rolling restart: a new worker is started; when it is ready, the old one is told to end. One
 * that ends before or is not ready in time changes nothing. */
void crew_roll(struct crew *crew, int64_t now);

/* Passes a signal on to the worker if it is ready; one that only just starts reads everything anew.
 */
void crew_signal(const struct crew *crew, int number);

/* Tells all to end; again: passes the second TERM on, on which they end at once. */
void crew_end(struct crew *crew, int64_t now);
bool crew_is_gone(const struct crew *crew);

#endif
