/* Random forests of every kind, against a walk over their nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "math/forest_kernels.h"

#include "forest_oracle.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((random_state >> 32) * bound) >> 32);
}

#define FEATURES 7
#define OUTPUTS 3

/* What a random forest is made of. */
struct kind {
    struct forest_shape shape;
    uint32_t splits; /* at most, of each tree */
    size_t trees;
    uint32_t chain;    /* of 8: how often the deepest leaf is split */
    uint32_t tests;    /* the first ones of forest_tests */
    uint32_t missings; /* the first ones of forest_missings */
    uint32_t vector;   /* values of a leaf */
    uint32_t odd;      /* of 8: how often a threshold is one of forest_numbers */
};

struct random_tree {
    struct forest_node *nodes;
    size_t count, first;
    double *values;
};

static void random_split(const struct kind *kind, struct forest_node *node, uint32_t next)
{
    node->test = forest_tests[random_below(kind->tests)];
    node->missing = forest_missings[random_below(kind->missings)];
    node->feature = random_below(FEATURES);
    node->threshold = ((double)random_below(16) - 8.0) / 10.0;
    if (random_below(8) < kind->odd)
        node->threshold = forest_numbers[random_below(FOREST_NUMBERS)];
    node->set = forest_set;
    node->set_words = random_below(3);
    node->yes = next + random_below(2);
    node->no = node->yes == next ? next + 1 : next;
}

static struct random_tree random_tree(const struct kind *kind)
{
    uint32_t splits = random_below(kind->splits + 1);
    struct random_tree tree = {.count = 2 * (size_t)splits + 1};
    tree.nodes = calloc(tree.count, sizeof(*tree.nodes));
    tree.values = calloc(tree.count * kind->vector, sizeof(*tree.values));
    assert_true(tree.nodes != NULL && tree.values != NULL);
    for (uint32_t i = 0, next = 1; i < splits; i++, next += 2) {
        uint32_t leaf = random_below(8) < kind->chain ? next - 1 : random_below(next);
        while (tree.nodes[leaf].test != FOREST_LEAF)
            leaf = (leaf + 1) % next;
        random_split(kind, &tree.nodes[leaf], next);
    }
    for (size_t i = 0; i < tree.count * kind->vector; i++)
        tree.values[i] = ((double)random_below(2000001) - 1e6) / 1e5;
    for (size_t i = 0; i < tree.count; i++)
        tree.nodes[i].values = tree.values + i * kind->vector;
    tree.first = random_below(OUTPUTS - kind->vector + 1);
    return tree;
}

static void expected_sums(const struct kind *kind, const struct random_tree *trees,
                          const double *row, double *sums)
{
    for (size_t t = 0; t < kind->trees; t++) {
        uint32_t leaf = forest_expected_leaf(trees[t].nodes, kind->shape.input, row);
        for (size_t k = 0; k < kind->vector; k++) {
            double *sum = &sums[trees[t].first + k];
            double value = trees[t].nodes[leaf].values[k];
            *sum = kind->shape.sum == FOREST_SINGLE ? (double)((float)*sum + (float)value)
                                                    : *sum + value;
        }
    }
}

static uint32_t leaf_position(const struct random_tree *tree, uint32_t node)
{
    uint32_t position = 0;
    for (uint32_t i = 0; i < node; i++)
        position += tree->nodes[i].test == FOREST_LEAF;
    return position;
}

static void fill_row(double *row, bool missing)
{
    for (size_t i = 0; i < FEATURES; i++) {
        row[i] = ((double)random_below(18) - 8.0) / 10.0;
        if (missing && random_below(6) == 0)
            row[i] = forest_numbers[random_below(FOREST_NUMBERS)];
    }
}

static void check_leaves(const struct kind *kind, const struct forest *forest,
                         const struct random_tree *trees, const struct forest_rows *rows,
                         struct arena *scratch)
{
    struct err err = ERR_INIT;
    uint32_t *leaves = calloc(rows->count * kind->trees, sizeof(*leaves));
    assert_non_null(leaves);
    assert_true(forest_leaves(forest, rows, leaves, scratch, &err));
    for (size_t r = 0; r < rows->count; r++)
        for (size_t t = 0; t < kind->trees; t++) {
            const double *row = (const double *)rows->data + r * rows->stride;
            uint32_t node = forest_expected_leaf(trees[t].nodes, kind->shape.input, row);
            uint32_t leaf = leaves[r * kind->trees + t];
            assert_int_equal(leaf, leaf_position(&trees[t], node));
            double values[OUTPUTS];
            forest_leaf_values(forest, t, leaf, values);
            for (size_t k = 0; k < kind->vector; k++) {
                double value = trees[t].nodes[node].values[k];
                if (kind->shape.sum == FOREST_SINGLE)
                    value = (double)(float)value;
                assert_true(values[k] == value);
            }
        }
    free(leaves);
}

