#include "formats/lightgbm_header.h"

#include <stdint.h>
#include <string.h>

#include "graph/schema.h"

enum key {
    VERSION,
    NUM_CLASS,
    TREES_PER_ITERATION,
    MAX_FEATURE,
    OBJECTIVE,
    AVERAGE,
    NAMES,
    RANGES,
    SIZES,
    KEYS,
};

static const char *const key_names[KEYS] = {
    [VERSION] = "version",
    [NUM_CLASS] = "num_class",
    [TREES_PER_ITERATION] = "num_tree_per_iteration",
    [MAX_FEATURE] = "max_feature_idx",
    [OBJECTIVE] = "objective",
    [AVERAGE] = "average_output",
    [NAMES] = "feature_names",
    [RANGES] = "feature_infos",
    [SIZES] = "tree_sizes",
};

struct entries {
    struct lightgbm_text values[KEYS];
    bool there[KEYS];
};

static bool add_line(struct entries *entries, struct lightgbm_text line, struct err *err)
{
    struct lightgbm_text key, value;
    lightgbm_text_cut(line, '=', &key, &value);
    for (size_t i = 0; i < KEYS; i++) {
        if (!lightgbm_text_is(key, key_names[i]))
            continue;
        if (entries->there[i])
            return err_set(err, ERR_INVALID, "%s is there twice", key_names[i]);
        entries->there[i] = true;
        entries->values[i] = value;
    }
    return true; /* unknown keys are a newer or older release's */
}

static bool need_integer(const struct entries *entries, enum key key, int64_t least, int64_t most,
                         size_t *value, struct err *err)
{
    int64_t number;
    if (!entries->there[key])
        return err_set(err, ERR_INVALID, "there is no %s before the trees", key_names[key]);
    if (!lightgbm_integer(entries->values[key], least, most, &number))
        return err_set(err, ERR_INVALID, "%s: expected a whole number from %lld to %lld",
                       key_names[key], (long long)least, (long long)most);
    *value = (size_t)number;
    return true;
}

static bool read_version(struct lightgbm_header *header, const struct entries *entries,
                         struct err *err)
{
    static const char *const versions[] = {"v2", "v3", "v4"};
    if (!entries->there[VERSION])
        return err_set(err, ERR_UNSUPPORTED,
                       "there is no version; a LightGBM of 2018 or later writes one");
    for (int i = 0; i < 3; i++)
        if (lightgbm_text_is(entries->values[VERSION], versions[i]))
            header->version = i + 2;
    return header->version != 0 ||
           err_set(err, ERR_UNSUPPORTED, "version: v2, v3 and v4 are known");
}

/* The list is only counted and added up: what the trees are is seen when they are read. */
static bool read_sizes(struct lightgbm_header *header, struct lightgbm_text sizes, struct err *err)
{
    struct lightgbm_text word;
    while (lightgbm_text_word(&sizes, &word)) {
        int64_t size;
        if (!lightgbm_integer(word, 0, INT32_MAX, &size))
            return err_set(err, ERR_INVALID, "tree_sizes: number %zu is not a size", header->trees);
        header->tree_bytes += (size_t)size;
        header->trees++;
    }
    header->has_sizes = true;
    return true;
}

static bool read_entries(struct lightgbm_header *header, const struct entries *entries,
                         struct err *err)
{
    enum key columns = entries->there[TREES_PER_ITERATION] ? TREES_PER_ITERATION : NUM_CLASS;
    if (!read_version(header, entries, err) ||
        !need_integer(entries, columns, 1, LIGHTGBM_COLUMNS_MAX, &header->columns, err) ||
        !need_integer(entries, MAX_FEATURE, 0, SCHEMA_FIELDS_MAX - 1, &header->features, err))
        return false;
    header->features++;
    header->average = entries->there[AVERAGE];
    header->objective = entries->values[OBJECTIVE];
    header->names = entries->values[NAMES];
    header->ranges = entries->values[RANGES];
    header->has_ranges = entries->there[RANGES];
    if (!entries->there[NAMES] || lightgbm_text_words(header->names) != header->features)
        return err_set(err, ERR_INVALID, "feature_names: expected %zu names, got %zu",
                       header->features, lightgbm_text_words(header->names));
    if (header->has_ranges && lightgbm_text_words(header->ranges) != header->features)
        return err_set(err, ERR_INVALID, "feature_infos: expected %zu words, got %zu",
                       header->features, lightgbm_text_words(header->ranges));
    return !entries->there[SIZES] || read_sizes(header, entries->values[SIZES], err);
}

bool lightgbm_header_read(struct lightgbm_header *header, struct lightgbm_lines *lines,
                          struct err *err)
{
    struct entries entries = {0};
    struct lightgbm_lines ahead = *lines;
    struct lightgbm_text line;
    *header = (struct lightgbm_header){0};
    while (lightgbm_lines_next(&ahead, &line)) {
        if (lightgbm_text_begins(line, "Tree=", NULL) || lightgbm_text_is(line, "end of trees"))
            break;
        *lines = ahead;
        if (!add_line(&entries, line, err))
            return false;
    }
    return read_entries(header, &entries, err);
}
