#include "formats/lightgbm_trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mapping.h"
#include "base/mem.h"
#include "formats/lightgbm_tree.h"

struct reader {
    struct lightgbm_trees *trees;
    struct forest_builder *builder;
    struct lightgbm_tree tree;
    struct forest_node *nodes;
    size_t node_room;
    const char *kept; /* of a mapped file, what is before it takes no memory */
};

#define KEPT_MAX ((ptrdiff_t)1 << 20)

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory for its leaves");
}

/* *room for `wanted` elements at least; grows by doubling. */
static void *resize(void *block, size_t *room, size_t wanted, size_t size)
{
    size_t larger = *room > 0 ? *room : 64;
    while (larger < wanted)
        larger *= 2;
    if (larger == *room)
        return block;
    block = mem_resize(block, larger, size);
    if (block != NULL)
        *room = larger;
    return block;
}

static uint32_t node_index(const struct lightgbm_tree *tree, int32_t child)
{
    return child >= 0 ? (uint32_t)child : (uint32_t)(tree->leaves - 1) + (uint32_t)~child;
}

static enum forest_missing node_missing(int32_t decision)
{
    bool left = (decision & LIGHTGBM_DEFAULT_LEFT) != 0;
    switch (LIGHTGBM_MISSING(decision)) {
    case LIGHTGBM_MISSING_ZERO:
        return left ? FOREST_ZERO_YES : FOREST_ZERO_NO;
    case LIGHTGBM_MISSING_NAN:
        return left ? FOREST_MISSING_YES : FOREST_MISSING_NO;
    default:
        return FOREST_MISSING_ZERO;
    }
}

/* LightGBM's row functions drop numbers of at most LIGHTGBM_ZERO, so that they count as 0. Only a
 * threshold among them can tell the difference; one of exactly LIGHTGBM_ZERO cannot. */
static bool threshold_sees_tiny(double threshold)
{
    return threshold >= -LIGHTGBM_ZERO && threshold < LIGHTGBM_ZERO;
}

static void set_split(struct reader *reader, size_t i)
{
    const struct lightgbm_tree *tree = &reader->tree;
    struct forest_node *node = &reader->nodes[i];
    *node = (struct forest_node){
        .test = FOREST_LESS_EQUAL,
        .missing = node_missing(tree->decisions[i]),
        .feature = (uint32_t)tree->features[i],
        .yes = node_index(tree, tree->left[i]),
        .no = node_index(tree, tree->right[i]),
        .threshold = tree->thresholds[i],
    };
    if ((tree->decisions[i] & LIGHTGBM_CATEGORICAL) == 0) {
        reader->trees->sees_tiny |= threshold_sees_tiny(node->threshold);
        return;
    }
    size_t set = (size_t)tree->thresholds[i];
    node->test = FOREST_IN_SET_TRUNCATED;
    node->missing = FOREST_MISSING_NO;
    node->threshold = 0;
    node->set = tree->words + tree->bounds[set];
    node->set_words = (size_t)(tree->bounds[set + 1] - tree->bounds[set]);
    reader->trees->categorical++;
}

static void set_leaf(struct reader *reader, size_t leaf)
{
    const double *value = &reader->tree.values[leaf];
    reader->nodes[reader->tree.leaves - 1 + leaf] =
        (struct forest_node){.test = FOREST_LEAF, .values = value};
    reader->trees->least = fmin(reader->trees->least, *value);
    reader->trees->most = fmax(reader->trees->most, *value);
}

/* Inner nodes keep their numbers, leaf j follows as inner nodes + j. */
static bool add_forest_tree(struct reader *reader, struct err *err)
{
    const struct lightgbm_tree *tree = &reader->tree;
    size_t count = 2 * tree->leaves - 1, column = reader->trees->count % reader->trees->columns;
    struct forest_node *nodes =
        resize(reader->nodes, &reader->node_room, count, sizeof *reader->nodes);
    if (nodes == NULL)
        return no_memory(err);
    reader->nodes = nodes;
    for (size_t i = 0; i + 1 < tree->leaves; i++)
        set_split(reader, i);
    for (size_t leaf = 0; leaf < tree->leaves; leaf++)
        set_leaf(reader, leaf);
    return forest_builder_add(reader->builder, reader->nodes, count, column, 1, err);
}

static bool grow_linear(struct lightgbm_linear *linear, size_t trees, size_t leaves,
                        size_t coefficients)
{
    void *firsts =
        resize(linear->tree_first, &linear->tree_room, trees, sizeof *linear->tree_first);
    linear->tree_first = firsts != NULL ? firsts : linear->tree_first;
    void *all = resize(linear->leaves, &linear->leaf_room, linear->leaf_count + leaves,
                       sizeof *linear->leaves);
    linear->leaves = all != NULL ? all : linear->leaves;
    size_t room = linear->coefficient_room, wanted = linear->coefficient_count + coefficients;
    void *values = resize(linear->coefficients, &room, wanted, sizeof *linear->coefficients);
    linear->coefficients = values != NULL ? values : linear->coefficients;
    void *features =
        resize(linear->features, &linear->coefficient_room, wanted, sizeof *linear->features);
    linear->features = features != NULL ? features : linear->features;
    return firsts != NULL && all != NULL && values != NULL && features != NULL;
}

