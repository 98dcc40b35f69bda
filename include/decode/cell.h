/* One cell of a table that is text (a CSV file, say), judged by the schema.
 *
 * An empty cell is a missing value; in quotes it is a text of no characters, where one can be. A
 * number field takes what programs write as numbers (number_read_text); a category that has the
 * words "true" and "false" takes them in any case, as Python and R write them. */
#ifndef OMEN_DECODE_CELL_H
#define OMEN_DECODE_CELL_H

#include <stddef.h>

#include "codec/csv.h"
#include "graph/frame.h"

void cell_set(struct frame *frame, size_t row, size_t column, const struct csv_field *cell);

#endif
