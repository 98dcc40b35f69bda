#include "formats/lightgbm_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum key {
    NUM_LEAVES,
    NUM_CAT,
    SPLIT_FEATURE,
    THRESHOLD,
    DECISION_TYPE,
    LEFT_CHILD,
    RIGHT_CHILD,
    LEAF_VALUE,
    CAT_BOUNDARIES,
    CAT_THRESHOLD,
    IS_LINEAR,
    LEAF_CONST,
    NUM_FEATURES,
    LEAF_FEATURES,
    LEAF_COEFF,
    KEYS,
};

static const char *const key_names[KEYS] = {
    [NUM_LEAVES] = "num_leaves",         [NUM_CAT] = "num_cat",
    [SPLIT_FEATURE] = "split_feature",   [THRESHOLD] = "threshold",
    [DECISION_TYPE] = "decision_type",   [LEFT_CHILD] = "left_child",
    [RIGHT_CHILD] = "right_child",       [LEAF_VALUE] = "leaf_value",
    [CAT_BOUNDARIES] = "cat_boundaries", [CAT_THRESHOLD] = "cat_threshold",
    [IS_LINEAR] = "is_linear",           [LEAF_CONST] = "leaf_const",
    [NUM_FEATURES] = "num_features",     [LEAF_FEATURES] = "leaf_features",
    [LEAF_COEFF] = "leaf_coeff",
};

struct entries {
    struct lightgbm_text values[KEYS];
    bool there[KEYS];
};

static bool add_line(struct entries *entries, struct lightgbm_text line, struct err *err)
{
    struct lightgbm_text key, value;
    if (!lightgbm_text_cut(line, '=', &key, &value))
        return err_set(err, ERR_INVALID, "a line has no '='");
    for (size_t i = 0; i < KEYS; i++) {
        if (!lightgbm_text_is(key, key_names[i]))
            continue;
        if (entries->there[i])
            return err_set(err, ERR_INVALID, "%s is there twice", key_names[i]);
        entries->there[i] = true;
        entries->values[i] = value;
        break;
    }
    return true; /* counts, weights and gains are of no use for prediction */
}

/* A tree ends with a blank line; a file that is cut inside of one has none. */
static bool read_lines(struct entries *entries, struct lightgbm_lines *lines, struct err *err)
{
    struct lightgbm_text line;
    while (lightgbm_lines_next(lines, &line)) {
        if (line.length == 0)
            return true;
        if (!add_line(entries, line, err))
            return false;
    }
    return err_set(err, ERR_INVALID, "the file ends within it");
}

void lightgbm_tree_skip(struct lightgbm_lines *lines)
{
    struct lightgbm_text line;
    while (lightgbm_lines_next(lines, &line) && line.length > 0)
        continue;
}

static bool read_number(const struct entries *entries, enum key key, int64_t least, size_t *value,
                        struct err *err)
{
    int64_t number;
    if (!entries->there[key])
        return err_set(err, ERR_INVALID, "there is no %s", key_names[key]);
    if (!lightgbm_integer(entries->values[key], least, INT32_MAX, &number))
        return err_set(err, ERR_INVALID, "%s: expected a whole number from %lld on", key_names[key],
                       (long long)least);
    *value = (size_t)number;
    return true;
}

static bool need(const struct entries *entries, enum key key, size_t count, struct err *err)
{
    if (!entries->there[key] && count > 0)
        return err_set(err, ERR_INVALID, "there is no %s", key_names[key]);
    return lightgbm_fits(entries->values[key], count, err) || err_prefix(err, "%s", key_names[key]);
}

static bool read_integers(const struct entries *entries, enum key key, size_t count, int64_t least,
                          int64_t most, int32_t *values, struct err *err)
{
    return need(entries, key, count, err) &&
           (lightgbm_integers(entries->values[key], count, least, most, values, err) ||
            err_prefix(err, "%s", key_names[key]));
}

static bool read_doubles(const struct entries *entries, enum key key, size_t count, double *values,
                         struct err *err)
{
    return need(entries, key, count, err) &&
           (lightgbm_doubles(entries->values[key], count, values, err) ||
            err_prefix(err, "%s", key_names[key]));
}

