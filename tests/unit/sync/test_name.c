#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/name.h"

static bool is_path(const char *name)
{
    return name_is_path(name, strlen(name), NULL);
}

static void test_good(void **state)
{
    (void)state;
    assert_true(is_path("a"));
    assert_true(is_path("iris/1/model.json"));
    assert_true(is_path("a b/+%2e/..."));
    assert_true(is_path("mod\xc3\xa8le/\xf0\x9f\x8c\xb3"));
}

static void test_hostile(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/",
        "/etc/passwd",
        "a//b",
        "a/",
        "..",
        ".",
        "../a",
        "a/..",
        "a/../../b",
        "a/./b",
        "a\\b",
        "a\nb",
        ("a\x01"
         "b"),
        "a\x7f",
        "\xff",
        "\xc0\xaf",
        "\xed\xa0\x80",
        "\xf4\x90\x80\x80",
        "a/\xe2\x82",
        "..\\..\\a",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(is_path(bad[i]));
    assert_false(name_is_path("a\0b", 3, NULL));
}

static void test_limits(void **state)
{
    (void)state;
    char name[NAME_PATH_MAX + 2];
    memset(name, 'a', sizeof name);
    assert_true(name_is_path(name, 255, NULL));
    assert_false(name_is_path(name, 256, NULL));
    for (size_t i = 1; i < sizeof name; i += 2)
        name[i] = '/';
    assert_true(name_is_path(name, 2 * NAME_DEPTH_MAX - 1, NULL));
    assert_false(name_is_path(name, 2 * NAME_DEPTH_MAX + 1, NULL));
    assert_false(name_is_path(name, NAME_PATH_MAX + 1, NULL));
    assert_true(name_is_folder("a/", 2));
    assert_false(name_is_folder("a", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_hostile),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests_name("sync/name", tests, NULL, NULL);
}
