#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {5, 2};
    const double expected[] = {4, 1, 5, 2, 25, 4};
    fake_check("{'op': 'feature_union', 'transformers': [{'steps': [{'op': 'standard_scaler', "
               "'mean_': [1, 1]}]}, {'steps': []}, {'steps': [{'op': 'function_transformer', "
               "'func': 'square'}]}]}",
               "a b", 1, in, expected, 0);
    struct op *op =
        fake_op("{'op': 'feature_union', 'transformers': [{}, {'steps': [{'op': 'select', "
                "'columns': ['b']}]}]}",
                "a b");
    fake_names(op, "a b b");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'feature_union'}", "a",
                    "$.transformers: expected a list that is not empty");
    fake_op_refused("{'op': 'feature_union', 'transformers': [{'steps': [{'op': 'nothing'}]}]}",
                    "a", "there is no operator 'nothing'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
