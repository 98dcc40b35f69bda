/* Documents of trees: each form, each link, and each way they can be wrong. Answers by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "fake_params.h"

#define TEXT_SIZE 2048
#define HEAD "'op': 'tree_ensemble', 'compare': '<', 'dtype': 'float64'"
/* a < 1 ? 10 : b < 2 ? 20 : 30 */
#define TREE                                                                            \
    "{'feature': ['a', null, 'b', null, null], 'threshold': [1, null, 2, null, null], " \
    "'left': [1, null, 3, null, null], 'right': [2, null, 4, null, null], "             \
    "'value': [null, 10, null, 20, 30]}"
#define STUMP                                                                \
    "{'feature': [1, -2, -2], 'threshold': [5, 0, 0], 'left': [1, -1, -1], " \
    "'value': [0, 0.5, -0.5]}"

static const double in[] = {0, 9, 1, 1, 1, 9};

static void check(const char *more, uint32_t output, const double *expected)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "{%s, %s}", HEAD, more);
    struct op *op = fake_op(text, "a b");
    fake_run(op, 3, in, output, expected, 1e-15);
    op_destroy(op);
}

static void refused(const char *more, const char *part)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "{%s, %s}", HEAD, more);
    fake_op_refused(text, "a b", part);
}

static void test_sum(void **state)
{
    (void)state;
    const double one[] = {10, 20, 30}, two[] = {9.5, 20.5, 29.5}, based[] = {109.5, 120.5, 129.5};
    check("'trees': [" TREE "]", 0, one);
    check("'trees': [" TREE ", " STUMP "]", 0, two);
    check("'trees': [" TREE ", " STUMP "], 'base': [100]", 0, based);
}

static void test_average(void **state)
{
    (void)state;
    const double mean[] = {4.75, 10.25, 14.75}, based[] = {5.75, 11.25, 15.75};
    check("'trees': [" TREE ", " STUMP "], 'aggregate': 'average'", 0, mean);
    check("'trees': [" TREE ", " STUMP "], 'aggregate': 'average', 'base': [1]", 0, based);
}

static void test_lone_leaf(void **state)
{
    (void)state;
    const double value[] = {7, 7, 7}, pair[] = {1, 2, 1, 2, 1, 2};
    check("'trees': [{'value': [7]}]", 0, value);
    check("'outputs': 2, 'trees': [{'leaves': [[1, 2]]}]", 0, pair);
}

static void test_compare_and_dtype(void **state)
{
    (void)state;
    static const char *const compare[] = {"<", "<=", ">", ">="};
    static const double expected[][3] = {{1, 2, 2}, {1, 1, 2}, {2, 2, 1}, {2, 1, 1}};
    const double at[] = {0, 1, 2};
    for (size_t i = 0; i < 4; i++) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof text,
                 "{'op': 'tree_ensemble', 'compare': '%s', 'dtype': 'float32', 'trees': "
                 "[{'feature': [0, null, null], 'threshold': [1, null, null], "
                 "'left': [1, null, null], 'value': [null, 1, 2]}]}",
                 compare[i]);
        fake_check(text, "a", 3, at, expected[i], 0);
    }
}

/* A float32 input against a double threshold, as scikit-learn's trees compare. */
static void test_float32_inputs_and_double_thresholds(void **state)
{
    (void)state;
    const double tenth[] = {0.1}, left[] = {1}, right[] = {2};
    static const char text[] =
        "{'op': 'tree_ensemble', 'compare': '<=', 'dtype': '%s', 'trees': [{'feature': [0, null, "
        "null], 'threshold': [0.1, null, null], 'left': [1, null, null], 'value': [null, 1, 2]}]}";
    char full[TEXT_SIZE];
    snprintf(full, sizeof full, text, "float64");
    fake_check(full, "a", 1, tenth, left, 0);
    snprintf(full, sizeof full, text, "float32");
    fake_check(full, "a", 1, tenth, right, 0);
}

static void test_float32_sums(void **state)
{
    (void)state;
    const double value[] = {(double)(1.0f + 0.1f)}, a[] = {0}, wide[] = {1.0 + 0.1};
    static const char text[] = "{'op': 'tree_ensemble', 'compare': '<=', 'dtype': 'float32', "
                               "%s'trees': [{'value': [1]}, {'value': [0.1]}]}";
    char full[TEXT_SIZE];
    snprintf(full, sizeof full, text, "");
    struct op *op = fake_op(full, "a");
    assert_true(op->outputs[0].single);
    fake_run(op, 1, a, 0, value, 0);
    op_destroy(op);
    snprintf(full, sizeof full, text, "'sum_dtype': 'float64', ");
    op = fake_op(full, "a");
    assert_false(op->outputs[0].single);
    fake_run(op, 1, a, 0, wide, 0);
    op_destroy(op);
}

