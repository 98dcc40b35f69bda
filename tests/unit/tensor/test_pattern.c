#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "tensor/kernels/pattern.h"

static struct arena arena;
static struct err err;

static int begin(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    err = ERR_INIT;
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_finish(&arena);
    return 0;
}

/* expected: what the first match is, NULL for none. */
static void check(const char *expression, const char *text, const char *expected)
{
    struct pattern pattern;
    struct value_string where = {text, strlen(text)};
    size_t first, last;
    if (!pattern_make(&pattern, (struct value_string){expression, strlen(expression)}, &arena,
                      &err))
        fail_msg("%s: %s", expression, err.text);
    uint32_t *work = arena_array(&arena, pattern_work(&pattern), sizeof *work);
    bool found = pattern_find(&pattern, where, 0, work, &first, &last);
    if (found != (expected != NULL))
        fail_msg("%s in %s: %s", expression, text, found ? "found" : "not found");
    if (!found)
        return;
    if (last - first != strlen(expected) || memcmp(text + first, expected, last - first) != 0)
        fail_msg("%s in %s: %.*s, not %s", expression, text, (int)(last - first), text + first,
                 expected);
}

static void test_what_is_found(void **state)
{
    (void)state;
    check("abc", "xxabcabc", "abc");
    check("[a-z]+", "12 words", "words");
    check("[^a-z ]+", "ab 12C", "12C");
    check("a|ab|abc", "xabcd", "abc"); /* the longest, not the first */
    check("(a|b)*c", "ababc", "ababc");
    check("(?:a|b){2,3}", "aba", "aba");
    check("a{2}", "aaa", "aa");
    check("a{2,}", "baaaa", "aaaa");
    check("x{0,2}y", "xxxy", "xxy");
    check("colou?r", "color", "color");
    check("a.c", "a\nc abc", "abc");
    check("\\d+\\.\\d*", "v 12.50", "12.50");
    check("\\w\\w+", "a bc_1 d", "bc_1");
    check("\\b\\w\\w+\\b", "a bc", "bc");
    check("\\S+", "  x y", "x");
    check("^b", "ab", NULL);
    check("b$", "abab", "b");
    check("[]x]+", "a]x]", "]x]");
    check("[a\\-z]+", "b-a-z", "-a-z");
    check("[[:alpha:]]+", "1ab2", "ab");
    check("{", "a{b", "{");
    check("", "abc", "");
    check("a+?", "aaa", "aaa");
}

static void test_unicode(void **state)
{
    (void)state;
    check(".", "\xc3\xa4", "\xc3\xa4");
    check("[\xc3\xa4-\xc3\xbc]+", "x\xc3\xa4\xc3\xb6y", "\xc3\xa4\xc3\xb6");
    check("[^x]", "x\xe6\x9d\xb1", "\xe6\x9d\xb1");
    check("\\w+", "\xc3\xa4 b", "b"); /* only ASCII's letters, as in RE2 */
    check(".", "\xff", "\xff");       /* no UTF-8: byte by byte */
    assert_int_equal(pattern_length((struct value_string){"a\xc3\xa4\xff", 4}), 3);
}

static void refuse(const char *expression)
{
    struct pattern pattern;
    assert_false(pattern_make(&pattern, (struct value_string){expression, strlen(expression)},
                              &arena, &err));
    assert_true(err.code == ERR_UNSUPPORTED);
}

static void test_refused(void **state)
{
    (void)state;
    refuse("(?i)a");
    refuse("(?=a)");
    refuse("\\1");
    refuse("\\pL");
    refuse("a**b)");
    refuse("(a");
    refuse("a)");
    refuse("[a");
    refuse("[b-a]");
    refuse("[[:nope:]]");
    refuse("*a");
    refuse("a{2,1}");
    refuse("a\\");
}

static void test_what_would_grow_is_bounded(void **state)
{
    (void)state;
    char deep[4000];
    refuse("((a{1000}){1000}){1000}");
    refuse("a{1001}");
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    refuse(deep);
    for (size_t i = 0; i + 1 < sizeof deep; i++)
        deep[i] = i % 2 ? '|' : 'a';
    refuse(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_found, begin, end),
        cmocka_unit_test_setup_teardown(test_unicode, begin, end),
        cmocka_unit_test_setup_teardown(test_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_what_would_grow_is_bounded, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
