/* How the modules of math/forest see a forest.
 *
 * Every test is brought into one form: the second child is taken when a column's value is greater
 * than the node's threshold, so that NaN takes the first. What a test needs besides (x of the other
 * sign, NaN as 0, ...) is a column's matter, computed once per row and not once per node: missing
 * values cost nothing where a row is compared. Where many doubles are compared with, both sides
 * become ranks: x > threshold exactly when more of the column's thresholds are below x than below
 * that one, and small whole numbers are floats.
 *
 * Two ways lead to a leaf. A walk takes several trees, or rows, a step at a time, so that their
 * loads overlap, without a branch: a leaf leads to itself. Trees that are walked together are of
 * similar depth (forest->order). Masks are for many rows and trees that are not large: all tests of
 * a tree are made, for a vector of rows each, and one that takes the second child strikes out the
 * leaves below the first; the first leaf that is left is the row's (Lucchese et al., QuickScorer: a
 * fast algorithm to rank documents with additive ensembles of regression trees, 2015). */
#ifndef OMEN_MATH_FOREST_PRIVATE_H
#define OMEN_MATH_FOREST_PRIVATE_H

#include "math/forest.h"

/* What happens to x first. */
enum column_fill {
    COLUMN_PLAIN,
    COLUMN_ZERO_FILLED,  /* NaN is 0 */
    COLUMN_ZERO_MISSING, /* |x| <= 1e-35f is NaN */
    COLUMN_FILLS
};

/* And then. */
enum column_form {
    COLUMN_AS_IS,
    COLUMN_NEGATED, /* so that NaN can go where x <= threshold is false */
    COLUMN_PRESENT, /* 0, or -infinity for NaN */
    COLUMN_FORMS
};

struct forest_column {
    uint32_t feature;
    uint8_t fill, form;
};

/* Of column 0, which is -infinity in every row: a leaf leads to itself whatever its payload. */
#define COLUMN_LEAF 0
/* Of column 1, which is not looked at: the payload is the index of a struct forest_special. */
#define COLUMN_SPECIAL 1
#define COLUMN_FIRST 2

/* child: the first of two adjacent ones, counted from the tree's root; a leaf's is itself. The
 * payload of a leaf is its slot. */
struct forest_cell {
    union {
        double threshold;
        uint64_t payload;
    };
    uint32_t column, child;
};

/* The same in eight bytes, for float32 inputs: link is child << shift | column, the shift being the
 * forest's. */
struct forest_packed {
    union {
        float threshold;
        uint32_t payload;
    };
    uint32_t link;
};

/* A test that is no comparison; the second child is taken when it says yes. */
struct forest_special {
    enum forest_test test;
    uint32_t column;
    bool missing_yes;
    double threshold;
    size_t set, set_words; /* in forest->sets */
};

/* A test that strikes out leaves of one word: 32 or 64 of them, whose bits begin at the lowest. */
struct forest_mask_single {
    float threshold;
    uint32_t column;
    uint32_t clear;
};

struct forest_mask_double {
    double threshold;
    uint64_t clear;
    uint32_t column;
};

/* Trees whose slots are found before their values are added. */
#define FOREST_CHUNK 64

struct forest_tree {
    size_t cell;  /* in forest->cells or packed, breadth first */
    size_t value; /* in forest->values: leaf_count x count, by slot: leaves from the first child's
                     to the second's, then those that are not reached */
    size_t leaf;  /* in forest->slots and positions */
    size_t mask;  /* in forest->masks */
    size_t word;  /* in forest->word_ends */
    uint32_t cell_count, leaf_count, depth;
    uint32_t first, count; /* outputs */
    uint32_t word_count;   /* 0: this tree is walked */
    bool special;          /* has nodes of COLUMN_SPECIAL */
    uint8_t place;         /* in its chunk's order */
};

