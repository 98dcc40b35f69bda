/* NaN and infinities, in and out of strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "codec/non_finite.h"

static void assert_replaced(const char *text, const char *expected)
{
    struct buf out = BUF_INIT;
    assert_true(non_finite_replace(&out, text, strlen(text)));
    assert_string_equal(buf_text(&out), expected);
    buf_finish(&out);
}

static void words_are_replaced(void **state)
{
    (void)state;
    assert_replaced("NaN", "null");
    assert_replaced("[NaN,1,-Infinity, Infinity]", "[null,1,-1e999, 1e999]");
    assert_replaced("{\"NaN\":[\"x\",NaN]}", "{\"NaN\":[\"x\",null]}");
    assert_replaced("[\"a\\\"NaN\",NaN]", "[\"a\\\"NaN\",null]");
    assert_replaced("[\"\\\\\",NaN", "[\"\\\\\",null");
    assert_replaced("NaNNaN", "nullnull");
}

static void strings_and_the_rest_stay(void **state)
{
    static const char *const texts[] = {"",      "[1]",       "\"NaN\"",          "[\"Infinity\"]",
                                        "\"NaN", "Na",        "Infinit",          "nan",
                                        "\"\\",  "\"\\\"NaN", "[\"\\\\\\\"NaN\"]"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buf out = BUF_INIT;
        assert_false(non_finite_replace(&out, texts[i], strlen(texts[i])));
        assert_int_equal(out.length, 0);
        buf_finish(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_replaced),
        cmocka_unit_test(strings_and_the_rest_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
