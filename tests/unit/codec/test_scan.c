/* The scanner alone: its tokens with their spans, escapes undone, values skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "codec/scan.h"
#include "base/utf8.h"

static void tokens_come_in_order(void **state)
{
    (void)state;
    const char *text = " {\"a\\n\" : [1, -2.5e1,true], \"b\":{}, \"c\":\"x\"} ";
    static const struct {
        enum scan_token token;
        const char *span;
    } expected[] = {
        {SCAN_OPEN_OBJECT, "{"},  {SCAN_KEY, "a\\n"},      {SCAN_OPEN_ARRAY, "["},
        {SCAN_NUMBER, "1"},       {SCAN_NUMBER, "-2.5e1"}, {SCAN_LITERAL, "true"},
        {SCAN_CLOSE_ARRAY, "]"},  {SCAN_KEY, "b"},         {SCAN_OPEN_OBJECT, "{"},
        {SCAN_CLOSE_OBJECT, "}"}, {SCAN_KEY, "c"},         {SCAN_STRING, "x"},
        {SCAN_CLOSE_OBJECT, "}"}, {SCAN_END, NULL},        {SCAN_END, NULL},
    };
    struct scan scan;
    scan_init(&scan, text, strlen(text));
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(scan_next(&scan), expected[i].token);
        if (expected[i].span == NULL)
            continue;
        assert_int_equal(scan.length, strlen(expected[i].span));
        assert_memory_equal(scan.start, expected[i].span, scan.length);
    }
}

static void tokens_are_described(void **state)
{
    (void)state;
    struct scan scan;
    scan_init(&scan, "[1,1.0,1e1,\"a\",\"\\u0041\"]", 24);
    static const bool integral[] = {true, false, false};
    assert_int_equal(scan_next(&scan), SCAN_OPEN_ARRAY);
    assert_int_equal(scan.depth, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(scan_next(&scan), SCAN_NUMBER);
        assert_int_equal(scan.integral, integral[i]);
    }
    assert_int_equal(scan_next(&scan), SCAN_STRING);
    assert_false(scan.escaped);
    assert_int_equal(scan_next(&scan), SCAN_STRING);
    assert_true(scan.escaped);
}

static void a_value_can_be_skipped(void **state)
{
    (void)state;
    const char *text = "{\"a\":<binary>,\"b\":1}";
    struct scan scan;
    scan_init(&scan, text, strlen(text));
    assert_int_equal(scan_next(&scan), SCAN_OPEN_OBJECT);
    assert_int_equal(scan_next(&scan), SCAN_KEY);
    scan_skip_value(&scan, strchr(text, ','));
    assert_int_equal(scan_next(&scan), SCAN_KEY);
    assert_int_equal(scan_next(&scan), SCAN_NUMBER);
    assert_int_equal(scan_next(&scan), SCAN_CLOSE_OBJECT);
    assert_int_equal(scan_next(&scan), SCAN_END);
}

static void problems_have_a_place(void **state)
{
    (void)state;
    struct scan scan;
    struct err err = ERR_INIT;
    scan_init(&scan, "[tru]", 5);
    assert_int_equal(scan_next(&scan), SCAN_OPEN_ARRAY);
    assert_int_equal(scan_next(&scan), SCAN_ERROR);
    assert_false(scan_fail(&scan, &err));
    assert_string_equal(err.text, "not valid JSON: a value is expected at byte 1");
}

static void escapes_are_undone(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
        {"\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac"},
        {"\\ud83d\\ude00!", "\xf0\x9f\x98\x80!"},
        {"\\ud83d", "\xef\xbf\xbd"},
        {"\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
        {"\\ud83d\\u0041", "\xef\xbf\xbd"
                           "A"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = strlen(cases[i].text);
        char *out = malloc(length + 1); /* exactly what the promise asks for */
        assert_non_null(out);
        assert_int_equal(scan_unescape(cases[i].text, length, out), strlen(cases[i].plain));
        assert_string_equal(out, cases[i].plain);
        free(out);
    }
}

static void utf8_is_that_of_the_rfc(void **state)
{
    (void)state;
    size_t valid = 0;
    for (uint32_t i = 0; i < 0x10000; i++) { /* every two bytes, with two that continue them */
        const char text[] = {(char)(i >> 8), (char)i, (char)0x80, (char)0x80};
        valid += utf8_sequence(text, 4) >= 2;
    }
    /* 30 * 64 of two bytes; 16 * 64 - 32 - 32 of three, 5 * 64 - 16 - 48 of four as lead pairs */
    assert_int_equal(valid, 30 * 64 + 16 * 64 - 64 + 5 * 64 - 64);
    assert_int_equal(utf8_sequence("a", 1), 1);
    assert_int_equal(utf8_sequence("", 0), 0);
    assert_int_equal(utf8_sequence("\xe2\x82", 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_in_order),   cmocka_unit_test(tokens_are_described),
        cmocka_unit_test(a_value_can_be_skipped), cmocka_unit_test(problems_have_a_place),
        cmocka_unit_test(escapes_are_undone),     cmocka_unit_test(utf8_is_that_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
