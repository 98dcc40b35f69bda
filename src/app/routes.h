/* What the worker says of itself: /healthz, /readyz, /status, /metrics. */
#ifndef OMEN_APP_ROUTES_H
#define OMEN_APP_ROUTES_H

#include <stdbool.h>

#include "app/app.h"

/* **Keeps** app. */
bool routes_add(struct router *router, struct app *app, struct err *err);

#endif
