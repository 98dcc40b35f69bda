#include "math/forest_kernels.h"

#include <math.h>
#include <string.h>

/* Fewer rows are taken one by one. */
#define BLOCK_LEAST 6
/* With more columns a block of rows does not fit in any cache. */
#define BLOCK_COLUMNS 16384
/* Trees whose slots are found before their values are added. */
#define TREES 64

/* Whether x, which is no NaN, is in the set. */
static bool in_set(const struct forest *forest, const struct forest_special *special, double x)
{
    double category = special->test == FOREST_IN_SET_WHOLE ? x : trunc(x);
    bool negative = special->test == FOREST_IN_SET_TRUNCATED ? category < 0.0 : x < 0.0;
    if (negative || category != trunc(category) || !(category < (double)special->set_words * 32.0))
        return false;
    size_t c = (size_t)category;
    return (forest->sets[special->set + c / 32] >> (c % 32)) & 1;
}

/* What a walk reads of a forest and a row, whatever the width. */
struct walk {
    const struct forest *forest;
    const struct forest_tree *tree;
    const void *columns;
    size_t stride;
};

static double column_of(const struct walk *walk, uint32_t column)
{
    if (walk->forest->packed != NULL)
        return (double)((const float *)walk->columns)[column * walk->stride];
    return ((const double *)walk->columns)[column * walk->stride];
}

static bool special_yes(const struct walk *walk, const struct forest_special *special)
{
    double x = column_of(walk, special->column);
    if (isnan(x))
        return special->missing_yes;
    if (special->test == FOREST_EQUAL)
        return x == special->threshold;
    return in_set(walk->forest, special, x);
}

/* A cell in its wide form. */
static struct forest_cell cell_at(const struct walk *walk, uint32_t at)
{
    const struct forest *forest = walk->forest;
    if (forest->packed == NULL)
        return forest->cells[walk->tree->cell + at];
    struct forest_packed packed = forest->packed[walk->tree->cell + at];
    struct forest_cell cell = {.column = packed.link & forest->link_mask,
                               .child = packed.link >> forest->link_shift};
    if (cell.column < COLUMN_FIRST)
        cell.payload = packed.payload;
    else
        cell.threshold = (double)packed.threshold;
    return cell;
}

uint32_t forest_walk_special(const struct forest *forest, const struct forest_tree *tree,
                             const void *columns, size_t stride)
{
    struct walk walk = {forest, tree, columns, stride};
    struct forest_cell cell = cell_at(&walk, 0);
    while (cell.column != COLUMN_LEAF) {
        bool second = cell.column == COLUMN_SPECIAL
                          ? special_yes(&walk, &forest->specials[cell.payload])
                          : column_of(&walk, cell.column) > cell.threshold;
        cell = cell_at(&walk, cell.child + second);
    }
    return (uint32_t)cell.payload;
}

/* ---- what becomes of slots ---- */

/* Where they go: to sums, or to leaves where that is not NULL. */
struct target {
    void *sums;
    uint32_t *leaves;
};

static void add_values(const struct forest *forest, const struct forest_tree *tree, uint32_t slot,
                       void *sums, size_t row)
{
    size_t to = row * forest->shape.outputs + tree->first;
    size_t from = tree->value + (size_t)slot * tree->count;
    if (forest->shape.sum == FOREST_SINGLE)
        for (size_t k = 0; k < tree->count; k++)
            ((float *)sums)[to + k] += ((const float *)forest->values)[from + k];
    else
        for (size_t k = 0; k < tree->count; k++)
            ((double *)sums)[to + k] += ((const double *)forest->values)[from + k];
}

/* One tree, rows [first, first + count). */
static void give_rows(const struct forest *forest, const struct forest_tree *tree, size_t first,
                      size_t count, const uint32_t *slots, const struct target *target)
{
    size_t t = (size_t)(tree - forest->trees);
    if (target->leaves != NULL) {
        for (size_t i = 0; i < count; i++)
            target->leaves[(first + i) * forest->tree_count + t] =
                forest->positions[tree->leaf + slots[i]];
    } else if (forest->shape.outputs == 1 && forest->shape.sum == FOREST_SINGLE) {
        const float *values = (const float *)forest->values + tree->value;
        float *sums = (float *)target->sums + first;
        for (size_t i = 0; i < count; i++)
            sums[i] += values[slots[i]];
    } else if (forest->shape.outputs == 1) {
        const double *values = (const double *)forest->values + tree->value;
        double *sums = (double *)target->sums + first;
        for (size_t i = 0; i < count; i++)
            sums[i] += values[slots[i]];
    } else {
        for (size_t i = 0; i < count; i++)
            add_values(forest, tree, slots[i], target->sums, first + i);
    }
}

/* Trees [first, first + count), one row. */
static void give_trees(const struct forest *forest, size_t first, size_t count, size_t row,
                       const uint32_t *slots, const struct target *target)
{
    const struct forest_tree *trees = forest->trees + first;
    for (size_t t = 0; t < count; t++) {
        if (target->leaves != NULL)
            target->leaves[row * forest->tree_count + first + t] =
                forest->positions[trees[t].leaf + slots[t]];
        else
            add_values(forest, &trees[t], slots[t], target->sums, row);
    }
}

/* ---- one row ---- */

static void run_row(const struct forest *forest, const struct forest_kernels *kernels,
                    const void *columns, size_t row, const struct target *target)
{
    uint32_t slots[TREES];
    for (size_t first = 0; first < forest->tree_count; first += TREES) {
        size_t count = forest->tree_count - first < TREES ? forest->tree_count - first : TREES;
        if (forest->special_count == 0) {
            kernels->walk_trees(forest, first, count, columns, slots);
        } else {
            for (size_t t = 0; t < count; t++)
                if (forest->trees[first + t].special)
                    slots[t] = forest_walk_special(forest, &forest->trees[first + t], columns, 1);
                else
                    kernels->walk_trees(forest, first + t, 1, columns, &slots[t]);
        }
        give_trees(forest, first, count, row, slots, target);
    }
}

