#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "math/forest.h"

#include "forest_oracle.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct forest_shape DOUBLES = {FOREST_DOUBLE, FOREST_DOUBLE, 1, 1, 0};
static const struct forest_shape SINGLES = {FOREST_SINGLE, FOREST_SINGLE, 1, 1, 0};
static const struct forest_shape MIXED = {FOREST_SINGLE, FOREST_DOUBLE, 1, 1, 0};

/* ---- helpers ---- */

static struct forest *build(const struct forest_shape *shape, const struct forest_node *nodes,
                            size_t count)
{
    struct err err = ERR_INIT;
    struct forest_builder *builder = forest_builder_create(shape, &err);
    assert_non_null(builder);
    if (!forest_builder_add(builder, nodes, count, 0, 1, &err))
        fail_msg("%s", err.text);
    struct forest *forest = forest_build(builder, &err);
    assert_non_null(forest);
    return forest;
}

static double sum_of(const struct forest *forest, enum forest_width sum, const double *row,
                     size_t features)
{
    struct arena scratch;
    struct err err = ERR_INIT;
    arena_init(&scratch, 0);
    struct forest_rows rows = {FOREST_DOUBLE, row, 1, features};
    float single = 0;
    double wide = 0;
    assert_true(forest_sum(forest, &rows, sum == FOREST_SINGLE ? (void *)&single : (void *)&wide,
                           &scratch, &err));
    assert_int_equal(scratch.used, 0);
    arena_finish(&scratch);
    return sum == FOREST_SINGLE ? (double)single : wide;
}

static const double ONE = 1, TWO = 2;

/* A tree of one test: 1 where it says yes, 2 where no. */
static double answer_of(const struct forest_shape *shape, struct forest_node node, double x)
{
    node.yes = 1;
    node.no = 2;
    struct forest_node nodes[] = {
        node, {.test = FOREST_LEAF, .values = &ONE}, {.test = FOREST_LEAF, .values = &TWO}};
    struct forest *forest = build(shape, nodes, 3);
    double answer = sum_of(forest, shape->sum, &x, 1);
    forest_destroy(forest);
    return answer;
}

/* ---- tests ---- */

/* Every test with every missing mode, every threshold and every number. */
static void check_shape(const struct forest_shape *shape)
{
    for (size_t t = 0; t < FOREST_TESTS; t++)
        for (size_t m = 0; m < FOREST_MISSINGS; m++)
            for (size_t h = 0; h < FOREST_NUMBERS; h++)
                for (size_t i = 0; i < FOREST_NUMBERS; i++) {
                    struct forest_node node = {.test = forest_tests[t],
                                               .missing = forest_missings[m],
                                               .threshold = forest_numbers[h],
                                               .set = forest_set,
                                               .set_words = h % 3};
                    double x = forest_numbers[i];
                    if (shape->input == FOREST_SINGLE)
                        x = (double)(float)x;
                    double expected = forest_says_yes(&node, x) ? ONE : TWO;
                    if (answer_of(shape, node, forest_numbers[i]) != expected)
                        fail_msg("test %d missing %d threshold %a x %a: not %g", forest_tests[t],
                                 forest_missings[m], forest_numbers[h], forest_numbers[i],
                                 expected);
                }
}

static void test_every_test_in_doubles(void **state)
{
    (void)state;
    check_shape(&DOUBLES);
}

static void test_every_test_in_singles(void **state)
{
    (void)state;
    check_shape(&SINGLES);
}

static void test_singles_compare_with_double_thresholds(void **state)
{
    (void)state;
    check_shape(&MIXED);
    /* 0.1f is greater than 0.1, and nothing lies between 0.1 and it */
    struct forest_node node = {.test = FOREST_LESS_EQUAL, .threshold = 0.1};
    assert_true(answer_of(&MIXED, node, 0.1) == TWO);
    node.threshold = (double)0.1f;
    assert_true(answer_of(&MIXED, node, 0.1) == ONE);
    node.test = FOREST_LESS;
    assert_true(answer_of(&MIXED, node, 0.1) == TWO);
    node.threshold = nextafter((double)0.1f, 1.0);
    assert_true(answer_of(&MIXED, node, 0.1) == ONE);
}

