/* Calibrated probabilities: scikit-learn's numbers, and each mistake. */
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

static const char sigmoid[] =
    "{'op': 'calibrated_classifier', 'method': 'sigmoid', 'classes': 2, 'estimators': "
    "[{'steps': [{'op': 'gaussian_nb', 'theta_': [[7, 3.6666666666666665], "
    "[9.333333333333334, 4]], 'var_': [[6.000000005138889, 6.222222227361112], "
    "[1.5555555606944445, 2.6666666718055554]], 'class_prior_': [0.5, 0.5]}], "
    "'response': 'probability', 'calibrators': [{'a_': -22.778420807481677, 'b_': "
    "0.28823878474443154}]}, {'steps': [{'op': 'gaussian_nb', 'theta_': "
    "[[1.3333333333333333, 2.6666666666666665], [4.333333333333333, "
    "2.3333333333333335]], 'var_': [[1.5555555600277777, 1.5555555600277775], "
    "[2.888888893361111, 4.222222226694445]], 'class_prior_': [0.5, 0.5]}], 'response': "
    "'probability', 'calibrators': [{'a_': -15.52664006639667, 'b_': "
    "15.283962666414993}]}]}";
static const double sigmoid_label[] = {0, 0, 1};
static const double sigmoid_probability[] = {0.7857822091160398,  0.21421779088396015,
                                             0.61385976481545057, 0.38614023518454943,
                                             0.21981347871322149, 0.78018652128677846};

static const char isotonic[] =
    "{'op': 'calibrated_classifier', 'method': 'isotonic', 'classes': 3, 'estimators': "
    "[{'steps': [{'op': 'gaussian_nb', 'theta_': [[6.5, 5.5], [7, 5.5], [10, 3]], "
    "'var_': [[12.250000007138889, 2.250000007138889], [1.0000000071388888, "
    "0.25000000713888887], [1.0000000071388888, 1.0000000071388888]], 'class_prior_': "
    "[0.3333333333333333, 0.3333333333333333, 0.3333333333333333]}], 'response': "
    "'probability', 'calibrators': [{'X_thresholds_': [0.808765444721195, "
    "0.9999987428596967, 0.9999999999917843, 0.9999999999985985, 1], 'y_thresholds_': "
    "[0, 0, 0.5, 0.5, 1]}, {'X_thresholds_': [3.9452505952748256e-28, "
    "0.00012821810842672217], 'y_thresholds_': [0.3333333333333333, "
    "0.3333333333333333]}, {'X_thresholds_': [6.920029849149593e-20, "
    "1.2571403037681695e-06, 0.00019786792888247054, 0.19110633717037817], "
    "'y_thresholds_': [0, 0, 1, 1]}]}, {'steps': [{'op': 'gaussian_nb', 'theta_': "
    "[[0.5, 2], [3, 0.5], [6, 2.5]], 'var_': [[0.25000000580555554, "
    "1.0000000058055556], [1.0000000058055556, 0.25000000580555554], "
    "[1.0000000058055556, 0.25000000580555554]], 'class_prior_': [0.3333333333333333, "
    "0.3333333333333333, 0.3333333333333333]}], 'response': 'probability', "
    "'calibrators': [{'X_thresholds_': [5.655696823400388e-90, 0.00407013765803011], "
    "'y_thresholds_': [0.2, 1]}, {'X_thresholds_': [5.311098185196726e-27, "
    "1.847840131458008e-07], 'y_thresholds_': [0.3333333333333333, "
    "0.3333333333333333]}, {'X_thresholds_': [0.9959296775579561, 0.9999999748900045, "
    "1], 'y_thresholds_': [0, 0.4, 0.4]}]}]}";
static const double isotonic_label[] = {0, 1, 2};
static const double isotonic_probability[] = {0.75,
                                              0.25,
                                              0,
                                              0.18750000001464748,
                                              0.706144722403939,
                                              0.10635527758141358,
                                              0.10714285714285715,
                                              0.30357142857142855,
                                              0.5892857142857143};

