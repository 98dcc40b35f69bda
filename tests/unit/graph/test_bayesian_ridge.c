/* scikit-learn 1.2.1, BayesianRidge on four columns of diabetes, predict(return_std=True) for rows
 * 0, 1, 100, 300 and 441; intervals with scipy's norm.ppf(0.975). */
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

static const char DIABETES[] =
    "{'op': 'bayesian_ridge', 'coef_': [779.6756427847935, 381.5584210249552, "
    "219.75098752463404, -186.63341151371714], 'intercept_': 152.13348416289614, "
    "'sigma_': [[4342.855548015417, -1550.6344378227463, 168.91720497632178, "
    "-981.920619950675], [-1550.6344378227463, 4309.3740511152, -1373.5103186646083, "
    "823.4995277086468], [168.91720497632178, -1373.5103186646086, 16386.660107274736, "
    "-14249.705854897347], [-981.9206199506748, 823.4995277086466, -14249.705854897345, "
    "16202.48383174837]], 'alpha_': 0.0002788286286584249}";
static const double rows[] = {
    0.061696206518683294,  0.0218723855140367,   -0.04422349842444599,  -0.03482076283769895,
    -0.051474061238800654, -0.02632752814785296, -0.008448724111216851, -0.019163339748222204,
    0.0175059114895705,    -0.0228846771720037,  0.06034891879883919,   0.04440579799505339,
    0.0735521393313721,    -0.04123507287328025, -0.004320865536613489, -0.013526667436010586,
    -0.07303030271641665,  -0.08141314376144114, 0.08374011738825825,   0.027808929520208008,
};
static const double value[] = {
    205.36266682786254, 103.67482631664961, 162.0247045999282, 195.3217199992648, 77.34156347001036,
};
static const double std[] = {
    60.111117295039016, 59.9804842426429, 60.062203744802595, 60.25396744147944, 60.80882058862634,
};
static const double interval[] = {
    87.54704185912331,   323.1782917966018,  -13.884762574202696, 221.2344152075019,
    44.30494842800836,   279.7444607718481,  77.22611388831606,   313.4173261102135,
    -41.841534826054996, 196.52466176607572,
};

static void test_diabetes(void **state)
{
    (void)state;
    struct op *op = fake_op(DIABETES, "bmi bp s1 s2");
    fake_run(op, 5, rows, 0, value, TOLERANCE);
    fake_run(op, 5, rows, 1, std, TOLERANCE);
    fake_run(op, 5, rows, 2, interval, TOLERANCE);
    op_destroy(op);
}

static void test_offset_and_interval(void **state)
{
    (void)state;
    /* std = sqrt(1 / 0.5 + (3 - 1)^2 / 2 + (0 + 1)^2 * 5) = 3; 0.8 lies within 1.28155 of them */
    struct op *op =
        fake_op("{'op': 'bayesian_ridge', 'coef_': [1, 1], 'sigma_': [[0.5, 0], [0, 5]], "
                "'alpha_': 0.5, 'x_offset_': [1, -1], 'interval': 0.8}",
                "a b");
    const double in[] = {3, 0}, three[] = {3};
    const double around[] = {3 - 3 * 1.2815515655446004, 3 + 3 * 1.2815515655446004};
    fake_run(op, 1, in, 1, three, 0);
    fake_run(op, 1, in, 2, around, TOLERANCE);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(DIABETES, "bmi bp s1 s2");
    assert_int_equal(op->output_count, 3);
    assert_int_equal(op->classes, 0);
    assert_int_equal(op->outputs[0].kind, OUTPUT_VALUE);
    assert_int_equal(op->outputs[0].cols, 1);
    assert_int_equal(op->outputs[1].kind, OUTPUT_STD);
    assert_int_equal(op->outputs[1].cols, 1);
    assert_int_equal(op->outputs[2].kind, OUTPUT_INTERVAL);
    assert_int_equal(op->outputs[2].cols, 2);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(DIABETES, "bmi bp s1 s2");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'bayesian_ridge', "
                    "'coef_': [1, 2], 'sigma_': [[1, 0], [0, 1]]}",
                    "a b", "alpha_");
    fake_op_refused("{'op': 'bayesian_ridge', "
                    "'coef_': [1, 2], 'sigma_': [[1, 0], [0, 1]], 'alpha_': 0}",
                    "a b", "greater than 0");
    fake_op_refused("{'op': 'bayesian_ridge', "
                    "'coef_': [1, 2], 'sigma_': [[1, 0], [0, 1]], 'alpha_': 'NaN'}",
                    "a b", "greater than 0");
    fake_op_refused("{'op': 'bayesian_ridge', "
                    "'coef_': [1, 2], 'sigma_': [[1, 0], [0, 1]], 'alpha_': 1, 'interval': 1}",
                    "a b", "between 0 and 1");
    fake_op_refused("{'op': 'bayesian_ridge', "
                    "'coef_': [1, 2], 'sigma_': [[1, 0], [0, 1]], 'alpha_': 1, 'x_offset_': [1]}",
                    "a b", "expected 2 numbers");
    fake_op_refused("{'op': 'bayesian_ridge', "
                    "'coef_': [1, 2], 'sigma_': [[1, 0]], 'alpha_': 1}",
                    "a b", "expected 2 x 2");
    fake_op_refused("{'op': 'bayesian_ridge', "
                    "'coef_': [[1, 2], [3, 4]], 'sigma_': [[1, 0], [0, 1]], 'alpha_': 1}",
                    "a b", "one target");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diabetes), cmocka_unit_test(test_offset_and_interval),
        cmocka_unit_test(test_outputs),  cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
