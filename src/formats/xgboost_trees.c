#include "formats/xgboost_trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CATEGORY_MAX 16777216 /* XGBoost's codes are below it: float32 holds them */
#define NUMERICAL 0
#define CATEGORICAL 1

/* One tree's arrays, used again for the next one. */
struct tree {
    struct reader_integers left, right, feature, default_left, kind;
    struct reader_singles condition, leaf_weights, node_weights;
    struct reader_integers category_nodes, category_begins, category_counts, categories;
    struct reader_span base_weights;
    int64_t leaf_size; /* size_leaf_vector */
    int64_t node_count;
    uint32_t seen;
};

/* What the next tree is made of, and where it goes. */
struct trees {
    const struct xgboost_document *document;
    struct reader *reader;
    struct err *err;
    struct forest_builder *builder;
    struct tree tree;
    size_t index, outputs;
    /* By node, used again: */
    struct forest_node *nodes;
    double *values; /* nodes, or leaves x outputs */
    uint32_t *sets; /* the categories' bits of one tree, node after node */
    size_t node_room, value_room, set_room;
};

static void tree_finish(struct tree *tree)
{
    reader_integers_finish(&tree->left);
    reader_integers_finish(&tree->right);
    reader_integers_finish(&tree->feature);
    reader_integers_finish(&tree->default_left);
    reader_integers_finish(&tree->kind);
    reader_singles_finish(&tree->condition);
    reader_singles_finish(&tree->leaf_weights);
    reader_singles_finish(&tree->node_weights);
    reader_integers_finish(&tree->category_nodes);
    reader_integers_finish(&tree->category_begins);
    reader_integers_finish(&tree->category_counts);
    reader_integers_finish(&tree->categories);
}

/* Its memory is kept for the next tree. */
static void tree_empty(struct tree *tree)
{
    tree->left.count = 0;
    tree->right.count = 0;
    tree->feature.count = 0;
    tree->default_left.count = 0;
    tree->kind.count = 0;
    tree->condition.count = 0;
    tree->leaf_weights.count = 0;
    tree->node_weights.count = 0;
    tree->category_nodes.count = 0;
    tree->category_begins.count = 0;
    tree->category_counts.count = 0;
    tree->categories.count = 0;
    tree->base_weights = (struct reader_span){0};
    tree->leaf_size = 0;
    tree->node_count = -1;
    tree->seen = 0;
}

static bool refuse(struct trees *trees, const char *sentence)
{
    return err_set(trees->err, ERR_INVALID, "%s", sentence);
}

/* "12" in quotes, or a number. */
static bool read_parameter(struct trees *trees, int64_t *value)
{
    struct reader_text text;
    if (reader_peek(trees->reader) == READER_NUMBER)
        return reader_integer(trees->reader, value);
    if (!reader_text(trees->reader, &text))
        return false;
    *value = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || *value > INT32_MAX)
            return reader_fail(trees->reader, ERR_INVALID, "expected a whole number in quotes");
        *value = *value * 10 + (text.bytes[i] - '0');
    }
    return true;
}

static bool read_tree_parameters(struct trees *trees)
{
    struct reader_text key;
    if (!reader_open_object(trees->reader))
        return false;
    while (reader_next_key(trees->reader, &key)) {
        if (reader_text_is(key, "size_leaf_vector"))
            read_parameter(trees, &trees->tree.leaf_size);
        else if (reader_text_is(key, "num_nodes"))
            read_parameter(trees, &trees->tree.node_count);
        else
            reader_skip(trees->reader, NULL);
    }
    return !reader_failed(trees->reader);
}

/* The members that are read: an array of whole numbers, or of float32 numbers, or neither. */
struct array_member {
    const char *name;
    size_t offset; /* in struct tree */
    bool single;
};
#define INTEGERS(name, field)                     \
    {                                             \
        name, offsetof(struct tree, field), false \
    }
#define SINGLES(name, field)                     \
    {                                            \
        name, offsetof(struct tree, field), true \
    }

