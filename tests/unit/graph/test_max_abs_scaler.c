#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {1.5, -2,  0.1,  0.3, 4, 7.7,  -1.25, 0.5, 3.3,
                         2,   2.5, -0.7, NAN, 5, -100, 3,     NAN, 0.25};
    const double expected[] = {
        0.75,   -0.5,  0.012987012987012988, 0.15, 1,     1,
        -0.625, 0.125, 0.42857142857142855,  1,    0.625, -0.0909090909090909,
        NAN,    1.25,  -12.987012987012987,  1.5,  NAN,   0.032467532467532464};
    fake_check("{'op': 'max_abs_scaler', 'scale_': [2.0, 4.0, 7.7]}", "a b c", 6, in, expected, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'max_abs_scaler'}", "a", "$.scale_: is required");
    fake_op_refused("{'op': 'max_abs_scaler', 'scale_': [1]}", "a:x,y", "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
