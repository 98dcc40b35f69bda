/* How the modules of math/forest see a forest.
 *
 * Every test is brought into one form: the second child is taken when a column's value is greater
 * than the node's threshold, so that NaN takes the first. What a test needs besides (x of the other
 * sign, NaN as 0, ...) is a column's matter, computed once per row and not once per node. */
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

/* Of column 0, which is -infinity in every row: a leaf leads to itself whatever its threshold. */
#define COLUMN_LEAF 0
/* Instead of a column: threshold is the index of a struct forest_special. */
#define COLUMN_SPECIAL UINT32_MAX

struct forest_cell {
    double threshold; /* of a leaf: its position among the tree's leaves */
    uint32_t column;
    uint32_t child; /* the first of two adjacent ones, from the tree's root; a leaf's is itself */
};

/* A test that is no comparison; the second child is taken when it says yes. */
struct forest_special {
    enum forest_test test;
    uint32_t column;
    bool missing_yes;
    double threshold;
    size_t set, set_words; /* in forest->sets */
};

struct forest_tree {
    size_t cell, cell_count; /* in forest->cells, breadth first */
    size_t value;            /* in forest->values: leaf_count x count, in the order of the leaves */
    uint32_t leaf_count, depth;
    uint32_t first, count; /* outputs */
};

struct forest {
    struct forest_shape shape;
    struct forest_tree *trees;
    size_t tree_count, tree_room;
    struct forest_cell *cells;
    size_t cell_count, cell_room;
    struct forest_special *specials;
    size_t special_count, special_room;
    uint32_t *sets;
    size_t set_count, set_room;
    void *values; /* of the sum's width */
    size_t value_count, value_room;
    struct forest_column *columns; /* [0] is unused */
    size_t column_count, column_room;
    size_t depth;
};

struct forest_builder {
    struct forest *forest;
    size_t bytes_max;
    uint32_t *slots; /* of a hash table of columns, 0 where empty */
    size_t slot_count;
    /* Of the nodes of the tree that is being added. */
    uint32_t *order;     /* breadth first, those that are reached */
    uint32_t *positions; /* of a leaf among the leaves */
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
/* The column's index. */
bool forest_column_intern(struct forest_builder *builder, struct forest_column column,
                          uint32_t *index, struct err *err);

/* Computes the columns of rows [first, first + count): count x column_count doubles, of which
 * FOREST_SINGLE's are floats too. */
void forest_columns_compute(const struct forest *forest, const struct forest_rows *rows,
                            size_t first, size_t count, double *columns);

#endif
