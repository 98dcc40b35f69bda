/* scikit-learn 1.9.1: SVR, OneClassSVM, KernelRidge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char SVR[] =
    "{'op': 'svr', 'kernel': 'rbf', 'gamma': 0.23151006297073715, 'support_vectors_': [[1.4, "
    "-1.8], [-0.3, -0.2], [-1.4, -0.2], [2.2, 0.8], [2.7, 0.9], [0, 4.1], [0.4, 2.6], [-0.1, "
    "3.4], [1.4, 2.8]], 'dual_coef_': [[-1.957007440417207, 0.5759124646105505, -3, "
    "-1.6259371011122192, 3, 3, -0.8411547246223086, -1.4666535417444815, "
    "2.314840343285666]], 'intercept_': 1.6735073058471395}";
static const double svr_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double svr_value[] = {0.12688881503077698, 3.7213763172601255, 2.138076686357679,
                                   3.315565720242884};

static void test_svr(void **state)
{
    (void)state;
    struct op *op = fake_op(SVR, "a b");
    fake_run(op, 4, svr_rows, 0, svr_value, TOLERANCE);
    op_destroy(op);
}

static void test_svr_common(void **state)
{
    (void)state;
    fake_estimator_check(SVR, "a b");
}

static const char BORDER[] =
    "{'op': 'one_class_svm', 'kernel': 'rbf', 'gamma': 0.23151006297073715, "
    "'support_vectors_': [[1.4, -1.8], [-1.4, -0.2], [-0.6, 2.3], [2.7, 0.9], [0, 4.1], [1.4,"
    " 2.8]], 'dual_coef_': [[0.9813153909762313, 0.9827487799318898, 0.4405607702065222, "
    "0.901605263115006, 0.8073658730788068, 0.38640392269154306]], 'intercept_': "
    "-1.1892574695051186}";
static const double border_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double border_label[] = {1, 0, 1, 1};
static const double border_score[] = {0.0683695569817766, -0.5004426903964792, 0.08098696426655194,
                                      0.1434056216464492};

static void test_border(void **state)
{
    (void)state;
    struct op *op = fake_op(BORDER, "a b");
    fake_run(op, 4, border_rows, 0, border_label, 0);
    fake_run(op, 4, border_rows, 1, border_score, TOLERANCE);
    op_destroy(op);
}

static void test_border_common(void **state)
{
    (void)state;
    fake_estimator_check(BORDER, "a b");
}

static const char RIDGE[] =
    "{'op': 'kernel_ridge', 'kernel': 'laplacian', 'gamma': 0.3, 'x_fit_': [[1.4, -1.8], "
    "[0.3, -0.4], [-0.3, -0.2], [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, "
    "0.7], [2.3, 0.8], [2.7, 0.9], [0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, "
    "3.7]], 'dual_coef_': [[-0.6135382045604838, -0.3728346373538985, -0.5346172101107676, "
    "-1.0913092648132272, -0.10314131644641485, 0.49972896242462717, 0.2806936764781019, "
    "0.01966543563296281, 0.5847218722040062, 1.0942863843378734, 1.2451671113925011, "
    "0.35475987053145064, 0.4731698460849849, 1.2147105741837672, 0.6989926504416799], "
    "[-0.1847682173263292, -0.26789291961005585, -0.19616329795172596, -0.06510856738978497, "
    "-0.7263673820802025, 0.10867405322444543, 0.17902058910101826, 0.12590625089444726, "
    "0.11953312520961712, 0.17002971307391732, 0.49886999884886485, 0.5986929721968639, "
    "0.46713385275403924, 0.5467833470666343, 0.4950999128405736]]}";
static const double ridge_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double ridge_value[] = {0.515639105085928,  0.3372674907275014, 2.5559572816976157,
                                     1.1806319329586685, 2.2140492135446532, 1.0573860372216117,
                                     2.7211423107795207, 1.4339241591830862};

static void test_ridge(void **state)
{
    (void)state;
    struct op *op = fake_op(RIDGE, "a b");
    fake_run(op, 4, ridge_rows, 0, ridge_value, TOLERANCE);
    op_destroy(op);
}

static void test_ridge_common(void **state)
{
    (void)state;
    fake_estimator_check(RIDGE, "a b");
}

static void test_svr_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'svr', 'kernel': 'rbf', 'gamma': 0.23151006297073715, 'support_vectors_': [[1.4, "
        "-1.8], [-0.3, -0.2], [-1.4, -0.2], [2.2, 0.8], [2.7, 0.9], [0, 4.1], [0.4, 2.6], [-0.1, "
        "3.4], [1.4, 2.8]], 'dual_coef_': [[-1.957007440417207, 0.5759124646105505, -3, "
        "-1.6259371011122192, 3, 3, -0.8411547246223086, -1.4666535417444815, "
        "2.314840343285666]]}",
        "a b", "intercept_");
    fake_op_refused(
        "{'op': 'svr', 'kernel': 'rbf', 'gamma': 0.23151006297073715, 'support_vectors_': [[1.4, "
        "-1.8], [-0.3, -0.2], [-1.4, -0.2], [2.2, 0.8], [2.7, 0.9], [0, 4.1], [0.4, 2.6], [-0.1, "
        "3.4], [1.4, 2.8]], 'dual_coef_': [[1], [1]], 'intercept_': 1.6735073058471395}",
        "a b", "expected");
    fake_op_refused("{'op': 'svr', 'kernel': 'rbf', 'gamma': 0.23151006297073715, 'dual_coef_': "
                    "[[-1.957007440417207, 0.5759124646105505, -3, -1.6259371011122192, 3, 3, "
                    "-0.8411547246223086, -1.4666535417444815, 2.314840343285666]], 'intercept_': "
                    "1.6735073058471395}",
                    "a b", "support_vectors_");
}

static void test_border_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'one_class_svm', 'kernel': 'rbf', 'gamma': 0.23151006297073715, "
        "'support_vectors_': [[1.4, -1.8], [-1.4, -0.2], [-0.6, 2.3], [2.7, 0.9], [0, 4.1], [1.4,"
        " 2.8]], 'dual_coef_': [[0.9813153909762313, 0.9827487799318898, 0.4405607702065222, "
        "0.901605263115006, 0.8073658730788068, 0.38640392269154306]], 'intercept_': 'NaN'}",
        "a b", "finite");
}

static void test_ridge_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'kernel_ridge', 'kernel': 'laplacian', 'gamma': 0.3, 'dual_coef_': "
        "[[-0.6135382045604838, -0.3728346373538985, -0.5346172101107676, -1.0913092648132272, "
        "-0.10314131644641485, 0.49972896242462717, 0.2806936764781019, 0.01966543563296281, "
        "0.5847218722040062, 1.0942863843378734, 1.2451671113925011, 0.35475987053145064, "
        "0.4731698460849849, 1.2147105741837672, 0.6989926504416799], [-0.1847682173263292, "
        "-0.26789291961005585, -0.19616329795172596, -0.06510856738978497, -0.7263673820802025, "
        "0.10867405322444543, 0.17902058910101826, 0.12590625089444726, 0.11953312520961712, "
        "0.17002971307391732, 0.49886999884886485, 0.5986929721968639, 0.46713385275403924, "
        "0.5467833470666343, 0.4950999128405736]]}",
        "a b", "x_fit_");
    fake_op_refused(
        "{'op': 'kernel_ridge', 'kernel': 'laplacian', 'gamma': 0.3, 'x_fit_': [[1.4, -1.8], "
        "[0.3, -0.4], [-0.3, -0.2], [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, "
        "0.7], [2.3, 0.8], [2.7, 0.9], [0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, "
        "3.7]], 'dual_coef_': [[1]]}",
        "a b", "expected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_svr),           cmocka_unit_test(test_svr_common),
        cmocka_unit_test(test_border),        cmocka_unit_test(test_border_common),
        cmocka_unit_test(test_ridge),         cmocka_unit_test(test_ridge_common),
        cmocka_unit_test(test_svr_refused),   cmocka_unit_test(test_border_refused),
        cmocka_unit_test(test_ridge_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
