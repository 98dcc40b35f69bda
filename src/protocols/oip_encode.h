/* The results of a job as the tensors of an answer: JSON, or JSON and bytes behind it. */
#ifndef OMEN_PROTOCOLS_OIP_ENCODE_H
#define OMEN_PROTOCOLS_OIP_ENCODE_H

#include <stdbool.h>

#include "protocols/oip_request.h"

/* Writes the answer's body and headers. False when the answer is an error, which is written. */
bool oip_encode(struct oip_request *oip);

#endif
