#include "math/forest_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SLOTS_FIRST 64

struct forest_builder *forest_builder_create(const struct forest_shape *shape, struct err *err)
{
    struct forest_builder *builder = mem_array(1, sizeof(*builder));
    if (builder != NULL)
        builder->forest = mem_array(1, sizeof(*builder->forest));
    if (builder == NULL || builder->forest == NULL)
        goto out;
    builder->forest->shape = *shape;
    builder->bytes_max = shape->bytes_max > 0 ? shape->bytes_max : FOREST_BYTES_MAX;
    builder->slots = mem_array(SLOTS_FIRST, sizeof(*builder->slots));
    builder->slot_count = SLOTS_FIRST;
    builder->forest->columns = mem_array(SLOTS_FIRST, sizeof(*builder->forest->columns));
    builder->forest->column_room = SLOTS_FIRST;
    builder->forest->column_count = COLUMN_FIRST;
    if (builder->slots != NULL && builder->forest->columns != NULL)
        return builder;
out:
    forest_builder_destroy(builder);
    err_set(err, ERR_MEMORY, "no memory for trees");
    return NULL;
}

void forest_builder_destroy(struct forest_builder *builder)
{
    if (builder == NULL)
        return;
    forest_destroy(builder->forest);
    free(builder->slots);
    free(builder->order);
    free(builder->leaves);
    free(builder->reached);
    free(builder);
}

