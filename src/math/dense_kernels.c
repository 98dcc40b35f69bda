/* Compiled for floats and for doubles, and once for each level of a processor. */
#include "math/dense_kernels.h"

#include <string.h>

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

INLINE struct place place_at(const struct dense_shape *shape, const struct place *of, size_t row,
                             size_t column)
{
    return (struct place){
        of->a + row * shape->a_row,
        of->b + column,
        of->begin == NULL ? NULL : of->begin + row * shape->begin_row + column,
        of->c + row * shape->c_row + column,
    };
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

/* The same for a lone column, which needs no vector. */
INLINE void thin_tile(const struct dense_shape *shape, struct place at, size_t rows)
{
    number sums[ROWS] = {0};
    for (size_t l = 0; l < shape->k; l++) {
        UNROLLED for (size_t r = 0; r < rows; r++)
        {
            sums[r] = add_product(sums[r], at.a[r * shape->a_row], *at.b);
        }
        at.a += shape->a_step;
        at.b += shape->b_row;
    }
    UNROLLED for (size_t r = 0; r < rows; r++)
    {
        number sum = at.begin != NULL ? at.begin[r * shape->begin_row] + sums[r] : sums[r];
        at.c[r * shape->c_row] = shape->rectified && sum < 0 ? 0 : sum;
    }
}

static void tile_thin(const struct dense_shape *shape, size_t rows, const struct place *at)
{
    size_t row = 0;
    for (; row + ROWS <= rows; row += ROWS)
        thin_tile(shape, place_at(shape, at, row, 0), ROWS);
    for (; row < rows; row++)
        thin_tile(shape, place_at(shape, at, row, 0), 1);
}

/* Rows in tiles, for some columns: a strip, or what is left of one in two vectors or in one. */
#define TILED(NAME, VECTORS, WHOLE)                                                        \
    static void NAME(const struct dense_shape *shape, size_t rows, const struct place *at, \
                     size_t last)                                                          \
    {                                                                                      \
        size_t row = 0;                                                                    \
        for (; row + ROWS <= rows; row += ROWS)                                            \
            tile(shape, place_at(shape, at, row, 0), ROWS, VECTORS, WHOLE, last);          \
        for (; row < rows; row += ROWS_FEW)                                                \
            tile(shape, place_at(shape, at, row, 0), ROWS_FEW, VECTORS, WHOLE, last);      \
    }
TILED(tile_strip, STRIP_VECTORS, true)
TILED(tile_two, 2, false)
TILED(tile_one, 1, false)

/* Rows of b that are a power of two apart share few places of the cache: for many rows of a the
 * strip is laid out densely first. */
APART void tile_packed(const struct dense_shape *shape, size_t rows, const struct place *at)
{
    _Alignas(VECTOR_BYTES) number strip[PACKED_DEPTH_MAX * STRIP];
    struct dense_shape packed = *shape;
    const struct place from = {at->a, strip, at->begin, at->c};
    packed.b_row = STRIP;
    for (size_t l = 0; l < shape->k; l++)
        for (size_t v = 0; v < STRIP_VECTORS; v++)
            *(vector *)(strip + l * STRIP + v * LANES) =
                *(const vector *)(at->b + l * shape->b_row + v * LANES);
    tile_strip(&packed, rows, &from, LANES);
}

static void multiply_tiles(const struct dense_shape *shape, size_t rows, const struct place *of)
{
    size_t column = 0;
    bool packed = rows >= PACKED_ROWS_LEAST && shape->b_row > STRIP && shape->k <= PACKED_DEPTH_MAX;
    for (; column + STRIP <= shape->n; column += STRIP) {
        const struct place at = place_at(shape, of, 0, column);
        if (packed)
            tile_packed(shape, rows, &at);
        else
            tile_strip(shape, rows, &at, LANES);
    }
    const struct place at = place_at(shape, of, 0, column);
    size_t left = shape->n - column;
    if (left > LANES)
        tile_two(shape, rows, &at, left - LANES);
    else if (left > 1)
        tile_one(shape, rows, &at, left);
    else if (left == 1)
        tile_thin(shape, rows, &at);
}

static void multiply_row(const struct dense_shape *shape, const struct place *of)
{
    size_t column = 0;
    for (; column + ROW_VECTORS * LANES <= shape->n; column += ROW_VECTORS * LANES)
        tile(shape, place_at(shape, of, 0, column), 1, ROW_VECTORS, true, LANES);
    const struct place at = place_at(shape, of, 0, column);
    size_t vectors = (shape->n - column + LANES - 1) / LANES;
    size_t last = shape->n - column - (vectors - 1) * LANES;
    if (column + 1 == shape->n) {
        tile_thin(shape, 1, &at);
        return;
    }
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

/* ---- rows of which much is 0: what a rectifier left ---- */

/* A strip of b of so many rows is laid out densely: a bit for each row in a word, and it stays in
 * the processor's nearest cache. */
#define GAPS_DEPTH 64
#define GAPS_STRIP (ROW_VECTORS * LANES)
#define GAPS_SAMPLE 8

static size_t part_of(size_t k, size_t first)
{
    return k - first < GAPS_DEPTH ? k - first : GAPS_DEPTH;
}

/* One row times ROW_VECTORS vectors of columns, without the products that are 0: the sum is the
 * same, as it is never -0. `first`, `last`: of the parts of k; between them sums stand in c. */
INLINE void gaps_tile(const struct dense_shape *shape, struct place at, bool first, bool last)
{
    vector sums[ROW_VECTORS];
    UNROLLED for (size_t v = 0; v < ROW_VECTORS; v++)
    {
        sums[v] = first ? (vector){0} : *(const vector *)(at.c + v * LANES);
    }
    for (size_t l = 0; l < shape->k; l += GAPS_DEPTH) {
        uint64_t bits = bits_of(at.a + l, part_of(shape->k, l));
        for (; bits != 0; bits &= bits - 1) {
            size_t i = l + (size_t)__builtin_ctzll(bits);
            const number *weights = at.b + i * shape->b_row;
            UNROLLED for (size_t v = 0; v < ROW_VECTORS; v++)
            {
                sums[v] = add_products(sums[v], at.a[i], *(const vector *)(weights + v * LANES));
            }
        }
    }
    UNROLLED for (size_t v = 0; v < ROW_VECTORS; v++)
    {
        if (last)
            finish(shape, &at, v * LANES, sums[v], v * LANES, true, LANES);
        else
            *(vector *)(at.c + v * LANES) = sums[v];
    }
}

static void gaps_strip(const struct dense_shape *shape, const struct place *at, bool first,
                       bool last)
{
    for (size_t row = 0; row < shape->m; row++)
        gaps_tile(shape, place_at(shape, at, row, 0), first, last);
}

APART void gaps_packed(const struct dense_shape *shape, const struct place *at)
{
    _Alignas(VECTOR_BYTES) number strip[GAPS_DEPTH * GAPS_STRIP];
    struct dense_shape part = *shape;
    part.b_row = GAPS_STRIP;
    for (size_t l = 0; l < shape->k; l += GAPS_DEPTH) {
        const struct place from = {at->a + l, strip, at->begin, at->c};
        part.k = part_of(shape->k, l);
        for (size_t i = 0; i < part.k; i++)
            memcpy(strip + i * GAPS_STRIP, at->b + (l + i) * shape->b_row,
                   GAPS_STRIP * sizeof *strip);
        gaps_strip(&part, &from, l == 0, l + part.k == shape->k);
    }
}

/* Whether a quarter of what the first rows hold is 0: else tiles are quicker. */
static bool gaps_pay(const struct dense_shape *shape, const number *a)
{
    size_t rows = shape->m < GAPS_SAMPLE ? shape->m : GAPS_SAMPLE, count = 0;
    for (size_t row = 0; row < rows; row++)
        for (size_t l = 0; l < shape->k; l += GAPS_DEPTH)
            count += (size_t)__builtin_popcountll(
                bits_of(a + row * shape->a_row + l, part_of(shape->k, l)));
    return count <= rows * shape->k / 4 * 3;
}

/* Whole strips of columns; how many columns that are. */
static size_t multiply_gaps(const struct dense_shape *shape, const struct place *of)
{
    size_t column = 0;
    bool packed = shape->m >= PACKED_ROWS_LEAST && of->begin != of->c;
    if (shape->k == 0 || !gaps_pay(shape, of->a))
        return 0;
    for (; column + GAPS_STRIP <= shape->n; column += GAPS_STRIP) {
        const struct place at = place_at(shape, of, 0, column);
        if (packed)
            gaps_packed(shape, &at);
        else
            gaps_strip(shape, &at, true, true);
    }
    return column;
}

void DENSE_KERNEL(const struct dense_shape *shape, const number *a, const number *b,
                  const number *begin, number *c)
{
    const struct place all = {a, b, begin, c};
    struct dense_shape rest = *shape;
    size_t done = shape->gaps ? multiply_gaps(shape, &all) : 0;
    size_t tiled = shape->m - shape->m % ROWS_FEW;
    const struct place of = place_at(shape, &all, 0, done);
    rest.n -= done;
    if (tiled > 0)
        multiply_tiles(&rest, tiled, &of);
    for (size_t row = tiled; row < shape->m; row++) {
        const struct place at = place_at(shape, &of, row, 0);
        multiply_row(&rest, &at);
    }
}
