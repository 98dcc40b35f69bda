/* scikit-learn 1.2.1, LinearRegression on four columns of diabetes (two targets: the second is the
 * first's logarithm), its answers for rows 0, 1, 100, 300 and 441. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-12

static const char ONE[] =
    "{'op': 'linear_regression', 'coef_': [793.8771390111984, 381.0287719354451, "
    "251.1025767085847, -221.4059105078233], 'intercept_': 152.13348416289614}";
static const char TWO[] =
    "{'op': 'linear_regression', 'coef_': [[793.8771390111984, 381.0287719354451, "
    "251.1025767085847, -221.4059105078233], [5.219127885851392, 2.5811083384435554, "
    "1.560935959727519, -0.8925103820075464]], 'intercept_': [152.13348416289614, "
    "4.881322924164247]}";
static const double rows[] = {
    0.061696206518683294,  0.0218723855140367,   -0.04422349842444599,  -0.03482076283769895,
    -0.051474061238800654, -0.02632752814785296, -0.008448724111216851, -0.019163339748222204,
    0.0175059114895705,    -0.0228846771720037,  0.06034891879883919,   0.04440579799505339,
    0.0735521393313721,    -0.04123507287328025, -0.004320865536613489, -0.013526667436010586,
    -0.07303030271641665,  -0.08141314376144114, 0.08374011738825825,   0.027808929520208008,
};
static const double one_value[] = {
    206.0515885687158,  103.35923826617697, 162.63336952807634,
    196.72300057581577, 78.00594408384123,
};
static const double two_value[] = {
    206.0515885687158,  5.221826156075483, 103.35923826617697, 4.548634575721981,
    162.63336952807634, 4.968188845667332, 196.72300057581577, 5.164096851910442,
    78.00594408384123,  4.395925492717103,
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

static void test_ridge_lasso_and_elastic_net_are_the_same(void **state)
{
    (void)state;
    static const char *const names[] = {"ridge", "lasso", "elastic_net"};
    for (size_t i = 0; i < 3; i++) {
        char text[128];
        snprintf(text, sizeof(text), "{'op': '%s', 'coef_': [2, -3], 'intercept_': 0.5}", names[i]);
        struct op *op = fake_op(text, "a b");
        assert_string_equal(op->type->name, names[i]);
        const double in[] = {1, 1, 0.25, 2}, value[] = {-0.5, -5};
        fake_run(op, 2, in, 0, value, 0);
        op_destroy(op);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_target),
        cmocka_unit_test(test_two_targets),
        cmocka_unit_test(test_ridge_lasso_and_elastic_net_are_the_same),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_common),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