static void test_missing(void **state)
{
    (void)state;
    static const double rows[] = {(double)NAN, 9, 9, (double)NAN, (double)INFINITY, 9};
    static const struct {
        const char *missing;
        double expected[3];
    } cases[] = {{"left", {10, 20, 30}}, {"right", {30, 30, 30}}, {"zero", {10, 20, 30}}};
    for (size_t i = 0; i < 3; i++) {
        char text[TEXT_SIZE];
        snprintf(text, sizeof text, "{%s, 'missing': '%s', 'trees': [%s]}", HEAD, cases[i].missing,
                 TREE);
        fake_check(text, "a b", 3, rows, cases[i].expected, 0);
    }
    const double by_node[] = {30, 20, 30};
    fake_check("{" HEAD ", 'missing': 'default_left', 'trees': [{'feature': ['a', null, 'b', null, "
               "null], 'threshold': [1, null, 2, null, null], 'left': [1, null, 3, null, null], "
               "'default_left': [0, null, 1, null, null], 'value': [null, 10, null, 20, 30]}]}",
               "a b", 3, rows, by_node, 0);
}

static void test_sets(void **state)
{
    (void)state;
    const double rows[] = {0, 1, 2, 33, 33.9, 34, -1, 1e300}, value[] = {2, 1, 2, 1, 1, 2, 2, 2};
    fake_check("{" HEAD ", 'trees': [{'feature': [0, null, null], 'set': [1, null, null], 'sets': "
               "[[], [1, 33]], 'left': [1, null, null], 'value': [null, 1, 2]}]}",
               "a", 8, rows, value, 0);
}

static void test_vector_leaves_and_outputs(void **state)
{
    (void)state;
    const double value[] = {1, 2, 0, 4, 3, 0, 4, 3, 0}, second[] = {0, 10, 0, 20, 0, 30};
    check("'outputs': 3, 'trees': [{'feature': ['a', null, null], 'threshold': [1, null, null], "
          "'left': [1, null, null], 'leaves': [[1, 2], [4, 3]]}]",
          0, value);
    check("'outputs': 2, 'trees': [{'output': 1, 'feature': ['a', null, 'b', null, null], "
          "'threshold': [1, null, 2, null, null], 'left': [1, null, 3, null, null], "
          "'value': [null, 10, null, 20, 30]}]",
          0, second);
}

static void test_regression_links(void **state)
{
    (void)state;
    const double grown[] = {exp(-1.0), exp(1.0), exp(-1.0)}, score[] = {-0.5, 0.5, -0.5};
    check("'trees': [" STUMP "], 'link': 'exp', 'link_scale': 2", 0, grown);
    check("'trees': [" STUMP "], 'link': 'exp', 'link_scale': 2", 1, score);
}

static void test_two_classes(void **state)
{
    (void)state;
    double p = 1.0 / (1.0 + exp(-0.5));
    const double label[] = {0, 1, 0}, score[] = {-0.5, 0.5, -0.5};
    const double probability[] = {p, 1 - p, 1 - p, p, p, 1 - p};
    static const char more[] = "'task': 'classification', 'link': 'logistic', 'trees': [" STUMP "]";
    check(more, 0, label);
    check(more, 1, probability);
    check(more, 2, score);
    const double zero[] = {0, 0, 0}, one[] = {1, 1, 1};
    check("'task': 'classification', 'link': 'logistic', 'trees': [{'value': [0]}]", 0, zero);
    check("'task': 'classification', 'link': 'logistic', 'trees': [{'value': [0]}], "
          "'zero_is_positive': true",
          0, one);
}

static void test_probabilities_in_leaves(void **state)
{
    (void)state;
    static const char three[] =
        "'task': 'classification', 'outputs': 3, 'aggregate': 'average', 'trees': [{'leaves': "
        "[[0.5, 0.25, 0.25]]}, {'feature': ['a', -1, -1], 'threshold': [1, 0, 0], 'left': [1, -1, "
        "-1], 'leaves': [[1, 0, 0], [0, 0, 1]]}]";
    const double label[] = {0, 2, 2};
    const double probability[] = {0.75, 0.125, 0.125, 0.25, 0.125, 0.625, 0.25, 0.125, 0.625};
    check(three, 0, label);
    check(three, 1, probability);
    const double one[] = {1, 1, 1}, pair[] = {0.25, 0.75, 0.25, 0.75, 0.25, 0.75};
    check("'task': 'classification', 'trees': [{'value': [0.75]}]", 0, one);
    check("'task': 'classification', 'trees': [{'value': [0.75]}]", 1, pair);
}

static void test_softmax(void **state)
{
    (void)state;
    static const char more[] = "'task': 'classification', 'link': 'softmax', 'outputs': 2, "
                               "'trees': [{'leaves': [[1, 3]]}]";
    double p = 1.0 / (1.0 + exp(2.0));
    const double label[] = {1, 1, 1}, probability[] = {p, 1 - p, p, 1 - p, p, 1 - p};
    check(more, 0, label);
    check(more, 1, probability);
}

