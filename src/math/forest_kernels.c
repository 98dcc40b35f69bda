/* Compiled once for each level, with FOREST_KERNELS naming its table. */
#include "math/forest_kernels.h"

#if defined(__AVX512F__)
#include "math/forest_gather.h"
#define VECTOR 64
#define MASKS_PER_LEVEL 16
#define BLOCK_LEAST 24
#elif defined(__AVX2__)
#define VECTOR 32
#define MASKS_PER_LEVEL 16
#define BLOCK_LEAST 6
#else
#define VECTOR 16
#define MASKS_PER_LEVEL 5
#define BLOCK_LEAST 6
#endif

#ifndef FOREST_KERNELS
#define FOREST_KERNELS forest_kernels_plain
#endif

/* Rows, or trees, that are walked together without gathers. */
#define LANES 8
/* Vectors of rows that are in flight. */
#define GROUP 4
/* And where there are no more rows. */
#define HALF 2

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

/* LANES walks; cells and columns of each, steps at most. Afterwards all are leaves. */
static inline void walk_packed(const struct forest_packed *const *cells, const float *columns,
                               size_t lane, size_t stride, uint32_t steps, uint32_t mask,
                               uint32_t shift, uint32_t *at)
{
    while (steps > 0) {
        uint32_t some = steps < FOREST_STEPS ? steps : FOREST_STEPS;
        for (uint32_t s = 0; s < some; s++)
            for (size_t k = 0; k < LANES; k++)
                at[k] = step_packed(cells[k], at[k], columns + k * lane, stride, mask, shift);
        steps -= some;
        uint32_t inner = 0;
        for (size_t k = 0; steps > 0 && k < LANES; k++)
            inner |= cells[k][at[k]].link & mask;
        if (inner == COLUMN_LEAF)
            break;
    }
}

