#include "math/fused.h"

#include "math/dense.h"

/* Measured against OpenBLAS 0.3.21: up to 256 x 1024 in batches two to four times as fast. */
enum { WEIGHTS_MAX = 1 << 18, WEIGHTS_ALWAYS = 1 << 10, PRODUCTS_MAX = 256 };
/* Numbers of a transposed B that are laid out as rows at a time, and the most columns of those. */
enum { PANEL = 4096, PANEL_COLUMNS = 32 };

/* MLAS adds so many products to a sum before that is added to C: 128, or more where there are few
 * columns and less where there are more columns than products. */
static size_t products_at_once(const struct linalg_product *shape)
{
    size_t products = 128, columns = 128;
    if (shape->n >= shape->k) {
        while (products / 2 >= shape->k && products > 1)
            products /= 2;
        return products;
    }
    for (; columns > 16 && columns / 2 >= shape->n; columns /= 2)
        products *= 2;
    return products;
}

bool fused_is_quick(const struct linalg_product *shape)
{
    bool vectors = dense_has_levels() && shape->k <= PRODUCTS_MAX;
    return shape->k == 0 || shape->n <= (vectors ? WEIGHTS_MAX : WEIGHTS_ALWAYS) / shape->k;
}

static struct dense_shape dense_of(const struct linalg_product *shape)
{
    return (struct dense_shape){
        .m = shape->m,
        .n = shape->n,
        .k = shape->k,
        .a_row = shape->transposed_a ? 1 : shape->k,
        .a_step = shape->transposed_a ? shape->m : 1,
        .b_row = shape->n,
        .c_row = shape->n,
    };
}

/* Some columns of some products of a transposed B. */
static void lay_out(const float *b, size_t b_row, size_t columns, size_t products, float *panel)
{
    for (size_t l = 0; l < products; l++)
        for (size_t j = 0; j < columns; j++)
            panel[l * columns + j] = b[j * b_row + l];
}

/* c += a b for a transposed b. */
static void multiply_panels(const struct dense_shape *whole, size_t at_once, const float *a,
                            const float *b, float *c)
{
    float panel[PANEL];
    struct dense_shape shape = *whole;
    size_t most = PANEL / at_once < PANEL_COLUMNS ? PANEL / at_once : PANEL_COLUMNS;
    for (size_t j = 0; j < whole->n; j += most) {
        shape.n = shape.b_row = whole->n - j < most ? whole->n - j : most;
        for (size_t l = 0; l < whole->k; l += at_once) {
            shape.k = whole->k - l < at_once ? whole->k - l : at_once;
            lay_out(b + j * whole->k + l, whole->k, shape.n, shape.k, panel);
            dense_multiply_single(&shape, at_once, a + l * shape.a_step, panel, c + j, c + j);
        }
    }
}

void fused_multiply(const struct linalg_product *shape, const float *a, const float *b, float *c)
{
    struct dense_shape dense = dense_of(shape);
    dense.begin_row = dense.c_row;
    if (shape->transposed_b)
        multiply_panels(&dense, products_at_once(shape), a, b, c);
    else
        dense_multiply_single(&dense, products_at_once(shape), a, b, c, c);
}

void fused_affine(const struct linalg_product *shape, const float *a, const float *b,
                  const float *bias, bool rectified, float *c)
{
    struct dense_shape dense = dense_of(shape);
    dense.rectified = rectified;
    dense_multiply_single(&dense, products_at_once(shape), a, b, bias, c);
}
