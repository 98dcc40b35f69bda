/* POST /invocations, which SageMaker and MLflow share: told apart by what the body is.
 *
 * CSV whose first line names the columns is MLflow's, any other is SageMaker's, as are LIBSVM, JSON
 * lines and NumPy arrays; JSON is by its members. The answer is in kind unless an Accept asks for
 * another. Outputs by MLflow's "params":{"output":...} or by SageMaker's custom attributes
 * ("output=label,probability"). Errors have MLflow's members in front of ours. */
#ifndef OMEN_PROTOCOLS_INVOCATIONS_H
#define OMEN_PROTOCOLS_INVOCATIONS_H

#include "protocols/protocol.h"

/* By the model that the path names, or the default one. */
void invocations_handle(void *context, struct http_request *request,
                        const struct router_match *match, struct http_response *response);

extern const struct protocol protocol_invocations;

#endif
