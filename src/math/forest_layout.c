#include "math/forest_kernels.h"

#include <stdlib.h>

#include "base/mem.h"

/* Deeper trees are rarely walked to their end. */
#define LEVELS_MAX 16

/* The most masks of a tree for which they are quicker than a walk. */
static size_t masks_limit(const struct forest_tree *tree)
{
    uint32_t levels = tree->depth < LEVELS_MAX ? tree->depth : LEVELS_MAX;
    return (size_t)forest_kernels_pick()->masks_per_level * levels;
}

/* ---- masks ---- */

static uint32_t word_bits(const struct forest *forest)
{
    return forest_compare_width(forest) == FOREST_SINGLE ? 32 : 64;
}

/* count[i]: the leaves below cell i; children stand behind their parents. */
static void count_leaves(const struct forest_cell *cells, size_t cell_count, uint32_t *count)
{
    for (size_t i = cell_count; i-- > 0;) {
        const struct forest_cell *cell = &cells[i];
        count[i] = cell->column == COLUMN_LEAF ? 1 : count[cell->child] + count[cell->child + 1];
    }
}

/* A cell's test strikes out the leaves [begin, end) of its first child; those of word w of them. */
static uint64_t clear_of(uint32_t begin, uint32_t end, uint32_t word, uint32_t bits)
{
    uint32_t first = word * bits, low = begin > first ? begin - first : 0;
    uint32_t high = end - first < bits ? end - first : bits;
    uint64_t below_high = high == 64 ? UINT64_MAX : (UINT64_C(1) << high) - 1;
    return below_high & ~((UINT64_C(1) << low) - 1);
}

static void add_mask(struct forest *forest, const struct forest_cell *cell, uint64_t clear)
{
    if (forest_compare_width(forest) == FOREST_SINGLE)
        ((struct forest_mask_single *)forest->masks)[forest->mask_count] =
            (struct forest_mask_single){(float)cell->threshold, cell->column, (uint32_t)clear};
    else
        ((struct forest_mask_double *)forest->masks)[forest->mask_count] =
            (struct forest_mask_double){cell->threshold, clear, cell->column};
    forest->mask_count++;
}

/* A tree's cells with what their tests strike out. */
struct ranges {
    const struct forest_cell *cells;
    size_t cell_count;
    uint32_t *begin, *end; /* of the first child's leaves */
};

/* The number of masks that a tree takes. */
static size_t count_masks(const struct ranges *ranges, uint32_t bits)
{
    size_t count = 0;
    for (size_t i = 0; i < ranges->cell_count; i++)
        if (ranges->cells[i].column != COLUMN_LEAF)
            count += (ranges->end[i] - 1) / bits - ranges->begin[i] / bits + 1;
    return count;
}

static void find_ranges(const struct ranges *ranges)
{
    uint32_t *begin = ranges->begin, *end = ranges->end;
    count_leaves(ranges->cells, ranges->cell_count, end);
    begin[0] = 0;
    for (size_t i = 0; i < ranges->cell_count; i++) {
        const struct forest_cell *cell = &ranges->cells[i];
        if (cell->column == COLUMN_LEAF)
            continue;
        begin[cell->child] = begin[i];
        begin[cell->child + 1] = begin[i] + end[cell->child];
        end[i] = begin[i] + end[cell->child];
    }
}

static bool mask_tree(struct forest_builder *builder, struct forest_tree *tree,
                      const struct ranges *ranges, struct err *err)
{
    struct forest *forest = builder->forest;
    uint32_t bits = word_bits(forest);
    find_ranges(ranges);
    size_t masks = count_masks(ranges, bits);
    if (masks > masks_limit(tree))
        return true;
    uint32_t words = (uint32_t)(tree->cell_count / 2) / bits + 1;
    if (!forest_reserve(builder, &forest->masks, &forest->mask_room, forest->mask_count + masks,
                        forest_mask_size(forest), err) ||
        !forest_reserve(builder, &forest->word_ends, &forest->word_room, forest->word_count + words,
                        sizeof(uint32_t), err))
        return false;
    tree->mask = forest->mask_count;
    tree->word = forest->word_count;
    tree->word_count = words;
    for (uint32_t w = 0; w < words; w++) {
        for (size_t i = 0; i < ranges->cell_count; i++)
            if (ranges->cells[i].column != COLUMN_LEAF && ranges->begin[i] / bits <= w &&
                (ranges->end[i] - 1) / bits >= w)
                add_mask(forest, &ranges->cells[i],
                         clear_of(ranges->begin[i], ranges->end[i], w, bits));
        forest->word_ends[forest->word_count++] = (uint32_t)(forest->mask_count - tree->mask);
    }
    forest->masked_count++;
    return true;
}

