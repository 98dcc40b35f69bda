/* What TensorFlow Serving and KServe v1 say of a model. */
#ifndef OMEN_PROTOCOLS_V1_MODEL_H
#define OMEN_PROTOCOLS_V1_MODEL_H

#include <stdbool.h>

#include "http/response.h"
#include "registry/registry.h"

/* {"name","ready","model_version_status":[...]}, of one version or (NULL) of all; 503 when none of
 * them is live. False, and nothing is written, when there is no such model or version. */
bool v1_model_write_status(struct registry *registry, const char *name, const char *version,
                           struct http_response *response);

/* {"model_spec":{...},"metadata":{"signature_def":...}} */
void v1_model_write_metadata(const struct model *model, struct buf *out);

#endif
