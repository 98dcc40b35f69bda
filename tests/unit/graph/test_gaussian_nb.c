/* scikit-learn 1.2.1, GaussianNB on iris, its answers for rows 0, 60, 70, 106 and 149. */
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

static const char IRIS[] =
    "{'op': 'gaussian_nb', 'theta_': [[5.005999999999999, 3.428000000000001, "
    "1.4620000000000002, 0.2459999999999999], [5.936, 2.7700000000000005, 4.26, "
    "1.3259999999999998], [6.587999999999998, 2.9739999999999998, 5.552, 2.026]], "
    "'var_': [[0.12176400309550259, 0.14081600309550263, 0.029556003095502676, "
    "0.010884003095502673], [0.2611040030955028, 0.09650000309550268, "
    "0.21640000309550278, 0.03832400309550265], [0.39625600309550263, "
    "0.10192400309550273, 0.2984960030955029, 0.07392400309550265]], 'class_prior_': "
    "[0.3333333333333333, 0.3333333333333333, 0.3333333333333333]}";
static const double rows[] = {
    5.1, 3.5, 1.4, 0.2, 5, 2, 3.5, 1, 5.9, 3.2, 4.8, 1.8, 4.9, 2.5, 4.5, 1.7, 5.9, 3, 5.1, 1.8,
};
static const double iris_label[] = {
    0, 1, 2, 1, 2,
};
static const double iris_probability[] = {
    1,
    1.3578426545097532e-18,
    7.112835116303153e-26,
    1.074993064785575e-41,
    0.999999764931773,
    2.3506822702927002e-07,
    2.591538028250168e-130,
    0.15449408494388256,
    0.8455059150561174,
    2.234637019775573e-109,
    0.9735143446532974,
    0.026485655346702722,
    3.2598824319148094e-146,
    0.05600500915424877,
    0.9439949908457513,
};

static void test_iris(void **state)
{
    (void)state;
    struct op *op = fake_op(IRIS, "sepal_length sepal_width petal_length petal_width");
    fake_run(op, 5, rows, 0, iris_label, 0);
    fake_run(op, 5, rows, 1, iris_probability, TOLERANCE);
    op_destroy(op);
}

static void test_a_class_without_prior_is_never_answered(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'gaussian_nb', 'theta_': [[0, 0], [1, 1]], "
                            "'var_': [[1, 1], [1, 1]], 'class_prior_': [0, 1]}",
                            "a b");
    const double in[] = {0, 0}, label[] = {1}, probability[] = {0, 1};
    fake_run(op, 1, in, 0, label, 0);
    fake_run(op, 1, in, 1, probability, 0);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(IRIS, "sepal_length sepal_width petal_length petal_width");
    assert_int_equal(op->output_count, 2);
    assert_int_equal(op->classes, 3);
    assert_int_equal(op->outputs[0].kind, OUTPUT_LABEL);
    assert_int_equal(op->outputs[0].cols, 1);
    assert_int_equal(op->outputs[1].kind, OUTPUT_PROBABILITY);
    assert_int_equal(op->outputs[1].cols, 3);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(IRIS, "sepal_length sepal_width petal_length petal_width");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'gaussian_nb', 'theta_': [[0, 0]], "
                    "'var_': [[1, 1]], 'class_prior_': [1]}",
                    "a b", "two classes");
    fake_op_refused("{'op': 'gaussian_nb', 'theta_': [[0, 0], [1, 1]], "
                    "'var_': [[1, 1], [1, 0]], 'class_prior_': [0.5, 0.5]}",
                    "a b", "greater than 0");
    fake_op_refused("{'op': 'gaussian_nb', 'theta_': [[0, 0], [1, 1]], "
                    "'var_': [[1, 1], [1, -1]], 'class_prior_': [0.5, 0.5]}",
                    "a b", "greater than 0");
    fake_op_refused("{'op': 'gaussian_nb', 'theta_': [[0, 0], [1, 1]], "
                    "'var_': [[1, 1]], 'class_prior_': [0.5, 0.5]}",
                    "a b", "expected 2 x 2");
    fake_op_refused("{'op': 'gaussian_nb', 'theta_': [[0, 0], [1, 1]], "
                    "'var_': [[1, 1], [1, 1]], 'class_prior_': [0.5, -1]}",
                    "a b", "negative");
    fake_op_refused("{'op': 'gaussian_nb', 'theta_': [[0, 'Infinity'], [1, 1]], "
                    "'var_': [[1, 1], [1, 1]], 'class_prior_': [0.5, 0.5]}",
                    "a b", "finite");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iris),
        cmocka_unit_test(test_a_class_without_prior_is_never_answered),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