static inline void walk_wide(const struct forest_cell *const *cells, const double *columns,
                             size_t lane, size_t stride, uint32_t steps, uint32_t *at)
{
    while (steps > 0) {
        uint32_t some = steps < FOREST_STEPS ? steps : FOREST_STEPS;
        for (uint32_t s = 0; s < some; s++)
            for (size_t k = 0; k < LANES; k++)
                at[k] = step_wide(cells[k], at[k], columns + k * lane, stride);
        steps -= some;
        uint32_t inner = 0;
        for (size_t k = 0; steps > 0 && k < LANES; k++)
            inner |= cells[k][at[k]].column;
        if (inner == COLUMN_LEAF)
            break;
    }
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

/* The last of them is the deepest. */
static void walk_lanes(const struct forest *forest, const uint32_t *order, const void *columns,
                       uint32_t *slots)
{
    uint32_t at[LANES] = {0};
    uint32_t steps = forest->trees[order[LANES - 1]].depth;
    if (forest->packed != NULL) {
        const struct forest_packed *cells[LANES];
        for (size_t k = 0; k < LANES; k++)
            cells[k] = forest->packed + forest->trees[order[k]].cell;
        walk_packed(cells, columns, 0, 1, steps, forest->link_mask, forest->link_shift, at);
        for (size_t k = 0; k < LANES; k++)
            slots[k] = cells[k][at[k]].payload;
    } else {
        const struct forest_cell *cells[LANES];
        for (size_t k = 0; k < LANES; k++)
            cells[k] = forest->cells + forest->trees[order[k]].cell;
        walk_wide(cells, columns, 0, 1, steps, at);
        for (size_t k = 0; k < LANES; k++)
            slots[k] = (uint32_t)cells[k][at[k]].payload;
    }
}

static void walk_trees(const struct forest *forest, size_t first, size_t count, const void *columns,
                       uint32_t slots[FOREST_CHUNK])
{
    const uint32_t *order = forest->order + first;
#ifdef __AVX512F__
    if (forest->packed != NULL && count >= GATHER_LEAST) {
        gather_trees(forest, first, count, columns, slots);
        return;
    }
#endif
    if (count < LANES) {
        for (size_t t = 0; t < count; t++)
            walk_one(forest, &forest->trees[order[t]], columns, &slots[t]);
        return;
    }
    for (size_t t = 0; t + LANES <= count; t += LANES)
        walk_lanes(forest, order + t, columns, slots + t);
    /* some of the last ones a second time, rather than the rest one by one */
    if (count % LANES > 0)
        walk_lanes(forest, order + count - LANES, columns, slots + count - LANES);
}

static void walk_rows(const struct forest *forest, const struct forest_tree *tree, size_t count,
                      const void *columns, uint32_t *slots)
{
#ifdef __AVX512F__
    if (forest->packed != NULL) {
        gather_rows(forest, tree, count, columns, slots);
        return;
    }
#endif
    for (size_t row = 0; row < count; row += LANES) {
        uint32_t at[LANES] = {0};
        if (forest->packed != NULL) {
            const struct forest_packed *cells = forest->packed + tree->cell;
            const struct forest_packed *const same[LANES] = {cells, cells, cells, cells,
                                                             cells, cells, cells, cells};
            walk_packed(same, (const float *)columns + row, 1, FOREST_BLOCK, tree->depth,
                        forest->link_mask, forest->link_shift, at);
            for (size_t k = 0; k < LANES; k++)
                slots[row + k] = cells[at[k]].payload;
        } else {
            const struct forest_cell *cells = forest->cells + tree->cell;
            const struct forest_cell *const same[LANES] = {cells, cells, cells, cells,
                                                           cells, cells, cells, cells};
            walk_wide(same, (const double *)columns + row, 1, FOREST_BLOCK, tree->depth, at);
            for (size_t k = 0; k < LANES; k++)
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

/* `groups` (GROUP at most, a constant) vectors of rows in one tree. Words are taken from the last
 * to the first, so that the first one that has a leaf left remains. */
static inline __attribute__((always_inline)) void
mask_group_single(const struct forest_mask_single *masks, const uint32_t *ends, uint32_t word_count,
                  const float *columns, uint32_t *slots, size_t groups)
{
    words leaf[GROUP] = {0}, base[GROUP] = {0};
    for (uint32_t w = word_count; w-- > 0;) {
        words left[GROUP];
        for (size_t g = 0; g < groups; g++)
            left[g] = ~(words){0};
        for (uint32_t m = w > 0 ? ends[w - 1] : 0; m < ends[w]; m++) {
            const float *x = columns + (size_t)masks[m].column * FOREST_BLOCK;
            for (size_t g = 0; g < groups; g++)
                left[g] =
                    strike_single(left[g], x + g * SINGLES, masks[m].threshold, masks[m].clear);
        }
        for (size_t g = 0; g < groups; g++) {
            words none = (words)(left[g] == (words){0});
            leaf[g] = left[g] | (leaf[g] & none);
            base[g] = (base[g] & none) | (~none & ((words){0} + w * 32));
        }
    }
    for (size_t g = 0; g < groups; g++)
        for (size_t k = 0; k < SINGLES; k++)
            slots[g * SINGLES + k] = base[g][k] + (uint32_t)__builtin_ctz(leaf[g][k]);
}

static inline __attribute__((always_inline)) void
mask_group_double(const struct forest_mask_double *masks, const uint32_t *ends, uint32_t word_count,
                  const double *columns, uint32_t *slots, size_t groups)
{
    longs leaf[GROUP] = {0}, base[GROUP] = {0};
    for (uint32_t w = word_count; w-- > 0;) {
        longs left[GROUP];
        for (size_t g = 0; g < groups; g++)
            left[g] = ~(longs){0};
        for (uint32_t m = w > 0 ? ends[w - 1] : 0; m < ends[w]; m++) {
            const double *x = columns + (size_t)masks[m].column * FOREST_BLOCK;
            for (size_t g = 0; g < groups; g++)
                left[g] =
                    strike_double(left[g], x + g * DOUBLES, masks[m].threshold, masks[m].clear);
        }
        for (size_t g = 0; g < groups; g++) {
            longs none = (longs)(left[g] == (longs){0});
            leaf[g] = left[g] | (leaf[g] & none);
            base[g] = (base[g] & none) | (~none & ((longs){0} + (uint64_t)w * 64));
        }
    }
    for (size_t g = 0; g < groups; g++)
        for (size_t k = 0; k < DOUBLES; k++)
            slots[g * DOUBLES + k] = (uint32_t)base[g][k] + (uint32_t)__builtin_ctzll(leaf[g][k]);
}

static void mask_rows(const struct forest *forest, const struct forest_tree *tree, size_t count,
                      const void *columns, uint32_t *slots)
{
    const uint32_t *ends = forest->word_ends + tree->word;
    if (forest_compare_width(forest) == FOREST_SINGLE) {
        const struct forest_mask_single *masks = forest->masks;
        masks += tree->mask;
        for (size_t row = 0; row < count; row += GROUP * SINGLES) {
            const float *from = (const float *)columns + row;
            if (count - row > HALF * SINGLES)
                mask_group_single(masks, ends, tree->word_count, from, slots + row, GROUP);
            else
                mask_group_single(masks, ends, tree->word_count, from, slots + row, HALF);
        }
    } else {
        const struct forest_mask_double *masks = forest->masks;
        masks += tree->mask;
        for (size_t row = 0; row < count; row += GROUP * DOUBLES) {
            const double *from = (const double *)columns + row;
            if (count - row > HALF * DOUBLES)
                mask_group_double(masks, ends, tree->word_count, from, slots + row, GROUP);
            else
                mask_group_double(masks, ends, tree->word_count, from, slots + row, HALF);
        }
    }
}

/* ---- ranks ---- */

/* A search takes as many steps whatever x is, so that the rows' steps overlap. */
static void rank_rows(const struct forest *forest, size_t column, const double *values,
                      float *ranks)
{
    const double *thresholds = forest->thresholds + forest->rank_first[column];
    uint32_t count = forest->rank_count[column];
    uint32_t at[FOREST_BLOCK] = {0};
#ifdef __AVX512F__
    gather_ranks(thresholds, count, values, ranks);
    return;
#endif
    for (; count > 1; count -= count / 2)
        for (size_t i = 0; i < FOREST_BLOCK; i++)
            at[i] += thresholds[at[i] + count / 2 - 1] < values[i] ? count / 2 : 0;
    for (size_t i = 0; i < FOREST_BLOCK; i++)
        ranks[i] = (float)(at[i] + (count > 0 && thresholds[at[i]] < values[i]));
}

static void rank_row(const struct forest *forest, const double *values, float *ranks)
{
#ifdef __AVX512F__
    gather_row_ranks(forest, values, ranks);
    return;
#endif
    for (size_t c = COLUMN_FIRST; c < forest->column_count; c++) {
        const double *at = forest->thresholds + forest->rank_first[c], *first = at;
        uint32_t count = forest->rank_count[c];
        for (; count > 1; count -= count / 2)
            at += at[count / 2 - 1] < values[c] ? count / 2 : 0;
        ranks[c] = (float)((uint32_t)(at - first) + (count > 0 && *at < values[c]));
    }
}

const struct forest_kernels FOREST_KERNELS = {
    .block_least = BLOCK_LEAST,
    .masks_per_level = MASKS_PER_LEVEL,
    .walk_trees = walk_trees,
    .walk_rows = walk_rows,
    .mask_rows = mask_rows,
    .rank_row = rank_row,
    .rank_rows = rank_rows,
};
