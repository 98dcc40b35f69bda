#include "math/forest_private.h"

#include <stdlib.h>

#include "base/mem.h"

/* Gives back what a growing array holds beyond its count; it stays as it is where that fails. */
static void *trim(void *block, size_t *room, size_t count, size_t size)
{
    void *smaller = *room > count ? mem_resize(block, count, size) : NULL;
    if (smaller == NULL)
        return block;
    *room = count;
    return smaller;
}

struct forest *forest_build(struct forest_builder *builder, struct err *err)
{
    (void)err;
    struct forest *forest = builder->forest;
    builder->forest = NULL;
    forest_builder_destroy(builder);
    size_t value = forest->shape.sum == FOREST_SINGLE ? sizeof(float) : sizeof(double);
    forest->trees =
        trim(forest->trees, &forest->tree_room, forest->tree_count, sizeof(*forest->trees));
    forest->cells =
        trim(forest->cells, &forest->cell_room, forest->cell_count, sizeof(*forest->cells));
    forest->values = trim(forest->values, &forest->value_room, forest->value_count, value);
    return forest;
}

void forest_destroy(struct forest *forest)
{
    if (forest == NULL)
        return;
    free(forest->trees);
    free(forest->cells);
    free(forest->specials);
    free(forest->sets);
    free(forest->values);
    free(forest->columns);
    free(forest);
}

size_t forest_bytes(const struct forest *forest)
{
    size_t value = forest->shape.sum == FOREST_SINGLE ? sizeof(float) : sizeof(double);
    return sizeof(*forest) + forest->tree_room * sizeof(*forest->trees) +
           forest->cell_room * sizeof(*forest->cells) +
           forest->special_room * sizeof(*forest->specials) +
           forest->set_room * sizeof(*forest->sets) + forest->value_room * value +
           forest->column_room * sizeof(*forest->columns);
}

size_t forest_tree_count(const struct forest *forest)
{
    return forest->tree_count;
}

size_t forest_node_count(const struct forest *forest)
{
    return forest->cell_count;
}

size_t forest_depth(const struct forest *forest)
{
    return forest->depth;
}

void forest_leaf_values(const struct forest *forest, size_t tree, uint32_t leaf, double *values)
{
    const struct forest_tree *t = &forest->trees[tree];
    size_t at = t->value + (size_t)leaf * t->count;
    for (size_t k = 0; k < t->count; k++) {
        if (forest->shape.sum == FOREST_SINGLE)
            values[k] = (double)((const float *)forest->values)[at + k];
        else
            values[k] = ((const double *)forest->values)[at + k];
    }
}
