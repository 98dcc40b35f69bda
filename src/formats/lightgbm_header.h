/* What a LightGBM file says before its trees. */
#ifndef OMEN_FORMATS_LIGHTGBM_HEADER_H
#define OMEN_FORMATS_LIGHTGBM_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "formats/lightgbm_text.h"

#define LIGHTGBM_COLUMNS_MAX 65536 /* trees per iteration */

struct lightgbm_header {
    int version; /* 2, 3 or 4 */
    size_t features;
    size_t columns; /* trees per iteration: sums per row */
    bool average;   /* the mean of the trees instead of their sum: random forests */
    struct lightgbm_text objective, names, ranges; /* empty where the file has none */
    bool has_ranges;
    bool has_sizes; /* the file says how many trees there are and their bytes */
    size_t trees, tree_bytes;
};

/* Reads up to the first tree (which is not taken from `lines`) or the end. */
bool lightgbm_header_read(struct lightgbm_header *header, struct lightgbm_lines *lines,
                          struct err *err);

#endif
