/* The server's own numbers for /metrics. server_describe() is in server/server.h. */
#ifndef OMEN_SERVER_STATUS_H
#define OMEN_SERVER_STATUS_H

#include <stdbool.h>

#include "server/state.h"

/* The families ask the server when rendered: it must live as long as they are. */
bool status_add_metrics(struct server *server, struct metrics *metrics);

#endif
