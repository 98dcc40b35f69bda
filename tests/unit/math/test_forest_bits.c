/* A row's leaf is the same alone, where it is walked, and in a batch, where small trees are sets of
 * bits: for trees of 2 to 70 leaves in every shape, features that are missing, and both widths. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "math/forest.h"

enum { FEATURES = 5, ROWS = 150, LEAVES_MAX = 70, TREES_MAX = 3 };

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((random_state >> 32) * bound) >> 32);
}

/* Splits random leaves, or always the last one, until there are so many. Returns the nodes. */
static size_t grow(struct forest_node *nodes, double *values, size_t leaves, bool chain)
{
    size_t count = 1;
    nodes[0].test = FOREST_LEAF;
    while (count < 2 * leaves - 1) {
        size_t at = chain ? count - 1 : random_below((uint32_t)count);
        if (nodes[at].test != FOREST_LEAF)
            continue;
        nodes[at] = (struct forest_node){.test = random_below(2) ? FOREST_LESS : FOREST_LESS_EQUAL,
                                         .missing = random_below(2) ? FOREST_MISSING_YES
                                                                    : FOREST_MISSING_NO,
                                         .feature = random_below(FEATURES),
                                         .threshold = (double)random_below(9),
                                         .yes = (uint32_t)(chain ? count + 1 : count),
                                         .no = (uint32_t)(chain ? count : count + 1)};
        nodes[count++].test = FOREST_LEAF;
        nodes[count++].test = FOREST_LEAF;
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = (double)random_below(1000);
        nodes[i].values = &values[i];
    }
    return count;
}

static void fill(double *rows)
{
    for (size_t i = 0; i < (size_t)ROWS * FEATURES; i++)
        rows[i] = random_below(8) == 0 ? (double)NAN : (double)random_below(10);
}

static void check_batches(const struct forest *forest, const double *rows)
{
    struct arena scratch;
    struct err err = ERR_INIT;
    double alone[ROWS] = {0}, together[ROWS] = {0};
    uint32_t leaves_alone[ROWS * TREES_MAX], leaves_together[ROWS * TREES_MAX];
    size_t trees = forest_tree_count(forest);
    arena_init(&scratch, 0);
    for (size_t row = 0; row < ROWS; row++) {
        struct forest_rows one = {FOREST_DOUBLE, rows + row * FEATURES, 1, FEATURES};
        assert_true(forest_sum(forest, &one, &alone[row], &scratch, &err));
        assert_true(forest_leaves(forest, &one, &leaves_alone[row * trees], &scratch, &err));
    }
    for (size_t count = 1; count <= ROWS; count += count < 70 ? 1 : 40) {
        struct forest_rows batch = {FOREST_DOUBLE, rows, count, FEATURES};
        memset(together, 0, sizeof together);
        assert_true(forest_sum(forest, &batch, together, &scratch, &err));
        assert_memory_equal(together, alone, count * sizeof *alone);
        assert_true(forest_leaves(forest, &batch, leaves_together, &scratch, &err));
        assert_memory_equal(leaves_together, leaves_alone, count * trees * sizeof *leaves_alone);
    }
    arena_finish(&scratch);
}

static void check_tree(enum forest_width input, size_t leaves, bool chain)
{
    static struct forest_node nodes[2 * LEAVES_MAX];
    static double values[2 * LEAVES_MAX], rows[ROWS * FEATURES];
    const struct forest_shape shape = {input, FOREST_DOUBLE, FEATURES, 1, 0};
    struct err err = ERR_INIT;
    struct forest_builder *builder = forest_builder_create(&shape, &err);
    size_t count = grow(nodes, values, leaves, chain);
    fill(rows);
    if (!forest_builder_add(builder, nodes, count, 0, 1, &err))
        fail_msg("%s", err.text);
    struct forest *forest = forest_build(builder, &err);
    check_batches(forest, rows);
    forest_destroy(forest);
}

static void test_batches(void **state)
{
    (void)state;
    for (size_t leaves = 1; leaves <= LEAVES_MAX; leaves++)
        for (int chain = 0; chain < 2; chain++) {
            check_tree(FOREST_SINGLE, leaves, chain);
            check_tree(FOREST_DOUBLE, leaves, chain);
        }
}

/* Small trees, large ones and those with sets beside each other keep their order. */
static void test_mixed_forest(void **state)
{
    (void)state;
    static struct forest_node nodes[3][2 * LEAVES_MAX];
    static double values[3][2 * LEAVES_MAX], rows[ROWS * FEATURES];
    static const uint32_t set[] = {0x155};
    const struct forest_shape shape = {FOREST_SINGLE, FOREST_DOUBLE, FEATURES, 1, 0};
    struct err err = ERR_INIT;
    struct forest_builder *builder = forest_builder_create(&shape, &err);
    const size_t leaves[] = {40, LEAVES_MAX, 8};
    fill(rows);
    for (size_t t = 0; t < 3; t++) {
        size_t count = grow(nodes[t], values[t], leaves[t], false);
        if (t == 2) {
            nodes[t][0].test = FOREST_IN_SET;
            nodes[t][0].set = set;
            nodes[t][0].set_words = 1;
        }
        if (!forest_builder_add(builder, nodes[t], count, 0, 1, &err))
            fail_msg("%s", err.text);
    }
    struct forest *forest = forest_build(builder, &err);
    check_batches(forest, rows);
    forest_destroy(forest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_mixed_forest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
