/* The elements of one tensor into the cells of its columns. */
#ifndef OMEN_PROTOCOLS_OIP_CELLS_H
#define OMEN_PROTOCOLS_OIP_CELLS_H

#include <stdbool.h>

#include "protocols/oip_request.h"

/* The input's elements are as many as the frame has rows, times tensor->count. False when the
 * answer is an error, which is written. */
bool oip_cells_fill(struct oip_request *oip, const struct oip_input *input,
                    const struct oip_tensor *tensor);
/* A tensor of all fields, as JSON: its numbers become the rows of the frame, which has none yet,
 * and are judged. False, with nothing done, when they have to be looked at one by one. */
bool oip_cells_take(struct oip_request *oip, const struct oip_input *input);
/* The same for a binary one, which is copied once into the frame's rows. */
bool oip_cells_copy(struct oip_request *oip, const struct oip_input *input);

#endif