static void test_refused_as_a_whole(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'tree_ensemble', 'dtype': 'float32', 'trees': [" STUMP "]}", "a b",
                    "compare");
    fake_op_refused("{'op': 'tree_ensemble', 'compare': '<', 'trees': [" STUMP "]}", "a b",
                    "dtype");
    refused("'trees': []", "expected a list of trees");
    refused("'trees': [{'value': 3}]", "value");
    refused("'missing': 'maybe', 'trees': [" STUMP "]", "missing");
    refused("'base': [1, 2], 'trees': [" STUMP "]", "expected 1 number, got 2");
    refused("'outputs': 0, 'trees': [" STUMP "]", "outputs");
    refused("'link': 'softmax', 'trees': [" STUMP "]", "two outputs or more");
    refused("'task': 'classification', 'link': 'exp', 'trees': [" STUMP "]", "no probabilities");
    refused("'task': 'classification', 'link': 'logistic', 'outputs': 2, 'trees': [" STUMP "]",
            "takes one output, not 2");
    refused("'link_scale': 'Infinity', 'trees': [" STUMP "]", "finite");
}

#define THREE(feature, threshold, left, right, more)                               \
    "'trees': [{'feature': " feature ", 'threshold': " threshold ", 'left': " left \
    ", 'right': " right ", " more "}]"
#define NODES3 "[1, null, null]"

static void test_refused_trees(void **state)
{
    (void)state;
    refused("'trees': [{}]", "value");
    refused("'trees': [{'value': [1, 2]}]", "expected 1 number, got 2");
    refused(THREE("['c', null, null]", NODES3, NODES3, "[2, null, null]", "'value': [0, 1, 2]"),
            "element 0 is not the name of a column");
    refused(THREE("[2, null, null]", NODES3, NODES3, "[2, null, null]", "'value': [0, 1, 2]"),
            "element 0 is not one of the positions 0 to 1");
    refused(THREE("[0, null]", NODES3, NODES3, "[2, null, null]", "'value': [0, 1, 2]"), "got 2");
    refused(
        THREE("[0, null, null]", "[null, 1, 1]", NODES3, "[2, null, null]", "'value': [0, 1, 2]"),
        "element 0 is not a number");
    refused(THREE("[0, null, null]", "['NaN', null, null]", NODES3, "[2, null, null]",
                  "'value': [0, 1, 2]"),
            "element 0 is not a number");
    refused(THREE("[0, null, null]", NODES3, "[1.5, null, null]", "[2, null, null]",
                  "'value': [0, 1, 2]"),
            "left");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[3, null, null]", "'value': [0, 1, 2]"),
            "positions 0 to 2");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[1, null, null]", "'value': [0, 1, 2]"),
            "node 0: leads to node 1");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[0, null, null]", "'value': [0, 1, 2]"),
            "leads to node 0");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]", "'value': [0, null, 2]"),
            "element 1, a leaf's, is missing");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]", "'leaves': [[1]]"),
            "there are more leaves");
    refused(
        THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]", "'leaves': [[1], [2], [3]]"),
        "there are 2 leaves");
    refused(
        THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]", "'leaves': [[1, 1], [2, 2]]"),
        "outputs 0 to 1 of 1 outputs");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]",
                  "'output': 1, 'value': [0, 1, 2]"),
            "output");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]",
                  "'value': [0, 1, 2], 'set': [0, null, null], 'sets': [[-1]]"),
            "is not a category");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]",
                  "'value': [0, 1, 2], 'set': [0, null, null], 'sets': [[1e9]]"),
            "is not a category");
    refused(THREE("[0, null, null]", NODES3, NODES3, "[2, null, null]",
                  "'value': [0, 1, 2], 'set': [1, null, null], 'sets': [[1]]"),
            "set");
}

static void test_inputs_are_finite_numbers(void **state)
{
    (void)state;
    struct op *op = fake_op("{" HEAD ", 'trees': [" TREE "]}", "a b");
    const double missing[] = {0, 0, 0, (double)NAN}, infinite[] = {(double)INFINITY, 0};
    fake_run_refused(op, 2, missing, ERR_MISSING, 1, "b");
    fake_run_refused(op, 1, infinite, ERR_RANGE, 0, "a");
    op_destroy(op);
    fake_op_refused("{" HEAD ", 'trees': [" TREE "]}", "a b:x,y", "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_average),
        cmocka_unit_test(test_lone_leaf),
        cmocka_unit_test(test_compare_and_dtype),
        cmocka_unit_test(test_float32_inputs_and_double_thresholds),
        cmocka_unit_test(test_float32_sums),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_vector_leaves_and_outputs),
        cmocka_unit_test(test_regression_links),
        cmocka_unit_test(test_two_classes),
        cmocka_unit_test(test_probabilities_in_leaves),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_refused_as_a_whole),
        cmocka_unit_test(test_refused_trees),
        cmocka_unit_test(test_inputs_are_finite_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
