/* Ensembles of decision trees: one normal form for what every trainer writes, laid out for speed.
 *
 * A format or an operator describes each tree with struct forest_node; forest_builder_add checks it
 * (indices, features, each node reached at most once, depth, memory), forest_build lays all trees
 * out. A forest is const: any number of threads may run it. */
#ifndef OMEN_MATH_FOREST_H
#define OMEN_MATH_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* What a trainer computes in: float32 (XGBoost, ONNX) or double (LightGBM). scikit-learn's trees
 * compare float32 inputs with double thresholds and add doubles. */
enum forest_width { FOREST_SINGLE, FOREST_DOUBLE };

/* Comparisons are IEEE's: nothing compares with a NaN threshold, so such a node always says no. */
enum forest_test {
    FOREST_LEAF,
    FOREST_LESS,          /* x < threshold */
    FOREST_LESS_EQUAL,    /* x <= threshold */
    FOREST_GREATER,       /* x > threshold */
    FOREST_GREATER_EQUAL, /* x >= threshold */
    FOREST_EQUAL,         /* x == threshold */
    /* Categories are not negative. Infinite or beyond the set's words: not in it. */
    FOREST_IN_SET,           /* x >= 0 and (int)x is in the set (XGBoost) */
    FOREST_IN_SET_TRUNCATED, /* (int)x is in the set: -0.5 is category 0 (LightGBM) */
    FOREST_IN_SET_WHOLE,     /* x is a whole number in the set */
};

/* What a missing value (NaN) does at a node. */
enum forest_missing {
    FOREST_MISSING_NO,   /* goes to `no` */
    FOREST_MISSING_YES,  /* goes to `yes` */
    FOREST_MISSING_ZERO, /* counts as 0 and is tested (LightGBM's None) */
    /* LightGBM's Zero: NaN and |x| <= 1e-35f are both missing */
    FOREST_ZERO_NO,
    FOREST_ZERO_YES,
};

struct forest_node {
    enum forest_test test;
    enum forest_missing missing;
    uint32_t feature;
    uint32_t yes, no;     /* indices in the tree's nodes; node 0 is the root */
    double threshold;     /* as the trainer has it: rounded so that float32 inputs decide alike */
    const uint32_t *set;  /* category c is bit c % 32 of word c / 32 */
    size_t set_words;     /* 0: the empty set */
    const double *values; /* FOREST_LEAF: the tree's `count` values */
};

#define FOREST_DEPTH_MAX 16384
#define FOREST_BYTES_MAX ((size_t)4 << 30)

struct forest_shape {
    enum forest_width input; /* x is rounded to it before it is compared */
    enum forest_width sum;   /* of leaf values and their sums; leaf values are rounded to it */
    size_t features, outputs;
    size_t bytes_max; /* of memory for the trees, 0: FOREST_BYTES_MAX */
};

struct forest_builder;
struct forest;

/* NULL and err without memory. */
struct forest_builder *forest_builder_create(const struct forest_shape *shape, struct err *err);
void forest_builder_destroy(struct forest_builder *builder);
/* A tree whose leaves hold `count` values each, added to the outputs first .. first + count - 1.
 * Everything is copied. Nodes that the root does not lead to are not looked at. ERR_INVALID says
 * which node and what is wrong with it; the builder can only be destroyed then. */
bool forest_builder_add(struct forest_builder *builder, const struct forest_node *nodes,
                        size_t node_count, size_t first, size_t count, struct err *err);
/* **Takes** builder, also on failure. A forest without trees is one that adds nothing. */
struct forest *forest_build(struct forest_builder *builder, struct err *err);
void forest_destroy(struct forest *forest);

size_t forest_bytes(const struct forest *forest);
size_t forest_tree_count(const struct forest *forest);
size_t forest_node_count(const struct forest *forest); /* those that are reached */
size_t forest_depth(const struct forest *forest);      /* of the deepest tree: 0 for a lone leaf */

/* Rows of features. Numbers of the other width are converted to the input's. */
struct forest_rows {
    enum forest_width width;
    const void *data; /* float or double */
    size_t count;
    size_t stride; /* numbers from one row to the next, >= features */
};

/* sums (rows x outputs, dense, of the sum's width) holds what the sums begin with and gets each
 * tree's leaf values in tree order: bit-equal to the trainer's loop. Fails without memory only. */
bool forest_sum(const struct forest *forest, const struct forest_rows *rows, void *sums,
                struct arena *scratch, struct err *err);

/* For combinations that are no sum (medians, votes, minima, path lengths): leaves[row * trees +
 * tree] is the position of the leaf among all leaves of its tree's nodes as they were added. */
bool forest_leaves(const struct forest *forest, const struct forest_rows *rows, uint32_t *leaves,
                   struct arena *scratch, struct err *err) __attribute__((nonnull(3)));
/* The `count` values of a leaf. */
void forest_leaf_values(const struct forest *forest, size_t tree, uint32_t leaf, double *values);

#endif
