/* Walks of sixteen trees, or rows, in an AVX-512 register, several of them in flight: a step is
 * bound by loads, not by how long one takes. For forest_kernels.c alone. */
#ifndef OMEN_MATH_FOREST_GATHER_H
#define OMEN_MATH_FOREST_GATHER_H

#include <immintrin.h>

#include "math/forest_kernels.h"

#define GATHER_LANES 16
#define GATHER_GROUPS (FOREST_CHUNK / GATHER_LANES)
/* Fewer trees are quicker without. */
#define GATHER_LEAST 6
/* So many columns of a row are kept in registers. */
#define GATHER_COLUMNS 32

_Static_assert(GATHER_GROUPS == 4, "gather_chunk names them");
_Static_assert(FOREST_BLOCK == 64, "gather_step shifts by 6");

/* What walks read. */
struct gather {
    const struct forest_packed *cells;
    const float *columns;
    __m512 low, high; /* the row's columns, where they fit */
    __m512i mask;     /* of links: the column */
    __m128i shift;
};

/* Where the columns' values are found. */
enum gather_from {
    GATHER_REGISTERS, /* of one row, GATHER_COLUMNS at most */
    GATHER_ROW,
    GATHER_BLOCK, /* of a block of rows, one to a lane */
};

/* Thresholds and links of sixteen cells. */
static inline void gather_cells(const struct gather *gather, __m512i at, __m512i *threshold,
                                __m512i *link)
{
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    __m512i first = _mm512_i32gather_epi64(_mm512_castsi512_si256(at), gather->cells, 8);
    __m512i second = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(at, 1), gather->cells, 8);
    *threshold = _mm512_permutex2var_epi32(first, even, second);
    *link = _mm512_permutex2var_epi32(first, odd, second);
}

/* A step of sixteen walks; *columns becomes the columns that were looked at, 0 in leaves. row: of
 * lane 0 in the block. */
static inline __m512i gather_step(const struct gather *gather, enum gather_from from, size_t row,
                                  __m512i base, __m512i at, __m512i *columns)
{
    __m512i threshold, link;
    __m512 x;
    gather_cells(gather, at, &threshold, &link);
    __m512i column = _mm512_and_si512(link, gather->mask);
    if (from == GATHER_REGISTERS) {
        x = _mm512_permutex2var_ps(gather->low, column, gather->high);
    } else if (from == GATHER_ROW) {
        x = _mm512_i32gather_ps(column, gather->columns, 4);
    } else {
        const __m512i lanes =
            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        __m512i place = _mm512_add_epi32(_mm512_slli_epi32(column, 6), lanes);
        x = _mm512_i32gather_ps(place, gather->columns + row, 4);
    }
    __mmask16 second = _mm512_cmp_ps_mask(x, _mm512_castsi512_ps(threshold), _CMP_GT_OQ);
    __m512i child = _mm512_add_epi32(base, _mm512_srl_epi32(link, gather->shift));
    *columns = column;
    return _mm512_mask_sub_epi32(child, second, child, _mm512_set1_epi32(-1));
}

/* Up to `steps` steps of the groups from `first`, a constant. */
static inline __attribute__((always_inline)) void
gather_walk(const struct gather *gather, enum gather_from from, const __m512i base[GATHER_GROUPS],
            __m512i at[GATHER_GROUPS], size_t first, uint32_t steps)
{
    while (steps > 0) {
        uint32_t some = steps < FOREST_STEPS ? steps : FOREST_STEPS;
        __m512i inner = _mm512_setzero_si512();
        for (uint32_t s = 0; s < some; s++) {
            inner = _mm512_setzero_si512();
            for (size_t g = first; g < GATHER_GROUPS; g++) {
                __m512i columns;
                at[g] =
                    gather_step(gather, from, (g - first) * GATHER_LANES, base[g], at[g], &columns);
                inner = _mm512_or_si512(inner, columns);
            }
        }
        steps -= some;
        if (_mm512_test_epi32_mask(inner, inner) == 0)
            return;
    }
}

/* The leaves' slots. */
static inline void gather_slots(const struct gather *gather, const __m512i *at, size_t groups,
                                uint32_t *slots)
{
    for (size_t g = 0; g < groups; g++) {
        __m512i payload, link;
        gather_cells(gather, at[g], &payload, &link);
        _mm512_storeu_si512(slots + g * GATHER_LANES, payload);
    }
}

static inline struct gather gather_init(const struct forest *forest, const void *columns)
{
    struct gather gather = {.cells = forest->packed,
                            .columns = columns,
                            .mask = _mm512_set1_epi32((int)forest->link_mask),
                            .shift = _mm_cvtsi32_si128((int)forest->link_shift)};
    return gather;
}

/* Groups of trees are deeper from one to the next: each takes part while it has steps to go. */
static inline __attribute__((always_inline)) void
gather_chunk(const struct gather *gather, enum gather_from from, const __m512i base[GATHER_GROUPS],
             __m512i at[GATHER_GROUPS], const uint32_t depths[GATHER_GROUPS])
{
    gather_walk(gather, from, base, at, 0, depths[0]);
    gather_walk(gather, from, base, at, 1, depths[1] - depths[0]);
    gather_walk(gather, from, base, at, 2, depths[2] - depths[1]);
    gather_walk(gather, from, base, at, 3, depths[3] - depths[2]);
}

