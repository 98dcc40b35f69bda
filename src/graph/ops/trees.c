#include "graph/ops/trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"

static const char *const compare_names[] = {"<", "<=", ">", ">=", NULL};
static const enum forest_test compare_tests[] = {FOREST_LESS, FOREST_LESS_EQUAL, FOREST_GREATER,
                                                 FOREST_GREATER_EQUAL};
static const char *const dtype_names[] = {"float32", "float64", NULL};
static const char *const missing_names[] = {"reject", "left",         "right",
                                            "zero",   "default_left", NULL};
enum { REJECT, LEFT, RIGHT, ZERO, DEFAULT_LEFT };

/* Of all trees. */
struct reading {
    struct forest_builder *builder;
    const struct columns *in;
    struct strmap names; /* of the columns; filled when a tree uses names */
    enum forest_test compare;
    int missing;
};

/* One tree's arrays, [count] each where they are there. */
struct tree {
    struct params *params;
    struct forest_node *nodes;
    size_t count;
    struct params_vector left, right, feature, threshold, default_left, set, value;
    struct params_list names; /* instead of feature */
    struct matrix leaves;     /* instead of value: a row per leaf */
    struct params_vector *sets;
    uint32_t **set_bits;
    size_t *set_words;
    size_t set_count;
};

static void tree_finish(struct tree *tree)
{
    struct params_vector *vectors[] = {&tree->left,         &tree->right, &tree->feature,
                                       &tree->threshold,    &tree->set,   &tree->value,
                                       &tree->default_left, NULL};
    for (size_t i = 0; vectors[i] != NULL; i++)
        params_vector_finish(vectors[i]);
    params_list_finish(&tree->names);
    matrix_free(&tree->leaves);
    for (size_t i = 0; i < tree->set_count; i++)
        free(tree->set_bits[i]);
    free(tree->set_bits);
    free(tree->set_words);
    free(tree->nodes);
}

/* ---- sets ---- */

/* Far more categories than any trainer takes (XGBoost: 2^24). */
#define CATEGORY_MAX ((double)(1 << 24))

static bool set_read(struct tree *tree, size_t index, struct err *err)
{
    struct params *params = params_element(tree->params, "sets", index, err);
    struct params_vector categories = {0};
    if (params == NULL || !params_vector(params, "", PARAMS_ANY, &categories, err))
        return false;
    double largest = -1.0;
    for (size_t i = 0; i < categories.count; i++) {
        double category = categories.values[i];
        if (!(category >= 0.0 && category < CATEGORY_MAX && category == floor(category))) {
            params_vector_finish(&categories);
            return params_fail(params, "", err, "element %zu is not a category (0, 1, 2, ...)", i);
        }
        largest = category > largest ? category : largest;
    }
    tree->set_words[index] = ((size_t)(largest + 1.0) + 31) / 32;
    uint32_t *bits = mem_array(tree->set_words[index], sizeof(*bits));
    tree->set_bits[index] = bits;
    for (size_t i = 0; bits != NULL && i < categories.count; i++)
        bits[(size_t)categories.values[i] / 32] |= UINT32_C(1)
                                                   << ((size_t)categories.values[i] % 32);
    params_vector_finish(&categories);
    return bits != NULL || err_set(err, ERR_MEMORY, "no memory for the categories of a tree");
}