/* Makes *block hold `count` elements at least; what was in it is not kept. */
static bool grow(void *block, size_t count, size_t size)
{
    void *larger = mem_array(count, size), *old;
    if (larger == NULL)
        return false;
    memcpy(&old, block, sizeof old);
    free(old);
    memcpy(block, &larger, sizeof larger);
    return true;
}

/* A room for at least `wanted`, in steps, so that trees of growing size do not allocate each. */
static size_t room_for(size_t wanted)
{
    size_t room = 64;
    while (room < wanted)
        room *= 2;
    return room;
}

static bool no_memory(size_t count, struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for %zu numbers", count);
}

static bool grow_leaves(struct lightgbm_tree *tree, size_t leaves, struct err *err)
{
    if (leaves <= tree->leaf_room)
        return true;
    size_t room = room_for(leaves);
    if (!grow(&tree->features, room, sizeof *tree->features) ||
        !grow(&tree->decisions, room, sizeof *tree->decisions) ||
        !grow(&tree->left, room, sizeof *tree->left) ||
        !grow(&tree->right, room, sizeof *tree->right) ||
        !grow(&tree->thresholds, room, sizeof *tree->thresholds) ||
        !grow(&tree->values, room, sizeof *tree->values))
        return no_memory(leaves, err);
    tree->leaf_room = room;
    return true;
}

/* Without decision types all splits are numerical and know no missing values. */
static bool read_decisions(struct lightgbm_tree *tree, const struct entries *entries,
                           struct err *err)
{
    size_t inner = tree->leaves - 1;
    const int64_t most = LIGHTGBM_MISSING_NAN << 2 | LIGHTGBM_DEFAULT_LEFT | LIGHTGBM_CATEGORICAL;
    if (entries->there[DECISION_TYPE])
        return read_integers(entries, DECISION_TYPE, inner, 0, most, tree->decisions, err);
    memset(tree->decisions, 0, inner * sizeof *tree->decisions);
    return true;
}

static bool read_splits(struct lightgbm_tree *tree, const struct entries *entries, size_t features,
                        struct err *err)
{
    size_t inner = tree->leaves - 1;
    int64_t last_inner = (int64_t)inner - 1, last_leaf = -(int64_t)tree->leaves;
    return read_integers(entries, SPLIT_FEATURE, inner, 0, (int64_t)features - 1, tree->features,
                         err) &&
           read_doubles(entries, THRESHOLD, inner, tree->thresholds, err) &&
           read_decisions(tree, entries, err) &&
           read_integers(entries, LEFT_CHILD, inner, last_leaf, last_inner, tree->left, err) &&
           read_integers(entries, RIGHT_CHILD, inner, last_leaf, last_inner, tree->right, err);
}

static bool read_bounds(struct lightgbm_tree *tree, const struct entries *entries, struct err *err)
{
    if (!need(entries, CAT_BOUNDARIES, tree->sets + 1, err))
        return false;
    if (tree->sets + 1 > tree->set_room) {
        if (!grow(&tree->bounds, room_for(tree->sets + 1), sizeof *tree->bounds))
            return no_memory(tree->sets, err);
        tree->set_room = room_for(tree->sets + 1);
    }
    if (!read_integers(entries, CAT_BOUNDARIES, tree->sets + 1, 0, INT32_MAX, tree->bounds, err))
        return false;
    for (size_t i = 0; i < tree->sets; i++)
        if (tree->bounds[i] > tree->bounds[i + 1])
            return err_set(err, ERR_INVALID, "cat_boundaries: number %zu is below the one before",
                           i + 1);
    return true;
}

static bool read_sets(struct lightgbm_tree *tree, const struct entries *entries, struct err *err)
{
    if (tree->sets == 0)
        return true;
    if (!read_bounds(tree, entries, err))
        return false;
    size_t count = (size_t)tree->bounds[tree->sets];
    if (!need(entries, CAT_THRESHOLD, count, err))
        return false;
    if (count > tree->word_room) {
        if (!grow(&tree->words, room_for(count), sizeof *tree->words))
            return no_memory(count, err);
        tree->word_room = room_for(count);
    }
    return lightgbm_words(entries->values[CAT_THRESHOLD], count, tree->words, err) ||
           err_prefix(err, "cat_threshold");
}

