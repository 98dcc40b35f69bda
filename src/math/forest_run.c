#include "math/forest_kernels.h"

#include <math.h>
#include <string.h>

/* With more columns a block of rows does not fit in any cache. */
#define BLOCK_COLUMNS 16384

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

/* Trees [first, first + count), one row; slots by place. */
static void give_trees(const struct forest *forest, size_t first, size_t count, size_t row,
                       const uint32_t *slots, const struct target *target)
{
    const struct forest_tree *trees = forest->trees + first;
    if (target->leaves != NULL) {
        uint32_t *leaves = target->leaves + row * forest->tree_count + first;
        for (size_t t = 0; t < count; t++)
            leaves[t] = forest->positions[trees[t].leaf + slots[trees[t].place]];
    } else if (forest->shape.outputs == 1 && forest->shape.sum == FOREST_SINGLE) {
        float sum = ((float *)target->sums)[row];
        for (size_t t = 0; t < count; t++)
            sum += ((const float *)forest->values)[trees[t].value + slots[trees[t].place]];
        ((float *)target->sums)[row] = sum;
    } else if (forest->shape.outputs == 1) {
        double sum = ((double *)target->sums)[row];
        for (size_t t = 0; t < count; t++)
            sum += ((const double *)forest->values)[trees[t].value + slots[trees[t].place]];
        ((double *)target->sums)[row] = sum;
    } else {
        for (size_t t = 0; t < count; t++)
            add_values(forest, &trees[t], slots[trees[t].place], target->sums, row);
    }
}

/* ---- one row ---- */

/* Its trees, once its columns are known. */
static void run_row(const struct forest *forest, const struct forest_kernels *kernels,
                    const void *columns, size_t row, const struct target *target)
{
    uint32_t slots[FOREST_CHUNK];
    for (size_t first = 0; first < forest->tree_count; first += FOREST_CHUNK) {
        size_t left = forest->tree_count - first;
        size_t count = left < FOREST_CHUNK ? left : FOREST_CHUNK, plain = count;
        const uint32_t *order = forest->order + first;
        while (plain > 0 && forest->trees[order[plain - 1]].special)
            plain--;
        if (plain > 0)
            kernels->walk_trees(forest, first, plain, columns, slots);
        for (size_t i = plain; i < count; i++)
            slots[i] = forest_walk_special(forest, &forest->trees[order[i]], columns, 1);
        give_trees(forest, first, count, row, slots, target);
    }
}

/* Rows from first on, one by one. */
static bool run_rows(const struct forest *forest, const struct forest_kernels *kernels,
                     const struct forest_rows *rows, size_t first, const struct target *target,
                     struct arena *scratch)
{
    /* ranks are found from doubles */
    bool ranked = forest->thresholds != NULL;
    enum forest_width width = ranked ? FOREST_DOUBLE : forest_walk_width(forest);
    void *row = arena_array(scratch, forest->column_count, forest_width_size(width));
    float *ranks = ranked ? arena_array(scratch, forest->column_count, sizeof(*ranks)) : NULL;
    if (row == NULL || (ranked && ranks == NULL))
        return false;
    for (; first < rows->count; first++) {
        forest_columns_compute(forest, rows, first, 1, width, 1, row);
        if (ranked) {
            kernels->rank_row(forest, row, ranks);
            ranks[COLUMN_LEAF] = -INFINITY;
        }
        run_row(forest, kernels, ranked ? ranks : row, first, target);
    }
    return true;
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

static void rank_block(const struct forest *forest, const struct forest_kernels *kernels,
                       const struct forest_rows *rows, size_t first, size_t count, float *ranks)
{
    double values[FOREST_BLOCK] = {0};
    for (size_t i = 0; i < FOREST_BLOCK; i++)
        ranks[COLUMN_LEAF * FOREST_BLOCK + i] = -INFINITY;
    for (size_t c = COLUMN_FIRST; c < forest->column_count; c++) {
        forest_column_compute(forest, rows, first, count, c, FOREST_DOUBLE, values);
        kernels->rank_rows(forest, c, values, ranks + c * FOREST_BLOCK);
    }
}

static void fill_block(const struct forest *forest, const struct forest_kernels *kernels,
                       const struct forest_rows *rows, size_t first, size_t count,
                       const struct block *block)
{
    enum forest_width walked = forest_walk_width(forest), masked = forest_compare_width(forest);
    if (forest->thresholds != NULL) {
        rank_block(forest, kernels, rows, first, count, block->walked);
        return;
    }
    if (forest->masked_count < forest->tree_count)
        forest_columns_compute(forest, rows, first, count, walked, FOREST_BLOCK, block->walked);
    if (forest->masked_count > 0 &&
        (forest->masked_count == forest->tree_count || block->masked != block->walked))
        forest_columns_compute(forest, rows, first, count, masked, FOREST_BLOCK, block->masked);
}

static void run_block(const struct forest *forest, const struct forest_kernels *kernels,
                      const struct forest_rows *rows, size_t first, size_t count,
                      const struct block *block, const struct target *target)
{
    uint32_t slots[FOREST_BLOCK];
    fill_block(forest, kernels, rows, first, count, block);
    for (size_t t = 0; t < forest->tree_count; t++) {
        const struct forest_tree *tree = &forest->trees[t];
        find_slots(forest, kernels, tree, block, count, slots);
        give_rows(forest, tree, first, count, slots, target);
    }
}

static bool block_create(const struct forest *forest, struct block *block, struct arena *scratch)
{
    size_t walked = forest_width_size(forest_walk_width(forest)) * FOREST_BLOCK;
    size_t masked = forest_width_size(forest_compare_width(forest)) * FOREST_BLOCK;
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
    size_t first = 0;
    if (rows->count >= kernels->block_least && forest->column_count <= BLOCK_COLUMNS) {
        struct block block;
        if (!block_create(forest, &block, scratch))
            return false;
        for (; rows->count - first >= kernels->block_least; first += FOREST_BLOCK) {
            size_t left = rows->count - first;
            run_block(forest, kernels, rows, first, left < FOREST_BLOCK ? left : FOREST_BLOCK,
                      &block, target);
            if (left <= FOREST_BLOCK)
                return true;
        }
    }
    return run_rows(forest, kernels, rows, first, target, scratch);
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
