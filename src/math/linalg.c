#include "math/linalg.h"

#include <string.h>

#include <cblas.h>

#include "math/stats.h"

bool linalg_size_fits(size_t rows, size_t cols)
{
    return rows <= LINALG_SIZE_MAX && cols <= LINALG_SIZE_MAX;
}

void linalg_affine_row(const struct matrix *weights, const double *bias, const double *x, double *y)
{
    /* The sum starts from what lies in y, so that y is always set first: with a factor of 0 for it
     * some libraries multiply, and what was there before may be NaN. */
    if (bias)
        memcpy(y, bias, weights->rows * sizeof(*y));
    else
        memset(y, 0, weights->rows * sizeof(*y));
    if (weights->rows == 0 || weights->cols == 0)
        return;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)weights->rows, (int)weights->cols, 1.0,
                weights->data, (int)weights->stride, x, 1, 1.0, y, 1);
}

void linalg_affine(const struct matrix *x, const struct matrix *weights, const double *bias,
                   const struct matrix *y)
{
    for (size_t row = 0; row < x->rows; row++)
        linalg_affine_row(weights, bias, matrix_row(x, row), matrix_row(y, row));
}

double linalg_quadratic_form(const struct matrix *s, const double *x, double *work)
{
    linalg_affine_row(s, NULL, x, work);
    for (size_t i = 0; i < s->rows; i++)
        work[i] *= x[i];
    return stats_sum(work, s->rows);
}

void linalg_transpose(const struct matrix *from, const struct matrix *to)
{
    for (size_t row = 0; row < from->rows; row++)
        for (size_t col = 0; col < from->cols; col++)
            matrix_row(to, col)[row] = matrix_row(from, row)[col];
}
