/* Writing JSON, and places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "codec/json.h"

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
        struct json *root = NULL;
        assert_true(json_parse(out.data, out.length, &root, NULL));
        json_free(root);
        buf_finish(&out);
    }
}

static void numbers_are_written(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    json_write_number(&out, 0.1);
    buf_put_char(&out, ' ');
    json_write_number(&out, NAN);
    buf_put_char(&out, ' ');
    json_write_number(&out, -INFINITY);
    buf_put_char(&out, ' ');
    json_write_single(&out, 0.1f);
    buf_put_char(&out, ' ');
    json_write_single(&out, 1e300); /* infinite as float32 */
    buf_put_char(&out, ' ');
    json_write_single(&out, INFINITY);
    assert_string_equal(buf_text(&out), "0.1 null null 0.1 null null");
    buf_finish(&out);
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

static void a_full_buffer_only_fails(void **state)
{
    (void)state;
    struct buf out = {.limit = 8};
    json_write_string(&out, "0123456789", 10);
    json_write_number(&out, 1);
    json_write_single(&out, 1);
    json_write_integer(&out, 1);
    assert_true(out.failed);
    buf_finish(&out);
}

static void places_are_named(void **state)
{
    (void)state;
    struct json_place root = {0};
    struct json_place steps = {.parent = &root, .key = "steps"};
    struct json_place second = {.parent = &steps, .index = 1};
    struct json_place mean = {.parent = &second, .key = "mean_"};
    struct json_place odd = {.parent = &mean, .key = "1 \"\xc3\xa9"};
    char text[64];
    json_place_format(&root, text, sizeof text);
    assert_string_equal(text, "$");
    json_place_format(&mean, text, sizeof text);
    assert_string_equal(text, "$.steps[1].mean_");
    json_place_format(&odd, text, sizeof text);
    assert_string_equal(text, "$.steps[1].mean_[\"1 \\\"\xc3\xa9\"]");
    json_place_format(&odd, text, strlen("$.steps[1].mean_[\"1 \\\"\xc3") + 1);
    assert_string_equal(text, "$.steps[1].mean_[\"1 \\\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),  cmocka_unit_test(numbers_are_written),
        cmocka_unit_test(integers_are_written), cmocka_unit_test(a_full_buffer_only_fails),
        cmocka_unit_test(places_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
