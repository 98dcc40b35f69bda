#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void assert_format(int64_t ns, const char *expected)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(ns, text);
    assert_string_equal(text, expected);
}

static void test_format(void **state)
{
    (void)state;
    assert_format(0, "1970-01-01T00:00:00.000Z");
    assert_format(INT64_C(1772366400123456789), "2026-03-01T12:00:00.123Z");
    assert_format(INT64_C(951782399999000000), "2000-02-28T23:59:59.999Z");
    assert_format(-1, "1969-12-31T23:59:59.999Z");
    assert_format(INT64_MAX, "2262-04-11T23:47:16.854Z");
    assert_format(INT64_MIN + CLOCK_NS_PER_S, "1677-09-21T00:12:44.145Z");
}

static void test_clocks_run(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ns();
    int64_t after = clock_monotonic_ns();
    assert_true(before > 0 && after >= before);
    assert_true(clock_wall_ns() > INT64_C(1700000000) * CLOCK_NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_clocks_run),
    };
    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
