#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_box_cox(void **state)
{
    (void)state;
    const double in[] = {5.836039190663969,
                         1.4920592434019648,
                         2.661095776728801,
                         9.401725151586074,
                         6.472471246024121,
                         0.37633413252474596,
                         2.5859382914732114,
                         0.8595406087772803,
                         NAN,
                         2};
    const double expected[] = {1.2844789444175628,  0.3091436592218438, 0.33116940736135025,
                               2.1097286180027486,  1.4249050009706687, -1.0754905191749429,
                               0.29985694287483045, -0.241374163709188, NAN,
                               0.599516909558485};
    fake_check("{'op': 'power_transformer', 'method': 'box-cox', 'lambdas_': "
               "[0.25387885847747776, -0.01695658461956798], 'mean_': [0.7239993181472755, "
               "0.08975085648753786], 'scale_': [1.1687892654132213, 0.9997029366512304]}",
               "a b", 5, in, expected, 1e-12);
}

static void test_box_cox_of_lambda_0(void **state)
{
    (void)state;
    const double in[] = {5.836039190663969,
                         1.4920592434019648,
                         2.661095776728801,
                         9.401725151586074,
                         6.472471246024121,
                         0.37633413252474596,
                         2.5859382914732114,
                         0.8595406087772803,
                         NAN,
                         2};
    const double expected[] = {1.764052345967664,  0.4429975386004505,   0.9787379841057392,
                               4.13244654329284,   1.8675579901499675,   -0.7730784335993666,
                               0.9500884175255894, -0.14577174136809107, NAN,
                               0.8284271247461901};
    fake_check("{'op': 'power_transformer', 'method': 'box-cox', 'lambdas_': [0, 0.5]}", "a b", 5,
               in, expected, 1e-14);
}

static void test_yeo_johnson(void **state)
{
    (void)state;
    const double in[] = {4.836039190663969,
                         0.49205924340196483,
                         1.6610957767288008,
                         8.401725151586074,
                         5.472471246024121,
                         -0.623665867475254,
                         1.5859382914732114,
                         -0.14045939122271967,
                         -3,
                         NAN,
                         0,
                         -0.5};
    const double expected[] = {1.2954267805432,     0.3607513748719405,
                               0.38569772768651933, 2.0115660833465365,
                               1.419974656830631,   -1.199080085660613,
                               0.3536559713448512,  -0.30028887492133055,
                               -7.766591883529154,  NAN,
                               -0.6654520793221252, -0.9314285877861275};
    fake_check("{'op': 'power_transformer', 'lambdas_': [0.0859291401146486, "
               "-0.25133774631991485], 'mean_': [0.646411601493517, 0.08946907995362484], "
               "'scale_': [0.9713871540562256, 0.80726868804041]}",
               "a b", 6, in, expected, 1e-12);
}

static void test_yeo_johnson_limits(void **state)
{
    (void)state;
    const double in[] = {4.836039190663969,
                         0.49205924340196483,
                         1.6610957767288008,
                         8.401725151586074,
                         5.472471246024121,
                         -0.623665867475254,
                         1.5859382914732114,
                         -0.14045939122271967,
                         -3,
                         NAN,
                         0,
                         -0.5};
    const double expected[] = {1.7640523459676638,
                               0.6131203929106219,
                               0.9787379841057392,
                               43.696217912983094,
                               1.8675579901499675,
                               -0.48468647394220676,
                               0.9500884175255894,
                               -0.1314311559906547,
                               -7.5,
                               NAN,
                               0,
                               -0.4054651081081644};
    fake_check("{'op': 'power_transformer', 'lambdas_': [0, 2]}", "a b", 6, in, expected, 1e-14);
}

static void test_not_above_0(void **state)
{
    (void)state;
    const double in[] = {1, 2, 1, 0};
    struct op *op =
        fake_op("{'op': 'power_transformer', 'method': 'box-cox', 'lambdas_': [1, 1]}", "a b");
    fake_run_refused(op, 2, in, ERR_RANGE, 1, "b");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'power_transformer'}", "a", "$.lambdas_: is required");
    fake_op_refused("{'op': 'power_transformer', 'method': 'cox', 'lambdas_': [1]}", "a",
                    "$.method: expected one of");
    fake_op_refused("{'op': 'power_transformer', 'lambdas_': [1]}", "a:x,y",
                    "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_box_cox),     cmocka_unit_test(test_box_cox_of_lambda_0),
        cmocka_unit_test(test_yeo_johnson), cmocka_unit_test(test_yeo_johnson_limits),
        cmocka_unit_test(test_not_above_0), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
