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
    const double expected[] = {1.5384615384615385,
                               -1,
                               -0.7142857142857143,
                               0.4307692307692309,
                               2,
                               2,
                               -1,
                               0.25,
                               0.4285714285714286,
                               2,
                               1.25,
                               -1,
                               NAN,
                               2.5,
                               -36.464285714285715,
                               2.9230769230769234,
                               NAN,
                               -0.6607142857142857};
    fake_check("{'op': 'min_max_scaler', 'scale_': [0.9230769230769231, 0.5, "
               "0.35714285714285715], 'min_': [0.15384615384615397, 0.0, -0.75]}",
               "a b c", 6, in, expected, 0);
}

static void test_clipped(void **state)
{
    (void)state;
    const double in[] = {1.5, -2,  0.1,  0.3, 4, 7.7,  -1.25, 0.5, 3.3,
                         2,   2.5, -0.7, NAN, 5, -100, 3,     NAN, 0.25};
    const double expected[] = {1.5384615384615385,
                               -1,
                               -0.7142857142857143,
                               0.4307692307692309,
                               2,
                               2,
                               -1,
                               0.25,
                               0.4285714285714286,
                               2,
                               1.25,
                               -1,
                               NAN,
                               2,
                               -1,
                               2,
                               NAN,
                               -0.6607142857142857};
    fake_check("{'op': 'min_max_scaler', 'clip': true, 'feature_range': [-1, 2], 'scale_': "
               "[0.9230769230769231, 0.5, 0.35714285714285715], 'min_': [0.15384615384615397, "
               "0.0, -0.75]}",
               "a b c", 6, in, expected, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'min_max_scaler', 'scale_': [1]}", "a", "$.min_: is required");
    fake_op_refused("{'op': 'min_max_scaler', 'scale_': [1], 'min_': [0], 'feature_range': [1, 0]}",
                    "a", "$.feature_range: expected the lower end first");
    fake_op_refused("{'op': 'min_max_scaler', 'scale_': [1], 'min_': [0], 'clip': 1}", "a",
                    "$.clip: expected true or false");
    fake_op_refused("{'op': 'min_max_scaler'}", "a:x,y", "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_clipped),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
