#include "math/sparse.h"

#include <string.h>

struct sparse sparse_in_arena(struct arena *arena, size_t rows, size_t cols)
{
    struct sparse sparse = {.rows = rows, .cols = cols};
    sparse.items = arena_array(arena, rows, sizeof *sparse.items);
    return sparse;
}

void sparse_to_dense(const struct sparse *from, const struct matrix *to)
{
    for (size_t row = 0; row < from->rows; row++) {
        const struct sparse_row *cells = &from->items[row];
        double *dense = matrix_row(to, row);
        memset(dense, 0, from->cols * sizeof *dense);
        for (size_t i = 0; i < cells->count; i++)
            dense[cells->columns[i]] = cells->values[i];
    }
}

void sparse_affine_row(const struct matrix *weights, const double *bias, const struct sparse_row *x,
                       double *y)
{
    for (size_t k = 0; k < weights->rows; k++) {
        const double *row = matrix_row(weights, k);
        double sum = 0.0;
        for (size_t i = 0; i < x->count; i++)
            sum += x->values[i] * row[x->columns[i]];
        y[k] = bias != NULL ? sum + bias[k] : sum;
    }
}