static bool sets_read(struct tree *tree, struct err *err)
{
    if (!params_has(tree->params, "set"))
        return true;
    size_t count = params_length(tree->params, "sets");
    if (!params_vector(tree->params, "set", tree->count, &tree->set, err))
        return false;
    tree->set_bits = mem_array(count, sizeof(*tree->set_bits));
    tree->set_words = mem_array(count, sizeof(*tree->set_words));
    if (tree->set_bits == NULL || tree->set_words == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu sets of categories", count);
    tree->set_count = count;
    for (size_t i = 0; i < count; i++)
        if (!set_read(tree, i, err))
            return false;
    return true;
}

/* ---- nodes ---- */

/* A number of an array as an index. */
static bool to_index(const struct tree *tree, const char *key, const struct params_vector *vector,
                     size_t node, size_t bound, uint32_t *index, struct err *err)
{
    double number = vector->values[node];
    if (!(number >= 0.0 && number < (double)bound && number == floor(number)))
        return params_fail(tree->params, key, err,
                           "element %zu is not one of the positions 0 to %zu", node, bound - 1);
    *index = (uint32_t)number;
    return true;
}

static bool names_fill(struct reading *reading, struct err *err)
{
    if (reading->names.count > 0)
        return true;
    for (size_t i = 0; i < reading->in->count; i++) {
        const char *name = reading->in->items[i].name;
        uint32_t existing;
        if (name != NULL &&
            !strmap_add(&reading->names, name, strlen(name), (uint32_t)i, &existing))
            return err_set(err, ERR_MEMORY, "no memory for the names of columns");
    }
    return true;
}

static bool named_feature(struct reading *reading, const struct tree *tree, size_t node,
                          uint32_t *feature, struct err *err)
{
    const struct params_value *value = &tree->names.values[node];
    if (!names_fill(reading, err))
        return false;
    *feature = value->type == PARAMS_TEXT
                   ? strmap_get(&reading->names, value->text, strlen(value->text))
                   : STRMAP_NONE;
    return *feature != STRMAP_NONE || params_fail(tree->params, "feature", err,
                                                  "element %zu is not the name of a column", node);
}

static bool node_feature(struct reading *reading, const struct tree *tree, size_t node,
                         uint32_t *feature, struct err *err)
{
    if (tree->names.values != NULL)
        return named_feature(reading, tree, node, feature, err);
    return to_index(tree, "feature", &tree->feature, node, reading->in->count, feature, err);
}

static enum forest_missing node_missing(const struct reading *reading, const struct tree *tree,
                                        size_t node)
{
    switch (reading->missing) {
    case LEFT:
        return FOREST_MISSING_YES;
    case ZERO:
        return FOREST_MISSING_ZERO;
    case DEFAULT_LEFT:
        return tree->default_left.values[node] > 0.0 ? FOREST_MISSING_YES : FOREST_MISSING_NO;
    default:
        return FOREST_MISSING_NO;
    }
}

static bool split_read(struct reading *reading, struct tree *tree, size_t index, struct err *err)
{
    struct forest_node *node = &tree->nodes[index];
    node->test = reading->compare;
    node->missing = node_missing(reading, tree, index);
    node->no = node->yes + 1;
    if (!node_feature(reading, tree, index, &node->feature, err) ||
        !to_index(tree, "left", &tree->left, index, tree->count, &node->yes, err))
        return false;
    if (tree->right.values == NULL)
        node->no = node->yes + 1;
    else if (!to_index(tree, "right", &tree->right, index, tree->count, &node->no, err))
        return false;
    if (tree->set.values != NULL && !isnan(tree->set.values[index])) {
        uint32_t set = 0;
        if (!to_index(tree, "set", &tree->set, index, tree->set_count, &set, err))
            return false;
        node->test = FOREST_IN_SET;
        node->set = tree->set_bits[set];
        node->set_words = tree->set_words[set];
    } else if (tree->threshold.values != NULL) {
        node->threshold = tree->threshold.values[index];
    }
    if (node->test != FOREST_IN_SET && isnan(node->threshold))
        return params_fail(tree->params, "threshold", err, "element %zu is not a number", index);
    return true;
}

/* A leaf has no left child: null, or scikit-learn's -1. */
static bool is_leaf(const struct tree *tree, size_t index)
{
    return tree->left.values == NULL || !(tree->left.values[index] >= 0.0);
}

static bool nodes_read(struct reading *reading, struct tree *tree, struct err *err)
{
    size_t leaves = 0;
    tree->nodes = mem_array(tree->count, sizeof(*tree->nodes));
    if (tree->nodes == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a tree of %zu nodes", tree->count);
    for (size_t i = 0; i < tree->count; i++) {
        struct forest_node *node = &tree->nodes[i];
        if (!is_leaf(tree, i)) {
            if (!split_read(reading, tree, i, err))
                return false;
        } else if (tree->value.values != NULL) {
            node->values = &tree->value.values[i];
            if (isnan(*node->values))
                return params_fail(tree->params, "value", err, "element %zu, a leaf's, is missing",
                                   i);
        } else if (leaves < tree->leaves.rows) {
            node->values = matrix_row(&tree->leaves, leaves++);
        } else {
            return params_fail(tree->params, "leaves", err, "has %zu rows, there are more leaves",
                               leaves);
        }
    }
    if (leaves < tree->leaves.rows)
        return params_fail(tree->params, "leaves", err, "has %zu rows, there are %zu leaves",
                           tree->leaves.rows, leaves);
    return true;
}

/* ---- one tree ---- */

/* Positions, or names as a list; null for a leaf either way. */
static bool features_read(struct tree *tree, struct err *err)
{
    struct err ignored = ERR_INIT;
    return params_vector(tree->params, "feature", tree->count, &tree->feature, &ignored) ||
           params_list(tree->params, "feature", tree->count, &tree->names, err);
}

static bool arrays_read(const struct reading *reading, struct tree *tree, struct err *err)
{
    struct params *params = tree->params;
    tree->count = 1;
    if (params_has(params, "left")) {
        if (!params_vector(params, "left", PARAMS_ANY, &tree->left, err))
            return false;
        tree->count = tree->left.count;
        if (!features_read(tree, err) ||
            (params_has(params, "right") &&
             !params_vector(params, "right", tree->count, &tree->right, err)) ||
            (reading->missing == DEFAULT_LEFT &&
             !params_vector(params, "default_left", tree->count, &tree->default_left, err)) ||
            !sets_read(tree, err))
            return false;
        bool needed = tree->set.values == NULL || params_has(params, "threshold");
        if (needed && !params_vector(params, "threshold", tree->count, &tree->threshold, err))
            return false;
    }
    if (params_has(params, "leaves"))
        return params_matrix(params, "leaves", PARAMS_ANY, PARAMS_ANY, &tree->leaves, err);
    return params_vector(params, "value", tree->count, &tree->value, err);
}

static bool tree_read(struct reading *reading, struct params *params, size_t outputs,
                      struct err *err)
{
    struct tree tree = {.params = params};
    size_t first;
    bool ok = params_count_or(params, "output", 0, 0, outputs - 1, &first, err) &&
              arrays_read(reading, &tree, err) && nodes_read(reading, &tree, err);
    if (ok) {
        struct err refused = ERR_INIT;
        size_t values = tree.leaves.data != NULL ? tree.leaves.cols : 1;
        ok = forest_builder_add(reading->builder, tree.nodes, tree.count, first, values, &refused);
        if (!ok)
            params_fail(params, "", err, "%s", refused.text);
    }
    tree_finish(&tree);
    return ok;
}

/* ---- all trees ---- */

static bool all_read(struct reading *reading, struct params *params, size_t outputs,
                     struct err *err)
{
    size_t count = params_length(params, "trees");
    if (count == 0)
        return params_fail(params, "trees", err, "expected a list of trees");
    for (size_t i = 0; i < count; i++) {
        struct params *tree = params_element(params, "trees", i, err);
        if (tree == NULL || !tree_read(reading, tree, outputs, err))
            return false;
    }
    return true;
}

static bool shape_read(struct reading *reading, struct forest_shape *shape, struct params *params,
                       struct err *err)
{
    int compare, dtype, sum;
    if (!params_choice_or(params, "compare", compare_names, -1, &compare, err) ||
        !params_choice_or(params, "dtype", dtype_names, -1, &dtype, err) ||
        !params_choice_or(params, "sum_dtype", dtype_names, dtype, &sum, err) ||
        !params_choice_or(params, "missing", missing_names, REJECT, &reading->missing, err) ||
        !params_count_or(params, "outputs", 1, 1, OP_COLUMNS_MAX, &shape->outputs, err))
        return false;
    reading->compare = compare_tests[compare];
    shape->input = (enum forest_width)dtype;
    shape->sum = (enum forest_width)sum;
    shape->features = reading->in->count;
    return true;
}

bool trees_read(struct trees *trees, struct estimator *estimator, struct params *params,
                const struct columns *in, struct err *err)
{
    struct reading reading = {.in = in, .names = STRMAP_INIT};
    struct forest_shape shape = {0};
    if (!shape_read(&reading, &shape, params, err))
        return false;
    reading.builder = forest_builder_create(&shape, err);
    bool ok = reading.builder != NULL && all_read(&reading, params, shape.outputs, err);
    strmap_finish(&reading.names);
    if (!ok) {
        forest_builder_destroy(reading.builder);
        return false;
    }
    trees->forest = forest_build(reading.builder, err);
    if (trees->forest == NULL)
        return false;
    trees->sum = shape.sum;
    trees->outputs = shape.outputs;
    trees->missing = reading.missing != REJECT;
    estimator->op.bytes += forest_bytes(trees->forest);
    return true;
}

void trees_finish(struct trees *trees)
{
    forest_destroy(trees->forest);
    trees->forest = NULL;
}

static bool sum_single(const struct trees *trees, const struct forest_rows *rows,
                       struct matrix *sums, struct arena *scratch, struct err *err)
{
    float *singles = arena_array(scratch, rows->count * trees->outputs, sizeof(*singles));
    if (singles == NULL)
        return op_no_room(rows->count, trees->outputs, err);
    for (size_t row = 0; row < sums->rows; row++)
        for (size_t i = 0; i < trees->outputs; i++)
            singles[row * trees->outputs + i] = (float)matrix_row(sums, row)[i];
    if (!forest_sum(trees->forest, rows, singles, scratch, err))
        return false;
    for (size_t row = 0; row < sums->rows; row++)
        for (size_t i = 0; i < trees->outputs; i++)
            matrix_row(sums, row)[i] = (double)singles[row * trees->outputs + i];
    return true;
}

bool trees_sum(const struct trees *trees, const struct op *op, const struct matrix *in,
               struct matrix *sums, struct arena *scratch, struct err *err)
{
    if (!trees->missing && !estimator_check(op, in, err))
        return false;
    struct forest_rows rows = {FOREST_DOUBLE, in->data, in->rows, in->stride};
    struct arena_mark mark = arena_mark(scratch);
    bool ok = trees->sum == FOREST_SINGLE
                  ? sum_single(trees, &rows, sums, scratch, err)
                  : forest_sum(trees->forest, &rows, sums->data, scratch, err);
    arena_rewind(scratch, mark);
    return ok;
}
