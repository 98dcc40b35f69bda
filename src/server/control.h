/* The control thread: accepts, watches the clock, reads signals, drains. */
#ifndef OMEN_SERVER_CONTROL_H
#define OMEN_SERVER_CONTROL_H

#include <stdbool.h>

#include "server/state.h"

/* Runs until drained (true), or until the drain deadline passed with requests still running or a
 * second signal came (false). */
bool control_run(struct server *server, struct err *err);

#endif
