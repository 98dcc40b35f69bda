/* A block of doubles, rows x columns, row-major. A view: it does not say who owns the memory. */
#ifndef OMEN_MATH_MATRIX_H
#define OMEN_MATH_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct matrix {
    double *data;
    size_t rows, cols;
    size_t stride; /* doubles from one row to the next, >= cols */
};

static inline double *matrix_row(const struct matrix *m, size_t row)
{
    return m->data + row * m->stride;
}

/* rows x cols in the arena, not zeroed, stride == cols. data is NULL without memory (an empty
 * matrix has data too). */
struct matrix matrix_in_arena(struct arena *arena, size_t rows, size_t cols);

/* A heap block, 64-byte aligned and zeroed; matrix_free gives it back. false without memory. */
bool matrix_create(struct matrix *m, size_t rows, size_t cols);
void matrix_free(struct matrix *m);

/* The rows [first, first + count) of m, sharing its memory. */
struct matrix matrix_rows(const struct matrix *m, size_t first, size_t count);

#endif