static const char temperature[] =
    "{'op': 'calibrated_classifier', 'method': 'temperature', 'classes': 2, "
    "'estimators': [{'steps': [{'op': 'logistic_regression', 'multi_class': 'binary', "
    "'coef_': [[0.38317414458914645, -0.36081923362007795]], 'intercept_': "
    "[-0.9519086035599903]}], 'response': 'score', 'beta_': 0.0631487332590013}]}";
static const double temperature_label[] = {0, 1, 1};
static const double temperature_probability[] = {0.54665582472072138, 0.45334417527927856,
                                                 0.49270222352336818, 0.50729777647663188,
                                                 0.49522188038582649, 0.50477811961417351};

static const char temperature_three[] =
    "{'op': 'calibrated_classifier', 'method': 'temperature', 'classes': 3, "
    "'estimators': [{'steps': [{'op': 'gaussian_nb', 'theta_': [[3.5, 3.75], [5, 3], "
    "[8, 2.75]], 'var_': [[15.250000011916667, 4.687500011916667], [5.000000011916667, "
    "6.500000011916667], [5.000000011916667, 0.6875000119166667]], 'class_prior_': "
    "[0.3333333333333333, 0.3333333333333333, 0.3333333333333333]}], 'response': "
    "'probability', 'beta_': 0.014423948703069995}]}";
static const double temperature_three_label[] = {0, 1, 0};
static const double temperature_three_probability[] = {
    0.34131732080527311, 0.3360121775397194,  0.32267050165500749,
    0.33253005138811004, 0.33623818455298587, 0.33123176405890409,
    0.34497252521252192, 0.3432367551712901,  0.31179071961618798};

static void test_values(void **state)
{
    (void)state;
    struct op *sigmoid_op = fake_op(sigmoid, "a b");
    fake_run(sigmoid_op, 3, rows, 0, sigmoid_label, TOLERANCE);
    fake_run(sigmoid_op, 3, rows, 1, sigmoid_probability, TOLERANCE);
    op_destroy(sigmoid_op);
    struct op *isotonic_op = fake_op(isotonic, "a b");
    fake_run(isotonic_op, 3, rows, 0, isotonic_label, TOLERANCE);
    fake_run(isotonic_op, 3, rows, 1, isotonic_probability, TOLERANCE);
    op_destroy(isotonic_op);
    struct op *temperature_op = fake_op(temperature, "a b");
    fake_run(temperature_op, 3, rows, 0, temperature_label, TOLERANCE);
    fake_run(temperature_op, 3, rows, 1, temperature_probability, TOLERANCE);
    op_destroy(temperature_op);
    struct op *temperature_three_op = fake_op(temperature_three, "a b");
    fake_run(temperature_three_op, 3, rows, 0, temperature_three_label, TOLERANCE);
    fake_run(temperature_three_op, 3, rows, 1, temperature_three_probability, TOLERANCE);
    op_destroy(temperature_three_op);
}

