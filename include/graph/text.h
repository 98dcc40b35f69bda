/* Free text in a matrix of doubles: the cell of a text column is the address of a struct text, kept
 * in the double's bits, so that texts pass through every step that only moves cells. A missing text
 * is NaN. Who computes with cells refuses text columns when it is made (struct column's is_text),
 * and who reads them asks for nothing else; a number never gets into such a column, because the
 * schema refuses it. The texts live as long as the rows: in a request's arena, in the golden rows.
 */
#ifndef OMEN_GRAPH_TEXT_H
#define OMEN_GRAPH_TEXT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

struct text {
    size_t length;
    const char *bytes; /* UTF-8 as the client sent it; NUL-terminated besides */
};

_Static_assert(sizeof(uintptr_t) <= sizeof(double), "an address has to fit into a cell");

/* text is borrowed. No address of this platform has the bits of a NaN. */
static inline double text_cell(const struct text *text)
{
    double cell = 0.0;
    uintptr_t address = (uintptr_t)text;
    memcpy(&cell, &address, sizeof address);
    return cell;
}

/* NULL for a missing text. */
static inline const struct text *text_of(double cell)
{
    uintptr_t address;
    if (isnan(cell))
        return NULL;
    memcpy(&address, &cell, sizeof address);
    return (const struct text *)address; /* NOLINT(performance-no-int-to-ptr): see above */
}

/* A copy in the arena, or NULL. */
const struct text *text_in_arena(struct arena *arena, const char *bytes, size_t length);

/* The empty text, for who needs some text. */
extern const struct text text_empty;

#endif
