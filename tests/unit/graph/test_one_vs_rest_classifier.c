/* A binary estimator for each class: scikit-learn's numbers, and each mistake. */
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
#define THREE                                                                                  \
    "{'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0], [0, 1], [0, 0]], 'intercept_': " \
    "[0, 0, 0]}]}"
#define RIDGE "{'steps': [{'op': 'ridge', 'coef_': [1, 0], 'intercept_': 0}]}"
#define PAIR "{'steps': [{'op': 'ridge', 'coef_': [[1, 0], [0, 1]], 'intercept_': [0, 0]}]}"

static const char rest[] =
    "{'op': 'one_vs_rest_classifier', 'estimators': [{'steps': [{'op': "
    "'logistic_regression', 'multi_class': 'binary', 'coef_': [[-0.690766276067649, "
    "0.9019623058312216]], 'intercept_': [-0.2764461913591882]}]}, {'steps': [{'op': "
    "'logistic_regression', 'multi_class': 'binary', 'coef_': [[-0.06252394379205035, "
    "0.003167580555858752]], 'intercept_': [-0.36677725820923257]}]}, {'steps': [{'op': "
    "'logistic_regression', 'multi_class': 'binary', 'coef_': [[0.8231438116272436, "
    "-0.9011174422544297]], 'intercept_': [-2.8391397203377036]}]}]}";
static const double rest_label[] = {0, 2, 0};
static const double rest_probability[] = {
    0.64694726350911969, 0.3409253371188653,  0.012127399372014907,
    0.13779077940385326, 0.40958591617841134, 0.45262330441773541,
    0.40830705442146925, 0.33760323042199147, 0.25408971515653939};
static const double rest_score[] = {
    1.1820952822694306,   -0.39170406899354027, -4.2298026990329411,
    -2.0319509749167759,  -0.64338363443967106, -0.48666873139675193,
    -0.63058768806508825, -0.90890347872460386, -1.2881087903463042};

static const char rest_two[] =
    "{'op': 'one_vs_rest_classifier', 'estimators': [{'steps': [{'op': "
    "'logistic_regression', 'multi_class': 'binary', 'coef_': [[0.38317414458914645, "
    "-0.36081923362007795]], 'intercept_': [-0.9519086035599903]}]}]}";
static const double rest_two_label[] = {0, 1, 1};
static const double rest_two_probability[] = {0.81486844438761374, 0.18513155561238626,
                                              0.44246937127165231, 0.55753062872834769,
                                              0.46223861992812398, 0.53776138007187602};
static const double rest_two_score[] = {-1.4819599985055731, 0.23114619666105185,
                                        0.15133367921182084};

static void test_values(void **state)
{
    (void)state;
    struct op *rest_op = fake_op(rest, "a b");
    fake_run(rest_op, 3, rows, 0, rest_label, TOLERANCE);
    fake_run(rest_op, 3, rows, 1, rest_probability, TOLERANCE);
    fake_run(rest_op, 3, rows, 2, rest_score, TOLERANCE);
    op_destroy(rest_op);
    struct op *rest_two_op = fake_op(rest_two, "a b");
    fake_run(rest_two_op, 3, rows, 0, rest_two_label, TOLERANCE);
    fake_run(rest_two_op, 3, rows, 1, rest_two_probability, TOLERANCE);
    fake_run(rest_two_op, 3, rows, 2, rest_two_score, TOLERANCE);
    op_destroy(rest_two_op);
}

/* Regressors: the largest value, or more than a half of two classes. */
static void test_regressors(void **state)
{
    (void)state;
    const double in[] = {0.4, 0, 0.6, 0, 0, 1}, two[] = {0, 1, 0}, three[] = {0, 0, 1};
    fake_check("{'op': 'one_vs_rest_classifier', 'estimators': [" RIDGE "]}", "a b", 3, in, two, 0);
    struct op *op = fake_op("{'op': 'one_vs_rest_classifier', 'estimators': [" RIDGE
                            ", {'steps': [{'op': 'ridge', 'coef_': [0, 1], 'intercept_': 0}]}]}",
                            "a b");
    assert_int_equal(op->output_count, 1);
    assert_int_equal(op->classes, 2);
    fake_run(op, 3, in, 0, three, 0);
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(rest, "a b");
    fake_estimator_check(rest_two, "a b");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'one_vs_rest_classifier', "
                    "'estimators': []"
                    "}",
                    "a b", "expected a list that is not empty");
    fake_op_refused("{'op': 'one_vs_rest_classifier', "
                    "'estimators': [{}]"
                    "}",
                    "a b", "$.steps: expected a list of steps");
    fake_op_refused("{'op': 'one_vs_rest_classifier', "
                    "'estimators': [{'steps': [{'op': 'nothing'}]}]"
                    "}",
                    "a b", "there is no operator 'nothing'");
    fake_op_refused("{'op': 'one_vs_rest_classifier', "
                    "'estimators': [" PAIR "]"
                    "}",
                    "a b", "expected one number for a row, got 2");
    fake_op_refused("{'op': 'one_vs_rest_classifier', "
                    "'estimators': [" THREE "]"
                    "}",
                    "a b", "expected one number for a row, got 3");
    fake_op_refused("{'op': 'one_vs_rest_classifier', "
                    "'estimators': [{'response': 'probability', 'steps': [{'op': "
                    "'linear_classifier', 'coef_': [[1, 0]], 'intercept_': [0]}]}]"
                    "}",
                    "a b", "has no output \"probability\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_regressors),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