struct forest {
    struct forest_shape shape;
    struct forest_tree *trees;
    size_t tree_count, tree_room;
    struct forest_cell *cells; /* NULL once packed */
    size_t cell_count, cell_room;
    struct forest_packed *packed;
    uint32_t link_shift, link_mask;
    struct forest_special *specials;
    size_t special_count, special_room;
    uint32_t *sets;
    size_t set_count, set_room;
    void *values; /* of the sum's width */
    size_t value_count, value_room;
    uint32_t *slots;     /* of a leaf, by its position among the nodes that were added */
    uint32_t *positions; /* the inverse */
    size_t leaf_count, slot_room, position_room;
    struct forest_column *columns; /* from COLUMN_FIRST */
    size_t column_count, column_room;
    void *masks; /* of the input's width */
    size_t mask_count, mask_room;
    uint32_t *word_ends; /* of masks, counted from the tree's first */
    size_t word_count, word_room;
    size_t masked_count; /* trees that have masks */
    /* Distinct thresholds, ascending, column after column; NULL where values are compared as they
     * are. */
    double *thresholds;
    uint32_t *rank_first; /* [column_count + 1], in thresholds */
    uint32_t *rank_count; /* [column_count] */
    /* Each FOREST_CHUNK of trees in the order of a row's walk: from the flattest to the deepest,
     * then the special ones. */
    uint32_t *order; /* [tree_count] */
    uint32_t *roots; /* where they begin in packed; NULL where there is no such thing */
    size_t depth;
};

struct forest_builder {
    struct forest *forest;
    size_t bytes_max;
    uint32_t *slots; /* of a hash table of columns, 0 where empty */
    size_t slot_count;
    /* Of the nodes of the tree that is being added. */
    uint32_t *order;  /* breadth first, those that are reached */
    uint32_t *leaves; /* below a cell; then the slot of its first one */
    uint8_t *reached;
    size_t node_room;
};

/* What a node becomes. */
struct forest_split {
    struct forest_column column;
    double threshold;
    bool yes_first;
};

/* Of a comparison, not of leaves, equality and sets. */
struct forest_split forest_split_make(const struct forest_node *node, enum forest_width input);
/* Of the column that equality and sets look at. */
struct forest_column forest_split_column(const struct forest_node *node);
bool forest_missing_yes(enum forest_missing missing);

/* Makes *block large enough for needed elements of size, doubling; *room counts them. */
bool forest_reserve(struct forest_builder *builder, void *block, size_t *room, size_t needed,
                    size_t size, struct err *err);

/* forest_build's work: ranks and masks where they pay, small cells, then the order. */
bool forest_rank(struct forest *forest, struct err *err);
bool forest_make_masks(struct forest_builder *builder, struct err *err);
/* Whether small cells hold all of them; sets how. */
bool forest_links_fit(struct forest *forest);
void forest_pack(struct forest *forest);
bool forest_set_order(struct forest *forest, struct err *err);

static inline size_t forest_width_size(enum forest_width width)
{
    return width == FOREST_SINGLE ? sizeof(float) : sizeof(double);
}

/* Of what is compared: values or ranks. */
static inline enum forest_width forest_compare_width(const struct forest *forest)
{
    return forest->thresholds != NULL ? FOREST_SINGLE : forest->shape.input;
}

static inline size_t forest_mask_size(const struct forest *forest)
{
    return forest_compare_width(forest) == FOREST_SINGLE ? sizeof(struct forest_mask_single)
                                                         : sizeof(struct forest_mask_double);
}

/* What walks read their columns in: float only where cells are packed. */
static inline enum forest_width forest_walk_width(const struct forest *forest)
{
    return forest->packed != NULL ? FOREST_SINGLE : FOREST_DOUBLE;
}

/* Columns of rows [first, first + count), column by column: the value of column c in the i-th of
 * them is at c * stride + i, a float or a double as `width` says. */
void forest_columns_compute(const struct forest *forest, const struct forest_rows *rows,
                            size_t first, size_t count, enum forest_width width, size_t stride,
                            void *columns);

/* One of them. */
void forest_column_compute(const struct forest *forest, const struct forest_rows *rows,
                           size_t first, size_t count, size_t column, enum forest_width width,
                           void *to);

/* The slot a row ends in, by a walk that knows all tests. columns: the row's, as above. */
uint32_t forest_walk_special(const struct forest *forest, const struct forest_tree *tree,
                             const void *columns, size_t stride);

#endif
