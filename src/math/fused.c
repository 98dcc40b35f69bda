#include "math/fused.h"

#include <math.h>

#include "math/clones.h"

#define INLINE static inline __attribute__((always_inline))

/* Rows and columns whose sums are computed side by side, so that none waits for another. */
enum { ROWS = 4, COLUMNS = 16, COLUMNS_FEW = 4 };
/* Columns are copied side by side for so many rows of A, and up to so many products. */
enum { PACK_FROM = 8, PANEL_ROWS = 256 };
/* Measured against OpenBLAS 0.3.21: up to 256 x 1024 in batches two to four times as fast. */
enum { WEIGHTS_MAX = 1 << 18, WEIGHTS_ALWAYS = 1 << 10 };

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

/* How to walk through both matrices, and how many columns of C there are to be written. */
struct walk {
    size_t a_row, a_step, b_step, b_column;
    size_t m, n, k, at_once, used;
};

/* `rows` and `columns` are constants where this is inlined, and b_column where there are many. */
INLINE void multiply_tile(const struct walk *walk, const float *a, const float *b, float *c,
                          size_t rows, size_t columns)
{
    size_t b_column = columns == COLUMNS ? 1 : walk->b_column;
    size_t used = columns == COLUMNS ? walk->used : columns;
    for (size_t first = 0; first < walk->k; first += walk->at_once) {
        size_t end = walk->k - first > walk->at_once ? first + walk->at_once : walk->k;
        float sums[ROWS][COLUMNS] = {{0}};
        for (size_t l = first; l < end; l++)
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < columns; j++)
                    sums[i][j] = fmaf(a[i * walk->a_row + l * walk->a_step],
                                      b[l * walk->b_step + j * b_column], sums[i][j]);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < used; j++)
                c[i * walk->n + j] += sums[i][j];
    }
}

INLINE void multiply_column(const struct walk *walk, const float *a, const float *b, float *c,
                            size_t columns)
{
    size_t i = 0;
    for (; i + ROWS <= walk->m; i += ROWS)
        multiply_tile(walk, a + i * walk->a_row, b, c + i * walk->n, ROWS, columns);
    for (; i < walk->m; i++)
        multiply_tile(walk, a + i * walk->a_row, b, c + i * walk->n, 1, columns);
}

/* walk->used columns of b, beside zeros. */
static void pack(const struct walk *walk, const float *b, float panel[PANEL_ROWS][COLUMNS])
{
    for (size_t l = 0; l < walk->k; l++)
        for (size_t j = 0; j < COLUMNS; j++)
            panel[l][j] = j < walk->used ? b[l * walk->b_step + j * walk->b_column] : 0.0F;
}

/* COLUMNS columns, or the last of them: in vectors, if need be from a copy, where that pays. */
INLINE void multiply_columns(struct walk *walk, const float *a, const float *b, float *c)
{
    float panel[PANEL_ROWS][COLUMNS];
    size_t j = 0, used = walk->used;
    if (walk->b_column == 1 && used == COLUMNS) {
        multiply_column(walk, a, b, c, COLUMNS);
    } else if (walk->m >= PACK_FROM && walk->k <= PANEL_ROWS && used > 1) {
        struct walk packed = *walk;
        pack(walk, b, panel);
        packed.b_step = COLUMNS;
        multiply_column(&packed, a, panel[0], c, COLUMNS);
    } else {
        for (; j + COLUMNS_FEW <= used; j += COLUMNS_FEW)
            multiply_column(walk, a, b + j * walk->b_column, c + j, COLUMNS_FEW);
        for (; j < used; j++)
            multiply_column(walk, a, b + j * walk->b_column, c + j, 1);
    }
}

MATH_CLONES_FUSED static void multiply_all(struct walk *walk, const float *a, const float *b,
                                           float *c)
{
    for (size_t j = 0; j < walk->n; j += COLUMNS) {
        walk->used = walk->n - j < COLUMNS ? walk->n - j : COLUMNS;
        multiply_columns(walk, a, b + j * walk->b_column, c + j);
    }
}

/* Fused is an instruction here, not a call. */
static bool has_instruction(void)
{
#if defined(__FP_FAST_FMAF)
    return true;
#elif MATH_HAVE_CLONES
    return __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

bool fused_is_quick(const struct linalg_product *shape)
{
    size_t most = has_instruction() && shape->k <= PANEL_ROWS ? WEIGHTS_MAX : WEIGHTS_ALWAYS;
    return shape->k == 0 || shape->n <= most / shape->k;
}

void fused_multiply(const struct linalg_product *shape, const float *a, const float *b, float *c)
{
    struct walk walk = {
        .a_row = shape->transposed_a ? 1 : shape->k,
        .a_step = shape->transposed_a ? shape->m : 1,
        .b_step = shape->transposed_b ? 1 : shape->n,
        .b_column = shape->transposed_b ? shape->k : 1,
        .m = shape->m,
        .n = shape->n,
        .k = shape->k,
        .at_once = products_at_once(shape),
    };
    multiply_all(&walk, a, b, c);
}
