#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {1, 2, NAN, 0.1};
    const double both[] = {0, (2 - 0.3) / 0.7, NAN, (0.1 - 0.3) / 0.7};
    fake_check("{'op': 'standard_scaler', 'mean_': [1, 0.3], 'scale_': [2, 0.7]}", "a b", 2, in,
               both, 0);
    const double mean_only[] = {0, 2 - 0.3, NAN, 0.1 - 0.3};
    fake_check("{'op': 'standard_scaler', 'mean_': [1, 0.3]}", "a b", 2, in, mean_only, 0);
    const double scale_only[] = {1 / 3.0, 2 / 0.7, NAN, 0.1 / 0.7};
    fake_check("{'op': 'standard_scaler', 'mean_': null, 'scale_': [3, 0.7]}", "a b", 2, in,
               scale_only, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'standard_scaler', 'mean_': [1]}", "a b",
                    "$.mean_: expected 2 numbers, got 1");
    fake_op_refused("{'op': 'standard_scaler', 'scale_': [1, 'x']}", "a b",
                    "$.scale_: expected a list of numbers");
    fake_op_refused("{'op': 'standard_scaler'}", "age sex:f,m",
                    "column 'sex' holds words; encode it first");
}

static void test_names(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'standard_scaler', 'mean_': [1, 0.3]}", "a b");
    fake_names(op, "a b");
    op_destroy(op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
