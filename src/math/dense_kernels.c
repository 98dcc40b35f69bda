/* Compiled for floats and for doubles, and once for each level of a processor. */
#include "math/dense_kernels.h"

#include "math/dense_vector.h"

#ifndef DENSE_KERNEL
#ifdef DENSE_SINGLE
#define DENSE_KERNEL dense_multiply_single_plain
#else
#define DENSE_KERNEL dense_multiply_plain
#endif
#endif

/* How many rows' sums registers hold at a time, STRIP_VECTORS vectors of columns of each; and how
 * many vectors of a lone row, so that no addition waits for the one before. */
#if defined(__AVX512F__)
#define ROWS 8
#else
#define ROWS 4
#endif
#define ROWS_FEW 4
#define STRIP_VECTORS 2
#define STRIP (STRIP_VECTORS * LANES)
#define ROW_VECTORS 8
/* Strips of so many rows of b are laid out densely. */
#define PACKED_DEPTH_MAX 128
#define PACKED_ROWS_LEAST 32

/* Where a product, or a part of it, is read and written. */
struct place {
    const number *a, *b, *begin;
    number *c;
};

static struct place place_at(const struct dense_shape *shape, struct place of, size_t row,
                             size_t column)
{
    of.a += row * shape->a_row;
    of.b += column;
    of.c += row * shape->c_row + column;
    of.begin = of.begin == NULL ? NULL : of.begin + row * shape->begin_row + column;
    return of;
}

INLINE vector load(const number *from, bool whole, size_t count)
{
    return whole ? *(const vector *)from : load_some(from, count);
}

INLINE void finish(const struct dense_shape *shape, const struct place *at, size_t from, vector sum,
                   size_t to, bool whole, size_t count)
{
    if (at->begin != NULL)
        sum = load(at->begin + from, whole, count) + sum;
    if (shape->rectified)
        sum = rectify(sum);
    if (whole)
        *(vector *)(at->c + to) = sum;
    else
        store_some(at->c + to, sum, count);
}

/* `rows` rows and `vectors` vectors of columns, the last of them whole or `last` columns: constants
 * but for `last` where it is used, so that every sum has a register of its own. */
INLINE void tile(const struct dense_shape *shape, struct place at, size_t rows, size_t vectors,
                 bool whole, size_t last)
{
    vector sums[ROWS][ROW_VECTORS], weights[ROW_VECTORS];
    UNROLLED for (size_t i = 0; i < rows * vectors; i++)
    {
        sums[i / vectors][i % vectors] = (vector){0};
    }
    for (size_t l = 0; l < shape->k; l++) {
        UNROLLED for (size_t v = 0; v < vectors; v++)
        {
            weights[v] = load(at.b + v * LANES, whole || v + 1 < vectors, last);
        }
        UNROLLED for (size_t r = 0; r < rows; r++)
        {
            UNROLLED for (size_t v = 0; v < vectors; v++)
            {
                sums[r][v] = add_products(sums[r][v], at.a[r * shape->a_row], weights[v]);
            }
        }
        at.a += shape->a_step;
        at.b += shape->b_row;
    }
    UNROLLED for (size_t r = 0; r < rows; r++)
    {
        UNROLLED for (size_t v = 0; v < vectors; v++)
        {
            finish(shape, &at, r * shape->begin_row + v * LANES, sums[r][v],
                   r * shape->c_row + v * LANES, whole || v + 1 < vectors, last);
        }
    }
}

/* Rows in tiles, for some columns: a strip, or what is left of one in two vectors or in one. */
#define TILED(NAME, VECTORS, WHOLE)                                                              \
    static void NAME(const struct dense_shape *shape, size_t rows, struct place at, size_t last) \
    {                                                                                            \
        size_t row = 0;                                                                          \
        for (; row + ROWS <= rows; row += ROWS)                                                  \
            tile(shape, place_at(shape, at, row, 0), ROWS, VECTORS, WHOLE, last);                \
        for (; row < rows; row += ROWS_FEW)                                                      \
            tile(shape, place_at(shape, at, row, 0), ROWS_FEW, VECTORS, WHOLE, last);            \
    }
TILED(tile_strip, STRIP_VECTORS, true)
TILED(tile_two, 2, false)
TILED(tile_one, 1, false)

/* Rows of b that are a power of two apart share few places of the cache: for many rows of a the
 * strip is laid out densely first. */
static void tile_packed(const struct dense_shape *shape, size_t rows, struct place at)
{
    number strip[PACKED_DEPTH_MAX * STRIP];
    struct dense_shape packed = *shape;
    packed.b_row = STRIP;
    for (size_t l = 0; l < shape->k; l++)
        for (size_t v = 0; v < STRIP_VECTORS; v++)
            *(vector *)(strip + l * STRIP + v * LANES) =
                *(const vector *)(at.b + l * shape->b_row + v * LANES);
    at.b = strip;
    tile_strip(&packed, rows, at, LANES);
}

static void multiply_tiles(const struct dense_shape *shape, size_t rows, struct place of)
{
    size_t column = 0;
    bool packed = rows >= PACKED_ROWS_LEAST && shape->b_row > STRIP && shape->k <= PACKED_DEPTH_MAX;
    for (; column + STRIP <= shape->n; column += STRIP) {
        if (packed)
            tile_packed(shape, rows, place_at(shape, of, 0, column));
        else
            tile_strip(shape, rows, place_at(shape, of, 0, column), LANES);
    }
    size_t left = shape->n - column;
    if (left > LANES)
        tile_two(shape, rows, place_at(shape, of, 0, column), left - LANES);
    else if (left > 0)
        tile_one(shape, rows, place_at(shape, of, 0, column), left);
}

static void multiply_row(const struct dense_shape *shape, struct place at)
{
    size_t column = 0;
    for (; column + ROW_VECTORS * LANES <= shape->n; column += ROW_VECTORS * LANES)
        tile(shape, place_at(shape, at, 0, column), 1, ROW_VECTORS, true, LANES);
    if (column == shape->n)
        return;
    size_t vectors = (shape->n - column + LANES - 1) / LANES;
    size_t last = shape->n - column - (vectors - 1) * LANES;
    at = place_at(shape, at, 0, column);
    switch (vectors) {
#define SOME(VECTORS)                             \
    case VECTORS:                                 \
        tile(shape, at, 1, VECTORS, false, last); \
        break;
        SOME(1)
        SOME(2)
        SOME(3)
        SOME(4)
        SOME(5)
        SOME(6)
        SOME(7)
        SOME(8)
    }
}

void DENSE_KERNEL(const struct dense_shape *shape, const number *a, const number *b,
                  const number *begin, number *c)
{
    const struct place of = {a, b, begin, c};
    size_t tiled = shape->m - shape->m % ROWS_FEW;
    if (tiled > 0)
        multiply_tiles(shape, tiled, of);
    for (size_t row = tiled; row < shape->m; row++)
        multiply_row(shape, place_at(shape, of, row, 0));
}
