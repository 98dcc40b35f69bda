#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"

static void test_set_resets_place(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_at(&err, 7, "age");
    assert_false(err_set(&err, ERR_RANGE, "limit is %d", 3));
    assert_int_equal(err.code, ERR_RANGE);
    assert_string_equal(err.text, "limit is 3");
    assert_int_equal(err.row, ERR_NO_ROW);
    assert_string_equal(err.field, "");
}

static void test_null_is_accepted(void **state)
{
    (void)state;
    assert_false(err_set(NULL, ERR_IO, "x"));
    assert_false(err_set_errno(NULL, ERR_IO, EIO, "x"));
    assert_false(err_prefix(NULL, "x"));
    assert_false(err_at(NULL, 1, "x"));
}

static void test_own_text_may_be_quoted(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_INVALID, "inner");
    err_set(&err, ERR_INVALID, "outer (%s)", err.text);
    assert_string_equal(err.text, "outer (inner)");
    err_prefix(&err, "row %d", 2);
    assert_string_equal(err.text, "row 2: outer (inner)");
}

static void test_errno_sentence(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set_errno(&err, ERR_IO, ENOENT, "model.json");
    assert_string_equal(err.text, "model.json: No such file or directory");
    err_set_errno(&err, ERR_IO, 123456, "x");
    assert_non_null(strstr(err.text, "123456"));
}

static void test_place(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_MISSING, "missing");
    err_at(&err, 4, "sex");
    assert_int_equal(err.row, 4);
    assert_string_equal(err.field, "sex");
    assert_string_equal(err.text, "missing");
    err_at(&err, ERR_NO_ROW, NULL);
    assert_string_equal(err.field, "");
}

/* Whatever the byte at which it is cut, what is left is whole characters. */
static void test_cut_at_a_character(void **state)
{
    (void)state;
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8D\x8B"};
    for (size_t kind = 0; kind < 4; kind++)
        for (size_t shift = 0; shift < 4; shift++) {
            char text[ERR_TEXT_SIZE * 2] = "";
            memset(text, '.', shift);
            size_t width = strlen(characters[kind]);
            for (size_t at = shift; at + width < sizeof text; at += width)
                memcpy(text + at, characters[kind], width + 1);
            struct err err = ERR_INIT;
            err_set(&err, ERR_INVALID, "%s", text);
            size_t length = strlen(err.text);
            assert_true(length < ERR_TEXT_SIZE && length >= ERR_TEXT_SIZE - 4);
            assert_int_equal((length - shift) % width, 0);
            err_prefix(&err, "p");
            assert_int_equal((strlen(err.text) - shift - 3) % width, 0);
            err_at(&err, 0, text);
            assert_int_equal((strlen(err.field) - shift) % width, 0);
        }
}

static void test_names(void **state)
{
    (void)state;
    for (int code = ERR_NONE; code <= ERR_INTERNAL; code++)
        for (int other = ERR_NONE; other < code; other++)
            assert_string_not_equal(err_code_name((enum err_code)code),
                                    err_code_name((enum err_code)other));
    assert_string_equal(err_code_name((enum err_code)999), "internal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_resets_place),
        cmocka_unit_test(test_null_is_accepted),
        cmocka_unit_test(test_own_text_may_be_quoted),
        cmocka_unit_test(test_errno_sentence),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_cut_at_a_character),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