static uint64_t random_state;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((random_state >> 32) * bound) >> 32);
}

static const struct forest_node LONE_LEAF = {.test = FOREST_LEAF, .values = &ONE};

static void test_counts(void **state)
{
    (void)state;
    const struct forest_node nodes[] = {
        {.test = FOREST_LESS, .yes = 4, .no = 2},   LONE_LEAF, /* not reached */
        {.test = FOREST_LESS, .yes = 3, .no = 5},   LONE_LEAF, LONE_LEAF, LONE_LEAF,
        {.test = FOREST_LESS, .yes = 900, .no = 6}, /* not reached, so not looked at */
    };
    struct forest *forest = build(&DOUBLES, nodes, COUNT(nodes));
    assert_int_equal(forest_tree_count(forest), 1);
    assert_int_equal(forest_node_count(forest), 5);
    assert_int_equal(forest_depth(forest), 2);
    assert_true(forest_bytes(forest) > 5 * 8);
    forest_destroy(forest);
}

static void test_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct forest *forest = forest_build(forest_builder_create(&SINGLES, &err), &err);
    assert_non_null(forest);
    double x = 3;
    assert_true(sum_of(forest, FOREST_SINGLE, &x, 1) == 0);
    assert_int_equal(forest_tree_count(forest), 0);
    forest_destroy(forest);
    forest = build(&SINGLES, &LONE_LEAF, 1);
    assert_int_equal(forest_depth(forest), 0);
    assert_true(sum_of(forest, FOREST_SINGLE, &x, 1) == 1);
    struct arena scratch;
    arena_init(&scratch, 0);
    struct forest_rows rows = {FOREST_DOUBLE, &x, 0, 1};
    assert_true(forest_sum(forest, &rows, NULL, &scratch, &err));
    arena_finish(&scratch);
    forest_destroy(forest);
    forest_destroy(NULL);
    forest_builder_destroy(NULL);
}

static void test_sums_are_of_their_width(void **state)
{
    (void)state;
    static const double TINY = 1e-9, TENTH = 0.1;
    struct err err = ERR_INIT;
    struct forest_builder *builder = forest_builder_create(&SINGLES, &err);
    struct forest_node big = {.test = FOREST_LEAF, .values = &ONE};
    struct forest_node tiny = {.test = FOREST_LEAF, .values = &TINY};
    struct forest_node tenth = {.test = FOREST_LEAF, .values = &TENTH};
    assert_true(forest_builder_add(builder, &big, 1, 0, 1, &err));
    assert_true(forest_builder_add(builder, &tiny, 1, 0, 1, &err));
    assert_true(forest_builder_add(builder, &tenth, 1, 0, 1, &err));
    struct forest *forest = forest_build(builder, &err);
    double x = 0;
    assert_true(sum_of(forest, FOREST_SINGLE, &x, 1) == (double)(1.0f + 1e-9f + 0.1f));
    forest_destroy(forest);
}

/* The features that no tree looks at do not count, whatever their number. */
static void test_many_features(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct forest_shape shape = {FOREST_DOUBLE, FOREST_DOUBLE, MANY, 1, 0};
    const struct forest_node nodes[] = {
        {.test = FOREST_LESS, .feature = MANY - 1, .threshold = 1, .yes = 1, .no = 2},
        LONE_LEAF,
        {.test = FOREST_LEAF, .values = &TWO},
    };
    struct forest *forest = build(&shape, nodes, COUNT(nodes));
    double *row = calloc(MANY, sizeof(*row));
    assert_non_null(row);
    assert_true(sum_of(forest, FOREST_DOUBLE, row, MANY) == ONE);
    row[MANY - 1] = 1;
    assert_true(sum_of(forest, FOREST_DOUBLE, row, MANY) == TWO);
    free(row);
    forest_destroy(forest);
}

