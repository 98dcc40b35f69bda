/* Small trees for batches: the leaves that a row may still end in are a set of bits.
 *
 * Leaves are numbered from the side of first children. A split whose second child is taken rules
 * out the leaves below its first one; all splits of the tree are looked at, in any order, and the
 * row's leaf is the lowest bit that is left (QuickScorer: Lucchese et al., SIGIR 2015). So a split
 * costs one comparison and one mask for a vector of rows, without a branch, a pointer or a gather;
 * for trees of up to FOREST_BITS_LEAVES leaves that is less than a walk. */
#ifndef OMEN_MATH_FOREST_BITS_H
#define OMEN_MATH_FOREST_BITS_H

#include "math/forest_private.h"

#define FOREST_BITS_LEAVES 64
#define FOREST_BITS_ROWS 64 /* in one call */

/* A split, and those of its first child's leaves that lie in one word of the set: 64 leaves are one
 * word beside doubles and two beside floats, so that comparisons and masks have lanes of one width.
 */
struct forest_bits_split {
    double threshold;
    uint64_t leaves;
    uint32_t column;
};

struct forest_bits_split_single {
    float threshold;
    uint32_t leaves;
    uint32_t column;
};

/* Lays out a tree whose cells are there, if it is small and has comparisons only. */
bool forest_bits_add(struct forest_builder *builder, struct forest_tree *tree, struct err *err);

static inline bool forest_is_bits(const struct forest_tree *tree)
{
    return tree->splits[0] > 0;
}

/* columns: column_count x FOREST_BITS_ROWS numbers of the input's width, a column after the other.
 * leaves[row]: the leaf's position, for all FOREST_BITS_ROWS of them. */
void forest_bits_walk(const struct forest *forest, const struct forest_tree *tree,
                      const void *columns, uint32_t *leaves);

/* Those columns, of rows [first, first + count); count <= FOREST_BITS_ROWS, the rest is 0. */
void forest_bits_columns(const struct forest *forest, const struct forest_rows *rows, size_t first,
                         size_t count, void *columns);

#endif
