#include "math/forest_bits.h"

#include <math.h>

#define BLOCK_ROWS FOREST_BITS_ROWS

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

/* Rows that go through all trees together: to sums where leaves is NULL. */
struct block {
    const struct forest *forest;
    size_t first, count;    /* of the rows */
    const double *columns;  /* a row after the other; NULL when no tree is walked */
    const void *transposed; /* a column after the other; NULL when no tree is taken as bits */
    void *sums;
    uint32_t *leaves;
};

/* What a leaf means: its position where leaves are asked for, else its values. */
static void end(const struct block *block, size_t t, uint32_t leaf, size_t row)
{
    const struct forest *forest = block->forest;
    if (block->leaves != NULL)
        block->leaves[(block->first + row) * forest->tree_count + t] = leaf;
    else
        add_values(forest, &forest->trees[t], leaf, block->sums, block->first + row);
}

static void add_singles(const float *values, const uint32_t *leaves, size_t count, float *sums)
{
    for (size_t row = 0; row < count; row++)
        sums[row] += values[leaves[row]];
}

static void add_doubles(const double *values, const uint32_t *leaves, size_t count, double *sums)
{
    for (size_t row = 0; row < count; row++)
        sums[row] += values[leaves[row]];
}

static void take_bits(const struct block *block, size_t t)
{
    uint32_t leaves[FOREST_BITS_ROWS];
    const struct forest *forest = block->forest;
    const struct forest_tree *tree = &forest->trees[t];
    forest_bits_walk(forest, tree, block->transposed, leaves);
    bool alone = block->leaves == NULL && tree->count == 1 && forest->shape.outputs == 1;
    if (alone && forest->shape.sum == FOREST_SINGLE) {
        add_singles((const float *)forest->values + tree->value, leaves, block->count,
                    (float *)block->sums + block->first);
    } else if (alone) {
        add_doubles((const double *)forest->values + tree->value, leaves, block->count,
                    (double *)block->sums + block->first);
    } else {
        for (size_t row = 0; row < block->count; row++)
            end(block, t, leaves[row], row);
    }
}

static void walk_block(const struct block *block)
{
    const struct forest *forest = block->forest;
    for (size_t t = 0; t < forest->tree_count; t++) {
        const struct forest_tree *tree = &forest->trees[t];
        if (block->transposed != NULL && forest_is_bits(tree)) {
            take_bits(block, t);
            continue;
        }
        for (size_t row = 0; row < block->count; row++)
            end(block, t, walk(forest, tree, block->columns + row * forest->column_count), row);
    }
}

/* A few rows are walked faster than the lanes of many are filled. */
#define BITS_ROWS_MIN 8

static void run_block(struct block *block, const struct forest_rows *rows, double *columns,
                      void *transposed)
{
    const struct forest *forest = block->forest;
    bool bits = forest->bits_count > 0 && block->count >= BITS_ROWS_MIN;
    block->transposed = bits ? transposed : NULL;
    block->columns = bits && forest->bits_count == forest->tree_count ? NULL : columns;
    if (bits)
        forest_bits_columns(forest, rows, block->first, block->count, transposed);
    if (block->columns != NULL)
        forest_columns_compute(forest, rows, block->first, block->count, columns);
    walk_block(block);
}

static bool walk_rows(const struct forest *forest, const struct forest_rows *rows, void *sums,
                      uint32_t *leaves, struct arena *scratch, struct err *err)
{
    struct arena_mark mark = arena_mark(scratch);
    struct block block = {.forest = forest, .sums = sums, .leaves = leaves};
    size_t held = rows->count < BLOCK_ROWS ? rows->count : BLOCK_ROWS;
    double *columns = arena_array(scratch, forest->column_count, held * sizeof(*columns));
    void *transposed = columns;
    if (forest->bits_count > 0 && rows->count >= BITS_ROWS_MIN)
        transposed = arena_array(scratch, forest->column_count, BLOCK_ROWS * sizeof(double));
    if (columns == NULL || transposed == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns of trees", forest->column_count);
    for (; block.first < rows->count; block.first += block.count) {
        size_t left = rows->count - block.first;
        block.count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        run_block(&block, rows, columns, transposed);
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
