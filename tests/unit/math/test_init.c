#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gsl/gsl_errno.h>

#include "math/init.h"

static void test_gsl_errors_do_not_end_the_process(void **state)
{
    (void)state;
    math_init();
    gsl_error("made by the test", __FILE__, __LINE__, GSL_EDOM); /* aborts with GSL's own handler */
    math_init();
    gsl_error("made by the test", __FILE__, __LINE__, GSL_EDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gsl_errors_do_not_end_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
