/* Layers and activations, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"

static void test_layers_of_every_width(void **state)
{
    (void)state;
    /* 2 -> 3 -> 1 -> 2, relu between: hidden (3, -1, 4) -> (3, 0, 4); 3 + 2 * 4 - 1 = 10 */
    const double in[] = {1, 2}, value[] = {10, -20.5};
    fake_check("{'op': 'mlp_regressor', "
               "'coefs_': [[[1, 1, 2], [1, -1, 1]], [[1], [5], [2]], [[1, -2]]], "
               "'intercepts_': [[0, 0, 0], [-1], [0, -0.5]]}",
               "a b", 1, in, value, 0);
}

static void test_one_layer_has_no_hidden_activation(void **state)
{
    (void)state;
    const double in[] = {-3}, value[] = {-6};
    fake_check("{'op': 'mlp_regressor', 'coefs_': [[[2]]], 'intercepts_': [[0]]}", "a", 1, in,
               value, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'mlp_regressor', 'intercepts_': [[0]]}", "a", "coefs_");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [], 'intercepts_': []}", "a", "coefs_");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [[[1]]], 'intercepts_': []}", "a",
                    "intercepts_");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [[[1], [2]]], 'intercepts_': [[0]]}", "a",
                    "expected 1 x n");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [[[1]]], 'intercepts_': [[0, 1]]}", "a",
                    "expected 1 number");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [[[1, 2]], [[1]]], "
                    "'intercepts_': [[0, 0], [0]]}",
                    "a", "expected 2 x n");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [[[]]], 'intercepts_': [[]]}", "a",
                    "expected");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [7], 'intercepts_': [[0]]}", "a",
                    "expected");
    fake_op_refused("{'op': 'mlp_regressor', 'activation': 'softmax', 'coefs_': [[[1]]], "
                    "'intercepts_': [[0]]}",
                    "a", "activation");
    fake_op_refused("{'op': 'mlp_regressor', 'coefs_': [[['NaN']]], 'intercepts_': [[0]]}", "a",
                    "finite");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers_of_every_width),
        cmocka_unit_test(test_one_layer_has_no_hidden_activation),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
