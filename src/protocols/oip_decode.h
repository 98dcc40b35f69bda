/* The tensors of a request into the rows of a job. */
#ifndef OMEN_PROTOCOLS_OIP_DECODE_H
#define OMEN_PROTOCOLS_OIP_DECODE_H

#include <stdbool.h>

#include "protocols/oip_request.h"

/* Fills and seals job.rows. False when the answer is an error, which is written. */
bool oip_decode(struct oip_request *oip);

#endif
