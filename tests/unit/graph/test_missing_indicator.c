#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {NAN, 2, 3, NAN, 1, NAN, NAN, 1};
    const double expected[] = {1, 1, 0, 0};
    fake_check("{'op': 'missing_indicator', 'features_': [3, 0]}", "a b c d:x,y", 2, in, expected,
               0);
    struct op *op = fake_op("{'op': 'missing_indicator', 'features_': [3, 0]}", "a b c d:x,y");
    fake_names(op, "missingindicator_d missingindicator_a");
    op_destroy(op);
}

static void test_other_missing_values(void **state)
{
    (void)state;
    const double in[] = {NAN, 0};
    const double expected[] = {0, 1};
    fake_check("{'op': 'missing_indicator', 'features_': [0], 'missing_values': 0}", "a", 2, in,
               expected, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'missing_indicator'}", "a", "$.features_: is required");
    fake_op_refused("{'op': 'missing_indicator', 'features_': []}", "a", "names no column");
    fake_op_refused("{'op': 'missing_indicator', 'features_': [1]}", "a", "below 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_other_missing_values),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
