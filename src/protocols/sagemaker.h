/* SageMaker's hosting contract but for POST /invocations (protocols/invocations): the health check,
 * and what a batch transform asks. */
#ifndef OMEN_PROTOCOLS_SAGEMAKER_H
#define OMEN_PROTOCOLS_SAGEMAKER_H

#include "protocols/protocol.h"

extern const struct protocol protocol_sagemaker;

#endif
