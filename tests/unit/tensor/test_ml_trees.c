/* Expected scores: added by hand; the trained cases of tests/golden compare with ONNX Runtime. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "one_node.h"

enum { NODES = 6 };

/* Tree 3: x0 <= 0.5 ? 1 : 2; tree 8: x1 > 1 ? 10 : -20. Nodes are numbered from 5 on. */
static const int64_t tree_ids[NODES] = {3, 3, 3, 8, 8, 8};
static const int64_t node_ids[NODES] = {5, 6, 7, 5, 6, 7};
static const int64_t features[NODES] = {0, 0, 0, 1, 0, 0};
static const int64_t yes[NODES] = {6, 0, 0, 6, 0, 0};
static const int64_t no[NODES] = {7, 0, 0, 7, 0, 0};
static const float thresholds[NODES] = {0.5F, 0, 0, 1.0F, 0, 0};
static const char *const modes[NODES] = {"BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GT", "LEAF", "LEAF"};
static const int64_t weight_trees[] = {3, 3, 8, 8}, weight_nodes[] = {6, 7, 6, 7},
                     weight_ids[] = {0, 0, 0, 0};
static const float weights[] = {1, 2, 10, -20};

static struct one_node node;

static void add_nodes(void)
{
    one_node_ints(&node, "nodes_treeids", tree_ids, NODES);
    one_node_ints(&node, "nodes_nodeids", node_ids, NODES);
    one_node_ints(&node, "nodes_featureids", features, NODES);
    one_node_ints(&node, "nodes_truenodeids", yes, NODES);
    one_node_ints(&node, "nodes_falsenodeids", no, NODES);
    one_node_floats(&node, "nodes_values", thresholds, NODES);
    one_node_strings(&node, "nodes_modes", modes, NODES);
}

static int begin_regressor(void **state)
{
    (void)state;
    one_node_init(&node, "ai.onnx.ml", "TreeEnsembleRegressor", 3);
    add_nodes();
    one_node_ints(&node, "target_treeids", weight_trees, 4);
    one_node_ints(&node, "target_nodeids", weight_nodes, 4);
    one_node_ints(&node, "target_ids", weight_ids, 4);
    one_node_floats(&node, "target_weights", weights, 4);
    one_node_int(&node, "n_targets", 1);
    return 0;
}

static int begin_classifier(void **state)
{
    (void)state;
    one_node_init(&node, "ai.onnx.ml", "TreeEnsembleClassifier", 3);
    node.outputs = 2;
    add_nodes();
    one_node_ints(&node, "class_treeids", weight_trees, 4);
    one_node_ints(&node, "class_nodeids", weight_nodes, 4);
    one_node_ints(&node, "class_ids", weight_ids, 4);
    one_node_floats(&node, "class_weights", weights, 4);
    one_node_strings(&node, "classlabels_strings", (const char *const[]){"no", "yes"}, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    one_node_finish(&node);
    return 0;
}

static const float rows[] = {0.5F, 2.0F, 0.75F, 1.0F, NAN, NAN};

static void assert_scores(const float *expected)
{
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, rows, 3, 2));
    assert_memory_equal(node.results[0].floats, expected, 3 * sizeof(float));
}

static void test_sum(void **state)
{
    (void)state;
    assert_scores((const float[]){11, -18, -18});
}

static void test_aggregates_and_base(void **state)
{
    (void)state;
    one_node_string(&node, "aggregate_function", "AVERAGE");
    one_node_floats(&node, "base_values", (const float[]){100}, 1);
    assert_scores((const float[]){105.5F, 91, 91});
    one_node_string(&node, "aggregate_function", "MIN");
    assert_scores((const float[]){101, 80, 80});
    one_node_string(&node, "aggregate_function", "MAX");
    assert_scores((const float[]){110, 102, 102});
}

static void test_missing_takes_the_true_branch(void **state)
{
    (void)state;
    one_node_ints(&node, "nodes_missing_value_tracks_true", (const int64_t[]){1, 0, 0, 1, 0, 0},
                  NODES);
    assert_scores((const float[]){11, -18, 11});
}

/* Nothing is less than, greater than or equal to NaN: every row goes to the side of "no". */
static void test_thresholds_that_are_no_numbers(void **state)
{
    (void)state;
    const float none[NODES] = {NAN, 0, 0, NAN, 0, 0};
    one_node_floats(&node, "nodes_values", none, NODES);
    assert_scores((const float[]){-18, -18, -18});
}

