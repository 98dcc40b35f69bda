#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_write.h"

static void strings_are_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t length;
        const char *out;
    } cases[] = {
        {"", 0, "\"\""},
        {"plain \xc3\xa9 \xf0\x9f\x98\x80", 13, "\"plain \xc3\xa9 \xf0\x9f\x98\x80\""},
        {"\"\\\b\f\n\r\t/", 8, "\"\\\"\\\\\\b\\f\\n\\r\\t/\""},
        {"a\0\x1f\x7f", 4, "\"a\\u0000\\u001f\x7f\""},
        {"\xff"
         "a\xc3",
         3,
         "\"\xef\xbf\xbd"
         "a\xef\xbf\xbd\""},
        {"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = BUF_INIT;
        json_write_string(&out, cases[i].in, cases[i].length);
        assert_string_equal(buf_text(&out), cases[i].out);
        buf_finish(&out);
    }
}

static void integers_are_written(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    json_write_integer(&out, 0);
    json_write_integer(&out, INT64_MIN);
    json_write_integer(&out, -7);
    json_write_integer(&out, INT64_MAX);
    assert_string_equal(buf_text(&out), "0-9223372036854775808-79223372036854775807");
    buf_finish(&out);
}

static void commas_come_by_themselves(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    buf_put_char(&out, '{');
    json_write_text(&out, "a", "{"); /* its quote follows the bracket */
    json_write_text(&out, "none", NULL);
    json_write_bool(&out, "b", true);
    json_write_bool(&out, "c", false);
    json_write_open(&out, "d", '[');
    for (int i = 0; i < 2; i++) {
        json_write_next(&out);
        buf_put_char(&out, '{');
        json_write_size(&out, "e", UINT64_MAX);
        json_write_size(&out, "f", 0);
        buf_put_char(&out, '}');
    }
    buf_put_char(&out, ']');
    json_write_fixed(&out, "g", 1.0 / 3, 3);
    json_write_fixed(&out, "h", 7, 0);
    buf_put_char(&out, '}');
    assert_string_equal(
        buf_text(&out),
        "{\"a\":\"{\",\"b\":true,\"c\":false,\"d\":["
        "{\"e\":18446744073709551615,\"f\":0},{\"e\":18446744073709551615,\"f\":0}],"
        "\"g\":0.333,\"h\":7}");
    buf_finish(&out);
    json_write_key(&out, "first");
    assert_string_equal(buf_text(&out), "\"first\":");
    buf_finish(&out);
}

static void a_full_buffer_only_fails(void **state)
{
    (void)state;
    struct buf out = {.limit = 8};
    json_write_string(&out, "0123456789", 10);
    json_write_integer(&out, -1);
    json_write_size(&out, "a", 1);
    assert_true(out.failed);
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(integers_are_written),
        cmocka_unit_test(commas_come_by_themselves),
        cmocka_unit_test(a_full_buffer_only_fails),
    };
    return cmocka_run_group_tests_name("base/json_write", tests, NULL, NULL);
}
