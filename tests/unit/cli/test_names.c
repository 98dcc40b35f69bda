/* Names in sentences and in lists on the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cli/names.h"

static void a_few_are_told_and_the_rest_is_more(void **state)
{
    (void)state;
    struct names names = {.used = 0};
    assert_string_equal(names_text(&names), "");
    names_add(&names, "a", 1);
    assert_string_equal(names_text(&names), "'a'");
    names_add(&names, "bc", 1);
    assert_string_equal(names_text(&names), "'a', 'b'");
    for (int i = 0; i < 20; i++)
        names_add(&names, "x", 1);
    assert_string_equal(names_text(&names),
                        "'a', 'b', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x' and more");
    assert_true(names.count > 10);
}

static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    char name[200];
    memset(name, 'x', sizeof name);
    assert_int_equal(names_cut(name, 10), 10);
    assert_int_equal(names_cut(name, sizeof name), NAMES_BYTES_MAX);
    memcpy(name + NAMES_BYTES_MAX - 1, "\xc3\xa4", 2);
    assert_int_equal(names_cut(name, sizeof name), NAMES_BYTES_MAX - 1);
    struct names names = {.used = 0};
    for (int i = 0; i < 9; i++)
        names_add(&names, name, sizeof name);
    assert_non_null(strstr(names_text(&names), " and more"));
    assert_true(strlen(names_text(&names)) < sizeof names.text);
}

static void assert_list(const char *text, size_t count, const char *first, const char *last)
{
    struct name_record record;
    struct err err = ERR_INIT;
    assert_true(names_parse(text, &record, &err));
    assert_int_equal(record.count, count);
    if (count > 0) {
        const struct csv_field *end = &record.fields[count - 1];
        assert_int_equal(record.fields[0].length, strlen(first));
        assert_memory_equal(record.fields[0].text, first, strlen(first));
        assert_int_equal(end->length, strlen(last));
        assert_memory_equal(end->text, last, strlen(last));
    }
    names_finish(&record);
}

static void lists_are_csv(void **state)
{
    (void)state;
    assert_list("", 0, NULL, NULL);
    assert_list("a", 1, "a", "a");
    assert_list("a,b c", 2, "a", "b c");
    assert_list("\"a,b\",\"c\"\"d\"", 2, "a,b", "c\"d");
    struct name_record record;
    struct err err = ERR_INIT;
    assert_false(names_parse("a\"b", &record, &err));
    assert_non_null(strstr(err.text, "has a quote inside"));
    names_finish(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_are_told_and_the_rest_is_more),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(lists_are_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
