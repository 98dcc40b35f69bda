/* Listening sockets in the file system: opened with the right mode from their first moment, the
 * left ones of the dead replaced, those of the living respected. */
#ifndef OMEN_BASE_LISTENING_H
#define OMEN_BASE_LISTENING_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct listening_options {
    const char *path;
    const char *group; /* a name or a number; NULL or "": leave it */
    mode_t mode;
    int backlog;
};

/* A path and what we put there: what we may remove. */
struct listening_place {
    char path[108]; /* "": nothing */
    dev_t device;
    ino_t inode;
};

/* A non-blocking, close-on-exec descriptor that listens, or -1. Changes the umask for a moment, so
 * no other thread may run yet. Refuses a path that is no socket or that another process serves. */
int listening_open(const struct listening_options *options, struct listening_place *place,
                   struct err *err);

/* Removes the socket from the file system, if what is there is still ours: while our socket is open
 * nobody else's can have its inode number. */
void listening_remove(struct listening_place *place);

/* Whether the descriptor is a socket that listens. */
bool listening_is(int fd);

/* Moves the listener that standard input is to a close-on-exec descriptor and leaves /dev/null in
 * its place. -1 if that cannot be. */
int listening_take_input(struct err *err);

#endif
