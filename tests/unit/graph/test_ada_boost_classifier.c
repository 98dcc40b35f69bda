/* AdaBoost: scikit-learn's numbers, and each mistake. */
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
#define LOGISTIC "{'steps': [{'op': 'logistic_regression', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
#define RIDGE "{'steps': [{'op': 'ridge', 'coef_': [1, 0], 'intercept_': 0}]}"

static const char ada_two[] =
    "{'op': 'ada_boost_classifier', 'estimator_weights_': [0.6931471805599455, "
    "0.5108256237659906], 'estimators': [{'steps': [{'op': 'logistic_regression', "
    "'multi_class': 'binary', 'coef_': [[0.20170152071369662, -0.10342372318769424]], "
    "'intercept_': [-0.7809871690899117]}]}, {'steps': [{'op': 'logistic_regression', "
    "'multi_class': 'binary', 'coef_': [[0.10042342931708874, -0.12724973382208762]], "
    "'intercept_': [-0.14929821129947063]}]}]}";
static const double ada_two_label[] = {0, 0, 1};
static const double ada_two_probability[] = {0.88079707797788231, 0.11920292202211755,
                                             0.57514312368225784, 0.42485687631774222,
                                             0.42485687631774222, 0.57514312368225784};
static const double ada_two_score[] = {-2, -0.30286656997378042, 0.30286656997378042};

static const char ada_three[] =
    "{'op': 'ada_boost_classifier', 'estimator_weights_': [1.0296194171811583, "
    "1.3862943611198908, 1.3862943611198908], 'estimators': [{'steps': [{'op': "
    "'tree_ensemble', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', "
    "'task': 'classification', 'outputs': 3, 'trees': [{'feature': [0, 0, 0], "
    "'threshold': [3.5, 0, 0], 'left': [1, -1, -1], 'leaves': [[0.75, 0.25, 0], [0.125, "
    "0.375, 0.5]]}]}]}, {'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': "
    "'float32', 'sum_dtype': 'float64', 'task': 'classification', 'outputs': 3, "
    "'trees': [{'feature': [1, 0, 0], 'threshold': [6.5, 0, 0], 'left': [1, -1, -1], "
    "'leaves': [[0.16483516483516483, 0.6153846153846153, 0.21978021978021975], [1, 0, "
    "0]]}]}]}, {'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': 'float32', "
    "'sum_dtype': 'float64', 'task': 'classification', 'outputs': 3, 'trees': "
    "[{'feature': [0, 0, 0], 'threshold': [3.5, 0, 0], 'left': [1, -1, -1], 'leaves': "
    "[[0.8108108108108109, 0.18918918918918917, 0], [0.10294117647058823, "
    "0.3088235294117647, 0.5882352941176471]]}]}]}]}";
static const double ada_three_label[] = {0, 2, 2};
static const double ada_three_probability[] = {
    0.41031993690594309, 0.33490296989766105, 0.25477709319639591,
    0.25477709319639591, 0.33490296989766105, 0.41031993690594309,
    0.25477709319639591, 0.33490296989766105, 0.41031993690594309};
static const double ada_three_score[] = {
    0.45309634153891265,  0.046903658461087364, -0.5, -0.5,
    0.046903658461087364, 0.45309634153891265,  -0.5, 0.046903658461087364,
    0.45309634153891265};

static void test_values(void **state)
{
    (void)state;
    struct op *ada_two_op = fake_op(ada_two, "a b");
    fake_run(ada_two_op, 3, rows, 0, ada_two_label, TOLERANCE);
    fake_run(ada_two_op, 3, rows, 1, ada_two_probability, TOLERANCE);
    fake_run(ada_two_op, 3, rows, 2, ada_two_score, TOLERANCE);
    op_destroy(ada_two_op);
    struct op *ada_three_op = fake_op(ada_three, "a b");
    fake_run(ada_three_op, 3, rows, 0, ada_three_label, TOLERANCE);
    fake_run(ada_three_op, 3, rows, 1, ada_three_probability, TOLERANCE);
    fake_run(ada_three_op, 3, rows, 2, ada_three_score, TOLERANCE);
    op_destroy(ada_three_op);
}

/* Before 1.5 a label counts nothing for the other classes. */
static void test_miss(void **state)
{
    (void)state;
    const double in[] = {2, 0, 0, 0}, score[] = {1, -1}, label[] = {1, 0},
                 probability[] = {0.26894142136999512, 0.73105857863000487, 0.73105857863000487,
                                  0.26894142136999512};
    struct op *op = fake_op("{'op': 'ada_boost_classifier', 'miss': 0, 'estimator_weights_': [3], "
                            "'estimators': [" LINEAR "]}",
                            "a b");
    fake_run(op, 2, in, 0, label, 0);
    fake_run(op, 2, in, 1, probability, TOLERANCE);
    fake_run(op, 2, in, 2, score, 0);
    op_destroy(op);
}

/* By hand: log(p1 / p0) is twice half of a score of 1. */
static void test_logarithms(void **state)
{
    (void)state;
    const double in[] = {2, 0, 0, 0}, score[] = {1, -1}, label[] = {1, 0};
    struct op *op = fake_op("{'op': 'ada_boost_classifier', 'algorithm': 'SAMME.R', "
                            "'estimator_weights_': [1], 'estimators': [" LOGISTIC "]}",
                            "a b");
    fake_run(op, 2, in, 0, label, 0);
    fake_run(op, 2, in, 2, score, TOLERANCE);
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(ada_two, "a b");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimators': []"
                    "}",
                    "a b", "expected a list that is not empty");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimators': [{}]"
                    "}",
                    "a b", "$.steps: expected a list of steps");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimators': [{'steps': [{'op': 'nothing'}]}]"
                    "}",
                    "a b", "there is no operator 'nothing'");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimators': [" LINEAR "]"
                    "}",
                    "a b", "$.estimator_weights_: is required");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'algorithm': 'SAMME.X', 'estimator_weights_': [1], 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "expected one of");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'algorithm': 'SAMME.R', 'estimator_weights_': [1], 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "has no output \"probability\"");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimator_weights_': [1, 2], 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "$.estimator_weights_: expected 1");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimator_weights_': [0], 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "whose sum is not 0");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimator_weights_': [1], 'miss': 'Infinity', 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "expected a finite number");
    fake_op_refused("{'op': 'ada_boost_classifier', "
                    "'estimator_weights_': [1], 'estimators': [" RIDGE "]"
                    "}",
                    "a b", "the last one is not a classifier");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_miss),
        cmocka_unit_test(test_logarithms), cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