/* A double between two floats is on the threshold's side that it is on as a double. */
static void test_doubles_before_float_thresholds(void **state)
{
    (void)state;
    const double x[] = {0.5, 2, 0.5 + 1e-12, 1 + 1e-12, 0.5 - 1e-12, 1};
    struct value input = one_node_value(VALUE_DOUBLE, x, (int64_t[]){3, 2}, 2);
    assert_true(one_node_make(&node));
    assert_true(one_node_run(&node, &input));
    assert_memory_equal(node.results[0].floats, ((const float[]){11, 12, -19}), 3 * sizeof(float));
    one_node_strings(
        &node, "nodes_modes",
        (const char *const[]){"BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_GTE", "LEAF", "LEAF"}, NODES);
    assert_true(one_node_make(&node)); /* of both directions */
    assert_true(one_node_run(&node, &input));
    assert_memory_equal(node.results[0].floats, ((const float[]){11, 12, 11}), 3 * sizeof(float));
}

static void test_one_row_is_as_in_a_batch(void **state)
{
    (void)state;
    assert_true(one_node_make(&node));
    struct value vector = one_node_value(VALUE_FLOAT, rows, (int64_t[]){2}, 1);
    assert_true(one_node_run(&node, &vector));
    assert_int_equal(node.results[0].count, 1);
    assert_true(node.results[0].floats[0] == 11);
}

static void assert_label(size_t row, const char *expected)
{
    const struct value_string *label = &node.results[0].strings[row];
    assert_int_equal(label->length, strlen(expected));
    assert_memory_equal(label->bytes, expected, label->length);
}

static void test_two_classes_from_one_score(void **state)
{
    (void)state;
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, rows, 3, 2));
    assert_label(0, "yes");
    assert_label(1, "no");
    assert_memory_equal(node.results[1].floats, ((const float[]){-11, 11, 18, -18, 18, -18}),
                        6 * sizeof(float));
    one_node_floats(&node, "class_weights", (const float[]){0.25F, 0.5F, 0.375F, 0.125F}, 4);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, rows, 3, 2));
    assert_label(0, "yes"); /* 0.25 + 0.375 > 0.5 */
    assert_memory_equal(node.results[1].floats,
                        ((const float[]){0.375F, 0.625F, 0.375F, 0.625F, 0.375F, 0.625F}),
                        6 * sizeof(float));
}

static void refuse(const char *why)
{
    assert_false(one_node_make(&node));
    if (strstr(node.err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", node.err.text, why);
    node.err = ERR_INIT;
}

static void test_arrays_of_different_lengths(void **state)
{
    (void)state;
    one_node_ints(&node, "nodes_truenodeids", yes, NODES - 1);
    refuse("nodes_truenodeids has 5 elements, not 6");
    one_node_ints(&node, "nodes_truenodeids", yes, NODES);
    one_node_floats(&node, "nodes_values", thresholds, 0);
    refuse("nodes_values");
    one_node_floats(&node, "nodes_values", thresholds, NODES);
    one_node_floats(&node, "target_weights", weights, 3);
    refuse("target_weights has 3 elements, not 4");
}

static void test_nodes_that_lead_nowhere(void **state)
{
    (void)state;
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){99, 0, 0, 7, 0, 0}, NODES);
    refuse("leads to a node that is not there");
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){5, 0, 0, 7, 0, 0}, NODES);
    assert_false(one_node_make(&node)); /* back to the root */
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){6, 0, 0, 7, 0, 0}, NODES);
    assert_false(one_node_make(&node)); /* twice the same child */
}

static void test_wrong_ids(void **state)
{
    (void)state;
    one_node_ints(&node, "nodes_nodeids", (const int64_t[]){5, 6, 6, 5, 6, 7}, NODES);
    refuse("node 6 twice");
    one_node_ints(&node, "nodes_nodeids", node_ids, NODES);
    one_node_ints(&node, "nodes_featureids", (const int64_t[]){-1, 0, 0, 1, 0, 0}, NODES);
    refuse("tests feature -1");
    one_node_ints(&node, "nodes_featureids", (const int64_t[]){INT64_MAX, 0, 0, 1, 0, 0}, NODES);
    refuse("tests feature");
    one_node_ints(&node, "nodes_featureids", features, NODES);
    one_node_ints(&node, "target_ids", (const int64_t[]){0, 1, 0, 0}, 4);
    refuse("output 1 of 1");
    one_node_ints(&node, "target_ids", weight_ids, 4);
    one_node_ints(&node, "target_treeids", (const int64_t[]){3, 3, 8, 9}, 4);
    refuse("tree 9, which is not there");
    one_node_ints(&node, "target_treeids", weight_trees, 4);
    one_node_ints(&node, "target_nodeids", (const int64_t[]){6, 7, 6, 1}, 4);
    refuse("node 1 of tree 8");
    one_node_ints(&node, "target_nodeids", weight_nodes, 4);
    one_node_strings(&node, "nodes_modes",
                     (const char *const[]){"BRANCH_X", "LEAF", "LEAF", "LEAF", "LEAF", "LEAF"},
                     NODES);
    refuse("mode");
}