/* A row whose classes all have probability 0: each is as probable. Else shares of their sum. */
static void test_shares(void **state)
{
    (void)state;
    const double in[] = {0, 0, 1, 1, 1, 0},
                 share[] = {1.0 / 3, 1.0 / 3, 1.0 / 3, 0.25, 0.75, 0, 1, 0, 0};
    struct op *op = fake_op("{'op': 'calibrated_classifier', 'method': 'isotonic', 'estimators': [{"
                            "'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0], [0, 1], "
                            "[0, 0]], 'intercept_': [0, 0, 0]}], 'calibrators': ["
                            "{'X_thresholds_': [0, 1], 'y_thresholds_': [0, 0.2]}, "
                            "{'X_thresholds_': [0, 1], 'y_thresholds_': [0, 0.6]}, "
                            "{'X_thresholds_': [0], 'y_thresholds_': [0]}]}]}",
                            "a b");
    fake_run(op, 3, in, 1, share, TOLERANCE);
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(sigmoid, "a b");
    fake_estimator_check(isotonic, "a b");
    fake_estimator_check(temperature, "a b");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'estimators': [" LINEAR "]"
                    "}",
                    "a b", "$.method: is required");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'linear', 'estimators': [{'steps': [{'op': 'linear_classifier', "
                    "'coef_': [[1, 0]], 'intercept_': [-1]}]}]"
                    "}",
                    "a b", "expected one of");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'sigmoid', 'estimators': []"
                    "}",
                    "a b", "expected a list that is not empty");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'sigmoid', 'estimators': [{'steps': [{'op': 'linear_classifier', "
                    "'coef_': [[1, 0]], 'intercept_': [-1]}]}]"
                    "}",
                    "a b", "expected 1 elements, got 0");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'sigmoid', 'estimators': [{'steps': [{'op': 'linear_classifier', "
                    "'coef_': [[1, 0]], 'intercept_': [-1]}], 'calibrators': [{'a_': 1}]}]"
                    "}",
                    "a b", "$.b_: is required");
    fake_op_refused(
        "{'op': 'calibrated_classifier', "
        "'method': 'sigmoid', 'estimators': [{'steps': [{'op': 'linear_classifier', 'coef_': [[1, "
        "0]], 'intercept_': [-1]}], 'calibrators': [{'a_': 'NaN', 'b_': 1}]}]"
        "}",
        "a b", "expected a finite number");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'sigmoid', 'estimators': [{'steps': [{'op': 'linear_classifier', "
                    "'coef_': [[1, 0]], 'intercept_': [-1]}], 'response': 'probability', "
                    "'calibrators': [{'a_': 1, 'b_': 1}]}]"
                    "}",
                    "a b", "has no output \"probability\"");
    fake_op_refused(
        "{'op': 'calibrated_classifier', "
        "'method': 'isotonic', 'estimators': [{'steps': [{'op': 'linear_classifier', 'coef_': [[1, "
        "0]], 'intercept_': [-1]}], 'calibrators': [{'X_thresholds_': [], 'y_thresholds_': []}]}]"
        "}",
        "a b", "expected one number or more");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'isotonic', 'estimators': [{'steps': [{'op': 'linear_classifier', "
                    "'coef_': [[1, 0]], 'intercept_': [-1]}], 'calibrators': [{'X_thresholds_': "
                    "[1, 1], 'y_thresholds_': [0, 1]}]}]"
                    "}",
                    "a b", "finite numbers that ascend");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'isotonic', 'estimators': [{'steps': [{'op': 'linear_classifier', "
                    "'coef_': [[1, 0]], 'intercept_': [-1]}], 'calibrators': [{'X_thresholds_': "
                    "[1, 2], 'y_thresholds_': [0]}]}]"
                    "}",
                    "a b", "y_thresholds_: expected 2");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'isotonic', 'estimators': [{'steps': [{'op': 'linear_classifier', "
                    "'coef_': [[1, 0]], 'intercept_': [-1]}], 'calibrators': [{'X_thresholds_': "
                    "[1, 2], 'y_thresholds_': [0, 'NaN']}]}]"
                    "}",
                    "a b", "expected finite numbers");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'temperature', 'estimators': [{'steps': [{'op': "
                    "'linear_classifier', 'coef_': [[1, 0]], 'intercept_': [-1]}]}]"
                    "}",
                    "a b", "beta_: is required");
    fake_op_refused("{'op': 'calibrated_classifier', "
                    "'method': 'temperature', 'classes': 4, 'estimators': [{'steps': [{'op': "
                    "'linear_classifier', 'coef_': [[1, 0], [0, 1], [0, 0]], 'intercept_': [0, 0, "
                    "0]}], 'classes': [0, 1, 3], 'beta_': 1}]"
                    "}",
                    "a b", "does not go with");
    fake_op_refused(
        "{'op': 'calibrated_classifier', "
        "'method': 'sigmoid', 'classes': 3, 'estimators': [{'steps': [{'op': 'linear_classifier', "
        "'coef_': [[1, 0]], 'intercept_': [-1]}], 'classes': [0, 2], 'calibrators': []}]"
        "}",
        "a b", "two classes cannot be calibrated among 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
