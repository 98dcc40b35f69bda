/* Expected values: scipy 1.10, and its expm1 for cloglog. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "math/init.h"
#include "math/special.h"

static void assert_close(double got, double expected)
{
    assert_true(fabs(got - expected) <= 1e-14 * fabs(expected));
}

static void test_sigmoid(void **state)
{
    (void)state;
    assert_close(special_sigmoid(-40.0), 4.248354255291589e-18);
    assert_close(special_sigmoid(-1.5), 0.18242552380635635);
    assert_close(special_sigmoid(0.3), 0.574442516811659);
    assert_true(special_sigmoid(0.0) == 0.5);
    assert_true(special_sigmoid(-800.0) == 0.0);
    assert_true(special_sigmoid(800.0) == 1.0);
    assert_true(isnan(special_sigmoid(NAN)));
}

static void test_argmax_takes_the_first(void **state)
{
    (void)state;
    assert_int_equal(special_argmax((double[]){1.0, 3.0, 3.0, 2.0}, 4), 1);
    assert_int_equal(special_argmax((double[]){-INFINITY, -INFINITY}, 2), 0);
    assert_int_equal(special_argmax((double[]){NAN, NAN}, 2), 0);
    assert_int_equal(special_argmax((double[]){7.0}, 1), 0);
}

static void test_log_sum_exp(void **state)
{
    (void)state;
    assert_close(special_log_sum_exp((double[]){1.0, 2.0, 3.0}, 3), 0x1.b42c6ea778b94p+1);
    assert_close(special_log_sum_exp((double[]){-1000.0, -1001.5, -1300.0}, 3),
                 -0x1.f3e63816f70acp+9);
    assert_true(special_log_sum_exp((double[]){-INFINITY, -INFINITY}, 2) == -INFINITY);
    assert_true(special_log_sum_exp((double[]){-INFINITY, 4.0}, 2) == 4.0);
    assert_true(special_log_sum_exp(NULL, 0) == -INFINITY);
}

static void test_softmax(void **state)
{
    (void)state;
    double x[] = {1.0, 2.0, 3.0, -700.0};
    special_softmax(x, 4);
    assert_close(x[0], 0.09003057317038043);
    assert_close(x[1], 0.24472847105479767);
    assert_close(x[2], 0.6652409557748218);
    assert_close(x[3], 3.265564008910939e-306);
    double large[] = {1e300, -1e300, 1e300};
    special_softmax(large, 3);
    assert_true(large[0] == 0.5 && large[1] == 0.0 && large[2] == 0.5);
    special_softmax(NULL, 0);
}

static void test_link_inverse(void **state)
{
    (void)state;
    assert_true(special_link_inverse(LINK_IDENTITY, -3.25) == -3.25);
    assert_close(special_link_inverse(LINK_LOG, 2.0), 7.38905609893065);
    assert_close(special_link_inverse(LINK_LOGIT, -1.5), 0.18242552380635635);
    assert_close(special_link_inverse(LINK_PROBIT, -1.5), 0.06680720126885807);
    assert_close(special_link_inverse(LINK_CLOGLOG, -40.0), 4.248354255291589e-18);
    assert_close(special_link_inverse(LINK_CLOGLOG, 0.0), 0.6321205588285577);
    assert_close(special_link_inverse(LINK_CLOGLOG, 0.3), 0.7407231340091724);
    assert_true(special_link_inverse(LINK_CLOGLOG, 40.0) == 1.0);
}

static void test_link_names(void **state)
{
    (void)state;
    assert_string_equal(special_link_names[LINK_IDENTITY], "identity");
    assert_string_equal(special_link_names[LINK_PROBIT], "probit");
    assert_string_equal(special_link_names[LINK_CLOGLOG], "cloglog");
    assert_null(special_link_names[LINK_CLOGLOG + 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigmoid),      cmocka_unit_test(test_argmax_takes_the_first),
        cmocka_unit_test(test_log_sum_exp),  cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_link_inverse), cmocka_unit_test(test_link_names),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
