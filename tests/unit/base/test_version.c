#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/version.h"

static void test_order(void **state)
{
    (void)state;
    /* Oldest first. */
    static const char *const order[] = {"0",
                                        "01",
                                        "1",
                                        "2",
                                        "9",
                                        "10",
                                        "99999999999999999999",
                                        "100000000000000000000",
                                        "a",
                                        "v1",
                                        "v1.2",
                                        "v1.2.1",
                                        "v1.9",
                                        "v1.10",
                                        "v2",
                                        "v2-rc"};
    size_t count = sizeof order / sizeof order[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            int got = version_compare(order[i], order[j]);
            if (i < j)
                assert_true(got < 0);
            else if (i > j)
                assert_true(got > 0);
            else
                assert_int_equal(got, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests_name("base/version", tests, NULL, NULL);
}
