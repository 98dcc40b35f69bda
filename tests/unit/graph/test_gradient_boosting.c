/* Boosting from another estimator: scikit-learn's numbers, and each mistake. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-12

static const double rows[] = {0.5, 2, 4.5, 1.5, 9, 6.5};

/* Members by hand. */
#define LINEAR "{'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
#define LOGISTIC "{'steps': [{'op': 'logistic_regression', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
#define RIDGE "{'steps': [{'op': 'ridge', 'coef_': [1, 0], 'intercept_': 0}]}"
#define PAIR "{'steps': [{'op': 'ridge', 'coef_': [[1, 0], [0, 1]], 'intercept_': [0, 0]}]}"

static const char boost_value[] =
    "{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': "
    "'float64', 'init': {'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': "
    "'float32', 'sum_dtype': 'float64', 'trees': [{'feature': [0, 0, 0], 'threshold': "
    "[4.5, 0, 0], 'left': [1, -1, -1], 'value': [0, 3, 8.571428571428571]}]}]}, "
    "'trees': [{'feature': [0, 0, 0], 'threshold': [9.5, 0, 0], 'left': [1, -1, -1], "
    "'value': [0, -0.048571428571428564, 0.24285714285714288]}, {'feature': [0, 0, 0], "
    "'threshold': [9.5, 0, 0], 'left': [1, -1, -1], 'value': [0, -0.04371428571428574, "
    "0.2185714285714287]}]}";
static const double boost_value_value[] = {2.9077142857142859, 2.9077142857142859,
                                           8.4791428571428575};

static const char boost_two[] =
    "{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': "
    "'float64', 'init': {'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': "
    "'float32', 'sum_dtype': 'float64', 'task': 'classification', 'outputs': 2, "
    "'trees': [{'feature': [0, 0, 0], 'threshold': [4.5, 0, 0], 'left': [1, -1, -1], "
    "'leaves': [[0.8, 0.2], [0.2857142857142857, 0.7142857142857143]]}]}]}, 'task': "
    "'classification', 'zero_is_positive': true, 'init_link': 'logit', 'init_floor': "
    "2.220446049250313e-16, 'trees': [{'feature': [1, 0, 0], 'threshold': [0.5, 0, 0], "
    "'left': [1, -1, -1], 'value': [0, 0.5000000000000001, -0.03867403314917128]}, "
    "{'feature': [1, 0, 0], 'threshold': [0.5, 0, 0], 'left': [1, -1, -1], 'value': [0, "
    "0.3426122638850533, -0.03465442276598998]}]}";
static const double boost_two_label[] = {0, 0, 1};
static const double boost_two_probability[] = {0.81147497885631525, 0.18852502114368472,
                                               0.81147497885631525, 0.18852502114368472,
                                               0.30091126147269731, 0.69908873852730269};
static const double boost_two_score[] = {-1.4596228170350518, -1.4596228170350518,
                                         0.84296227595899387};

static const char boost_half[] =
    "{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': "
    "'float64', 'init': {'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': "
    "'float32', 'sum_dtype': 'float64', 'task': 'classification', 'outputs': 2, "
    "'trees': [{'feature': [0, 0, 0], 'threshold': [4.5, 0, 0], 'left': [1, -1, -1], "
    "'leaves': [[0.8, 0.2], [0.2857142857142857, 0.7142857142857143]]}]}]}, 'task': "
    "'classification', 'zero_is_positive': true, 'link_scale': 2, 'init_link': "
    "'half_logit', 'init_floor': 2.220446049250313e-16, 'trees': [{'feature': [1, 0, "
    "0], 'threshold': [0.5, 0, 0], 'left': [1, -1, -1], 'value': [0, 0.1, "
    "-0.02402530733520422]}, {'feature': [1, 0, 0], 'threshold': [0.5, 0, 0], 'left': "
    "[1, -1, -1], 'value': [0, 0.1, -0.02174875174858531]}]}";
static const double boost_half_label[] = {0, 0, 1};
static const double boost_half_probability[] = {0.8142464787532977,  0.18575352124670233,
                                                0.8142464787532977,  0.18575352124670233,
                                                0.30475786305032859, 0.69524213694967141};
static const double boost_half_score[] = {-0.7389212396437348, -0.7389212396437348,
                                          0.41237130685328799};

static const char boost_three[] =
    "{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': "
    "'float64', 'init': {'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': "
    "'float32', 'sum_dtype': 'float64', 'task': 'classification', 'outputs': 3, "
    "'trees': [{'feature': [0, 0, 0], 'threshold': [3.5, 0, 0], 'left': [1, -1, -1], "
    "'leaves': [[0.75, 0.25, 0], [0.125, 0.375, 0.5]]}]}]}, 'task': 'classification', "
    "'outputs': 3, 'init_link': 'centered_log', 'init_floor': 2.220446049250313e-16, "
    "'trees': [{'feature': [1, 0, 0], 'threshold': [6.5, 0, 0], 'left': [1, -1, -1], "
    "'value': [0, -0.03848797250859101, 0.5333333333333333]}, {'output': 1, 'feature': "
    "[1, 0, 0], 'threshold': [0.5, 0, 0], 'left': [1, -1, -1], 'value': [0, "
    "0.26666666666666666, -0.02051282051282051]}, {'output': 2, 'feature': [1, 0, 0], "
    "'threshold': [4.5, 0, 0], 'left': [1, -1, -1], 'value': [0, 0.0799999999999999, "
    "-0.13333333333333333]}]}";