/* A few weights must not become a table of all outputs. */
static void test_outputs_far_apart(void **state)
{
    (void)state;
    one_node_int(&node, "n_targets", INT32_MAX);
    one_node_ints(&node, "target_ids", (const int64_t[]){0, INT32_MAX - 1, 0, 0}, 4);
    refuse("too many");
    one_node_int(&node, "n_targets", 0);
    refuse("n_targets is 0");
}

static void test_rows_that_are_too_short(void **state)
{
    (void)state;
    assert_true(one_node_make(&node));
    assert_false(one_node_run_floats(&node, rows, 6, 1));
    assert_non_null(strstr(node.err.text, "1 columns, the trees ask for 2"));
}

/* ---- TreeEnsemble 5: x0 is one of {1, 2.5}? leaf 0 : (x1 is one of {4, 40}? leaf 1 : leaf 2) ----
 */

static const uint8_t modes_5[] = {6, 6};
static const float splits_5[] = {0, 0}, members_5[] = {1, 2.5F, NAN, 4, 40},
                   leaves_5[] = {1, 10, 100};

static int begin_5(void **state)
{
    (void)state;
    one_node_init(&node, "ai.onnx.ml", "TreeEnsemble", 5);
    one_node_int(&node, "n_targets", 1);
    one_node_ints(&node, "tree_roots", (const int64_t[]){0}, 1);
    one_node_ints(&node, "nodes_featureids", (const int64_t[]){0, 1}, 2);
    one_node_tensor(&node, "nodes_modes", VALUE_UINT8, modes_5, 2);
    one_node_tensor(&node, "nodes_splits", VALUE_FLOAT, splits_5, 2);
    one_node_tensor(&node, "membership_values", VALUE_FLOAT, members_5, 5);
    one_node_ints(&node, "nodes_truenodeids", (const int64_t[]){0, 1}, 2);
    one_node_ints(&node, "nodes_trueleafs", (const int64_t[]){1, 1}, 2);
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){1, 2}, 2);
    one_node_ints(&node, "nodes_falseleafs", (const int64_t[]){0, 1}, 2);
    one_node_ints(&node, "leaf_targetids", (const int64_t[]){0, 0, 0}, 3);
    one_node_tensor(&node, "leaf_weights", VALUE_FLOAT, leaves_5, 3);
    return 0;
}

static void test_members(void **state)
{
    (void)state;
    const float x[] = {1, 0, 2.5F, 0, 2, 4, 2, 40, 2, 4.5F, NAN, NAN, -1, -4};
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, x, 7, 2));
    assert_memory_equal(node.results[0].floats, ((const float[]){1, 1, 10, 10, 100, 100, 100}),
                        7 * sizeof(float));
}

static void test_5_refused(void **state)
{
    (void)state;
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){0, 2}, 2);
    refuse("node 0 is reached twice");
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){7, 2}, 2);
    refuse("node 7 of 2");
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){1, 3}, 2);
    refuse("leaf 3 of 3");
    one_node_ints(&node, "nodes_falsenodeids", (const int64_t[]){1, 2}, 2);
    one_node_ints(&node, "tree_roots", (const int64_t[]){-1}, 1);
    refuse("node -1");
    one_node_ints(&node, "tree_roots", (const int64_t[]){0, 0}, 2);
    refuse("reached twice");
    one_node_ints(&node, "tree_roots", (const int64_t[]){0}, 1);
    one_node_tensor(&node, "membership_values", VALUE_FLOAT, members_5, 2);
    refuse("no members");
    one_node_tensor(&node, "membership_values", VALUE_FLOAT, members_5, 5);
    one_node_tensor(&node, "nodes_modes", VALUE_UINT8, (const uint8_t[]){6, 7}, 2);
    refuse("mode 7");
    one_node_tensor(&node, "nodes_modes", VALUE_UINT8, modes_5, 2);
    one_node_ints(&node, "leaf_targetids", (const int64_t[]){0, 0, 1}, 3);
    refuse("output 1 of 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sum, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_aggregates_and_base, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_thresholds_that_are_no_numbers, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_missing_takes_the_true_branch, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_doubles_before_float_thresholds, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_one_row_is_as_in_a_batch, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_two_classes_from_one_score, begin_classifier, end),
        cmocka_unit_test_setup_teardown(test_arrays_of_different_lengths, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_nodes_that_lead_nowhere, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_wrong_ids, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_outputs_far_apart, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_rows_that_are_too_short, begin_regressor, end),
        cmocka_unit_test_setup_teardown(test_members, begin_5, end),
        cmocka_unit_test_setup_teardown(test_5_refused, begin_5, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
