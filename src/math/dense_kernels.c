/* Compiled once for each level of a processor. Where there is an instruction for both, a
 * multiplication and its addition are one rounding: two would take twice as long. */
#include "math/dense_kernels.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#ifndef DENSE_KERNEL
#define DENSE_KERNEL dense_multiply_plain
#endif

/* How wide the registers are, and how many rows' sums they hold at a time. */
#if defined(__AVX512F__)
#define BYTES 64
#define ROWS 8
#elif defined(__AVX2__)
#define BYTES 32
#define ROWS 4
#else
#define BYTES 16
#define ROWS 4
#endif
#define LANES (BYTES / sizeof(double))

/* Elements stand at any address, and are read and written as what they are. */
typedef double vector __attribute__((vector_size(BYTES), aligned(sizeof(double)), may_alias));

/* Written out, as a compiler that may fuse them does so here and not there. */
static inline vector add_products(vector sums, double x, vector weights)
{
#if defined(__AVX512F__)
    return (vector)_mm512_fmadd_pd(_mm512_set1_pd(x), (__m512d)weights, (__m512d)sums);
#elif defined(__AVX2__)
    return (vector)_mm256_fmadd_pd(_mm256_set1_pd(x), (__m256d)weights, (__m256d)sums);
#else
    return sums + x * weights;
#endif
}

static inline double add_product(double sum, double x, double weight)
{
#if defined(__AVX2__)
    return __builtin_fma(x, weight, sum);
#else
    return sum + x * weight;
#endif
}

/* c += a b for `rows` rows and `vectors` vectors of columns; both are constants where it is used,
 * so that every sum has a register of its own. */
static inline __attribute__((always_inline)) void tile(const struct dense_shape *shape, size_t rows,
                                                       size_t vectors, const double *a,
                                                       const double *b, double *c)
{
    vector sums[ROWS][2];
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (size_t v = 0; v < vectors; v++)
            sums[r][v] = (vector){0};
    for (size_t l = 0; l < shape->k; l++) {
        const double *weights = b + l * shape->b_row;
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++) {
            double x = a[r * shape->a_row + l * shape->a_step];
#pragma GCC unroll 2
            for (size_t v = 0; v < vectors; v++)
                sums[r][v] = add_products(sums[r][v], x, *(const vector *)(weights + v * LANES));
        }
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (size_t v = 0; v < vectors; v++)
            *(vector *)(c + r * shape->c_row + v * LANES) += sums[r][v];
}

/* The same for a single column, which does not fill a vector. */
static inline __attribute__((always_inline)) void
thin_tile(const struct dense_shape *shape, size_t rows, const double *a, const double *b, double *c)
{
    double sums[ROWS] = {0};
    for (size_t l = 0; l < shape->k; l++) {
        double weight = b[l * shape->b_row];
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++)
            sums[r] = add_product(sums[r], a[r * shape->a_row + l * shape->a_step], weight);
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
        c[r * shape->c_row] += sums[r];
}

/* All rows for some columns: two vectors of them, one, or a single column. */
#define STRIP(NAME, TILE)                                                                          \
    static void NAME(const struct dense_shape *shape, const double *a, const double *b, double *c) \
    {                                                                                              \
        size_t row = 0;                                                                            \
        for (; row + ROWS <= shape->m; row += ROWS)                                                \
            TILE(ROWS);                                                                            \
        for (; row < shape->m; row++)                                                              \
            TILE(1);                                                                               \
    }
#define WIDE(COUNT) tile(shape, COUNT, 2, a + row * shape->a_row, b, c + row * shape->c_row)
#define NARROW(COUNT) tile(shape, COUNT, 1, a + row * shape->a_row, b, c + row * shape->c_row)
#define THIN(COUNT) thin_tile(shape, COUNT, a + row * shape->a_row, b, c + row * shape->c_row)
STRIP(wide_strip, WIDE)
STRIP(narrow_strip, NARROW)
STRIP(thin_strip, THIN)

/* Rows of b that are a power of two apart share few places of the cache: for many rows of a the
 * strip is laid out densely first. */
static void packed_strip(const struct dense_shape *shape, const double *a, const double *b,
                         double *c)
{
    double strip[DENSE_DEPTH * 2 * LANES];
    struct dense_shape packed = *shape;
    packed.b_row = 2 * LANES;
    for (size_t l = 0; l < shape->k; l++)
        for (size_t v = 0; v < 2; v++)
            *(vector *)(strip + (2 * l + v) * LANES) =
                *(const vector *)(b + l * shape->b_row + v * LANES);
    wide_strip(&packed, a, strip, c);
}

#define PACKED_ROWS_LEAST (4 * ROWS)

void DENSE_KERNEL(const struct dense_shape *shape, const double *a, const double *b, double *c)
{
    size_t column = 0;
    bool packed = shape->m >= PACKED_ROWS_LEAST && shape->b_row > 2 * LANES;
    for (; column + 2 * LANES <= shape->n; column += 2 * LANES)
        (packed ? packed_strip : wide_strip)(shape, a, b + column, c + column);
    for (; column + LANES <= shape->n; column += LANES)
        narrow_strip(shape, a, b + column, c + column);
    for (; column < shape->n; column++)
        thin_strip(shape, a, b + column, c + column);
}
