#include "formats/lightgbm_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TABLE_MAX ((size_t)1 << 24) /* lists x features that are tried: a byte each */

static bool read_codes(struct lightgbm_feature *feature, struct lightgbm_text word)
{
    struct lightgbm_text code, rest = word;
    feature->kind = LIGHTGBM_CODES;
    feature->low = INFINITY;
    feature->high = -INFINITY;
    do {
        int64_t value;
        lightgbm_text_cut(rest, ':', &code, &rest);
        if (!lightgbm_integer(code, INT32_MIN, INT32_MAX, &value))
            return false;
        feature->low = fmin(feature->low, (double)value);
        feature->high = fmax(feature->high, (double)value);
    } while (rest.length > 0);
    return true;
}

static bool read_range(struct lightgbm_feature *feature, struct lightgbm_text word)
{
    struct lightgbm_text low, high;
    struct lightgbm_text inside = {word.at + 1, word.length - 2};
    feature->kind = LIGHTGBM_RANGE;
    if (!lightgbm_text_cut(inside, ':', &low, &high) || !lightgbm_double(low, &feature->low) ||
        !lightgbm_double(high, &feature->high))
        return false;
    feature->is_whole =
        feature->low == floor(feature->low) && feature->high == floor(feature->high);
    return true;
}

bool lightgbm_feature_read(struct lightgbm_feature *feature, struct lightgbm_text word,
                           struct err *err)
{
    *feature = (struct lightgbm_feature){.kind = LIGHTGBM_UNUSED};
    if (lightgbm_text_is(word, "none"))
        return true;
    bool is_range = word.length > 2 && word.at[0] == '[' && word.at[word.length - 1] == ']';
    return (is_range ? read_range(feature, word) : read_codes(feature, word)) ||
           err_set(err, ERR_INVALID, "is no range and no list of categories");
}

/* Whether the feature's training data can be codes of a list of so many words. */
static bool can_be(const struct lightgbm_feature *feature, size_t words)
{
    double last = (double)words - 1;
    switch (feature->kind) {
    case LIGHTGBM_CODES:
        return feature->low >= -1 && feature->high <= last;
    case LIGHTGBM_RANGE:
        return feature->is_whole && feature->low >= 0 && feature->high <= last;
    default:
        return true;
    }
}

/* The parameter lists category columns only, if it lists as many as there are. */
static bool by_parameter(const struct lightgbm_feature *features, size_t feature_count,
                         const size_t *list_sizes, size_t list_count,
                         struct lightgbm_text categorical, uint32_t *list_of)
{
    struct lightgbm_text word, rest = categorical;
    int64_t last = -1;
    for (size_t list = 0; list < list_count; list++) {
        int64_t feature;
        lightgbm_text_cut(rest, ',', &word, &rest);
        if (!lightgbm_integer(word, last + 1, (int64_t)feature_count - 1, &feature) ||
            !can_be(&features[feature], list_sizes[list]))
            return false;
        list_of[feature] = (uint32_t)list;
        last = feature;
    }
    return rest.length == 0;
}

/* The usual case: the features with codes are the category columns. */
static bool by_codes(const struct lightgbm_feature *features, size_t feature_count,
                     const size_t *list_sizes, size_t list_count, uint32_t *list_of)
{
    size_t list = 0;
    for (size_t i = 0; i < feature_count; i++) {
        if (features[i].kind != LIGHTGBM_CODES)
            continue;
        if (list == list_count || !can_be(&features[i], list_sizes[list]))
            return false;
        list_of[i] = (uint32_t)list++;
    }
    return list == list_count;
}

/* The best assignment of the lists from some one on to the features from some one on: how many
 * features with codes get a list, and in how many ways (1, or 2 for more) that can be had. */
struct best {
    int32_t codes; /* -1: it cannot be done */
    uint8_t ways;
};

static struct best better(struct best skip, struct best take)
{
    if (take.codes > skip.codes)
        return take;
    if (take.codes == skip.codes && take.codes >= 0)
        skip.ways = 2;
    return skip;
}

/* From the last list and feature to the first; takes[list * features + feature]: the best choice
 * there is to give the list to the feature. `row` holds the bests of the list behind. */
static struct best fill_table(const struct lightgbm_feature *features, size_t feature_count,
                              const size_t *list_sizes, size_t list_count, struct best *row,
                              uint8_t *takes)
{
    for (size_t i = 0; i <= feature_count; i++)
        row[i] = (struct best){0, 1};
    for (size_t list = list_count; list-- > 0;) {
        struct best behind = row[feature_count]; /* of the list behind, one feature on */
        row[feature_count] = (struct best){-1, 1};
        for (size_t i = feature_count; i-- > 0;) {
            struct best take = behind, skip = row[i + 1];
            if (take.codes >= 0 && can_be(&features[i], list_sizes[list]))
                take.codes += features[i].kind == LIGHTGBM_CODES;
            else
                take.codes = -1;
            takes[list * feature_count + i] = take.codes > skip.codes;
            behind = row[i];
            row[i] = better(skip, take);
        }
    }
    return row[0];
}

static bool by_table(const struct lightgbm_feature *features, size_t feature_count,
                     const size_t *list_sizes, size_t list_count, uint32_t *list_of,
                     struct err *err)
{
    size_t cells;
    if (!mem_multiply(feature_count, list_count, &cells) || cells > TABLE_MAX)
        return err_set(err, ERR_LIMIT, "too many lists and features to tell which belong together");
    uint8_t *takes = mem_array(cells, 1);
    struct best *row = mem_array(feature_count + 1, sizeof *row);
    bool ok = takes != NULL && row != NULL;
    if (!ok)
        err_set(err, ERR_MEMORY, "no memory for %zu features", feature_count);
    if (ok) {
        struct best best = fill_table(features, feature_count, list_sizes, list_count, row, takes);
        ok = best.codes >= 0 && best.ways == 1;
        if (!ok)
            err_set(err, ERR_INVALID,
                    "which features its %zu lists belong to cannot be told from the file",
                    list_count);
    }
    for (size_t i = 0, list = 0; ok && list < list_count; i++)
        if (takes[list * feature_count + i])
            list_of[i] = (uint32_t)list++;
    free(takes);
    free(row);
    return ok;
}

static void clear(uint32_t *list_of, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list_of[i] = LIGHTGBM_NO_LIST;
}

bool lightgbm_match(const struct lightgbm_feature *features, size_t feature_count,
                    const size_t *list_sizes, size_t list_count, struct lightgbm_text categorical,
                    uint32_t *list_of, struct err *err)
{
    clear(list_of, feature_count);
    if (by_parameter(features, feature_count, list_sizes, list_count, categorical, list_of))
        return true;
    clear(list_of, feature_count);
    if (by_codes(features, feature_count, list_sizes, list_count, list_of))
        return true;
    clear(list_of, feature_count);
    return by_table(features, feature_count, list_sizes, list_count, list_of, err);
}
