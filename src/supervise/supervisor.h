/* Keeps the workers and the web server running, and ends them in order. */
#ifndef OMEN_SUPERVISE_SUPERVISOR_H
#define OMEN_SUPERVISE_SUPERVISOR_H

#include <stdbool.h>

#include "base/err.h"
#include "supervise/options.h"

/* Until everything has ended: *status is then the program's. False: it could not even begin. */
bool supervisor_run(const struct options *options, int *status, struct err *err);

#endif