static const double boost_three_label[] = {0, 2, 2};
static const double boost_three_probability[] = {
    0.74661453660082766, 0.25338546339917195, 2.4884795499407291e-16,
    0.11685537921425669, 0.35692459314984892, 0.52622002763589437,
    0.12999730247898078, 0.39706545483724925, 0.47293724268376997};
static const double boost_three_score[] = {
    12.246373229269237,   11.165736092596898, -23.39111011488755,
    -0.86679018910459105, 0.249797251559289,  0.63799214452389053,
    -0.86679018910459105, 0.249797251559289,  0.42465881119055726};

static void test_values(void **state)
{
    (void)state;
    struct op *boost_value_op = fake_op(boost_value, "a b");
    fake_run(boost_value_op, 3, rows, 0, boost_value_value, TOLERANCE);
    op_destroy(boost_value_op);
    struct op *boost_two_op = fake_op(boost_two, "a b");
    fake_run(boost_two_op, 3, rows, 0, boost_two_label, TOLERANCE);
    fake_run(boost_two_op, 3, rows, 1, boost_two_probability, TOLERANCE);
    fake_run(boost_two_op, 3, rows, 2, boost_two_score, TOLERANCE);
    op_destroy(boost_two_op);
    struct op *boost_half_op = fake_op(boost_half, "a b");
    fake_run(boost_half_op, 3, rows, 0, boost_half_label, TOLERANCE);
    fake_run(boost_half_op, 3, rows, 1, boost_half_probability, TOLERANCE);
    fake_run(boost_half_op, 3, rows, 2, boost_half_score, TOLERANCE);
    op_destroy(boost_half_op);
    struct op *boost_three_op = fake_op(boost_three, "a b");
    fake_run(boost_three_op, 3, rows, 0, boost_three_label, TOLERANCE);
    fake_run(boost_three_op, 3, rows, 1, boost_three_probability, TOLERANCE);
    fake_run(boost_three_op, 3, rows, 2, boost_three_score, TOLERANCE);
    op_destroy(boost_three_op);
}

/* The first estimator sees float32 too. */
static void test_rounded(void **state)
{
    (void)state;
    const double in[] = {0.1, 0}, single[] = {(double)0.1F + 3}, whole[] = {0.1 + 3};
    fake_check("{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': "
               "'float64', 'trees': [{'value': [3]}], 'init': " RIDGE "}",
               "a b", 1, in, single, 0);
    fake_check("{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float64', 'trees': "
               "[{'value': [3]}], 'init': " RIDGE "}",
               "a b", 1, in, whole, 0);
}

/* A score of 0 is of the second class, unless the trainer says otherwise. */
static void test_zero(void **state)
{
    (void)state;
    const double in[] = {1, 0}, second[] = {1}, first[] = {0};
    fake_check("{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float64', 'trees': "
               "[{'value': [0]}], 'task': 'classification', 'init': " LOGISTIC "}",
               "a b", 1, in, second, 0);
    fake_check(
        "{'op': 'gradient_boosting', 'compare': '<=', 'dtype': 'float64', 'trees': "
        "[{'value': [0]}], 'task': 'classification', 'zero_is_positive': false, 'init': " LOGISTIC
        "}",
        "a b", 1, in, first, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'gradient_boosting', "
                    "'init': {'steps': [{'op': 'ridge', 'coef_': [1, 0], 'intercept_': 0}]}"
                    "}",
                    "a b", "$.compare: is required");
    fake_op_refused("{'op': 'gradient_boosting', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'task': 'regression'"
                    "}",
                    "a b", "$.init");
    fake_op_refused("{'op': 'gradient_boosting', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'init': {}"
                    "}",
                    "a b", "$.steps: expected a list of steps");
    fake_op_refused("{'op': 'gradient_boosting', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'init': " LINEAR "}",
                    "a b", "has no output \"value\"");
    fake_op_refused("{'op': 'gradient_boosting', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'init': " PAIR "}",
                    "a b", "makes 2 columns, expected 1");
    fake_op_refused("{'op': 'gradient_boosting', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'task': 'classification', 'init': " LINEAR "}",
                    "a b", "has no output \"probability\"");
    fake_op_refused("{'op': 'gradient_boosting', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'init_link': 'logit', 'init': {'steps': [{'op': 'ridge', "
                    "'coef_': [1, 0], 'intercept_': 0}]}"
                    "}",
                    "a b", "does not go with 0 classes");
    fake_op_refused(
        "{'op': 'gradient_boosting', "
        "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': [{'value': [3]}], "
        "'init_link': 'identity', 'task': 'classification', 'init': {'steps': [{'op': "
        "'logistic_regression', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
        "}",
        "a b", "does not go with 2 classes");
    fake_op_refused(
        "{'op': 'gradient_boosting', "
        "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': [{'value': [3]}], "
        "'init_link': 'probit', 'task': 'classification', 'init': {'steps': [{'op': "
        "'logistic_regression', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
        "}",
        "a b", "expected one of");
    fake_op_refused(
        "{'op': 'gradient_boosting', "
        "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': [{'value': [3]}], "
        "'init_floor': 0.5, 'task': 'classification', 'init': {'steps': [{'op': "
        "'logistic_regression', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
        "}",
        "a b", "expected a number from 0 to below 0.5");
    fake_op_refused(
        "{'op': 'gradient_boosting', "
        "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': [{'value': [3]}], "
        "'link_scale': 'NaN', 'task': 'classification', 'init': {'steps': [{'op': "
        "'logistic_regression', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
        "}",
        "a b", "expected a finite number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_rounded),
        cmocka_unit_test(test_zero),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
