#include "math/process.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "math/init.h"

static double scales[] = {1, 2};
static const double x[] = {1, 2}, y[] = {2, 4};

static void assert_near(double got, double expected)
{
    assert_true(fabs(got - expected) <= 1e-14 * fabs(expected));
}

static double value(enum process_kind kind, double a, double b)
{
    const struct process_kernel kernel = {.kind = kind, .a = a, .b = b, .scales = scales};
    return process_covariance(&kernel, x, y, 2);
}

static void test_formulas(void **state)
{
    (void)state;
    double d = sqrt(2.0), euclid = sqrt(5.0), sine = sin(M_PI / 3 * euclid) / 0.5;
    assert_near(value(PROCESS_CONSTANT, 3, 0), 3);
    assert_true(value(PROCESS_WHITE, 3, 0) == 0);
    assert_near(value(PROCESS_RBF, 0, 0), exp(-1));
    assert_near(value(PROCESS_MATERN, 0.5, 0), exp(-d));
    assert_near(value(PROCESS_MATERN, 1.5, 0), (1 + d * sqrt(3)) * exp(-d * sqrt(3)));
    assert_near(value(PROCESS_MATERN, INFINITY, 0), exp(-1));
    assert_near(value(PROCESS_RATIONAL_QUADRATIC, 2, 0), pow(1.5, -2));
    assert_near(value(PROCESS_EXP_SINE_SQUARED, 0.5, 3), exp(-2 * sine * sine));
    assert_near(value(PROCESS_DOT_PRODUCT, 3, 0), 19);
}

/* The general formula goes over into the closed ones. */
static void test_bessel(void **state)
{
    (void)state;
    const double closed[] = {0.5, 1.5, 2.5};
    for (size_t i = 0; i < 3; i++) {
        double near = value(PROCESS_MATERN, closed[i] + 1e-9, 0);
        assert_true(fabs(near / value(PROCESS_MATERN, closed[i], 0) - 1) < 1e-7);
    }
    const struct process_kernel kernel = {.kind = PROCESS_MATERN, .a = 0.8, .scales = scales};
    const double far[] = {1e6, 0};
    assert_true(process_covariance(&kernel, x, far, 2) == 0);
    assert_true(fabs(process_covariance(&kernel, x, x, 2) - 1) < 1e-9);
}

static void test_composed(void **state)
{
    (void)state;
    struct process_kernel white = {.kind = PROCESS_WHITE, .a = 0.5};
    struct process_kernel dot = {.kind = PROCESS_DOT_PRODUCT, .a = 1};
    struct process_kernel rbf = {.kind = PROCESS_RBF, .scales = scales};
    const struct process_kernel sum = {.kind = PROCESS_SUM, .left = &dot, .right = &white};
    const struct process_kernel product = {.kind = PROCESS_PRODUCT, .left = &dot, .right = &rbf};
    const struct process_kernel power = {.kind = PROCESS_POWER, .left = &dot, .a = 2};
    assert_near(process_covariance(&sum, x, y, 2), 11);
    assert_near(process_variance(&sum, x, 2), 6.5);
    assert_near(process_covariance(&product, x, y, 2), 11 * exp(-1));
    assert_near(process_variance(&product, x, 2), 6);
    assert_near(process_covariance(&power, x, y, 2), 121);
    assert_near(process_variance(&power, x, 2), 36);
}

static void test_remaining_variance(void **state)
{
    (void)state;
    double lower[] = {2, 7, 1, 4}, covariances[] = {2, 5}; /* the 7 is not read */
    const struct matrix m = {.data = lower, .rows = 2, .cols = 2, .stride = 2};
    assert_near(process_remaining_variance(&m, 10, covariances), 10 - 1 - 1);
}

/* Against the integral itself, summed over a fine grid: the approximation is good to 1e-4. */
static void test_probability(void **state)
{
    (void)state;
    const double means[] = {0, -1, 2.5}, variances[] = {0.3, 1, 4};
    for (size_t i = 0; i < 3; i++) {
        double sum = 0, step = 1e-3, deviation = sqrt(variances[i]);
        for (double z = -9; z < 9; z += step)
            sum += step * exp(-z * z / 2) / sqrt(2 * M_PI) / (1 + exp(-(means[i] + z * deviation)));
        assert_true(fabs(process_probability(means[i], variances[i]) - sum) < 1e-4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formulas),    cmocka_unit_test(test_bessel),
        cmocka_unit_test(test_composed),    cmocka_unit_test(test_remaining_variance),
        cmocka_unit_test(test_probability),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
