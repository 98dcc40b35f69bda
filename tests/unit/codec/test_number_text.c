/* Numbers as programs write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "codec/number.h"

static void programs_numbers_are_read(void **state)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"1", 1},     {"-0.5e3", -500},  {"+1", 1},     {"007", 7},        {".5", 0.5},
        {"5.", 5},    {" 2 ", 2},        {"\t3", 3},    {"inf", INFINITY}, {"-Infinity", -INFINITY},
        {"1E3", 1e3}, {"INF", INFINITY}, {"-.5", -0.5}, {"+1e-2", 0.01},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = NAN;
        assert_true(number_read_text(cases[i].text, strlen(cases[i].text), &value));
        assert_true(value == cases[i].value);
    }
    double value = 0;
    assert_true(number_read_text("NaN", 3, &value));
    assert_true(isnan(value));
}

static void nothing_else_is(void **state)
{
    static const char *const cases[] = {"",    " ",     "x",     "1x",     "0x10", "1 2",
                                        "--1", "1e",    "e5",    "+",      ".",    "nano",
                                        "1,5", "infin", "+-inf", "nan(1)", "\n1",  "1_000"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 0;
        assert_false(number_read_text(cases[i], strlen(cases[i]), &value));
    }
    assert_false(number_read_text("1\0", 2, &(double){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_numbers_are_read),
        cmocka_unit_test(nothing_else_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
