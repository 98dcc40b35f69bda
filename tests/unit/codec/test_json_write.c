/* Writing JSON, and places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "codec/json.h"

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

static void a_full_buffer_only_fails(void **state)
{
    (void)state;
    struct buf out = {.limit = 8};
    json_write_number(&out, 1);
    json_write_single(&out, 1);
    json_write_number(&out, 0.123456789);
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
        cmocka_unit_test(numbers_are_written),
        cmocka_unit_test(a_full_buffer_only_fails),
        cmocka_unit_test(places_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