/* walk_trees of packed cells. Groups that are not filled come first, with no steps. */
static inline void gather_trees(const struct forest *forest, size_t first, size_t count,
                                const void *columns, uint32_t slots[FOREST_CHUNK])
{
    struct gather gather = gather_init(forest, columns);
    size_t groups = (count + GATHER_LANES - 1) / GATHER_LANES, empty = GATHER_GROUPS - groups;
    __m512i base[GATHER_GROUPS], at[GATHER_GROUPS];
    uint32_t depths[GATHER_GROUPS] = {0};
    for (size_t g = 0; g < GATHER_GROUPS; g++) {
        base[g] = _mm512_setzero_si512();
        if (g >= empty) {
            size_t from = (g - empty) * GATHER_LANES, left = count - from;
            size_t lanes = left < GATHER_LANES ? left : GATHER_LANES;
            /* lanes without a tree stay in the first one, whatever becomes of them */
            base[g] = _mm512_maskz_loadu_epi32((__mmask16)((1U << lanes) - 1),
                                               forest->roots + first + from);
            depths[g] = forest->trees[forest->order[first + from + lanes - 1]].depth;
        }
        at[g] = base[g];
    }
    if (forest->column_count <= GATHER_COLUMNS) {
        uint32_t there = (uint32_t)((UINT64_C(1) << forest->column_count) - 1);
        gather.low = _mm512_maskz_loadu_ps((__mmask16)there, gather.columns);
        gather.high = _mm512_maskz_loadu_ps((__mmask16)(there >> 16), gather.columns + 16);
        gather_chunk(&gather, GATHER_REGISTERS, base, at, depths);
    } else {
        gather_chunk(&gather, GATHER_ROW, base, at, depths);
    }
    gather_slots(&gather, at + empty, groups, slots);
}

/* walk_rows of packed cells: a block has places for more rows than there are. */
static inline void gather_rows(const struct forest *forest, const struct forest_tree *tree,
                               size_t count, const void *columns, uint32_t slots[FOREST_BLOCK])
{
    struct gather gather = gather_init(forest, columns);
    gather.cells += tree->cell;
    __m512i base[GATHER_GROUPS], at[GATHER_GROUPS];
    for (size_t g = 0; g < GATHER_GROUPS; g++)
        base[g] = at[g] = _mm512_setzero_si512();
    if (count > FOREST_BLOCK / 2) {
        gather_walk(&gather, GATHER_BLOCK, base, at, 0, tree->depth);
        gather_slots(&gather, at, GATHER_GROUPS, slots);
    } else {
        gather_walk(&gather, GATHER_BLOCK, base, at, GATHER_GROUPS / 2, tree->depth);
        gather_slots(&gather, at + GATHER_GROUPS / 2, GATHER_GROUPS / 2, slots);
    }
}

/* ---- ranks ---- */

#define GATHER_DOUBLES 8
#define GATHER_SEARCHES 4

/* rank_rows. */
static inline void gather_ranks(const double *thresholds, uint32_t count, const double *values,
                                float *ranks)
{
    for (size_t row = 0; row < FOREST_BLOCK; row += GATHER_DOUBLES * GATHER_SEARCHES) {
        __m256i at[GATHER_SEARCHES];
        __m512d x[GATHER_SEARCHES];
        for (size_t g = 0; g < GATHER_SEARCHES; g++) {
            at[g] = _mm256_setzero_si256();
            x[g] = _mm512_loadu_pd(values + row + g * GATHER_DOUBLES);
        }
        for (uint32_t left = count; left > 0; left -= left > 1 ? left / 2 : 1) {
            uint32_t half = left > 1 ? left / 2 : 1;
            __m256i step = _mm256_set1_epi32((int)half);
            for (size_t g = 0; g < GATHER_SEARCHES; g++) {
                __m512d threshold = _mm512_i32gather_pd(at[g], thresholds + half - 1, 8);
                __mmask8 below = _mm512_cmp_pd_mask(threshold, x[g], _CMP_LT_OQ);
                at[g] = _mm256_mask_add_epi32(at[g], below, at[g], step);
            }
        }
        for (size_t g = 0; g < GATHER_SEARCHES; g++)
            _mm256_storeu_ps(ranks + row + g * GATHER_DOUBLES, _mm256_cvtepi32_ps(at[g]));
    }
}

/* Of up to eight columns from c on. */
static inline void gather_column_ranks(const struct forest *forest, size_t c, const double *values,
                                       float *ranks)
{
    size_t lanes = forest->column_count - c;
    __mmask8 there = lanes < GATHER_DOUBLES ? (__mmask8)((1U << lanes) - 1) : (__mmask8)0xff;
    const __m256i one = _mm256_set1_epi32(1);
    __m512d x = _mm512_maskz_loadu_pd(there, values + c);
    __m256i first = _mm256_maskz_loadu_epi32(there, forest->rank_first + c);
    __m256i left = _mm256_maskz_loadu_epi32(there, forest->rank_count + c);
    __m256i at = first;
    __mmask8 those = _mm256_test_epi32_mask(left, left);
    while (those != 0) {
        /* half of what is left, and of one that one */
        __m256i step = _mm256_max_epu32(_mm256_srli_epi32(left, 1), one);
        __m256i middle = _mm256_sub_epi32(_mm256_add_epi32(at, step), one);
        __m512d threshold =
            _mm512_mask_i32gather_pd(_mm512_setzero_pd(), those, middle, forest->thresholds, 8);
        __mmask8 below = _mm512_mask_cmp_pd_mask(those, threshold, x, _CMP_LT_OQ);
        at = _mm256_mask_add_epi32(at, below, at, step);
        left = _mm256_mask_sub_epi32(left, those, left, step);
        those = _mm256_test_epi32_mask(left, left);
    }
    _mm256_mask_storeu_ps(ranks + c, there, _mm256_cvtepi32_ps(_mm256_sub_epi32(at, first)));
}

/* rank_row. */
static inline void gather_row_ranks(const struct forest *forest, const double *values, float *ranks)
{
    for (size_t c = 0; c < forest->column_count; c += GATHER_DOUBLES)
        gather_column_ranks(forest, c, values, ranks);
}

#endif