bool forest_make_masks(struct forest_builder *builder, struct err *err)
{
    struct forest *forest = builder->forest;
    uint32_t *begin = mem_array(builder->node_room, sizeof(*begin));
    uint32_t *end = mem_array(builder->node_room, sizeof(*end));
    bool ok = begin != NULL && end != NULL;
    if (!ok)
        err_set(err, ERR_MEMORY, "no memory to lay out trees");
    for (size_t t = 0; ok && t < forest->tree_count; t++) {
        struct forest_tree *tree = &forest->trees[t];
        struct ranges ranges = {forest->cells + tree->cell, tree->cell_count, begin, end};
        /* more cells than so many cannot come below the bound */
        if (!tree->special && tree->cell_count / 2 <= masks_limit(tree))
            ok = mask_tree(builder, tree, &ranges, err);
    }
    free(begin);
    free(end);
    return ok;
}

/* ---- cells ---- */

static uint32_t bits_for(size_t count)
{
    uint32_t bits = 0;
    while (((size_t)1 << bits) < count)
        bits++;
    return bits;
}

bool forest_links_fit(struct forest *forest)
{
    size_t largest = 1;
    for (size_t t = 0; t < forest->tree_count; t++)
        if (forest->trees[t].cell_count > largest)
            largest = forest->trees[t].cell_count;
    forest->link_shift = bits_for(forest->column_count);
    forest->link_mask = (uint32_t)(((size_t)1 << forest->link_shift) - 1);
    return forest->link_shift + bits_for(largest) <= 32 && forest->cell_count <= INT32_MAX;
}

void forest_pack(struct forest *forest)
{
    if (forest_compare_width(forest) != FOREST_SINGLE || !forest_links_fit(forest))
        return;
    /* in place: a cell that is small ends before the next large one begins */
    struct forest_packed *packed = (void *)forest->cells;
    for (size_t i = 0; i < forest->cell_count; i++) {
        struct forest_cell cell = forest->cells[i];
        packed[i].link = (uint32_t)((uint64_t)cell.child << forest->link_shift) | cell.column;
        if (cell.column < COLUMN_FIRST)
            packed[i].payload = (uint32_t)cell.payload;
        else
            packed[i].threshold = (float)cell.threshold;
    }
    struct forest_packed *smaller = mem_resize(packed, forest->cell_count, sizeof(*packed));
    forest->cells = NULL;
    forest->cell_room = 0;
    forest->packed = smaller != NULL ? smaller : packed;
}

/* ---- the order of a row's walk ---- */

/* Whether a row walks tree a after tree b. */
static bool walks_after(const struct forest_tree *a, const struct forest_tree *b)
{
    if (a->special != b->special)
        return a->special;
    return a->depth > b->depth;
}

/* Of the chunk that begins with tree first; trees that are alike stay in their own order. */
static void order_chunk(struct forest *forest, size_t first, size_t count)
{
    uint32_t *order = forest->order + first;
    for (size_t t = 0; t < count; t++) {
        size_t at = t;
        for (; at > 0 && walks_after(&forest->trees[order[at - 1]], &forest->trees[first + t]);
             at--)
            order[at] = order[at - 1];
        order[at] = (uint32_t)(first + t);
    }
    for (size_t i = 0; i < count; i++) {
        struct forest_tree *tree = &forest->trees[order[i]];
        tree->place = (uint8_t)i;
        if (forest->roots != NULL)
            forest->roots[first + i] = (uint32_t)tree->cell;
    }
}

bool forest_set_order(struct forest *forest, struct err *err)
{
    size_t trees = forest->tree_count;
    forest->order = mem_array(trees, sizeof(*forest->order));
    if (forest->packed != NULL)
        forest->roots = mem_array(trees, sizeof(*forest->roots));
    if (forest->order == NULL || (forest->roots == NULL && forest->packed != NULL))
        return err_set(err, ERR_MEMORY, "no memory for the order of %zu trees", trees);
    for (size_t first = 0; first < trees; first += FOREST_CHUNK)
        order_chunk(forest, first, trees - first < FOREST_CHUNK ? trees - first : FOREST_CHUNK);
    return true;
}