static const struct array_member arrays[] = {
    INTEGERS("left_children", left),
    INTEGERS("right_children", right),
    INTEGERS("split_indices", feature),
    INTEGERS("default_left", default_left),
    INTEGERS("split_type", kind),
    SINGLES("split_conditions", condition),
    SINGLES("leaf_weights", leaf_weights),
    INTEGERS("categories_nodes", category_nodes),
    INTEGERS("categories_segments", category_begins),
    INTEGERS("categories_sizes", category_counts),
    INTEGERS("categories", categories),
};
#define ARRAYS (sizeof arrays / sizeof arrays[0])
enum { SEEN_WEIGHTS = ARRAYS, SEEN_PARAMETERS };

static bool first_time(struct trees *trees, size_t bit)
{
    if ((trees->tree.seen >> bit & 1) != 0)
        return reader_fail(trees->reader, ERR_INVALID, "a member is there twice");
    trees->tree.seen |= UINT32_C(1) << bit;
    return true;
}

static bool read_array(struct trees *trees, size_t which)
{
    void *place = (char *)&trees->tree + arrays[which].offset;
    bool ok =
        first_time(trees, which) &&
        (arrays[which].single ? reader_read_singles(trees->reader, place, XGBOOST_VALUES_MAX)
                              : reader_read_integers(trees->reader, place, XGBOOST_VALUES_MAX));
    return ok || err_prefix(trees->err, "%s", arrays[which].name);
}

static bool read_member(struct trees *trees, struct reader_text key)
{
    for (size_t i = 0; i < ARRAYS; i++) {
        if (reader_text_is(key, arrays[i].name))
            return read_array(trees, i);
    }
    if (reader_text_is(key, "base_weights")) /* only vector leaves need it, which is known later */
        return first_time(trees, SEEN_WEIGHTS) &&
               reader_skip(trees->reader, &trees->tree.base_weights);
    if (reader_text_is(key, "tree_param"))
        return first_time(trees, SEEN_PARAMETERS) && read_tree_parameters(trees);
    return reader_skip(trees->reader, NULL);
}

static bool read_arrays(struct trees *trees)
{
    struct tree *tree = &trees->tree;
    struct reader_text key;
    tree_empty(tree);
    if (!reader_open_object(trees->reader))
        return false;
    while (reader_next_key(trees->reader, &key)) {
        if (!read_member(trees, key))
            return false;
    }
    return !reader_failed(trees->reader);
}

static bool check_lengths(struct trees *trees)
{
    const struct tree *tree = &trees->tree;
    size_t count = tree->left.count;
    if (count == 0)
        return refuse(trees, "it has no nodes");
    if (tree->node_count >= 0 && (uint64_t)tree->node_count != count)
        return refuse(trees, "num_nodes is not the length of left_children");
    if (tree->right.count != count || tree->feature.count != count ||
        tree->condition.count != count || tree->default_left.count != count)
        return refuse(trees, "its arrays are of different lengths");
    if (tree->kind.count != 0 && tree->kind.count != count)
        return refuse(trees, "split_type is not as long as left_children");
    if (tree->category_begins.count != tree->category_nodes.count ||
        tree->category_counts.count != tree->category_nodes.count)
        return refuse(trees, "its arrays of categories are of different lengths");
    return true;
}

/* Until 3.1 a vector leaf is the node's own weights, from 3.2 on a row of leaf_weights. */
static bool read_node_weights(struct trees *trees)
{
    struct tree *tree = &trees->tree;
    if (tree->leaf_size <= 1 || tree->leaf_weights.count > 0)
        return true;
    if (tree->base_weights.data == NULL)
        return refuse(trees, "its leaves are vectors, but there are no weights");
    struct reader *reader = reader_create_within(trees->reader, tree->base_weights, trees->err);
    bool ok =
        reader != NULL && reader_read_singles(reader, &tree->node_weights, XGBOOST_VALUES_MAX);
    reader_destroy(reader);
    if (!ok)
        return reader == NULL ? false : err_prefix(trees->err, "base_weights");
    return tree->node_weights.count / (size_t)tree->leaf_size == tree->left.count ||
           refuse(trees, "base_weights is not as long as its nodes and their leaves' vectors ask");
}

