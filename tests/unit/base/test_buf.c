#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

static void test_writing(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    assert_string_equal(buf_text(&buf), "");
    buf_put(&buf, "ab", 2);
    buf_put(&buf, NULL, 0);
    buf_put_char(&buf, 'c');
    buf_put_text(&buf, "de");
    buf_printf(&buf, "%03d", 7);
    assert_string_equal(buf_text(&buf), "abcde007");
    assert_int_equal(buf.length, 8);
    buf_finish(&buf);
    buf_finish(NULL);
    assert_null(buf.data);
}

static void test_integers(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    buf_put_integer(&buf, 0);
    buf_put_char(&buf, ' ');
    buf_put_integer(&buf, INT64_MIN);
    buf_put_char(&buf, ' ');
    buf_put_integer(&buf, INT64_MAX);
    buf_put_char(&buf, ' ');
    buf_put_hex(&buf, 0);
    buf_put_char(&buf, ' ');
    buf_put_hex(&buf, UINT64_MAX - 5);
    assert_string_equal(buf_text(&buf),
                        "0 -9223372036854775808 9223372036854775807 0 fffffffffffffffa");
    buf_finish(&buf);
}

static void test_growing(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    for (int i = 0; i < 100000; i++)
        buf_put_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.length, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
    buf_finish(&buf);
}

static void test_limit_is_sticky(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    buf.limit = 5;
    buf_printf(&buf, "%s", "12345"); /* the NUL is not counted */
    assert_false(buf.failed);
    assert_string_equal(buf_text(&buf), "12345");
    buf_put_char(&buf, '6');
    assert_true(buf.failed);
    assert_string_equal(buf_text(&buf), "");
    assert_null(buf_reserve(&buf, 0));
    buf_put_text(&buf, "");
    buf_printf(&buf, "x");
    assert_int_equal(buf.length, 5);
    buf_reset(&buf, SIZE_MAX);
    assert_false(buf.failed);
    buf_put_text(&buf, "ok");
    assert_string_equal(buf_text(&buf), "ok");
    buf_finish(&buf);
}

static void test_reserve(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    char *place = buf_reserve(&buf, 1000);
    assert_non_null(place);
    memcpy(place, "hey", 3);
    buf_commit(&buf, 3);
    assert_string_equal(buf_text(&buf), "hey");
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_true(buf.failed);
    buf_finish(&buf);
}

static void test_reset_keeps(void **state)
{
    (void)state;
    struct buf buf = BUF_INIT;
    assert_non_null(buf_reserve(&buf, 10000));
    const char *data = buf.data;
    buf_reset(&buf, buf.capacity);
    assert_ptr_equal(buf.data, data);
    buf_reset(&buf, 100);
    assert_null(buf.data);
    assert_int_equal(buf.capacity, 0);
    buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writing), cmocka_unit_test(test_integers),
        cmocka_unit_test(test_growing), cmocka_unit_test(test_limit_is_sticky),
        cmocka_unit_test(test_reserve), cmocka_unit_test(test_reset_keeps),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
