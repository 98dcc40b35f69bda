/* What cloud platforms tell a container by its environment: Vertex AI's AIP_*, SageMaker's
 * SAGEMAKER_*. */
#ifndef OMEN_APP_PLATFORM_H
#define OMEN_APP_PLATFORM_H

#include "protocols/protocol.h"

/* Texts are borrowed from the environment. What makes no sense is left out. */
void platform_read(struct protocol_platform *platform);

#endif
