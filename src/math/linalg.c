#include "math/linalg.h"

#include <string.h>

#include <gsl/gsl_cblas.h>

#include "math/clones.h"
#include "math/dense.h"
#include "math/fused.h"
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
                   unsigned how, const struct matrix *y)
{
    const struct dense_shape shape = {
        .m = x->rows,
        .n = weights->cols,
        .k = weights->rows,
        .a_row = x->stride,
        .a_step = 1,
        .b_row = weights->stride,
        .c_row = y->stride,
        .rectified = (how & LINALG_RECTIFIED) != 0,
        .gaps = (how & LINALG_GAPS) != 0,
    };
    dense_multiply(&shape, x->data, weights->data, bias, y->data);
}

static bool is_empty(const struct linalg_product *shape)
{
    return shape->m == 0 || shape->n == 0 || shape->k == 0;
}

/* One row: y += x B, as a matrix times a vector. */
static void row_single(const struct linalg_product *shape, const float *x, int x_step,
                       const float *b, float *y)
{
    int n = (int)shape->n, k = (int)shape->k;
    if (shape->transposed_b)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1.0F, b, k, x, x_step, 1.0F, y, 1);
    else
        cblas_sgemv(CblasRowMajor, CblasTrans, k, n, 1.0F, b, n, x, x_step, 1.0F, y, 1);
}

void linalg_multiply_single(const struct linalg_product *shape, const float *a, const float *b,
                            float *c)
{
    int m = (int)shape->m, n = (int)shape->n, k = (int)shape->k;
    if (is_empty(shape))
        return;
    if (fused_is_quick(shape)) {
        fused_multiply(shape, a, b, c);
        return;
    }
    if (m == 1) {
        row_single(shape, a, 1, b, c);
        return;
    }
    cblas_sgemm(CblasRowMajor, shape->transposed_a ? CblasTrans : CblasNoTrans,
                shape->transposed_b ? CblasTrans : CblasNoTrans, m, n, k, 1.0F, a,
                shape->transposed_a ? m : k, b, shape->transposed_b ? k : n, 1.0F, c, n);
}

static void begin_with(const struct linalg_product *shape, const float *bias, float *c)
{
    for (size_t row = 0; row < shape->m; row++, c += shape->n) {
        if (bias != NULL)
            memcpy(c, bias, shape->n * sizeof *c);
        else
            memset(c, 0, shape->n * sizeof *c);
    }
}

MATH_CLONES static void rectify(float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = x[i] < 0 ? 0 : x[i];
}

void linalg_affine_single(const struct linalg_product *shape, const float *a, const float *b,
                          const float *bias, bool rectified, float *c)
{
    if (fused_is_quick(shape)) {
        fused_affine(shape, a, b, bias, rectified, c);
        return;
    }
    begin_with(shape, bias, c);
    linalg_multiply_single(shape, a, b, c);
    if (rectified)
        rectify(c, shape->m * shape->n);
}

void linalg_multiply(const struct linalg_product *shape, const double *a, const double *b,
                     double *c)
{
    const struct dense_shape dense = {
        .m = shape->m,
        .n = shape->n,
        .k = shape->k,
        .a_row = shape->transposed_a ? 1 : shape->k,
        .a_step = shape->transposed_a ? shape->m : 1,
        .b_row = shape->n,
        .c_row = shape->n,
        .begin_row = shape->n,
    };
    if (is_empty(shape))
        return;
    if (!shape->transposed_b) {
        dense_multiply(&dense, a, b, c, c);
        return;
    }
    int n = (int)shape->n, k = (int)shape->k;
    for (size_t row = 0; row < shape->m; row++)
        cblas_dgemv(CblasRowMajor, CblasNoTrans, n, k, 1.0, b, k, a + row * dense.a_row,
                    (int)dense.a_step, 1.0, c + row * dense.c_row, 1);
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
