/* What the supervisor holds open: the workers' listener, and where news comes from. */
#ifndef OMEN_SUPERVISE_HANDLES_H
#define OMEN_SUPERVISE_HANDLES_H

#include <signal.h>
#include <stdbool.h>

#include "base/listening.h"
#include "supervise/options.h"
#include "supervise/ready.h"

struct handles {
    int listener; /* stays open while no worker lives */
    struct listening_place place;
    int signal_fd;
    sigset_t signals_before; /* the mask that we were started with */
    struct ready ready;
};

/* The caller closes them, after a failure too. */
bool handles_open(struct handles *handles, const struct options *options, struct err *err);
void handles_close(struct handles *handles);

#endif
