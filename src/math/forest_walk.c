#include "math/forest_private.h"

#include <math.h>

#define BLOCK_ROWS 64

/* Whether category c is in the set; x is no NaN. */
static bool in_set(const struct forest *forest, const struct forest_special *special, double x)
{
    double category = special->test == FOREST_IN_SET_WHOLE ? x : trunc(x);
    bool negative = special->test == FOREST_IN_SET_TRUNCATED ? category < 0.0 : x < 0.0;
    if (negative || category != trunc(category) || !(category < (double)special->set_words * 32.0))
        return false;
    size_t c = (size_t)category;
    return (forest->sets[special->set + c / 32] >> (c % 32)) & 1;
}

static bool special_yes(const struct forest *forest, const struct forest_special *special,
                        const double *columns)
{
    double x = columns[special->column];
    if (isnan(x))
        return special->missing_yes;
    if (special->test == FOREST_EQUAL)
        return x == special->threshold;
    return in_set(forest, special, x);
}

/* The position of the leaf that a row ends in. */
static uint32_t walk(const struct forest *forest, const struct forest_tree *tree,
                     const double *columns)
{
    const struct forest_cell *cells = forest->cells + tree->cell;
    const struct forest_cell *cell = cells;
    while (cell->column != COLUMN_LEAF) {
        bool second;
        if (cell->column == COLUMN_SPECIAL)
            second = special_yes(forest, &forest->specials[(size_t)cell->threshold], columns);
        else
            second = columns[cell->column] > cell->threshold;
        cell = cells + cell->child + second;
    }
    return (uint32_t)cell->threshold;
}

static void add_values(const struct forest *forest, const struct forest_tree *tree, uint32_t leaf,
                       void *sums, size_t row)
{
    size_t to = row * forest->shape.outputs + tree->first;
    size_t from = tree->value + (size_t)leaf * tree->count;
    for (size_t k = 0; k < tree->count; k++) {
        if (forest->shape.sum == FOREST_SINGLE)
            ((float *)sums)[to + k] += ((const float *)forest->values)[from + k];
        else
            ((double *)sums)[to + k] += ((const double *)forest->values)[from + k];
    }
}

/* Walks the rows [first, first + count): to sums where leaves is NULL. */
static void walk_block(const struct forest *forest, const double *columns, size_t first,
                       size_t count, void *sums, uint32_t *leaves)
{
    for (size_t t = 0; t < forest->tree_count; t++)
        for (size_t row = 0; row < count; row++) {
            const struct forest_tree *tree = &forest->trees[t];
            uint32_t leaf = walk(forest, tree, columns + row * forest->column_count);
            if (leaves != NULL)
                leaves[(first + row) * forest->tree_count + t] = leaf;
            else
                add_values(forest, tree, leaf, sums, first + row);
        }
}

static bool walk_rows(const struct forest *forest, const struct forest_rows *rows, void *sums,
                      uint32_t *leaves, struct arena *scratch, struct err *err)
{
    struct arena_mark mark = arena_mark(scratch);
    double *columns = arena_array(scratch, forest->column_count, BLOCK_ROWS * sizeof(*columns));
    if (columns == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns of trees", forest->column_count);
    for (size_t first = 0; first < rows->count; first += BLOCK_ROWS) {
        size_t count = rows->count - first < BLOCK_ROWS ? rows->count - first : BLOCK_ROWS;
        forest_columns_compute(forest, rows, first, count, columns);
        walk_block(forest, columns, first, count, sums, leaves);
    }
    arena_rewind(scratch, mark);
    return true;
}

bool forest_sum(const struct forest *forest, const struct forest_rows *rows, void *sums,
                struct arena *scratch, struct err *err)
{
    return walk_rows(forest, rows, sums, NULL, scratch, err);
}

bool forest_leaves(const struct forest *forest, const struct forest_rows *rows, uint32_t *leaves,
                   struct arena *scratch, struct err *err)
{
    return walk_rows(forest, rows, NULL, leaves, scratch, err);
}
