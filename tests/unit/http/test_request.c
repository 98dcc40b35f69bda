#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "http/request.h"

static void test_methods(void **state)
{
    (void)state;
    assert_int_equal(http_method_parse("GET"), HTTP_GET);
    assert_int_equal(http_method_parse("OPTIONS"), HTTP_OPTIONS);
    assert_int_equal(http_method_parse("get"), HTTP_OTHER); /* methods are case-sensitive */
    assert_int_equal(http_method_parse(""), HTTP_OTHER);
    assert_int_equal(http_method_parse(NULL), HTTP_OTHER);
    assert_string_equal(http_method_name(HTTP_DELETE), "DELETE");
    assert_string_equal(http_method_name((enum http_method)99), "OTHER");
}

static bool decodes_to(const char *raw, const char *want)
{
    char out[128];
    size_t length = 999;
    return http_path_decode(raw, strlen(raw), out, &length) && length == strlen(want) &&
           strcmp(out, want) == 0;
}

static bool refused(const char *raw, size_t size)
{
    char out[128];
    size_t length;
    return !http_path_decode(raw, size, out, &length);
}

static void test_path_decode(void **state)
{
    (void)state;
    assert_true(decodes_to("/", "/"));
    assert_true(decodes_to("/predict/iris", "/predict/iris"));
    assert_true(decodes_to("//a//b", "//a//b"));
    assert_true(decodes_to("/a%20b%2Fc%e2%82%AC", "/a b/c\xe2\x82\xac"));
    assert_true(decodes_to("/100%25", "/100%"));
    assert_true(decodes_to("/a%41", "/aA")); /* an escape as the very last bytes */
}

static void test_path_refused(void **state)
{
    (void)state;
    assert_true(refused("", 0));
    assert_true(refused("*", 1));
    assert_true(refused("a/b", 3));
    assert_true(refused("/%", 2));
    assert_true(refused("/%4", 3));
    assert_true(refused("/%4g", 4));
    assert_true(refused("/%00", 4));
    assert_true(refused("/a\0b", 4));
    assert_true(refused("/%0d%0aX", 8));
    assert_true(refused("/\x7f", 2));
}

static void test_media_type(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_string_equal(http_media_type(&arena, "Application/JSON; charset=UTF-8"),
                        "application/json");
    assert_string_equal(http_media_type(&arena, "  text/CSV ;x"), "text/csv");
    assert_string_equal(http_media_type(&arena, ""), "");
    assert_string_equal(http_media_type(&arena, " ;a=b"), "");
    assert_string_equal(http_media_type(&arena, NULL), "");
    char longest[512];
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(strlen(http_media_type(&arena, longest)), 128);
    arena_finish(&arena);

    arena_init(&arena, 1); /* too small for anything */
    assert_null(http_media_type(&arena, "text/csv"));
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_path_decode),
        cmocka_unit_test(test_path_refused),
        cmocka_unit_test(test_media_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
