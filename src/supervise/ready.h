/* Where a worker says that it serves: sd_notify(3)'s protocol on a socket without a name in the
 * file system. The kernel tells who has sent, so that nobody else can say it for a worker. */
#ifndef OMEN_SUPERVISE_READY_H
#define OMEN_SUPERVISE_READY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct ready {
    int fd;
    char name[32]; /* for NOTIFY_SOCKET */
};

bool ready_open(struct ready *ready, struct err *err);
void ready_close(struct ready *ready);

/* The next process that has said READY=1, or 0 when there is none for now. */
pid_t ready_next(const struct ready *ready);

#endif