static bool no_memory(struct trees *trees)
{
    return err_set(trees->err, ERR_MEMORY, "no memory for a tree of %zu nodes",
                   trees->tree.left.count);
}

/* *block has room for `count` values; what is in it is lost. */
static bool make_room(void **block, size_t *room, size_t count, size_t size)
{
    if (*room >= count)
        return true;
    free(*block);
    *block = mem_array(count, size);
    *room = *block != NULL ? count : 0;
    return *block != NULL;
}

/* Words of bits for one node's categories; 0 and err if they are none. */
static size_t set_words(struct trees *trees, size_t which)
{
    const struct tree *tree = &trees->tree;
    int64_t begin = tree->category_begins.values[which],
            count = tree->category_counts.values[which];
    int32_t most = -1;
    if (begin < 0 || count <= 0 || begin + count > (int64_t)tree->categories.count) {
        refuse(trees, "a node's categories are outside of the list of categories");
        return 0;
    }
    for (int64_t i = begin; i < begin + count; i++) {
        int32_t category = tree->categories.values[i];
        if (category < 0 || category >= CATEGORY_MAX) {
            refuse(trees, "a category is negative or too large");
            return 0;
        }
        most = category > most ? category : most;
    }
    return (size_t)most / 32 + 1;
}

static void fill_set(const struct tree *tree, size_t which, uint32_t *set, size_t words)
{
    memset(set, 0, words * sizeof *set);
    const int32_t *category = tree->categories.values + tree->category_begins.values[which];
    for (int32_t i = 0; i < tree->category_counts.values[which]; i++)
        set[category[i] / 32] |= UINT32_C(1) << category[i] % 32;
}

/* A few high codes ask for many words each: all of a tree's together are bounded. */
#define SET_WORDS_MAX ((size_t)1 << 26)

static bool make_sets(struct trees *trees)
{
    const struct tree *tree = &trees->tree;
    size_t total = 0;
    for (size_t i = 0; i < tree->category_nodes.count; i++) {
        int32_t node = tree->category_nodes.values[i];
        if (node < 0 || (size_t)node >= tree->left.count)
            return refuse(trees, "categories_nodes names a node that is not there");
        size_t words = set_words(trees, i);
        if (words == 0)
            return false;
        total += words;
        if (total > SET_WORDS_MAX)
            return err_set(trees->err, ERR_LIMIT, "its sets of categories take too much memory");
    }
    void *block = trees->sets;
    bool ok = make_room(&block, &trees->set_room, total, sizeof *trees->sets);
    trees->sets = block;
    if (!ok)
        return no_memory(trees);
    uint32_t *set = trees->sets;
    for (size_t i = 0; i < tree->category_nodes.count; i++) {
        size_t words = set_words(trees, i);
        struct forest_node *node = &trees->nodes[tree->category_nodes.values[i]];
        if (node->set != NULL)
            return refuse(trees, "categories_nodes names a node twice");
        fill_set(tree, i, set, words);
        node->set = set;
        node->set_words = words;
        set += words;
    }
    return true;
}

/* The values of a leaf, in the width and order of the trainer: leaf times weight in float32. */
static bool leaf_values(struct trees *trees, size_t index, size_t size, double *values)
{
    const struct tree *tree = &trees->tree;
    const struct reader_singles *weights = &trees->document->drop_weights;
    const float *leaf = &tree->condition.values[index];
    if (size > 1 && tree->leaf_weights.count > 0) {
        int32_t row = tree->right.values[index];
        if (row < 0 || (size_t)row >= tree->leaf_weights.count / size)
            return refuse(trees, "a leaf names weights that are not there");
        leaf = tree->leaf_weights.values + (size_t)row * size;
    } else if (size > 1) {
        leaf = tree->node_weights.values + index * size;
    }
    for (size_t i = 0; i < size; i++) {
        float value = leaf[i];
        if (trees->index < weights->count)
            value *= weights->values[trees->index];
        values[i] = (double)value;
    }
    return true;
}

