/* What cloud platforms tell a container by its environment: Vertex AI's AIP_*, SageMaker's
 * SAGEMAKER_*. */
#ifndef OMEN_APP_PLATFORM_H
#define OMEN_APP_PLATFORM_H

#include "protocols/protocol.h"

/* Texts are borrowed from the environment. What makes no sense is left out. sagemaker_models: the
 * option of this name, borrowed too, which wins. */
void platform_read(struct protocol_platform *platform, const char *sagemaker_models);

#endif
