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
    struct forest *forest = builder->forest;
    bool ok = forest_rank(forest, err) && forest_make_masks(builder, err);
    if (ok)
        forest_pack(forest);
    ok = ok && forest_set_order(forest, err);
    if (ok)
        builder->forest = NULL;
    forest_builder_destroy(builder);
    if (!ok)
        return NULL;
    size_t value = forest_width_size(forest->shape.sum);
    forest->trees =
        trim(forest->trees, &forest->tree_room, forest->tree_count, sizeof(*forest->trees));
    if (forest->packed == NULL)
        forest->cells =
            trim(forest->cells, &forest->cell_room, forest->cell_count, sizeof(*forest->cells));
    forest->values = trim(forest->values, &forest->value_room, forest->value_count, value);
    forest->masks =
        trim(forest->masks, &forest->mask_room, forest->mask_count, forest_mask_size(forest));
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
    free(forest->packed);
    free(forest->slots);
    free(forest->positions);
    free(forest->masks);
    free(forest->word_ends);
    free(forest->order);
    free(forest->roots);
    free(forest->thresholds);
    free(forest->rank_first);
    free(forest->rank_count);
    free(forest->columns);
    free(forest);
}

size_t forest_bytes(const struct forest *forest)
{
    size_t packed = forest->packed != NULL ? forest->cell_count : 0;
    size_t order = forest->order != NULL ? forest->tree_count : 0;
    size_t roots = forest->roots != NULL ? forest->tree_count : 0;
    size_t ranked = forest->thresholds != NULL ? forest->column_count : 0;
    size_t thresholds = ranked > 0 ? forest->rank_first[ranked] : 0;
    return sizeof(*forest) + thresholds * sizeof(double) + 2 * ranked * sizeof(uint32_t) +
           forest->tree_room * sizeof(*forest->trees) + forest->cell_room * sizeof(*forest->cells) +
           packed * sizeof(*forest->packed) + forest->special_room * sizeof(*forest->specials) +
           (forest->set_room + forest->slot_room + forest->position_room + forest->word_room +
            order + roots) *
               sizeof(uint32_t) +
           forest->value_room * forest_width_size(forest->shape.sum) +
           forest->column_room * sizeof(*forest->columns) +
           forest->mask_room * forest_mask_size(forest);
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
    size_t at = t->value + (size_t)forest->slots[t->leaf + leaf] * t->count;
    for (size_t k = 0; k < t->count; k++) {
        if (forest->shape.sum == FOREST_SINGLE)
            values[k] = (double)((const float *)forest->values)[at + k];
        else
            values[k] = ((const double *)forest->values)[at + k];
    }
}
