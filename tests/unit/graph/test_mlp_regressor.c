/* scikit-learn 1.2.1, MLPRegressor(solver='lbfgs', random_state=1) on four columns of diabetes (two
 * targets: the second is the first's logarithm), its answers for rows 0, 1, 100, 300 and 441. */
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

static const char ONE[] =
    "{'op': 'mlp_regressor', 'activation': 'tanh', 'coefs_': [[[-8.037238453850426, "
    "0.6431193912624844, -0.9472325651154636, -0.5401472924630262], [-4.257515149869618, "
    "-0.4519601712312068, -0.6247638684985283, -0.44986305359910744], "
    "[-3.6241026661700686, 0.12394296875126187, -0.1385645800847796, "
    "0.23819926862943408], [2.727781474539333, 0.6738479924057375, -0.793155447010715, "
    "0.2338868902193217]], [[-1.3313501466243836, -1.5149200464835728, "
    "-4.156951439796325], [6.211720825568849, 2.2914450355361073, 3.2621560478662643], "
    "[-0.09385682099815057, -9.58277062539235, -14.923607840984255], "
    "[-0.06704088094517398, -8.228244525965184, -12.498682865858422]], "
    "[[209.48125605752813], [18.546568766017213], [20.711026071358432]]], 'intercepts_': "
    "[[1.0246888200762434, 24.894675041547288, -13.689107092037538, "
    "-18.566349590875944], [-5.022868103552651, 15.634103705019589, 26.07243227856382], "
    "[37.475827962036625]]}";
static const char TWO[] =
    "{'op': 'mlp_regressor', 'coefs_': [[[-0.15364514029656492, 13.885848423839265, "
    "-0.9256068038053646], [-0.3660083556029807, 6.931531860310261, "
    "-0.7548410102670505], [-0.5809322539874462, 6.125833342546822, "
    "-0.19114918175770607], [0.07187450745734449, -4.544441328503674, "
    "0.34295931134652513]], [[0.37347499131245887, -0.18117580402973682], "
    "[65.74020904356097, 0.4413688616571095], [-0.6614254154546396, "
    "0.6588972588138222]]], 'intercepts_': [[-0.5472480952822393, 0.6769572473761922, "
    "-0.8751081312384833], [101.10716960794893, 4.534090422867962]], 'out_activation_': "
    "'identity'}";
static const double rows[] = {
    0.061696206518683294,  0.0218723855140367,   -0.04422349842444599,  -0.03482076283769895,
    -0.051474061238800654, -0.02632752814785296, -0.008448724111216851, -0.019163339748222204,
    0.0175059114895705,    -0.0228846771720037,  0.06034891879883919,   0.04440579799505339,
    0.0735521393313721,    -0.04123507287328025, -0.004320865536613489, -0.013526667436010586,
    -0.07303030271641665,  -0.08141314376144114, 0.08374011738825825,   0.027808929520208008,
};
static const double one_value[] = {
    207.69870243108727, 105.44378868707798, 157.52428103513995,
    195.96918862431062, 97.49526089743401,
};
static const double two_value[] = {
    204.49059634781995, 5.228189605670262, 101.10716960794893, 4.534090422867962,
    162.19978827215908, 4.94425613343951,  196.26422417070037, 5.172959107072713,
    101.10716960794893, 4.534090422867962,
};

static void test_one_target(void **state)
{
    (void)state;
    struct op *op = fake_op(ONE, "bmi bp s1 s2");
    fake_run(op, 5, rows, 0, one_value, TOLERANCE);
    op_destroy(op);
}

static void test_two_targets(void **state)
{
    (void)state;
    struct op *op = fake_op(TWO, "bmi bp s1 s2");
    fake_run(op, 5, rows, 0, two_value, TOLERANCE);
    op_destroy(op);
}

static void test_other_outputs(void **state)
{
    (void)state;
    const double in[] = {0, 2}, logistic[] = {0.5, 0.8807970779778823},
                 exponential[] = {1, 7.38905609893065};
    fake_check("{'op': 'mlp_regressor', 'coefs_': [[[1]]], 'intercepts_': [[0]], "
               "'out_activation_': 'logistic'}",
               "a", 2, in, logistic, TOLERANCE);
    fake_check("{'op': 'mlp_regressor', 'coefs_': [[[1]]], 'intercepts_': [[0]], "
               "'out_activation_': 'exp'}",
               "a", 2, in, exponential, TOLERANCE);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(TWO, "bmi bp s1 s2");
    assert_int_equal(op->output_count, 1);
    assert_int_equal(op->classes, 0);
    assert_int_equal(op->outputs[0].kind, OUTPUT_VALUE);
    assert_int_equal(op->outputs[0].cols, 2);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(ONE, "bmi bp s1 s2");
    fake_estimator_check(TWO, "bmi bp s1 s2");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [[[1]]], 'intercepts_': [[0]], "
                    "'out_activation_': 'softmax'}",
                    "a", "expected one of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_target),    cmocka_unit_test(test_two_targets),
        cmocka_unit_test(test_other_outputs), cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_common),        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
