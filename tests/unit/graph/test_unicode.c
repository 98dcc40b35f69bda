/* What Python 3.11 (Unicode 14) says of all characters, as one number each. */
#include "graph/unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static bool is_surrogate(uint32_t code)
{
    return code >= 0xD800 && code < 0xE000;
}

static void test_all_characters(void **state)
{
    (void)state;
    uint32_t words = 7, spaces = 7, lower = 7;
    for (uint32_t code = 0; code < 0x110000; code++) {
        uint32_t small[2];
        if (is_surrogate(code))
            continue;
        if (unicode_is_word(code))
            words = words * 31 + code;
        if (unicode_is_space(code))
            spaces = spaces * 31 + code;
        size_t count = unicode_lower(&code, 1, small);
        for (size_t i = 0; i < count; i++)
            lower = lower * 31 + small[i];
    }
    assert_int_equal(words, UINT32_C(1421436783));
    assert_int_equal(spaces, UINT32_C(2269905205));
    assert_int_equal(lower, UINT32_C(2631148276));
}

static void test_bytes_and_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        char bytes[UNICODE_BYTES_MAX];
        uint32_t back;
        if (is_surrogate(code))
            continue;
        size_t length = unicode_encode(code, bytes);
        assert_int_equal(unicode_decode(bytes, length, &back), length);
        assert_int_equal(back, code);
        if (length > 1) { /* cut off */
            assert_int_equal(unicode_decode(bytes, length - 1, &back), 1);
            assert_int_equal(back, 0xFFFD);
        }
    }
}

static void test_what_is_no_utf8(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "\x80",         "\xC0\x80",         "\xC1\xBF",         "\xED\xA0\x80",
        "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFF",         "\xE2\x28\xA1"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        uint32_t code;
        assert_int_equal(unicode_decode(broken[i], strlen(broken[i]), &code), 1);
        assert_int_equal(code, 0xFFFD);
    }
}

/* The sigma of an end: after a letter and before none, points and the like not counted. */
static void test_sigma(void **state)
{
    (void)state;
    static const struct {
        uint32_t text[4];
        size_t count, at;
        uint32_t expected;
    } cases[] = {
        {{0x3A3}, 1, 0, 0x3C3},
        {{'A', 0x3A3}, 2, 1, 0x3C2},
        {{'A', 0x3A3, 'B'}, 3, 1, 0x3C3},
        {{'A', 0x3A3, '.', 'B'}, 4, 1, 0x3C3},
        {{'A', 0x3A3, ' ', 'B'}, 4, 1, 0x3C2},
        {{'A', '.', 0x3A3}, 3, 2, 0x3C2},
        {{' ', '.', 0x3A3}, 3, 2, 0x3C3},
        {{'A', 0x3A3, '.', ' '}, 4, 1, 0x3C2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t lower[8];
        assert_int_equal(unicode_lower(cases[i].text, cases[i].count, lower), cases[i].count);
        assert_int_equal(lower[cases[i].at], cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_characters),
        cmocka_unit_test(test_bytes_and_back),
        cmocka_unit_test(test_what_is_no_utf8),
        cmocka_unit_test(test_sigma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
