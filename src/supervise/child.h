/* A program that we start: in a process group of its own, so that what a terminal sends reaches us
 * alone, and told to end when we die, however we die. */
#ifndef OMEN_SUPERVISE_CHILD_H
#define OMEN_SUPERVISE_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "base/err.h"

/* Statuses as a shell has them: of a program that it cannot run, or cannot find, and, with its
 * number added, of one that a signal has ended. */
enum { CHILD_CANNOT_RUN = 126, CHILD_NOT_FOUND = 127, CHILD_KILLED_BY = 128 };

struct child_options {
    char *const *command;    /* ends in NULL */
    int input;               /* what its standard input becomes; -1: it keeps ours */
    int death_signal;        /* what it is sent when we die */
    const char *notify;      /* its NOTIFY_SOCKET; NULL: none */
    const sigset_t *signals; /* its signal mask */
};

/* Its process id, or -1. A program that cannot be run ends with one of the above. */
pid_t child_start(const struct child_options *options, struct err *err);

/* Kills every child of ours, those that we have inherited too. */
void child_kill_all(void);

int child_status(int wait_status);

#endif
