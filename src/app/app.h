/* The worker's parts, put together: created in order, destroyed in reverse. */
#ifndef OMEN_APP_APP_H
#define OMEN_APP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "app/access.h"
#include "app/command.h"
#include "app/options.h"
#include "app/state.h"
#include "base/err.h"
#include "base/metrics.h"
#include "http/router.h"
#include "protocols/protocol.h"
#include "registry/registry.h"
#include "registry/watch.h"
#include "server/server.h"

struct app {
    const struct command *command; /* a reload reads its sources again */
    struct options options;        /* once the server runs: the control thread's */
    struct server_options server_options;
    struct protocol_context protocols;
    struct access access;
    struct state state; /* the loader thread's */
    struct metrics *metrics;
    struct registry *registry;
    struct router *router;
    struct server *server;
    struct watch *watch;
    int64_t started_ns, started_wall_ns;
};

/* **Takes** options (zeroes what it was given), also on failure. **Keeps** command. */
struct app *app_create(const struct command *command, struct options *options, struct err *err);
/* Accepts NULL. */
void app_destroy(struct app *app);

/* Until drained; true after an orderly end. */
bool app_run(struct app *app, struct err *err);

/* The server's share of the options; callbacks and context stay. */
void app_fill_server_options(const struct options *options, struct server_options *server);

#endif