#define SUM_BEGIN 0.25

/* With every set of kernels that this processor runs. */
static void check_sums(const struct kind *kind, const struct forest *forest,
                       const struct forest_kernels *kernels, const struct random_tree *trees,
                       const struct forest_rows *rows, struct arena *scratch)
{
    struct err err = ERR_INIT;
    bool single = kind->shape.sum == FOREST_SINGLE;
    size_t count = rows->count * OUTPUTS;
    float *floats = calloc(count, sizeof(*floats));
    double *doubles = calloc(count, sizeof(*doubles));
    assert_true(floats != NULL && doubles != NULL);
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)(doubles[i] = SUM_BEGIN);
    assert_true(forest_sum_with(forest, kernels, rows, single ? (void *)floats : (void *)doubles,
                                scratch, &err));
    for (size_t r = 0; r < rows->count; r++) {
        double sums[OUTPUTS] = {SUM_BEGIN, SUM_BEGIN, SUM_BEGIN};
        expected_sums(kind, trees, (const double *)rows->data + r * rows->stride, sums);
        for (size_t k = 0; k < OUTPUTS; k++) {
            double got = single ? (double)floats[r * OUTPUTS + k] : doubles[r * OUTPUTS + k];
            if (got != sums[k])
                fail_msg("row %zu of %zu, output %zu: %a, not %a", r, rows->count, k, got, sums[k]);
        }
    }
    free(floats);
    free(doubles);
}

/* The same rows as floats answer alike where the input is float32. */
static void check_floats(const struct kind *kind, const struct forest *forest,
                         const struct random_tree *trees, const struct forest_rows *rows,
                         struct arena *scratch)
{
    size_t count = rows->count * rows->stride;
    float *narrow = calloc(count, sizeof(*narrow));
    double *wide = calloc(count, sizeof(*wide));
    uint32_t *leaves = calloc(rows->count * kind->trees, sizeof(*leaves));
    assert_true(narrow != NULL && wide != NULL && leaves != NULL);
    for (size_t i = 0; i < count; i++)
        wide[i] = (double)(narrow[i] = (float)((const double *)rows->data)[i]);
    struct forest_rows narrow_rows = {FOREST_SINGLE, narrow, rows->count, rows->stride};
    struct err err = ERR_INIT;
    assert_true(forest_leaves(forest, &narrow_rows, leaves, scratch, &err));
    for (size_t r = 0; r < rows->count; r++)
        for (size_t t = 0; t < kind->trees; t++) {
            uint32_t node =
                forest_expected_leaf(trees[t].nodes, kind->shape.input, wide + r * rows->stride);
            assert_int_equal(leaves[r * kind->trees + t], leaf_position(&trees[t], node));
        }
    free(narrow);
    free(wide);
    free(leaves);
}

/* What the forest came to be is told to `laid_out`, where that is not NULL. */
static void check_kind(const struct kind *kind,
                       void (*laid_out)(const struct kind *kind, const struct forest *forest))
{
    static const size_t ROWS[] = {1, 2, 7, 8, 15, 16, 17, 63, 64, 65, 130, 300};
    struct err err = ERR_INIT;
    struct arena scratch;
    arena_init(&scratch, 0);
    struct random_tree *trees = calloc(kind->trees, sizeof(*trees));
    struct forest_builder *builder = forest_builder_create(&kind->shape, &err);
    assert_true(trees != NULL && builder != NULL);
    for (size_t t = 0; t < kind->trees; t++) {
        trees[t] = random_tree(kind);
        assert_true(forest_builder_add(builder, trees[t].nodes, trees[t].count, trees[t].first,
                                       kind->vector, &err));
    }
    struct forest *forest = forest_build(builder, &err);
    assert_non_null(forest);
    if (laid_out != NULL)
        laid_out(kind, forest);
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        size_t stride = FEATURES + i % 3;
        double *data = calloc(ROWS[i] * stride, sizeof(*data));
        assert_non_null(data);
        for (size_t r = 0; r < ROWS[i]; r++)
            fill_row(data + r * stride, i % 2 == 0 && kind->missings > 1);
        struct forest_rows rows = {FOREST_DOUBLE, data, ROWS[i], stride};
        const struct forest_kernels *levels[FOREST_LEVELS_MAX];
        size_t level_count = forest_kernels_list(levels);
        for (size_t k = 0; k < level_count; k++)
            check_sums(kind, forest, levels[k], trees, &rows, &scratch);
        check_leaves(kind, forest, trees, &rows, &scratch);
        check_floats(kind, forest, trees, &rows, &scratch);
        free(data);
    }
    for (size_t t = 0; t < kind->trees; t++) {
        free(trees[t].nodes);
        free(trees[t].values);
    }
    free(trees);
    forest_destroy(forest);
    arena_finish(&scratch);
}

