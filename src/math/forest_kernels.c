/* Compiled once for each level, with FOREST_KERNELS naming its table. */
#include "math/forest_kernels.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#define VECTOR 64
#define MASKS_PER_LEVEL 48
#elif defined(__AVX2__)
#define VECTOR 32
#define MASKS_PER_LEVEL 16
#else
#define VECTOR 16
#define MASKS_PER_LEVEL 5
#endif

#ifndef FOREST_KERNELS
#define FOREST_KERNELS forest_kernels_plain
#endif

/* Vectors of rows that are in flight. */
#define GROUP 4
/* Steps between two looks at whether all have arrived. */
#define STEPS 4

/* ---- walks ---- */

static inline uint32_t step_packed(const struct forest_packed *cells, uint32_t at,
                                   const float *columns, size_t stride, uint32_t mask,
                                   uint32_t shift)
{
    struct forest_packed cell = cells[at];
    return (cell.link >> shift) + (columns[(size_t)(cell.link & mask) * stride] > cell.threshold);
}

static inline uint32_t step_wide(const struct forest_cell *cells, uint32_t at,
                                 const double *columns, size_t stride)
{
    const struct forest_cell *cell = &cells[at];
    return cell->child + (columns[(size_t)cell->column * stride] > cell->threshold);
}

/* Eight walks; cells and columns of each, steps at most. Afterwards all are leaves. */
static inline void walk_packed(const struct forest_packed *const *cells, const float *columns,
                               size_t lane, size_t stride, uint32_t steps, uint32_t mask,
                               uint32_t shift, uint32_t *at)
{
    while (steps > 0) {
        uint32_t some = steps < STEPS ? steps : STEPS;
        for (uint32_t s = 0; s < some; s++)
            for (size_t k = 0; k < FOREST_LANES; k++)
                at[k] = step_packed(cells[k], at[k], columns + k * lane, stride, mask, shift);
        steps -= some;
        uint32_t inner = 0;
        for (size_t k = 0; steps > 0 && k < FOREST_LANES; k++)
            inner |= cells[k][at[k]].link & mask;
        if (inner == COLUMN_LEAF)
            break;
    }
}

static inline void walk_wide(const struct forest_cell *const *cells, const double *columns,
                             size_t lane, size_t stride, uint32_t steps, uint32_t *at)
{
    while (steps > 0) {
        uint32_t some = steps < STEPS ? steps : STEPS;
        for (uint32_t s = 0; s < some; s++)
            for (size_t k = 0; k < FOREST_LANES; k++)
                at[k] = step_wide(cells[k], at[k], columns + k * lane, stride);
        steps -= some;
        uint32_t inner = 0;
        for (size_t k = 0; steps > 0 && k < FOREST_LANES; k++)
            inner |= cells[k][at[k]].column;
        if (inner == COLUMN_LEAF)
            break;
    }
}

static uint32_t largest_depth(const struct forest_tree *trees)
{
    uint32_t depth = 0;
    for (size_t k = 0; k < FOREST_LANES; k++)
        depth = trees[k].depth > depth ? trees[k].depth : depth;
    return depth;
}

static void walk_one(const struct forest *forest, const struct forest_tree *tree,
                     const void *columns, uint32_t *slot)
{
    uint32_t at = 0;
    if (forest->packed != NULL) {
        const struct forest_packed *cells = forest->packed + tree->cell;
        for (uint32_t s = 0; s < tree->depth; s++)
            at = step_packed(cells, at, columns, 1, forest->link_mask, forest->link_shift);
        *slot = cells[at].payload;
    } else {
        const struct forest_cell *cells = forest->cells + tree->cell;
        for (uint32_t s = 0; s < tree->depth; s++)
            at = step_wide(cells, at, columns, 1);
        *slot = (uint32_t)cells[at].payload;
    }
}