static bool make_inner(struct trees *trees, size_t index)
{
    const struct tree *tree = &trees->tree;
    struct forest_node *node = &trees->nodes[index];
    int32_t left = tree->left.values[index], right = tree->right.values[index];
    bool default_left = tree->default_left.values[index] != 0;
    int32_t kind = tree->kind.count > 0 ? tree->kind.values[index] : NUMERICAL;
    if (left < 0 || right < 0 || tree->feature.values[index] < 0)
        return err_set(trees->err, ERR_INVALID, "node %zu: a negative number", index);
    node->feature = (uint32_t)tree->feature.values[index];
    if (kind == CATEGORICAL) { /* in the set: right */
        if (node->set == NULL)
            return err_set(trees->err, ERR_INVALID, "node %zu has no categories", index);
        node->test = FOREST_IN_SET;
        node->yes = (uint32_t)right;
        node->no = (uint32_t)left;
        node->missing = default_left ? FOREST_MISSING_NO : FOREST_MISSING_YES;
        return true;
    }
    if (kind != NUMERICAL)
        return err_set(trees->err, ERR_INVALID, "node %zu has an unknown split_type", index);
    node->test = FOREST_LESS;
    node->threshold = (double)tree->condition.values[index];
    node->yes = (uint32_t)left;
    node->no = (uint32_t)right;
    node->missing = default_left ? FOREST_MISSING_YES : FOREST_MISSING_NO;
    return true;
}

/* Deleted nodes may lie in the arrays; nothing leads to them, and they are given as empty leaves.
 */
static bool is_deleted(const struct tree *tree, size_t index)
{
    return tree->feature.values[index] == INT32_MAX;
}

static size_t count_leaves(const struct tree *tree)
{
    size_t count = 0;
    for (size_t i = 0; i < tree->left.count; i++)
        count += tree->left.values[i] == -1 || is_deleted(tree, i);
    return count;
}

static bool make_nodes(struct trees *trees, size_t size)
{
    const struct tree *tree = &trees->tree;
    double *values = trees->values;
    for (size_t i = 0; i < tree->left.count; i++) {
        bool deleted = i > 0 && is_deleted(tree, i);
        if (tree->left.values[i] != -1 && !deleted) {
            if (!make_inner(trees, i))
                return false;
            continue;
        }
        trees->nodes[i].test = FOREST_LEAF;
        trees->nodes[i].values = values;
        if (deleted)
            memset(values, 0, size * sizeof *values);
        else if (!leaf_values(trees, i, size, values))
            return false;
        values += size;
    }
    return true;
}

static bool add_tree(struct trees *trees)
{
    const struct tree *tree = &trees->tree;
    size_t size = tree->leaf_size > 1 ? (size_t)tree->leaf_size : 1;
    size_t group = size > 1 ? 0 : (size_t)trees->document->tree_groups.values[trees->index];
    if (size > 1 && size != trees->outputs)
        return refuse(trees, "its leaves have not a value for each output");
    size_t value_count;
    void *nodes = trees->nodes, *values = trees->values;
    bool ok = mem_multiply(count_leaves(tree) + 1, size, &value_count) &&
              make_room(&nodes, &trees->node_room, tree->left.count, sizeof *trees->nodes) &&
              make_room(&values, &trees->value_room, value_count, sizeof *trees->values);
    trees->nodes = nodes;
    trees->values = values;
    if (!ok)
        return no_memory(trees);
    memset(trees->nodes, 0, tree->left.count * sizeof *trees->nodes);
    return make_sets(trees) && make_nodes(trees, size) &&
           forest_builder_add(trees->builder, trees->nodes, tree->left.count, group, size,
                              trees->err);
}

static bool read_all(struct trees *trees, size_t count)
{
    if (!reader_open_array(trees->reader))
        return false;
    for (trees->index = 0; trees->index < count && reader_next_item(trees->reader);
         trees->index++) {
        if (!read_arrays(trees) || !check_lengths(trees) || !read_node_weights(trees) ||
            !add_tree(trees))
            return err_prefix(trees->err, "tree %zu", trees->index);
    }
    if (reader_failed(trees->reader))
        return false;
    if (trees->index < count)
        return err_set(trees->err, ERR_INVALID, "there are %zu trees of %zu", trees->index, count);
    return true;
}

