/* The categories of one column, as an encoder was fitted to them: from a cell to a position in
 * categories_. A column of words is looked up by word code, a column of numbers by value. */
#ifndef OMEN_GRAPH_OPS_CATEGORIES_H
#define OMEN_GRAPH_OPS_CATEGORIES_H

#include <stddef.h>
#include <stdint.h>

#include "graph/op.h"

#define CATEGORY_NONE UINT32_MAX

struct category_number {
    double value;
    uint32_t category;
};

struct categories {
    char *name; /* of the column */
    struct params_list list;
    uint32_t *by_word; /* word_count of them, CATEGORY_NONE for words that are no category */
    size_t word_count;
    struct category_number *numbers; /* ascending; NULL for a column of words */
    size_t number_count;
    uint32_t missing; /* the category that the missing value is, or CATEGORY_NONE */
};

/* One per column of `in`, from params' "categories_"; the caller frees them with
 * categories_destroy. Adds their memory to *bytes. */
bool categories_create(struct categories **all, struct params *params, const struct columns *in,
                       size_t *bytes, struct err *err);
void categories_destroy(struct categories *all, size_t count);

/* The category of a cell, or CATEGORY_NONE: unknown. */
uint32_t categories_find(const struct categories *categories, double cell);

/* Those of column `index` of `inputs` that params' "infrequent_categories_" lists:
 * infrequent[category] is set. *any says whether there is one. */
bool categories_mark_infrequent(const struct categories *categories, struct params *params,
                                size_t inputs, size_t index, bool *infrequent, bool *any,
                                struct err *err);

/* null and "NaN" are the missing value: JSON has no NaN. */
bool category_is_missing(const struct params_value *value);

/* A value's spelling: a word as it is, but numbers normalised, "nan" for the
 * missing one. `buffer` may hold it. */
#define CATEGORY_TEXT_SIZE 32
const char *category_text(const struct params_value *value, char buffer[CATEGORY_TEXT_SIZE]);

/* The refusal of a cell that is no category. Returns false. */
bool categories_refuse(const struct categories *categories, size_t row, struct err *err);

#endif
