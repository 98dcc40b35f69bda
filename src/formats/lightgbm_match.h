/* Which features the lists of pandas_categorical belong to. The file has a list for each category
 * column of the table, in the table's order, but does not say which columns those were. */
#ifndef OMEN_FORMATS_LIGHTGBM_MATCH_H
#define OMEN_FORMATS_LIGHTGBM_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "formats/lightgbm_text.h"

enum lightgbm_kind {
    LIGHTGBM_UNUSED, /* "none": one value only, or never looked at */
    LIGHTGBM_CODES,  /* "0:2:1": categories that occurred */
    LIGHTGBM_RANGE,  /* "[lo:hi]" */
};

struct lightgbm_feature {
    enum lightgbm_kind kind;
    double low, high; /* of codes (-1: missing) or of the range */
    bool is_whole;    /* a range between whole numbers */
};

/* One word of feature_infos. */
bool lightgbm_feature_read(struct lightgbm_feature *feature, struct lightgbm_text word,
                           struct err *err);

/* list_sizes[i] words in list i. Fills list_of[feature] with the list's number or
 * LIGHTGBM_NO_LIST. `categorical` is the parameter of that name, or empty. Refuses what cannot be
 * told: an ordered category column looks like whole numbers. */
#define LIGHTGBM_NO_LIST UINT32_MAX
bool lightgbm_match(const struct lightgbm_feature *features, size_t feature_count,
                    const size_t *list_sizes, size_t list_count, struct lightgbm_text categorical,
                    uint32_t *list_of, struct err *err);

#endif