/* More columns and more nodes than 16 bits count. */
static void test_wide_and_large(void **state)
{
    (void)state;
    enum { MANY = 70000 };
    struct forest_shape shape = {FOREST_SINGLE, FOREST_SINGLE, MANY, 1, 0};
    struct forest_node *nodes = calloc(2 * MANY + 1, sizeof(*nodes));
    double *values = calloc(MANY + 1, sizeof(*values));
    double *row = calloc(MANY, sizeof(*row));
    assert_true(nodes != NULL && values != NULL && row != NULL);
    for (uint32_t i = 0; i < MANY; i++) { /* a heap: feature i at node i */
        nodes[i] = (struct forest_node){
            .test = FOREST_LESS, .feature = i, .threshold = 0.5, .yes = 2 * i + 1, .no = 2 * i + 2};
    }
    for (uint32_t i = 0; i <= MANY; i++) {
        values[i] = (double)i;
        nodes[MANY + i] = (struct forest_node){.test = FOREST_LEAF, .values = &values[i]};
    }
    struct forest *forest = build(&shape, nodes, 2 * MANY + 1);
    for (int i = 0; i < 50; i++) {
        for (size_t k = 0; k < MANY; k++)
            row[k] = (double)random_below(2);
        double expected = *nodes[forest_expected_leaf(nodes, FOREST_SINGLE, row)].values;
        assert_true(sum_of(forest, FOREST_SINGLE, row, MANY) == expected);
    }
    forest_destroy(forest);
    free(nodes);
    free(values);
    free(row);
}

/* ---- what is refused ---- */

static void assert_refused(const struct forest_shape *shape, const struct forest_node *nodes,
                           size_t node_count, size_t first, size_t count, enum err_code code,
                           const char *text)
{
    struct err err = ERR_INIT;
    struct forest_builder *builder = forest_builder_create(shape, &err);
    assert_non_null(builder);
    assert_false(forest_builder_add(builder, nodes, node_count, first, count, &err));
    assert_int_equal(err.code, code);
    if (strstr(err.text, text) == NULL)
        fail_msg("\"%s\" in \"%s\"", text, err.text);
    forest_builder_destroy(builder);
}

static void test_bad_children(void **state)
{
    (void)state;
    struct forest_node nodes[] = {{.test = FOREST_LESS, .yes = 1, .no = 2}, LONE_LEAF, LONE_LEAF};
    nodes[0].no = 3;
    assert_refused(&DOUBLES, nodes, 3, 0, 1, ERR_INVALID, "node 0: there is no node 3 (3 nodes)");
    nodes[0].no = UINT32_MAX;
    assert_refused(&DOUBLES, nodes, 3, 0, 1, ERR_INVALID, "there is no node 4294967295");
    nodes[0].no = 0;
    assert_refused(&DOUBLES, nodes, 3, 0, 1, ERR_INVALID, "node 0: leads to node 0");
    nodes[0].no = 1;
    assert_refused(&DOUBLES, nodes, 3, 0, 1, ERR_INVALID, "leads to node 1, which was reached");
}

static void test_cycle(void **state)
{
    (void)state;
    const struct forest_node nodes[] = {
        {.test = FOREST_LESS, .yes = 1, .no = 2},  LONE_LEAF,
        {.test = FOREST_LESS, .yes = 3, .no = 4},  LONE_LEAF,
        {.test = FOREST_EQUAL, .yes = 2, .no = 5}, LONE_LEAF,
    };
    assert_refused(&DOUBLES, nodes, COUNT(nodes), 0, 1, ERR_INVALID, "node 4: leads to node 2");
}

