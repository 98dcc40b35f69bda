#include "math/forest_bits.h"

#include <string.h>

#include "math/clones.h"

#define REAL float
#define WORD uint32_t
#define SPLIT struct forest_bits_split_single
#define NAME(x) single_##x
#include "math/forest_bits_body.h"

#define REAL double
#define WORD uint64_t
#define SPLIT struct forest_bits_split
#define NAME(x) double_##x
#include "math/forest_bits_body.h"

/* What a tree's cells become. */
struct layout {
    uint32_t leaves[2 * FOREST_BITS_LEAVES - 1]; /* below each cell */
    uint32_t first[2 * FOREST_BITS_LEAVES - 1];  /* the lowest of them */
};

size_t forest_split_size(const struct forest *forest)
{
    return forest->shape.input == FOREST_SINGLE ? sizeof(struct forest_bits_split_single)
                                                : sizeof(struct forest_bits_split);
}

static bool is_small(const struct forest *forest, const struct forest_tree *tree)
{
    const struct forest_cell *cells = forest->cells + tree->cell;
    bool small = tree->cell_count > 1 && tree->cell_count <= 2 * FOREST_BITS_LEAVES - 1;
    for (size_t i = 0; small && i < tree->cell_count; i++)
        small = cells[i].column != COLUMN_SPECIAL;
    return small;
}

/* Children stand behind their parents. */
static void number_leaves(const struct forest_cell *cells, size_t count, struct layout *layout)
{
    for (size_t i = count; i-- > 0;)
        layout->leaves[i] = cells[i].column == COLUMN_LEAF ? 1
                                                           : layout->leaves[cells[i].child] +
                                                                 layout->leaves[cells[i].child + 1];
    layout->first[0] = 0;
    for (size_t i = 0; i < count; i++) {
        if (cells[i].column == COLUMN_LEAF)
            continue;
        layout->first[cells[i].child] = layout->first[i];
        layout->first[cells[i].child + 1] = layout->first[i] + layout->leaves[cells[i].child];
    }
}

/* The leaves below a cell's first child. */
static uint64_t ruled_out(const struct forest_cell *cell, const struct layout *layout)
{
    uint32_t leaves = layout->leaves[cell->child]; /* the second child has one too: not all 64 */
    return ((UINT64_C(1) << leaves) - 1) << layout->first[cell->child];
}

static void put_split(struct forest *forest, const struct forest_cell *cell, uint64_t leaves)
{
    size_t at = forest->split_count++;
    if (forest->shape.input == FOREST_SINGLE)
        ((struct forest_bits_split_single *)forest->splits)[at] = (struct forest_bits_split_single){
            (float)cell->threshold, (uint32_t)leaves, cell->column};
    else
        ((struct forest_bits_split *)forest->splits)[at] =
            (struct forest_bits_split){cell->threshold, leaves, cell->column};
}

/* The splits that rule out leaves of one word, and how many they are. */
static uint32_t put_word(struct forest *forest, const struct forest_tree *tree,
                         const struct layout *layout, unsigned shift, uint64_t mask)
{
    const struct forest_cell *cells = forest->cells + tree->cell;
    size_t before = forest->split_count;
    for (size_t i = 0; i < tree->cell_count; i++) {
        if (cells[i].column == COLUMN_LEAF)
            continue;
        uint64_t leaves = ruled_out(&cells[i], layout) >> shift & mask;
        if (leaves != 0)
            put_split(forest, &cells[i], leaves);
    }
    return (uint32_t)(forest->split_count - before);
}

static bool reserve(struct forest_builder *builder, size_t splits, size_t leaves, struct err *err)
{
    struct forest *forest = builder->forest;
    return forest_reserve(builder, &forest->splits, &forest->split_room,
                          forest->split_count + splits, forest_split_size(forest), err) &&
           forest_reserve(builder, &forest->bit_leaves, &forest->bit_leaf_room,
                          forest->bit_leaf_count + leaves, sizeof(*forest->bit_leaves), err);
}

bool forest_bits_add(struct forest_builder *builder, struct forest_tree *tree, struct err *err)
{
    struct forest *forest = builder->forest;
    struct layout layout;
    if (!is_small(forest, tree))
        return true;
    const struct forest_cell *cells = forest->cells + tree->cell;
    number_leaves(cells, tree->cell_count, &layout);
    if (!reserve(builder, tree->cell_count, layout.leaves[0],
                 err)) /* a split may be in two words */
        return false;
    tree->split = forest->split_count;
    tree->bit_leaf = forest->bit_leaf_count;
    bool single = forest->shape.input == FOREST_SINGLE;
    tree->splits[0] = put_word(forest, tree, &layout, 0, single ? UINT32_MAX : UINT64_MAX);
    if (single)
        tree->splits[1] = put_word(forest, tree, &layout, 32, UINT32_MAX);
    for (size_t i = 0; i < tree->cell_count; i++)
        if (cells[i].column == COLUMN_LEAF)
            forest->bit_leaves[tree->bit_leaf + layout.first[i]] = (uint32_t)cells[i].threshold;
    forest->bit_leaf_count += layout.leaves[0];
    forest->bits_count++;
    return true;
}

static void walk_single(const struct forest *forest, const struct forest_tree *tree,
                        const float *columns, uint32_t *leaves)
{
    const struct forest_bits_split_single *splits = forest->splits;
    const uint32_t *positions = forest->bit_leaves + tree->bit_leaf;
    uint32_t low[32], high[32];
    memset(high, 0, sizeof high);
    splits += tree->split;
    single_rule_out(splits, tree->splits[0], columns, low);
    if (tree->splits[1] > 0 || tree->cell_count > 63)
        single_rule_out(splits + tree->splits[0], tree->splits[1], columns, high);
    for (size_t row = 0; row < 32; row++)
        leaves[row] = positions[__builtin_ctzll(low[row] | (uint64_t)high[row] << 32)];
}

static void walk_double(const struct forest *forest, const struct forest_tree *tree,
                        const double *columns, uint32_t *leaves)
{
    const struct forest_bits_split *splits = forest->splits;
    const uint32_t *positions = forest->bit_leaves + tree->bit_leaf;
    uint64_t left[32];
    double_rule_out(splits + tree->split, tree->splits[0], columns, left);
    for (size_t row = 0; row < 32; row++)
        leaves[row] = positions[__builtin_ctzll(left[row])];
}

void forest_bits_walk(const struct forest *forest, const struct forest_tree *tree,
                      const void *columns, uint32_t *leaves)
{
    for (size_t row = 0; row < FOREST_BITS_ROWS; row += 32) {
        if (forest->shape.input == FOREST_SINGLE)
            walk_single(forest, tree, (const float *)columns + row, leaves + row);
        else
            walk_double(forest, tree, (const double *)columns + row, leaves + row);
    }
}

void forest_bits_columns(const struct forest *forest, const struct forest_rows *rows, size_t first,
                         size_t count, void *columns)
{
    if (forest->shape.input == FOREST_SINGLE)
        single_columns(forest, rows, first, count, columns);
    else
        double_columns(forest, rows, first, count, columns);
}
