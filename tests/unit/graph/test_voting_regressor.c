/* Means and medians of regressors: scikit-learn's numbers, and each mistake. */
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
#define RIDGE "{'steps': [{'op': 'ridge', 'coef_': [1, 0], 'intercept_': 0}]}"
#define PAIR "{'steps': [{'op': 'ridge', 'coef_': [[1, 0], [0, 1]], 'intercept_': [0, 0]}]}"

static const char mean[] =
    "{'op': 'voting_regressor', 'weights': [1, 3], 'estimators': [{'steps': [{'op': "
    "'tree_ensemble', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', "
    "'trees': [{'feature': [0, 0, 0], 'threshold': [4.5, 0, 0], 'left': [1, -1, -1], "
    "'value': [0, 3, 8.571428571428571]}]}]}, {'steps': [{'op': 'ridge', 'coef_': "
    "[0.7514731984380545, 0.3389776357827478], 'intercept_': 1.0434682286119994}]}]}";
static const double mean_value[] = {2.3228700745473918, 4.4501730564430249, 9.6504183782139048};

static const char median[] =
    "{'op': 'voting_regressor', 'aggregate': 'weighted_median', 'weights': "
    "[0.6852896096377789], 'estimators': [{'steps': [{'op': 'ridge', 'coef_': "
    "[0.6773706258857238, 0.45884789684331884], 'intercept_': 0.7270957594256613}]}]}";
static const double median_value[] = {1.9834768660551609, 4.4635354211763971, 9.8059427218787469};

static void test_values(void **state)
{
    (void)state;
    struct op *mean_op = fake_op(mean, "a b");
    fake_run(mean_op, 3, rows, 0, mean_value, TOLERANCE);
    op_destroy(mean_op);
    struct op *median_op = fake_op(median, "a b");
    fake_run(median_op, 3, rows, 0, median_value, TOLERANCE);
    op_destroy(median_op);
}

static void test_targets(void **state)
{
    (void)state;
    const double in[] = {1, 2}, same[] = {1, 2};
    fake_check("{'op': 'voting_regressor', 'estimators': [" PAIR ", " PAIR "]}", "a b", 1, in, same,
               0);
    fake_check("{'op': 'voting_regressor', 'aggregate': 'weighted_median', 'weights': [1, 0], "
               "'estimators': [" PAIR ", " PAIR "]}",
               "a b", 1, in, same, 0);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(mean, "a b");
    fake_estimator_check(median, "a b");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'voting_regressor', "
                    "'estimators': []"
                    "}",
                    "a b", "expected a list that is not empty");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'estimators': [{}]"
                    "}",
                    "a b", "$.steps: expected a list of steps");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'estimators': [{'steps': [{'op': 'nothing'}]}]"
                    "}",
                    "a b", "there is no operator 'nothing'");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'aggregate': 'sum', 'estimators': [" RIDGE "]"
                    "}",
                    "a b", "expected one of");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'estimators': [" LINEAR "]"
                    "}",
                    "a b", "element 0 has no output \"value\"");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'estimators': [" RIDGE ", " PAIR "]"
                    "}",
                    "a b", "element 1 makes 2 columns of \"value\", expected 1");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'weights': [1, 2], 'estimators': [" RIDGE "]"
                    "}",
                    "a b", "$.weights: expected 1");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'weights': [-1], 'estimators': [" RIDGE "]"
                    "}",
                    "a b", "expected finite numbers from 0 on");
    fake_op_refused("{'op': 'voting_regressor', "
                    "'weights': [0], 'estimators': [" RIDGE "]"
                    "}",
                    "a b", "all of them are 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
