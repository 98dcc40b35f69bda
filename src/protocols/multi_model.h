/* SageMaker's multi-model endpoints: models are loaded and unloaded by request. Off unless
 * context->platform.sagemaker_models says where they may lie. */
#ifndef OMEN_PROTOCOLS_MULTI_MODEL_H
#define OMEN_PROTOCOLS_MULTI_MODEL_H

#include "protocols/protocol.h"

bool multi_model_add_routes(struct router *router, struct protocol_context *context,
                            struct err *err);

#endif
