/* What a LightGBM file says of its inputs: names, training ranges, and the words that pandas had
 * for its categories. */
#ifndef OMEN_FORMATS_LIGHTGBM_SCHEMA_H
#define OMEN_FORMATS_LIGHTGBM_SCHEMA_H

#include "base/err.h"
#include "formats/lightgbm_header.h"
#include "formats/lightgbm_text.h"
#include "graph/schema.h"

/* What stands behind the trees and matters. */
struct lightgbm_trailer {
    struct lightgbm_text categorical; /* parameter categorical_feature: "1,2,4", or empty */
    struct lightgbm_text boosting;    /* parameter boosting, or empty */
    struct lightgbm_text pandas;      /* JSON: the words of each category column; or empty */
};

bool lightgbm_trailer_read(struct lightgbm_trailer *trailer, struct lightgbm_lines *lines,
                           struct err *err);

/* Numbers may be missing or infinite. A category column of pandas takes its words, and an unknown
 * one counts as missing; any other categorical feature takes category codes as numbers. */
bool lightgbm_schema_make(struct schema *schema, const struct lightgbm_header *header,
                          const struct lightgbm_trailer *trailer, struct err *err);

#endif
