#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_l2(void **state)
{
    (void)state;
    const double in[] = {1.5, -2,  0.1,  0.3, 4, 7.7, -1.25, 0.5, 3.3,
                         2,   2.5, -0.7, 0,   0, 0,   1e-17, 0,   0};
    const double expected[] = {0.5995205752330737,
                               -0.7993607669774315,
                               0.03996803834887158,
                               0.0345535909861739,
                               0.4607145464823187,
                               0.8868755019784634,
                               -0.3507239399172749,
                               0.14028957596690997,
                               0.9259112013816057,
                               0.6102781976973534,
                               0.7628477471216917,
                               -0.21359736919407366,
                               0,
                               0,
                               0,
                               1e-17,
                               0,
                               0};
    fake_check("{'op': 'normalizer', 'norm': 'l2'}", "a b c", 6, in, expected, 4e-16);
}

static void test_l1(void **state)
{
    (void)state;
    const double in[] = {1.5, -2,  0.1,  0.3, 4, 7.7, -1.25, 0.5, 3.3,
                         2,   2.5, -0.7, 0,   0, 0,   1e-17, 0,   0};
    const double expected[] = {0.41666666666666663,
                               -0.5555555555555556,
                               0.02777777777777778,
                               0.024999999999999998,
                               0.3333333333333333,
                               0.6416666666666667,
                               -0.24752475247524752,
                               0.09900990099009901,
                               0.6534653465346535,
                               0.3846153846153846,
                               0.4807692307692307,
                               -0.1346153846153846,
                               0,
                               0,
                               0,
                               1e-17,
                               0,
                               0};
    fake_check("{'op': 'normalizer', 'norm': 'l1'}", "a b c", 6, in, expected, 4e-16);
}

static void test_max(void **state)
{
    (void)state;
    const double in[] = {1.5, -2,  0.1,  0.3, 4, 7.7, -1.25, 0.5, 3.3,
                         2,   2.5, -0.7, 0,   0, 0,   1e-17, 0,   0};
    const double expected[] = {0.75,
                               -1,
                               0.05,
                               0.03896103896103896,
                               0.5194805194805194,
                               1,
                               -0.3787878787878788,
                               0.15151515151515152,
                               1,
                               0.8,
                               1,
                               -0.27999999999999997,
                               0,
                               0,
                               0,
                               1e-17,
                               0,
                               0};
    fake_check("{'op': 'normalizer', 'norm': 'max'}", "a b c", 6, in, expected, 4e-16);
}

static void test_missing(void **state)
{
    (void)state;
    const double in[] = {NAN, 1, 2};
    const double expected[] = {NAN, NAN, NAN};
    fake_check("{'op': 'normalizer', 'norm': 'max'}", "a b c", 1, in, expected, 0);
    fake_check("{'op': 'normalizer'}", "a b c", 1, in, expected, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'normalizer', 'norm': 'l3'}", "a", "$.norm: expected one of");
    fake_op_refused("{'op': 'normalizer'}", "a:x,y", "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l2),      cmocka_unit_test(test_l1),      cmocka_unit_test(test_max),
        cmocka_unit_test(test_missing), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