/* The threshold of a categorical split is the number of its set. */
static bool check_sets(const struct lightgbm_tree *tree, struct err *err)
{
    for (size_t i = 0; i + 1 < tree->leaves; i++) {
        bool is_set = (tree->decisions[i] & LIGHTGBM_CATEGORICAL) != 0;
        double number = tree->thresholds[i];
        if (is_set && !(number >= 0 && number < (double)tree->sets))
            return err_set(err, ERR_INVALID, "threshold: number %zu is not one of %zu sets", i,
                           tree->sets);
    }
    return true;
}

static bool grow_linear(struct lightgbm_tree *tree, struct err *err)
{
    if (tree->leaves <= tree->linear_room)
        return true;
    size_t room = room_for(tree->leaves);
    if (!grow(&tree->constants, room, sizeof *tree->constants) ||
        !grow(&tree->counts, room, sizeof *tree->counts))
        return no_memory(tree->leaves, err);
    tree->linear_room = room;
    return true;
}

static bool grow_coefficients(struct lightgbm_tree *tree, struct err *err)
{
    if (tree->coefficients <= tree->coefficient_room)
        return true;
    size_t room = room_for(tree->coefficients);
    if (!grow(&tree->coefficient_features, room, sizeof *tree->coefficient_features) ||
        !grow(&tree->coefficient_values, room, sizeof *tree->coefficient_values))
        return no_memory(tree->coefficients, err);
    tree->coefficient_room = room;
    return true;
}

static bool read_coefficients(struct lightgbm_tree *tree, const struct entries *entries,
                              size_t features, struct err *err)
{
    tree->coefficients = 0;
    for (size_t i = 0; i < tree->leaves; i++)
        tree->coefficients += (size_t)tree->counts[i];
    return need(entries, LEAF_FEATURES, tree->coefficients, err) &&
           need(entries, LEAF_COEFF, tree->coefficients, err) && grow_coefficients(tree, err) &&
           read_integers(entries, LEAF_FEATURES, tree->coefficients, 0, (int64_t)features - 1,
                         tree->coefficient_features, err) &&
           read_doubles(entries, LEAF_COEFF, tree->coefficients, tree->coefficient_values, err);
}

/* What is left out is zero, as in LightGBM: a leaf without coefficients is its constant. */
static bool read_linear(struct lightgbm_tree *tree, const struct entries *entries, size_t features,
                        struct err *err)
{
    if (!tree->is_linear)
        return true;
    if (!grow_linear(tree, err))
        return false;
    memset(tree->constants, 0, tree->leaves * sizeof *tree->constants);
    memset(tree->counts, 0, tree->leaves * sizeof *tree->counts);
    if (entries->there[LEAF_CONST] &&
        !read_doubles(entries, LEAF_CONST, tree->leaves, tree->constants, err))
        return false;
    if (entries->there[NUM_FEATURES] && !read_integers(entries, NUM_FEATURES, tree->leaves, 0,
                                                       (int64_t)features, tree->counts, err))
        return false;
    return read_coefficients(tree, entries, features, err);
}

bool lightgbm_tree_read(struct lightgbm_tree *tree, struct lightgbm_lines *lines, size_t features,
                        struct err *err)
{
    struct entries entries = {0};
    size_t is_linear = 0;
    if (!read_lines(&entries, lines, err) ||
        !read_number(&entries, NUM_LEAVES, 1, &tree->leaves, err) ||
        !read_number(&entries, NUM_CAT, 0, &tree->sets, err) ||
        !need(&entries, LEAF_VALUE, tree->leaves, err) || !grow_leaves(tree, tree->leaves, err) ||
        !read_doubles(&entries, LEAF_VALUE, tree->leaves, tree->values, err))
        return false;
    if (entries.there[IS_LINEAR] && !read_number(&entries, IS_LINEAR, 0, &is_linear, err))
        return false;
    tree->is_linear = is_linear != 0;
    return (tree->leaves == 1 || (read_splits(tree, &entries, features, err) &&
                                  read_sets(tree, &entries, err) && check_sets(tree, err))) &&
           read_linear(tree, &entries, features, err);
}

void lightgbm_tree_finish(struct lightgbm_tree *tree)
{
    free(tree->features);
    free(tree->decisions);
    free(tree->left);
    free(tree->right);
    free(tree->thresholds);
    free(tree->values);
    free(tree->bounds);
    free(tree->words);
    free(tree->constants);
    free(tree->counts);
    free(tree->coefficient_features);
    free(tree->coefficient_values);
    *tree = (struct lightgbm_tree){0};
}