/* Shapes from stumps to chains, comparisons alone and all tests, plain and vector leaves. */
static void check_shapes(enum forest_width input, enum forest_width sum)
{
    static const uint32_t SPLITS[] = {0, 1, 7, 15, 31, 63, 64, 200, 1000};
    random_state = 3;
    for (size_t i = 0; i < COUNT(SPLITS); i++)
        for (uint32_t variant = 0; variant < 12; variant++) {
            struct kind kind = {.shape = {input, sum, FEATURES, OUTPUTS, 0},
                                .splits = SPLITS[i],
                                .trees = 1 + random_below(20),
                                .chain = variant % 3 * 3,
                                .tests = variant % 2 == 0 ? 4 : FOREST_TESTS,
                                .missings = variant % 4 < 2 ? 1 : FOREST_MISSINGS,
                                .vector = variant < 8 ? 1 : 1 + random_below(OUTPUTS)};
            check_kind(&kind, NULL);
        }
}

/* Doubles become ranks where only comparisons are made; with every kind of missing values there are
 * more columns than registers hold. */
static void check_layout(const struct kind *kind, const struct forest *forest)
{
    bool comparisons = kind->tests == 4;
    assert_int_equal(forest->thresholds != NULL, comparisons && kind->shape.input == FOREST_DOUBLE);
    assert_int_equal(forest->packed != NULL, comparisons || kind->shape.input == FOREST_SINGLE);
    assert_int_equal(forest->column_count > 32, kind->missings == FOREST_MISSINGS);
}

/* More than a chunk of them, thresholds that are infinite, none, or just beside another. */
static void test_many_trees(void **state)
{
    (void)state;
    static const enum forest_width WIDTHS[][2] = {{FOREST_DOUBLE, FOREST_DOUBLE},
                                                  {FOREST_SINGLE, FOREST_SINGLE},
                                                  {FOREST_SINGLE, FOREST_DOUBLE}};
    random_state = 5;
    for (size_t i = 0; i < COUNT(WIDTHS); i++)
        for (uint32_t variant = 0; variant < 8; variant++) {
            struct kind kind = {.shape = {WIDTHS[i][0], WIDTHS[i][1], FEATURES, OUTPUTS, 0},
                                .splits = 60,
                                .trees = 150 + random_below(100),
                                .chain = 2,
                                .tests = variant % 2 == 0 ? 4 : FOREST_TESTS,
                                .missings = variant % 4 < 2 ? 1 : FOREST_MISSINGS,
                                .vector = variant < 4 ? 1 : 2,
                                .odd = 1 + random_below(4)};
            check_kind(&kind, check_layout);
        }
}

static void check_no_ranks(const struct kind *kind, const struct forest *forest)
{
    (void)kind;
    assert_true(forest->cell_count > 1);
    assert_null(forest->thresholds);
}

/* Finding ranks would take longer than the walk. */
static void test_few_trees_keep_their_thresholds(void **state)
{
    (void)state;
    static const struct kind KIND = {.shape = {FOREST_DOUBLE, FOREST_DOUBLE, FEATURES, OUTPUTS, 0},
                                     .splits = 60,
                                     .trees = 1,
                                     .tests = 4,
                                     .missings = 1,
                                     .vector = 1};
    random_state = 8;
    check_kind(&KIND, check_no_ranks);
}

static void test_random_forests_in_doubles(void **state)
{
    (void)state;
    check_shapes(FOREST_DOUBLE, FOREST_DOUBLE);
}

static void test_random_forests_in_singles(void **state)
{
    (void)state;
    check_shapes(FOREST_SINGLE, FOREST_SINGLE);
}

static void test_random_forests_of_singles_in_doubles(void **state)
{
    (void)state;
    check_shapes(FOREST_SINGLE, FOREST_DOUBLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_forests_in_doubles),
        cmocka_unit_test(test_random_forests_in_singles),
        cmocka_unit_test(test_random_forests_of_singles_in_doubles),
        cmocka_unit_test(test_many_trees),
        cmocka_unit_test(test_few_trees_keep_their_thresholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
