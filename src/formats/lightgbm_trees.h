/* All trees of a LightGBM file: a forest, and what a forest does not hold of them. */
#ifndef OMEN_FORMATS_LIGHTGBM_TREES_H
#define OMEN_FORMATS_LIGHTGBM_TREES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "formats/lightgbm_header.h"
#include "formats/lightgbm_text.h"
#include "math/forest.h"

/* A leaf with a linear model: constant + sum of coefficient * feature. */
struct lightgbm_leaf {
    double constant;
    double value; /* where one of the features is missing */
    size_t first; /* coefficient */
    size_t count;
};

#define LIGHTGBM_PLAIN SIZE_MAX /* a tree without linear models */

struct lightgbm_linear {
    size_t *tree_first; /* of the first so many trees, their first leaf, or LIGHTGBM_PLAIN */
    size_t tree_count;  /* 0: no tree is linear. Trees beyond are plain */
    struct lightgbm_leaf *leaves;
    size_t leaf_count;
    double *coefficients;
    uint32_t *features;
    size_t coefficient_count;
    size_t tree_room, leaf_room, coefficient_room;
};

struct lightgbm_trees {
    struct forest *forest;
    struct lightgbm_linear linear;
    size_t count, in_file; /* trees taken, and there */
    size_t columns;
    bool sees_tiny;     /* some decision or leaf tells numbers around zero from zero */
    double least, most; /* leaf values */
    size_t categorical; /* splits */
};

/* Reads the trees, of which the first `most` are taken, and what ends them. Finish it in any
 * case. */
bool lightgbm_trees_read(struct lightgbm_trees *trees, const struct lightgbm_header *header,
                         struct lightgbm_lines *lines, size_t most, struct err *err);
void lightgbm_trees_finish(struct lightgbm_trees *trees);
void lightgbm_linear_finish(struct lightgbm_linear *linear);

#endif