/* ---- a block of rows ---- */

/* Columns of the block, as walks and as masks read them: the same where the widths are. */
struct block {
    void *walked, *masked;
};

static void find_slots(const struct forest *forest, const struct forest_kernels *kernels,
                       const struct forest_tree *tree, const struct block *block, size_t count,
                       uint32_t *slots)
{
    if (tree->word_count > 0) {
        kernels->mask_rows(forest, tree, count, block->masked, slots);
    } else if (!tree->special) {
        kernels->walk_rows(forest, tree, count, block->walked, slots);
    } else {
        size_t size = forest_width_size(forest_walk_width(forest));
        for (size_t i = 0; i < count; i++)
            slots[i] = forest_walk_special(forest, tree, (const char *)block->walked + i * size,
                                           FOREST_BLOCK);
    }
}

static void run_block(const struct forest *forest, const struct forest_kernels *kernels,
                      const struct forest_rows *rows, size_t first, size_t count,
                      const struct block *block, const struct target *target)
{
    uint32_t slots[FOREST_BLOCK];
    enum forest_width walked = forest_walk_width(forest), masked = forest->shape.input;
    if (forest->masked_count < forest->tree_count)
        forest_columns_compute(forest, rows, first, count, walked, FOREST_BLOCK, block->walked);
    if (forest->masked_count > 0 &&
        (forest->masked_count == forest->tree_count || block->masked != block->walked))
        forest_columns_compute(forest, rows, first, count, masked, FOREST_BLOCK, block->masked);
    for (size_t t = 0; t < forest->tree_count; t++) {
        const struct forest_tree *tree = &forest->trees[t];
        find_slots(forest, kernels, tree, block, count, slots);
        give_rows(forest, tree, first, count, slots, target);
    }
}

static bool block_create(const struct forest *forest, struct block *block, struct arena *scratch)
{
    size_t walked = forest_width_size(forest_walk_width(forest)) * FOREST_BLOCK;
    size_t masked = forest_width_size(forest->shape.input) * FOREST_BLOCK;
    /* zeroed: rows that a last block lacks are computed with the others */
    block->walked = arena_zeroed(scratch, forest->column_count, walked);
    block->masked =
        masked == walked ? block->walked : arena_zeroed(scratch, forest->column_count, masked);
    return block->walked != NULL && block->masked != NULL;
}

static bool run_blocks(const struct forest *forest, const struct forest_kernels *kernels,
                       const struct forest_rows *rows, const struct target *target,
                       struct arena *scratch)
{
    enum forest_width width = forest_walk_width(forest);
    size_t first = 0;
    if (rows->count >= BLOCK_LEAST && forest->column_count <= BLOCK_COLUMNS) {
        struct block block;
        if (!block_create(forest, &block, scratch))
            return false;
        for (; rows->count - first >= BLOCK_LEAST; first += FOREST_BLOCK) {
            size_t left = rows->count - first;
            run_block(forest, kernels, rows, first, left < FOREST_BLOCK ? left : FOREST_BLOCK,
                      &block, target);
            if (left <= FOREST_BLOCK)
                return true;
        }
    }
    void *row = arena_array(scratch, forest->column_count, forest_width_size(width));
    if (row == NULL)
        return false;
    for (; first < rows->count; first++) {
        forest_columns_compute(forest, rows, first, 1, width, 1, row);
        run_row(forest, kernels, row, first, target);
    }
    return true;
}

static bool run(const struct forest *forest, const struct forest_kernels *kernels,
                const struct forest_rows *rows, const struct target *target, struct arena *scratch,
                struct err *err)
{
    struct arena_mark mark = arena_mark(scratch);
    bool ok = run_blocks(forest, kernels, rows, target, scratch);
    arena_rewind(scratch, mark);
    return ok ||
           err_set(err, ERR_MEMORY, "no memory for %zu columns of trees", forest->column_count);
}

bool forest_sum(const struct forest *forest, const struct forest_rows *rows, void *sums,
                struct arena *scratch, struct err *err)
{
    struct target target = {.sums = sums};
    return run(forest, forest_kernels_pick(), rows, &target, scratch, err);
}

bool forest_sum_with(const struct forest *forest, const struct forest_kernels *kernels,
                     const struct forest_rows *rows, void *sums, struct arena *scratch,
                     struct err *err)
{
    struct target target = {.sums = sums};
    return run(forest, kernels, rows, &target, scratch, err);
}

bool forest_leaves(const struct forest *forest, const struct forest_rows *rows, uint32_t *leaves,
                   struct arena *scratch, struct err *err)
{
    struct target target = {.leaves = leaves};
    return run(forest, forest_kernels_pick(), rows, &target, scratch, err);
}

/* ---- levels ---- */

size_t forest_kernels_list(const struct forest_kernels *list[FOREST_LEVELS_MAX])
{
    size_t count = 0;
    list[count++] = &forest_kernels_plain;
#ifdef FOREST_LEVELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) {
        list[count++] = &forest_kernels_v3;
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl"))
            list[count++] = &forest_kernels_v4;
    }
#endif
    return count;
}

const struct forest_kernels *forest_kernels_pick(void)
{
    const struct forest_kernels *list[FOREST_LEVELS_MAX];
    return list[forest_kernels_list(list) - 1];
}
