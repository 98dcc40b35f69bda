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
    const double expected[] = {0.35036496350364965,
                               -1.1666666666666667,
                               -0.3555555555555555,
                               -0.3503649635036497,
                               0.8333333333333334,
                               1.3333333333333333,
                               -1.2554744525547445,
                               -0.3333333333333333,
                               0.3555555555555555,
                               0.6423357664233578,
                               0.3333333333333333,
                               -0.5333333333333333,
                               NAN,
                               1.1666666666666667,
                               -22.6,
                               1.2262773722627738,
                               NAN,
                               -0.3222222222222222};
    fake_check("{'op': 'robust_scaler', 'center_': [0.9, 1.5, 1.7], 'scale_': [1.7125, 3.0, "
               "4.5]}",
               "a b c", 6, in, expected, 0);
}

static void test_without_centre(void **state)
{
    (void)state;
    const double in[] = {1.5, -2,  0.1,  0.3, 4, 7.7,  -1.25, 0.5, 3.3,
                         2,   2.5, -0.7, NAN, 5, -100, 3,     NAN, 0.25};
    const double expected[] = {0.8759124087591241,
                               -0.6666666666666666,
                               0.022222222222222223,
                               0.17518248175182483,
                               1.3333333333333333,
                               1.7111111111111112,
                               -0.7299270072992701,
                               0.16666666666666666,
                               0.7333333333333333,
                               1.1678832116788322,
                               0.8333333333333334,
                               -0.15555555555555556,
                               NAN,
                               1.6666666666666667,
                               -22.22222222222222,
                               1.7518248175182483,
                               NAN,
                               0.05555555555555555};
    fake_check("{'op': 'robust_scaler', 'scale_': [1.7125, 3.0, 4.5]}", "a b c", 6, in, expected,
               0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'robust_scaler', 'center_': [1, 2]}", "a",
                    "$.center_: expected 1 number, got 2");
    fake_op_refused("{'op': 'robust_scaler'}", "a:x,y", "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_without_centre),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
