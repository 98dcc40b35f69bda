#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {1.5, -2, 0.1, 0.3, 4, 7.7, -1.25, 0.5, 3.3, 2, 2.5, -0.7};
    const double expected[] = {1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0};
    fake_check("{'op': 'binarizer', 'threshold': 0.5}", "a b c", 4, in, expected, 0);
    const double zero[] = {1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0};
    fake_check("{'op': 'binarizer'}", "a b c", 4, in, zero, 0);
}

static void test_missing(void **state)
{
    (void)state;
    const double in[] = {1, 2, 3, NAN};
    struct op *op = fake_op("{'op': 'binarizer'}", "a b");
    fake_run_refused(op, 2, in, ERR_MISSING, 1, "b");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'binarizer', 'threshold': 'x'}", "a", "$.threshold: expected a number");
    fake_op_refused("{'op': 'binarizer'}", "a:x,y", "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
