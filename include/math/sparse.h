/* Rows of which few cells are not zero: bags of words, one-hot columns. */
#ifndef OMEN_MATH_SPARSE_H
#define OMEN_MATH_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#include "math/matrix.h"

struct sparse_row {
    size_t count;
    uint32_t *columns; /* ascending */
    double *values;
};

struct sparse {
    struct sparse_row *items;
    size_t rows, cols;
};

/* The rows' array in the arena; items is NULL without memory. */
struct sparse sparse_in_arena(struct arena *arena, size_t rows, size_t cols);

/* to: rows x cols. */
void sparse_to_dense(const struct sparse *from, const struct matrix *to);

/* y = W x + b of one row. The products are added in the columns' order and the bias comes last, as
 * SciPy and scikit-learn do. bias: [outputs] or NULL. */
void sparse_affine_row(const struct matrix *weights, const double *bias, const struct sparse_row *x,
                       double *y);

#endif