static void test_bad_tests_features_and_outputs(void **state)
{
    (void)state;
    struct forest_node nodes[] = {{.test = FOREST_LESS, .yes = 1, .no = 2}, LONE_LEAF, LONE_LEAF};
    nodes[0].feature = 1;
    assert_refused(&DOUBLES, nodes, 3, 0, 1, ERR_INVALID, "node 0: feature 1 of 1 features");
    nodes[0].test = (enum forest_test)99;
    assert_refused(&DOUBLES, nodes, 3, 0, 1, ERR_INVALID, "unknown test");
    assert_refused(&DOUBLES, nodes, 0, 0, 1, ERR_INVALID, "a tree of 0 nodes");
    assert_refused(&DOUBLES, &LONE_LEAF, 1, 0, 2, ERR_INVALID, "outputs 0 to 1 of 1 outputs");
    assert_refused(&DOUBLES, &LONE_LEAF, 1, 1, 1, ERR_INVALID, "of 1 outputs");
    assert_refused(&DOUBLES, &LONE_LEAF, 1, 0, 0, ERR_INVALID, "of 1 outputs");
    assert_refused(&DOUBLES, &LONE_LEAF, 1, SIZE_MAX, 1, ERR_INVALID, "outputs");
    assert_refused(&DOUBLES, &LONE_LEAF, 1, 0, SIZE_MAX, ERR_INVALID, "outputs");
}

/* splits in a chain, whose depth they are. */
static struct forest_node *make_chain(size_t splits)
{
    struct forest_node *nodes = calloc(2 * splits + 1, sizeof(*nodes));
    assert_non_null(nodes);
    for (size_t i = 0; i <= 2 * splits; i++)
        nodes[i] = LONE_LEAF;
    for (uint32_t i = 0; i < splits; i++)
        nodes[2 * i] = (struct forest_node){
            .test = FOREST_LESS, .threshold = i, .yes = 2 * i + 1, .no = 2 * i + 2};
    return nodes;
}

static void test_depth_has_a_limit(void **state)
{
    (void)state;
    struct forest_node *nodes = make_chain(FOREST_DEPTH_MAX + 1);
    assert_refused(&DOUBLES, nodes, 2 * FOREST_DEPTH_MAX + 3, 0, 1, ERR_LIMIT, "deeper than");
    free(nodes);
    nodes = make_chain(FOREST_DEPTH_MAX);
    nodes[2 * FOREST_DEPTH_MAX].values = &TWO;
    struct forest *forest = build(&DOUBLES, nodes, 2 * FOREST_DEPTH_MAX + 1);
    assert_int_equal(forest_depth(forest), FOREST_DEPTH_MAX);
    double x = FOREST_DEPTH_MAX - 2;
    assert_true(sum_of(forest, FOREST_DOUBLE, &x, 1) == ONE);
    x = FOREST_DEPTH_MAX;
    assert_true(sum_of(forest, FOREST_DOUBLE, &x, 1) == TWO);
    forest_destroy(forest);
    free(nodes);
}

static void test_bytes_have_a_limit(void **state)
{
    (void)state;
    struct forest_shape shape = DOUBLES;
    shape.bytes_max = 10000;
    struct forest_node *nodes = make_chain(1000);
    assert_refused(&shape, nodes, 2001, 0, 1, ERR_LIMIT, "more than 10000 bytes");
    free(nodes);
    struct forest_node huge[] = {
        {.test = FOREST_IN_SET, .yes = 1, .no = 2, .set = forest_set, .set_words = SIZE_MAX / 2},
        LONE_LEAF,
        LONE_LEAF};
    assert_refused(&DOUBLES, huge, 3, 0, 1, ERR_LIMIT, "more than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_test_in_doubles),
        cmocka_unit_test(test_every_test_in_singles),
        cmocka_unit_test(test_singles_compare_with_double_thresholds),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_sums_are_of_their_width),
        cmocka_unit_test(test_many_features),
        cmocka_unit_test(test_wide_and_large),
        cmocka_unit_test(test_bad_children),
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_bad_tests_features_and_outputs),
        cmocka_unit_test(test_depth_has_a_limit),
        cmocka_unit_test(test_bytes_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
