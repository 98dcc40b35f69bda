/* A classifier for each pair of classes: scikit-learn's numbers, and each mistake. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-12

static const double rows[] = {0.5, 2, 4.5, 1.5, 9, 6.5};

/* Members by hand. */
#define LINEAR "{'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
#define THREE                                                                                  \
    "{'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0], [0, 1], [0, 0]], 'intercept_': " \
    "[0, 0, 0]}]}"
#define RIDGE "{'steps': [{'op': 'ridge', 'coef_': [1, 0], 'intercept_': 0}]}"

static const char pairs[] =
    "{'op': 'one_vs_one_classifier', 'estimators': [{'steps': [{'op': "
    "'logistic_regression', 'multi_class': 'binary', 'coef_': [[0.5812591801070934, "
    "-0.74861339098967]], 'intercept_': [0.058076273291483634]}]}, {'steps': [{'op': "
    "'logistic_regression', 'multi_class': 'binary', 'coef_': [[0.697968405860944, "
    "-1.073284114550323]], 'intercept_': [-0.41904709061068346]}]}, {'steps': [{'op': "
    "'logistic_regression', 'multi_class': 'binary', 'coef_': [[0.8432981868183101, "
    "-0.6963452719797649]], 'intercept_': [-3.2286861521334265]}]}]}";
static const double pairs_label[] = {0, 1, 1};
static const double pairs_score[] = {
    2.2569709682590022,   1.2510533216405848, -0.28838764692006952,
    -0.24232596425870434, 2.2232927235631199, 1.1292753145054297,
    1.1361245860607228,   2.1235140323631505, -0.18706553387643349};

static const char pairs_trees[] =
    "{'op': 'one_vs_one_classifier', 'estimators': [{'steps': [{'op': 'tree_ensemble', "
    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'task': "
    "'classification', 'outputs': 2, 'trees': [{'feature': [0, 0, 0], 'threshold': "
    "[1.5, 0, 0], 'left': [1, -1, -1], 'leaves': [[1, 0], [0.3333333333333333, "
    "0.6666666666666666]]}]}]}, {'steps': [{'op': 'tree_ensemble', 'compare': '<=', "
    "'dtype': 'float32', 'sum_dtype': 'float64', 'task': 'classification', 'outputs': "
    "2, 'trees': [{'feature': [0, 0, 0], 'threshold': [4, 0, 0], 'left': [1, -1, -1], "
    "'leaves': [[1, 0], [0.2, 0.8]]}]}]}, {'steps': [{'op': 'tree_ensemble', 'compare': "
    "'<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'task': 'classification', "
    "'outputs': 2, 'trees': [{'feature': [1, 0, 0], 'threshold': [1.5, 0, 0], 'left': "
    "[1, -1, -1], 'leaves': [[1, 0], [0.3333333333333333, 0.6666666666666666]]}]}]}]}";
static const double pairs_trees_label[] = {0, 1, 2};
static const double pairs_trees_score[] = {2,
                                           -0.13333333333333333,
                                           1.1333333333333333,
                                           -0.1981981981981982,
                                           2.1333333333333333,
                                           1.1481481481481481,
                                           -0.1981981981981982,
                                           1,
                                           2.1981981981981984};

static void test_values(void **state)
{
    (void)state;
    struct op *pairs_op = fake_op(pairs, "a b");
    fake_run(pairs_op, 3, rows, 0, pairs_label, TOLERANCE);
    fake_run(pairs_op, 3, rows, 1, pairs_score, TOLERANCE);
    op_destroy(pairs_op);
    struct op *pairs_trees_op = fake_op(pairs_trees, "a b");
    fake_run(pairs_trees_op, 3, rows, 0, pairs_trees_label, TOLERANCE);
    fake_run(pairs_trees_op, 3, rows, 1, pairs_trees_score, TOLERANCE);
    op_destroy(pairs_trees_op);
}

static void test_two_classes(void **state)
{
    (void)state;
    const double in[] = {0, 0, 3, 0}, label[] = {0, 1}, score[] = {-1.0 / 6, 1 + 2.0 / 9};
    struct op *op = fake_op("{'op': 'one_vs_one_classifier', 'estimators': [" LINEAR "]}", "a b");
    fake_run(op, 2, in, 0, label, 0);
    fake_run(op, 2, in, 1, score, TOLERANCE);
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(pairs, "a b");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'one_vs_one_classifier', "
                    "'estimators': []"
                    "}",
                    "a b", "expected a list that is not empty");
    fake_op_refused("{'op': 'one_vs_one_classifier', "
                    "'estimators': [{}]"
                    "}",
                    "a b", "$.steps: expected a list of steps");
    fake_op_refused("{'op': 'one_vs_one_classifier', "
                    "'estimators': [{'steps': [{'op': 'nothing'}]}]"
                    "}",
                    "a b", "there is no operator 'nothing'");
    fake_op_refused("{'op': 'one_vs_one_classifier', "
                    "'estimators': [" LINEAR ", " LINEAR "]"
                    "}",
                    "a b", "2 are not one for each pair");
    fake_op_refused("{'op': 'one_vs_one_classifier', "
                    "'estimators': [" THREE "]"
                    "}",
                    "a b", "does not tell two classes apart");
    fake_op_refused("{'op': 'one_vs_one_classifier', "
                    "'estimators': [" RIDGE "]"
                    "}",
                    "a b", "has no output \"label\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_two_classes),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