static void walk_eight_trees(const struct forest *forest, const struct forest_tree *trees,
                             const void *columns, uint32_t *slots)
{
    uint32_t at[FOREST_LANES] = {0};
    uint32_t steps = largest_depth(trees);
    if (forest->packed != NULL) {
        const struct forest_packed *cells[FOREST_LANES];
        for (size_t k = 0; k < FOREST_LANES; k++)
            cells[k] = forest->packed + trees[k].cell;
        walk_packed(cells, columns, 0, 1, steps, forest->link_mask, forest->link_shift, at);
        for (size_t k = 0; k < FOREST_LANES; k++)
            slots[k] = cells[k][at[k]].payload;
    } else {
        const struct forest_cell *cells[FOREST_LANES];
        for (size_t k = 0; k < FOREST_LANES; k++)
            cells[k] = forest->cells + trees[k].cell;
        walk_wide(cells, columns, 0, 1, steps, at);
        for (size_t k = 0; k < FOREST_LANES; k++)
            slots[k] = (uint32_t)cells[k][at[k]].payload;
    }
}

static void walk_trees(const struct forest *forest, size_t first, size_t count, const void *columns,
                       uint32_t *slots)
{
    const struct forest_tree *trees = forest->trees + first;
    size_t t = 0;
    for (; t + FOREST_LANES <= count; t += FOREST_LANES)
        walk_eight_trees(forest, trees + t, columns, slots + t);
    for (; t < count; t++)
        walk_one(forest, &trees[t], columns, &slots[t]);
}

static void walk_rows(const struct forest *forest, const struct forest_tree *tree, size_t count,
                      const void *columns, uint32_t *slots)
{
    for (size_t row = 0; row < count; row += FOREST_LANES) {
        uint32_t at[FOREST_LANES] = {0};
        if (forest->packed != NULL) {
            const struct forest_packed *cells = forest->packed + tree->cell;
            const struct forest_packed *const same[FOREST_LANES] = {cells, cells, cells, cells,
                                                                    cells, cells, cells, cells};
            walk_packed(same, (const float *)columns + row, 1, FOREST_BLOCK, tree->depth,
                        forest->link_mask, forest->link_shift, at);
            for (size_t k = 0; k < FOREST_LANES; k++)
                slots[row + k] = cells[at[k]].payload;
        } else {
            const struct forest_cell *cells = forest->cells + tree->cell;
            const struct forest_cell *const same[FOREST_LANES] = {cells, cells, cells, cells,
                                                                  cells, cells, cells, cells};
            walk_wide(same, (const double *)columns + row, 1, FOREST_BLOCK, tree->depth, at);
            for (size_t k = 0; k < FOREST_LANES; k++)
                slots[row + k] = (uint32_t)cells[at[k]].payload;
        }
    }
}

/* ---- masks ---- */

#define SINGLES (VECTOR / 4)
#define DOUBLES (VECTOR / 8)

typedef float floats __attribute__((vector_size(VECTOR)));
typedef uint32_t words __attribute__((vector_size(VECTOR)));
typedef double doubles __attribute__((vector_size(VECTOR)));
typedef uint64_t longs __attribute__((vector_size(VECTOR)));

/* Those of `leaves` that are not in `clear`, in the rows where x > threshold; the others stay. */
static inline words strike_single(words leaves, const float *x, float threshold, uint32_t clear)
{
    const floats *rows = (const floats *)(const void *)x;
#ifdef __AVX512F__
    __mmask16 second = _mm512_cmp_ps_mask((__m512)*rows, _mm512_set1_ps(threshold), _CMP_GT_OQ);
    return (words)_mm512_mask_andnot_epi32((__m512i)leaves, second, _mm512_set1_epi32((int)clear),
                                           (__m512i)leaves);
#else
    words second = (words)(*rows > (floats){0} + threshold);
    return leaves & ~(second & ((words){0} + clear));
#endif
}

