#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {1, NAN, 3, 0};
    fake_check("{'op': 'passthrough'}", "a b:x,y", 2, in, in, 0);
    struct op *op = fake_op("{'op': 'passthrough'}", "a b:x,y");
    fake_names(op, "a b");
    op_destroy(op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
