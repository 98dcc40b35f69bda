/* One tree of a LightGBM file, checked against its own claims. */
#ifndef OMEN_FORMATS_LIGHTGBM_TREE_H
#define OMEN_FORMATS_LIGHTGBM_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "formats/lightgbm_text.h"

/* The float32 constant of LightGBM, as the double it is compared as. */
#define LIGHTGBM_ZERO ((double)1e-35f)

/* Memory is kept from one tree to the next. Inner node i splits; leaf j is child ~j of a node. */
struct lightgbm_tree {
    size_t leaves;                                /* one more than inner nodes */
    int32_t *features, *decisions, *left, *right; /* of the inner nodes */
    double *thresholds;
    double *values; /* of the leaves */
    size_t sets;    /* categorical splits: set i is words[bounds[i]] up to words[bounds[i + 1]] */
    int32_t *bounds;
    uint32_t *words;
    bool is_linear;
    double *constants; /* of the leaves */
    int32_t *counts;   /* coefficients of each leaf */
    size_t coefficients;
    int32_t *coefficient_features; /* of all leaves, one after the other */
    double *coefficient_values;
    size_t leaf_room, set_room, word_room, linear_room, coefficient_room;
};

/* decision_type's bits */
#define LIGHTGBM_CATEGORICAL 1
#define LIGHTGBM_DEFAULT_LEFT 2
#define LIGHTGBM_MISSING(decision) ((decision) >> 2)
enum { LIGHTGBM_MISSING_NONE, LIGHTGBM_MISSING_ZERO, LIGHTGBM_MISSING_NAN };

/* The lines behind "Tree=N" up to the blank one; `features` are the model's. */
bool lightgbm_tree_read(struct lightgbm_tree *tree, struct lightgbm_lines *lines, size_t features,
                        struct err *err);
/* Only goes behind it. */
void lightgbm_tree_skip(struct lightgbm_lines *lines);
void lightgbm_tree_finish(struct lightgbm_tree *tree);

#endif
