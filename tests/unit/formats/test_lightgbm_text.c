/* Lines, words and lists of numbers in place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "formats/lightgbm_text.h"

static struct lightgbm_text text_of(const char *text)
{
    return (struct lightgbm_text){text, strlen(text)};
}

static void lines_end_either_way(void **state)
{
    (void)state;
    static const char text[] = "a=1\r\n\n\r\nlast";
    static const char *const expected[] = {"a=1", "", "", "last"};
    struct lightgbm_lines lines = {text, text + strlen(text)};
    struct lightgbm_text line;
    for (size_t i = 0; i < 4; i++) {
        assert_true(lightgbm_lines_next(&lines, &line));
        assert_true(lightgbm_text_is(line, expected[i]));
    }
    assert_false(lightgbm_lines_next(&lines, &line));
}

static void texts_are_cut(void **state)
{
    (void)state;
    struct lightgbm_text first, second, rest = text_of("  two  words ");
    assert_true(lightgbm_text_cut(text_of("a=b=c"), '=', &first, &second));
    assert_true(lightgbm_text_is(first, "a") && lightgbm_text_is(second, "b=c"));
    assert_false(lightgbm_text_cut(text_of("alone"), '=', &first, &second));
    assert_true(lightgbm_text_is(first, "alone") && second.length == 0);
    assert_int_equal(lightgbm_text_words(rest), 2);
    assert_true(lightgbm_text_word(&rest, &first) && lightgbm_text_is(first, "two"));
    assert_true(lightgbm_text_word(&rest, &first) && lightgbm_text_is(first, "words"));
    assert_false(lightgbm_text_word(&rest, &first));
    assert_true(lightgbm_text_begins(text_of("Tree=12"), "Tree=", &rest));
    assert_true(lightgbm_text_is(rest, "12"));
    assert_false(lightgbm_text_begins(text_of("Tre"), "Tree=", NULL));
}

static void integers_are_whole(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "-", "1.0", "1 ", "+1", "1000000000000000000000", "11"};
    int64_t value;
    assert_true(lightgbm_integer(text_of("-10"), -10, 10, &value) && value == -10);
    assert_true(lightgbm_integer(text_of("010"), -10, 10, &value) && value == 10);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(lightgbm_integer(text_of(wrong[i]), -10, 10, &value));
}

static void doubles_are_the_nearest(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } right[] = {
        {"1.0000000180025095e-35", (double)1e-35f},
        {"0.1", 0.1},
        {"-1.7976931348623157e+308", -1.7976931348623157e308},
        {"4.9406564584124654e-324", 5e-324},
        {"1e+400", INFINITY},
        {"-inf", -INFINITY},
        {"+2", 2},
        {".5", 0.5},
        {"007", 7},
    };
    static const char *const wrong[] = {"", "nan", "-nan", "1x", "--1", "e5", "1 2"};
    double value;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        assert_true(lightgbm_double(text_of(right[i].text), &value) && value == right[i].value);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(lightgbm_double(text_of(wrong[i]), &value));
}

static void lists_have_their_length(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    int32_t integers[3];
    uint32_t words[2];
    double doubles[2];
    assert_true(lightgbm_integers(text_of(" 1  -2 3 "), 3, -2, 3, integers, &err));
    assert_true(integers[1] == -2);
    assert_false(lightgbm_integers(text_of("1 2"), 3, 0, 9, integers, &err));
    assert_string_equal(err.text, "expected 3 numbers, got 2");
    assert_false(lightgbm_integers(text_of("1 2 3 4"), 3, 0, 9, integers, &err));
    assert_string_equal(err.text, "expected 3 numbers, got 4");
    assert_true(lightgbm_words(text_of("0 4294967295"), 2, words, &err));
    assert_true(words[1] == UINT32_MAX);
    assert_false(lightgbm_words(text_of("0 -1"), 2, words, &err));
    assert_true(lightgbm_doubles(text_of("1e5 inf"), 2, doubles, &err));
    assert_false(lightgbm_doubles(text_of("1e5,2"), 2, doubles, &err));
    assert_string_equal(err.text, "number 0 is not a number");
    assert_true(lightgbm_fits(text_of("1 2"), 2, &err));
    assert_false(lightgbm_fits(text_of("1 2"), 3, &err));
    assert_true(lightgbm_integers(text_of(""), 0, 0, 0, integers, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_either_way),    cmocka_unit_test(texts_are_cut),
        cmocka_unit_test(integers_are_whole),      cmocka_unit_test(doubles_are_the_nearest),
        cmocka_unit_test(lists_have_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
