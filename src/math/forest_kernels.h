/* The loops that find leaves, compiled for several levels of a processor. */
#ifndef OMEN_MATH_FOREST_KERNELS_H
#define OMEN_MATH_FOREST_KERNELS_H

#include "math/forest_private.h"

/* Rows whose columns stand side by side. */
#define FOREST_BLOCK 64
/* Steps of walks between two looks at whether all have arrived. */
#define FOREST_STEPS 4

struct forest_kernels {
    /* Fewer rows are quicker one by one than as a block. */
    uint32_t block_least;
    /* Up to so many masks of a tree per level of its depth they are quicker than a walk. */
    uint32_t masks_per_level;
    /* Slots of one row in the trees order[first .. first + count), none of them special, in one
     * chunk, by place (those beyond count may be written); columns: stride 1, of
     * forest_walk_width. */
    void (*walk_trees)(const struct forest *forest, size_t first, size_t count, const void *columns,
                       uint32_t slots[FOREST_CHUNK]);
    /* Slots of count rows (up to FOREST_BLOCK, the last lanes are walked in vain) in one tree;
     * columns: stride FOREST_BLOCK. */
    void (*walk_rows)(const struct forest *forest, const struct forest_tree *tree, size_t count,
                      const void *columns, uint32_t *slots);
    /* The same by masks; columns of the input's width. */
    void (*mask_rows)(const struct forest *forest, const struct forest_tree *tree, size_t count,
                      const void *columns, uint32_t *slots);
    /* A forest's of thresholds: how many of them are below a row's columns, from COLUMN_FIRST. */
    void (*rank_row)(const struct forest *forest, const double *values, float *ranks);
    /* Those of one column, FOREST_BLOCK rows. */
    void (*rank_rows)(const struct forest *forest, size_t column, const double *values,
                      float *ranks);
};

extern const struct forest_kernels forest_kernels_plain;
#ifdef FOREST_LEVELS
extern const struct forest_kernels forest_kernels_v3; /* AVX2 */
extern const struct forest_kernels forest_kernels_v4; /* AVX-512 */
#endif

#define FOREST_LEVELS_MAX 3
/* Those that this processor runs, the best last. */
size_t forest_kernels_list(const struct forest_kernels *list[FOREST_LEVELS_MAX]);
const struct forest_kernels *forest_kernels_pick(void);

/* forest_sum with kernels of choice. */
bool forest_sum_with(const struct forest *forest, const struct forest_kernels *kernels,
                     const struct forest_rows *rows, void *sums, struct arena *scratch,
                     struct err *err);

#endif