static inline longs strike_double(longs leaves, const double *x, double threshold, uint64_t clear)
{
    const doubles *rows = (const doubles *)(const void *)x;
#ifdef __AVX512F__
    __mmask8 second = _mm512_cmp_pd_mask((__m512d)*rows, _mm512_set1_pd(threshold), _CMP_GT_OQ);
    return (longs)_mm512_mask_andnot_epi64((__m512i)leaves, second,
                                           _mm512_set1_epi64((long long)clear), (__m512i)leaves);
#else
    longs second = (longs)(*rows > (doubles){0} + threshold);
    return leaves & ~(second & ((longs){0} + clear));
#endif
}

/* GROUP vectors of rows in one tree. Words are taken from the last to the first, so that the first
 * one that has a leaf left remains. */
static inline void mask_group_single(const struct forest_mask_single *masks, const uint32_t *ends,
                                     uint32_t word_count, const float *columns, uint32_t *slots)
{
    words leaf[GROUP] = {0}, base[GROUP] = {0};
    for (uint32_t w = word_count; w-- > 0;) {
        words left[GROUP];
        for (size_t g = 0; g < GROUP; g++)
            left[g] = ~(words){0};
        for (uint32_t m = w > 0 ? ends[w - 1] : 0; m < ends[w]; m++) {
            const float *x = columns + (size_t)masks[m].column * FOREST_BLOCK;
            for (size_t g = 0; g < GROUP; g++)
                left[g] =
                    strike_single(left[g], x + g * SINGLES, masks[m].threshold, masks[m].clear);
        }
        for (size_t g = 0; g < GROUP; g++) {
            words none = (words)(left[g] == (words){0});
            leaf[g] = left[g] | (leaf[g] & none);
            base[g] = (base[g] & none) | (~none & ((words){0} + w * 32));
        }
    }
    for (size_t g = 0; g < GROUP; g++)
        for (size_t k = 0; k < SINGLES; k++)
            slots[g * SINGLES + k] = base[g][k] + (uint32_t)__builtin_ctz(leaf[g][k]);
}

static inline void mask_group_double(const struct forest_mask_double *masks, const uint32_t *ends,
                                     uint32_t word_count, const double *columns, uint32_t *slots)
{
    longs leaf[GROUP] = {0}, base[GROUP] = {0};
    for (uint32_t w = word_count; w-- > 0;) {
        longs left[GROUP];
        for (size_t g = 0; g < GROUP; g++)
            left[g] = ~(longs){0};
        for (uint32_t m = w > 0 ? ends[w - 1] : 0; m < ends[w]; m++) {
            const double *x = columns + (size_t)masks[m].column * FOREST_BLOCK;
            for (size_t g = 0; g < GROUP; g++)
                left[g] =
                    strike_double(left[g], x + g * DOUBLES, masks[m].threshold, masks[m].clear);
        }
        for (size_t g = 0; g < GROUP; g++) {
            longs none = (longs)(left[g] == (longs){0});
            leaf[g] = left[g] | (leaf[g] & none);
            base[g] = (base[g] & none) | (~none & ((longs){0} + (uint64_t)w * 64));
        }
    }
    for (size_t g = 0; g < GROUP; g++)
        for (size_t k = 0; k < DOUBLES; k++)
            slots[g * DOUBLES + k] = (uint32_t)base[g][k] + (uint32_t)__builtin_ctzll(leaf[g][k]);
}

static void mask_rows(const struct forest *forest, const struct forest_tree *tree, size_t count,
                      const void *columns, uint32_t *slots)
{
    const uint32_t *ends = forest->word_ends + tree->word;
    if (forest->shape.input == FOREST_SINGLE) {
        const struct forest_mask_single *masks = forest->masks;
        for (size_t row = 0; row < count; row += GROUP * SINGLES)
            mask_group_single(masks + tree->mask, ends, tree->word_count,
                              (const float *)columns + row, slots + row);
    } else {
        const struct forest_mask_double *masks = forest->masks;
        for (size_t row = 0; row < count; row += GROUP * DOUBLES)
            mask_group_double(masks + tree->mask, ends, tree->word_count,
                              (const double *)columns + row, slots + row);
    }
}

const struct forest_kernels FOREST_KERNELS = {MASKS_PER_LEVEL, walk_trees, walk_rows, mask_rows};
