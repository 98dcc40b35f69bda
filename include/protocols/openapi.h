/* GET /openapi.json: the document of all that is served, made from the router and the loaded
 * models, and kept until they change. */
#ifndef OMEN_PROTOCOLS_OPENAPI_H
#define OMEN_PROTOCOLS_OPENAPI_H

#include "base/err.h"
#include "protocols/protocol.h"

struct openapi *openapi_create(struct err *err);
void openapi_destroy(struct openapi *openapi); /* accepts NULL */

extern const struct protocol protocol_openapi;

#endif