static void add_coefficients(struct lightgbm_linear *linear, const struct lightgbm_tree *tree)
{
    for (size_t i = 0; i < tree->coefficients; i++) {
        linear->coefficients[linear->coefficient_count] = tree->coefficient_values[i];
        linear->features[linear->coefficient_count++] = (uint32_t)tree->coefficient_features[i];
    }
}

static bool add_linear_tree(struct reader *reader, struct err *err)
{
    const struct lightgbm_tree *tree = &reader->tree;
    struct lightgbm_linear *linear = &reader->trees->linear;
    size_t number = reader->trees->count;
    if (!tree->is_linear)
        return true;
    if (!grow_linear(linear, number + 1, tree->leaves, tree->coefficients))
        return no_memory(err);
    while (linear->tree_count < number)
        linear->tree_first[linear->tree_count++] = LIGHTGBM_PLAIN;
    linear->tree_first[linear->tree_count++] = linear->leaf_count;
    size_t first = linear->coefficient_count;
    for (size_t i = 0; i < tree->leaves; i++) {
        size_t count = (size_t)tree->counts[i];
        linear->leaves[linear->leaf_count++] =
            (struct lightgbm_leaf){tree->constants[i], tree->values[i], first, count};
        first += count;
    }
    add_coefficients(linear, tree);
    reader->trees->sees_tiny = true;
    return true;
}

static bool add_tree(struct reader *reader, const struct lightgbm_header *header,
                     struct lightgbm_lines *lines, struct err *err)
{
    struct lightgbm_trees *trees = reader->trees;
    if (!lightgbm_tree_read(&reader->tree, lines, header->features, err) ||
        !add_forest_tree(reader, err) || !add_linear_tree(reader, err))
        return err_prefix(err, "tree %zu", trees->count);
    trees->count++;
    return true;
}

/* The sizes tell a file that was cut between trees; releases before 2.2 have nothing else. */
static bool check_end(const struct lightgbm_trees *trees, const struct lightgbm_header *header,
                      const char *begin, const struct lightgbm_lines *lines, bool ended,
                      struct err *err)
{
    if (header->has_sizes && trees->in_file != header->trees)
        return err_set(err, ERR_INVALID, "tree_sizes lists %zu trees, the file has %zu",
                       header->trees, trees->in_file);
    if (header->has_sizes && (size_t)(lines->end - begin) < header->tree_bytes)
        return err_set(err, ERR_INVALID, "the file is shorter than tree_sizes says");
    return ended || header->version == 2 ||
           err_set(err, ERR_INVALID, "there is no \"end of trees\": the file is not whole");
}

static bool read_all(struct reader *reader, const struct lightgbm_header *header,
                     struct lightgbm_lines *lines, size_t most, struct err *err)
{
    struct lightgbm_trees *trees = reader->trees;
    struct lightgbm_text line;
    const char *begin = lines->at;
    bool ended = false;
    while (!ended && lightgbm_lines_next(lines, &line)) {
        if (line.length == 0)
            continue;
        if (!lightgbm_text_begins(line, "Tree=", NULL)) {
            ended = lightgbm_text_is(line, "end of trees");
            break;
        }
        if (trees->count == most)
            lightgbm_tree_skip(lines);
        else if (!add_tree(reader, header, lines, err))
            return false;
        trees->in_file++;
        if (lines->at - reader->kept > KEPT_MAX) {
            mapping_release(reader->kept, lines->at);
            reader->kept = lines->at;
        }
    }
    return check_end(trees, header, begin, lines, ended, err);
}

bool lightgbm_trees_read(struct lightgbm_trees *trees, const struct lightgbm_header *header,
                         struct lightgbm_lines *lines, size_t most, struct err *err)
{
    const struct forest_shape shape = {
        .input = FOREST_DOUBLE,
        .sum = FOREST_DOUBLE,
        .features = header->features,
        .outputs = header->columns,
    };
    *trees =
        (struct lightgbm_trees){.columns = header->columns, .least = INFINITY, .most = -INFINITY};
    struct reader reader = {
        .trees = trees, .kept = lines->at, .builder = forest_builder_create(&shape, err)};
    bool ok = reader.builder != NULL && read_all(&reader, header, lines, most, err);
    lightgbm_tree_finish(&reader.tree);
    free(reader.nodes);
    if (ok)
        trees->forest = forest_build(reader.builder, err);
    else
        forest_builder_destroy(reader.builder);
    return trees->forest != NULL;
}

void lightgbm_linear_finish(struct lightgbm_linear *linear)
{
    free(linear->tree_first);
    free(linear->leaves);
    free(linear->coefficients);
    free(linear->features);
    *linear = (struct lightgbm_linear){0};
}

void lightgbm_trees_finish(struct lightgbm_trees *trees)
{
    forest_destroy(trees->forest);
    lightgbm_linear_finish(&trees->linear);
    trees->forest = NULL;
}