static bool check_groups(const struct xgboost_document *document, size_t outputs, struct err *err)
{
    for (size_t i = 0; i < document->tree_groups.count; i++) {
        int32_t group = document->tree_groups.values[i];
        if (group < 0 || (size_t)group >= outputs)
            return err_set(err, ERR_INVALID,
                           "tree_info: tree %zu belongs to an output that is not there", i);
    }
    return document->drop_weights.count <= document->tree_groups.count ||
           err_set(err, ERR_INVALID, "weight_drop has more weights than there are trees");
}

struct forest *xgboost_trees_read(const struct xgboost_document *document, size_t count,
                                  struct err *err)
{
    size_t outputs = xgboost_document_outputs(document);
    struct forest_shape shape = {
        .input = FOREST_SINGLE,
        .sum = FOREST_SINGLE,
        .features = (size_t)document->features,
        .outputs = outputs,
    };
    struct trees trees = {.document = document, .err = err, .outputs = outputs};
    struct forest *forest = NULL;
    if (!check_groups(document, outputs, err))
        return NULL;
    trees.builder = forest_builder_create(&shape, err);
    trees.reader = reader_create_within(document->reader, document->trees, err);
    if (trees.builder != NULL && trees.reader != NULL && read_all(&trees, count)) {
        /* Nothing of the last tree is needed any more while the forest is laid out. */
        tree_finish(&trees.tree);
        forest = forest_build(trees.builder, err);
    } else {
        forest_builder_destroy(trees.builder);
    }
    reader_destroy(trees.reader);
    tree_finish(&trees.tree);
    free(trees.nodes);
    free(trees.values);
    free(trees.sets);
    return forest;
}

/* Trees of one iteration, where the file does not list the iterations' ends (until 1.7). Until 1.4
 * it does not say how many are grown side by side either: then as many as follow each other in the
 * first of several groups, or else one, as later releases read such a file. */
static size_t trees_per_iteration(const struct xgboost_document *document)
{
    const struct reader_integers *group = &document->tree_groups;
    int32_t groups = 0;
    size_t parallel = document->parallel_trees > 0 ? (size_t)document->parallel_trees : 1;
    for (size_t i = 0; i < group->count; i++)
        groups = group->values[i] > groups ? group->values[i] : groups;
    if (document->parallel_trees < 0 && document->best_trees > 0 && document->best_iteration >= 0) {
        parallel = (size_t)(document->best_trees / (document->best_iteration + 1));
    } else if (document->parallel_trees < 0 && groups > 0) {
        parallel = 0;
        while (parallel < group->count && group->values[parallel] == group->values[0])
            parallel++;
    }
    return (size_t)(groups + 1) * (parallel > 0 ? parallel : 1);
}

bool xgboost_trees_count(const struct xgboost_document *document,
                         const struct format_settings *settings, size_t *count, struct err *err)
{
    size_t all = document->tree_groups.count;
    if (document->tree_count >= 0 && (uint64_t)document->tree_count != all)
        return err_set(err, ERR_INVALID, "num_trees is not the length of tree_info");
    *count = all;
    size_t iterations;
    if (settings->iterations == FORMAT_ITERATIONS_FIRST)
        iterations = settings->iteration_count;
    else if (settings->iterations == FORMAT_ITERATIONS_BEST && document->best_iteration >= 0)
        iterations = (size_t)document->best_iteration + 1;
    else
        return true;
    size_t end;
    if (document->iteration_ends.count > iterations)
        end = document->iteration_ends.values[iterations] < 0
                  ? all
                  : (size_t)document->iteration_ends.values[iterations];
    else if (document->iteration_ends.count > 0 ||
             !mem_multiply(iterations, trees_per_iteration(document), &end))
        return true;
    *count = end < all ? end : all;
    return true;
}
