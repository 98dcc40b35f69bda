/* scikit-learn 1.2.1, PoissonRegressor(alpha=1e-3) on four columns of diabetes, its answers for
 * rows 0, 1, 100, 300 and 441; the links alone from scipy 1.10 (cloglog: -expm1(-exp(x))). */
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

static const char POISSON[] =
    "{'op': 'generalized_linear_regressor', 'link': 'log', 'coef_': [4.7873375546735275, "
    "2.4928244413623917, 1.5756777520558314, -1.0460997784004942], 'intercept_': "
    "4.976630036140797}";
static const double rows[] = {
    0.061696206518683294,  0.0218723855140367,   -0.04422349842444599,  -0.03482076283769895,
    -0.051474061238800654, -0.02632752814785296, -0.008448724111216851, -0.019163339748222204,
    0.0175059114895705,    -0.0228846771720037,  0.06034891879883919,   0.04440579799505339,
    0.0735521393313721,    -0.04123507287328025, -0.004320865536613489, -0.013526667436010586,
    -0.07303030271641665,  -0.08141314376144114, 0.08374011738825825,   0.027808929520208008,
};
static const double poisson_value[] = {
    198.99080736099452, 106.83768529801893, 156.3390137375361,
    187.41007110835926, 92.47304305520476,
};
static const double predictors[] = {
    -3, -0.5, 0, 1.25, 4,
};
static const double identity_value[] = {
    -3, -0.5, 0, 1.25, 4,
};
static const double log_value[] = {
    0.04978706836786394, 0.6065306597126334, 1, 3.4903429574618414, 54.598150033144236,
};
static const double logit_value[] = {
    0.04742587317756678, 0.3775406687981454, 0.5, 0.7772998611746911, 0.9820137900379085,
};
static const double probit_value[] = {
    0.0013498980316300933, 0.3085375387259869, 0.5, 0.8943502263331446, 0.9999683287581669,
};
static const double cloglog_value[] = {
    0.04856800709954659, 0.45476078810739495, 0.6321205588285577, 0.9695095865369378, 1,
};

static void test_poisson(void **state)
{
    (void)state;
    struct op *op = fake_op(POISSON, "bmi bp s1 s2");
    fake_run(op, 5, rows, 0, poisson_value, TOLERANCE);
    op_destroy(op);
}

static void test_each_link(void **state)
{
    (void)state;
    static const struct {
        const char *link;
        const double *values;
    } cases[] = {
        {"identity", identity_value}, {"log", log_value},         {"logit", logit_value},
        {"probit", probit_value},     {"cloglog", cloglog_value},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[128];
        snprintf(text, sizeof(text),
                 "{'op': 'generalized_linear_regressor', 'link': '%s', 'coef_': [1]}",
                 cases[i].link);
        fake_check(text, "a", 5, predictors, cases[i].values, TOLERANCE);
    }
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(POISSON, "bmi bp s1 s2");
    assert_int_equal(op->output_count, 1);
    assert_int_equal(op->classes, 0);
    assert_int_equal(op->outputs[0].kind, OUTPUT_VALUE);
    assert_int_equal(op->outputs[0].cols, 1);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(POISSON, "bmi bp s1 s2");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'generalized_linear_regressor', 'coef_': [1]}", "a", "link");
    fake_op_refused("{'op': 'generalized_linear_regressor', 'coef_': [1], 'link': 'sqrt'}", "a",
                    "\"cloglog\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_poisson), cmocka_unit_test(test_each_link),
        cmocka_unit_test(test_outputs), cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
