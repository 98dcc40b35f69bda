/* Vertex AI's custom container: the routes are what the platform says they are. */
#ifndef OMEN_PROTOCOLS_VERTEX_H
#define OMEN_PROTOCOLS_VERTEX_H

#include "protocols/protocol.h"

/* GET context->platform.vertex_health_route, POST vertex_predict_route: those that are there. */
bool vertex_add_routes(struct router *router, struct protocol_context *context, struct err *err);

#endif