bool forest_reserve(struct forest_builder *builder, void *block, size_t *room, size_t needed,
                    size_t size, struct err *err)
{
    if (needed <= *room)
        return true;
    size_t wanted = needed > *room * 2 ? needed : *room * 2;
    size_t bytes;
    if (!mem_multiply(needed, size, &bytes) || bytes > builder->bytes_max ||
        forest_bytes(builder->forest) > builder->bytes_max - bytes)
        return err_set(err, ERR_LIMIT, "the trees need more than %zu bytes", builder->bytes_max);
    void *old;
    memcpy(&old, block, sizeof(old));
    void *grown = mem_resize(old, wanted, size);
    if (grown == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu elements of trees", wanted);
    memcpy(block, &grown, sizeof(grown));
    *room = wanted;
    return true;
}

/* ---- columns ---- */

static size_t column_hash(struct forest_column column)
{
    uint64_t key = ((uint64_t)column.feature * COLUMN_FILLS + column.fill) * COLUMN_FORMS;
    return (size_t)(((key + column.form) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

/* The slot that holds the column, or the empty one where it belongs. */
static uint32_t *column_slot(const struct forest_builder *builder, struct forest_column column)
{
    size_t mask = builder->slot_count - 1;
    for (size_t i = column_hash(column) & mask;; i = (i + 1) & mask) {
        uint32_t index = builder->slots[i];
        const struct forest_column *there = &builder->forest->columns[index];
        if (index == 0 || (there->feature == column.feature && there->fill == column.fill &&
                           there->form == column.form))
            return &builder->slots[i];
    }
}

static bool slots_double(struct forest_builder *builder, struct err *err)
{
    uint32_t *slots = mem_array(builder->slot_count * 2, sizeof(*slots));
    if (slots == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the trees' columns");
    free(builder->slots);
    builder->slots = slots;
    builder->slot_count *= 2;
    for (uint32_t i = COLUMN_FIRST; i < builder->forest->column_count; i++)
        *column_slot(builder, builder->forest->columns[i]) = i;
    return true;
}

static bool column_intern(struct forest_builder *builder, struct forest_column column,
                          uint32_t *index, struct err *err)
{
    struct forest *forest = builder->forest;
    uint32_t *slot = column_slot(builder, column);
    if (*slot == 0) {
        if (!forest_reserve(builder, &forest->columns, &forest->column_room,
                            forest->column_count + 1, sizeof(*forest->columns), err))
            return false;
        *slot = (uint32_t)forest->column_count;
        forest->columns[forest->column_count++] = column;
        if (forest->column_count * 2 > builder->slot_count && !slots_double(builder, err))
            return false;
        slot = column_slot(builder, column);
    }
    *index = *slot;
    return true;
}

/* ---- one tree ---- */

struct adding {
    struct forest_builder *builder;
    const struct forest_node *nodes;
    size_t node_count;
    size_t reached; /* nodes in builder->order */
    struct forest_tree tree;
};

/* Appends a child to the order of nodes. */
static bool reach(struct adding *adding, uint32_t from, uint32_t node, struct err *err)
{
    struct forest_builder *builder = adding->builder;
    if (node >= adding->node_count)
        return err_set(err, ERR_INVALID,
                       "node %" PRIu32 ": there is no node %" PRIu32 " (%zu nodes)", from, node,
                       adding->node_count);
    if (builder->reached[node])
        return err_set(err, ERR_INVALID,
                       "node %" PRIu32 ": leads to node %" PRIu32 ", which was reached already",
                       from, node);
    builder->reached[node] = 1;
    builder->order[adding->reached++] = node;
    return true;
}

static bool is_special(enum forest_test test)
{
    return test == FOREST_EQUAL || test >= FOREST_IN_SET;
}

static bool check_node(const struct adding *adding, uint32_t index, struct err *err)
{
    const struct forest_node *node = &adding->nodes[index];
    size_t features = adding->builder->forest->shape.features;
    if (node->test > FOREST_IN_SET_WHOLE || node->missing > FOREST_ZERO_YES)
        return err_set(err, ERR_INVALID, "node %" PRIu32 ": unknown test", index);
    if (node->test != FOREST_LEAF && node->feature >= features)
        return err_set(err, ERR_INVALID, "node %" PRIu32 ": feature %" PRIu32 " of %zu features",
                       index, node->feature, features);
    return true;
}

static bool add_special(struct adding *adding, const struct forest_node *node, size_t *index,
                        struct err *err)
{
    struct forest_builder *builder = adding->builder;
    struct forest *forest = builder->forest;
    struct forest_special special = {.test = node->test,
                                     .missing_yes = forest_missing_yes(node->missing),
                                     .threshold = node->threshold,
                                     .set = forest->set_count};
    if (node->test != FOREST_EQUAL)
        special.set_words = node->set_words;
    if (special.set_words > SIZE_MAX - forest->set_count)
        return err_set(err, ERR_LIMIT, "the trees need more than %zu bytes", builder->bytes_max);
    if (!column_intern(builder, forest_split_column(node), &special.column, err) ||
        !forest_reserve(builder, &forest->sets, &forest->set_room,
                        forest->set_count + special.set_words, sizeof(*forest->sets), err) ||
        !forest_reserve(builder, &forest->specials, &forest->special_room,
                        forest->special_count + 1, sizeof(special), err))
        return false;
    if (special.set_words > 0)
        memcpy(forest->sets + special.set, node->set, special.set_words * sizeof(*node->set));
    forest->set_count += special.set_words;
    *index = forest->special_count;
    forest->specials[forest->special_count++] = special;
    return true;
}

/* A node with two children. */
static bool add_split(struct adding *adding, uint32_t index, struct forest_cell *cell,
                      struct err *err)
{
    struct forest_builder *builder = adding->builder;
    const struct forest_node *node = &adding->nodes[index];
    bool yes_first = false;
    if (is_special(node->test)) {
        size_t special = 0;
        if (!add_special(adding, node, &special, err))
            return false;
        cell->column = COLUMN_SPECIAL;
        cell->payload = special;
        adding->tree.special = true;
    } else {
        struct forest_split split = forest_split_make(node, builder->forest->shape.input);
        if (!column_intern(builder, split.column, &cell->column, err))
            return false;
        cell->threshold = split.threshold;
        yes_first = split.yes_first;
    }
    cell->child = (uint32_t)adding->reached;
    return reach(adding, index, yes_first ? node->yes : node->no, err) &&
           reach(adding, index, yes_first ? node->no : node->yes, err);
}

/* Appends the cells breadth first; children are adjacent as they are reached together. */
static bool add_cells(struct adding *adding, struct err *err)
{
    struct forest_builder *builder = adding->builder;
    struct forest *forest = builder->forest;
    struct forest_tree *tree = &adding->tree;
    if (!reach(adding, 0, 0, err))
        return false;
    size_t level_end = 1;
    for (size_t i = 0; i < adding->reached; i++) {
        uint32_t index = builder->order[i];
        struct forest_cell cell = {.column = COLUMN_LEAF, .child = (uint32_t)i};
        if (i == level_end) {
            if (++tree->depth > FOREST_DEPTH_MAX)
                return err_set(err, ERR_LIMIT, "deeper than %d levels", FOREST_DEPTH_MAX);
            level_end = adding->reached;
        }
        if (!check_node(adding, index, err) ||
            (adding->nodes[index].test != FOREST_LEAF && !add_split(adding, index, &cell, err)) ||
            !forest_reserve(builder, &forest->cells, &forest->cell_room, forest->cell_count + 1,
                            sizeof(cell), err))
            return false;
        forest->cells[forest->cell_count++] = cell;
    }
    tree->cell_count = (uint32_t)adding->reached;
    return true;
}

/* A leaf's slot is its place from the first child's leaves to the second's: leaves[i] becomes the
 * number of leaves below cell i, then the slot of the first of them. */
static void number_leaves(const struct adding *adding)
{
    uint32_t *leaves = adding->builder->leaves;
    struct forest_cell *cells = adding->builder->forest->cells + adding->tree.cell;
    for (size_t i = adding->tree.cell_count; i-- > 0;)
        leaves[i] = cells[i].column == COLUMN_LEAF
                        ? 1
                        : leaves[cells[i].child] + leaves[cells[i].child + 1];
    leaves[0] = 0;
    for (size_t i = 0; i < adding->tree.cell_count; i++) {
        if (cells[i].column == COLUMN_LEAF) {
            cells[i].payload = leaves[i];
            continue;
        }
        uint32_t first = leaves[cells[i].child];
        leaves[cells[i].child] = leaves[i];
        leaves[cells[i].child + 1] = leaves[i] + first;
    }
}

static void store_values(struct forest *forest, size_t at, const double *values, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        if (forest->shape.sum == FOREST_SINGLE)
            ((float *)forest->values)[at + k] = (float)values[k];
        else
            ((double *)forest->values)[at + k] = values[k];
    }
}

static bool reserve_leaves(struct adding *adding, struct err *err)
{
    struct forest_builder *builder = adding->builder;
    struct forest *forest = builder->forest;
    struct forest_tree *tree = &adding->tree;
    for (size_t i = 0; i < adding->node_count; i++)
        tree->leaf_count += adding->nodes[i].test == FOREST_LEAF;
    size_t count;
    if (!mem_multiply(tree->leaf_count, tree->count, &count) ||
        count > SIZE_MAX - forest->value_count)
        return err_set(err, ERR_LIMIT, "%" PRIu32 " leaves of %" PRIu32 " values", tree->leaf_count,
                       tree->count);
    size_t leaves = forest->leaf_count + tree->leaf_count;
    return forest_reserve(builder, &forest->values, &forest->value_room,
                          forest->value_count + count, forest_width_size(forest->shape.sum), err) &&
           forest_reserve(builder, &forest->slots, &forest->slot_room, leaves, sizeof(uint32_t),
                          err) &&
           forest_reserve(builder, &forest->positions, &forest->position_room, leaves,
                          sizeof(uint32_t), err);
}

/* The values of every leaf that is among the nodes, reached or not, so that a leaf's position does
 * not depend on what is reached. */
static bool add_leaves(struct adding *adding, struct err *err)
{
    struct forest *forest = adding->builder->forest;
    struct forest_tree *tree = &adding->tree;
    if (!reserve_leaves(adding, err))
        return false;
    number_leaves(adding);
    tree->value = forest->value_count;
    tree->leaf = forest->leaf_count;
    /* where a node that is reached stands among the cells */
    uint32_t *order = adding->builder->order, *place = adding->builder->leaves;
    for (uint32_t i = 0; i < tree->cell_count; i++)
        place[order[i]] = i;
    const struct forest_cell *cells = forest->cells + tree->cell;
    uint32_t position = 0, spare = (tree->cell_count + 1) / 2;
    for (size_t i = 0; i < adding->node_count; i++) {
        if (adding->nodes[i].test != FOREST_LEAF)
            continue;
        uint32_t slot = adding->builder->reached[i] ? (uint32_t)cells[place[i]].payload : spare++;
        store_values(forest, tree->value + (size_t)slot * tree->count, adding->nodes[i].values,
                     tree->count);
        forest->slots[tree->leaf + position] = slot;
        forest->positions[tree->leaf + slot] = position++;
    }
    forest->value_count += (size_t)tree->leaf_count * tree->count;
    forest->leaf_count += tree->leaf_count;
    return true;
}

static bool check_tree(const struct adding *adding, struct err *err)
{
    const struct forest_tree *tree = &adding->tree;
    size_t outputs = adding->builder->forest->shape.outputs;
    if (adding->node_count == 0 || adding->node_count > UINT32_MAX / 2)
        return err_set(err, ERR_INVALID, "a tree of %zu nodes", adding->node_count);
    if (tree->count == 0 || tree->first >= outputs || tree->count > outputs - tree->first)
        return err_set(err, ERR_INVALID, "outputs %" PRIu32 " to %zu of %zu outputs", tree->first,
                       (size_t)tree->first + tree->count - 1, outputs);
    return true;
}

static bool prepare_nodes(struct forest_builder *builder, size_t node_count, struct err *err)
{
    if (node_count > builder->node_room) {
        free(builder->order);
        free(builder->leaves);
        free(builder->reached);
        builder->order = mem_array(node_count, sizeof(*builder->order));
        builder->leaves = mem_array(node_count, sizeof(*builder->leaves));
        builder->reached = mem_array(node_count, sizeof(*builder->reached));
        builder->node_room = node_count;
        if (builder->order == NULL || builder->leaves == NULL || builder->reached == NULL) {
            builder->node_room = 0;
            return err_set(err, ERR_MEMORY, "no memory for a tree of %zu nodes", node_count);
        }
    }
    memset(builder->reached, 0, node_count);
    return true;
}

bool forest_builder_add(struct forest_builder *builder, const struct forest_node *nodes,
                        size_t node_count, size_t first, size_t count, struct err *err)
{
    struct forest *forest = builder->forest;
    struct adding adding = {.builder = builder, .nodes = nodes, .node_count = node_count};
    if (first > UINT32_MAX || count > UINT32_MAX)
        return err_set(err, ERR_INVALID, "more than %" PRIu32 " outputs", UINT32_MAX);
    adding.tree.cell = forest->cell_count;
    adding.tree.first = (uint32_t)first;
    adding.tree.count = (uint32_t)count;
    if (!check_tree(&adding, err) || !prepare_nodes(builder, node_count, err) ||
        !add_cells(&adding, err) || !add_leaves(&adding, err) ||
        !forest_reserve(builder, &forest->trees, &forest->tree_room, forest->tree_count + 1,
                        sizeof(adding.tree), err))
        return false;
    forest->trees[forest->tree_count++] = adding.tree;
    if (adding.tree.depth > forest->depth)
        forest->depth = adding.tree.depth;
    return true;
}
