#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {2.5, 0.3, -1.5, 0, NAN};
    const double of_identity[] = {2.5, 0.3, -1.5, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'identity'}", "a", 5, in, of_identity,
               4e-16);
    const double of_log[] = {0.916290731874155, -1.203972804325936, NAN, -INFINITY, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'log'}", "a", 5, in, of_log, 4e-16);
    const double of_log1p[] = {1.252762968495368, 0.262364264467491, NAN, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'log1p'}", "a", 5, in, of_log1p, 4e-16);
    const double of_log2[] = {1.3219280948873624, -1.736965594166206, NAN, -INFINITY, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'log2'}", "a", 5, in, of_log2, 4e-16);
    const double of_log10[] = {0.3979400086720376, -0.5228787452803376, NAN, -INFINITY, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'log10'}", "a", 5, in, of_log10, 4e-16);
    const double of_exp[] = {12.182493960703473, 1.3498588075760032, 0.22313016014842982, 1, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'exp'}", "a", 5, in, of_exp, 4e-16);
    const double of_expm1[] = {11.182493960703473, 0.3498588075760031, -0.7768698398515702, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'expm1'}", "a", 5, in, of_expm1, 4e-16);
    const double of_sqrt[] = {1.5811388300841898, 0.5477225575051661, NAN, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'sqrt'}", "a", 5, in, of_sqrt, 4e-16);
    const double of_cbrt[] = {1.3572088082974534, 0.6694329500821695, -1.1447142425533319, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'cbrt'}", "a", 5, in, of_cbrt, 4e-16);
    const double of_square[] = {6.25, 0.09, 2.25, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'square'}", "a", 5, in, of_square, 4e-16);
    const double of_abs[] = {2.5, 0.3, 1.5, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'abs'}", "a", 5, in, of_abs, 4e-16);
    const double of_sign[] = {1, 1, -1, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'sign'}", "a", 5, in, of_sign, 4e-16);
    const double of_reciprocal[] = {0.4, 3.3333333333333335, -0.6666666666666666, INFINITY, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'reciprocal'}", "a", 5, in, of_reciprocal,
               4e-16);
    const double of_negative[] = {-2.5, -0.3, 1.5, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'negative'}", "a", 5, in, of_negative,
               4e-16);
    const double of_sin[] = {0.5984721441039564, 0.2955202066613396, -0.9974949866040544, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'sin'}", "a", 5, in, of_sin, 4e-16);
    const double of_cos[] = {-0.8011436155469338, 0.9553364891256061, 0.0707372016677029, 1, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'cos'}", "a", 5, in, of_cos, 4e-16);
    const double of_tanh[] = {0.9866142981514303, 0.2913126124515909, -0.9051482536448665, 0, NAN};
    fake_check("{'op': 'function_transformer', 'func': 'tanh'}", "a", 5, in, of_tanh, 4e-16);
}

static void test_words(void **state)
{
    (void)state;
    const double in[] = {0, 1, NAN};
    fake_check("{'op': 'function_transformer'}", "a:x,y", 3, in, in, 0);
    fake_op_refused("{'op': 'function_transformer', 'func': 'log'}", "a:x,y",
                    "column 'a' holds words");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'function_transformer', 'func': 'system'}", "a",
                    "$.func: expected one of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
