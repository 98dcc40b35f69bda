/* TensorFlow Serving's REST interface and KServe's v1, which share their paths: strict as the
 * first on what comes in, with the members of both in what goes out. */
#ifndef OMEN_PROTOCOLS_V1_H
#define OMEN_PROTOCOLS_V1_H

#include "protocols/protocol.h"

extern const struct protocol protocol_v1;

#endif
