/* Values with their places: guesses, texts, numbers and shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/node.h"

static struct json *parse(const char *text)
{
    struct json *root = NULL;
    struct err err = ERR_INIT;
    if (!json_parse_document(text, strlen(text), &root, &err))
        fail_msg("%s", err.text);
    return root;
}

static void guesses_are_near(void **state)
{
    (void)state;
    static const char *const known[] = {"mean_", "scale_", "op", "intercept_", NULL};
    static const struct {
        const char *word, *guess;
    } cases[] = {
        {"mean", "mean_"},
        {"maen_", "mean_"},
        {"scales_", "scale_"},
        {"intercept", "intercept_"},
        {"sacle", "scale_"},
        {"po", "op"},
        {"coef_", NULL},
        {"x", NULL},
        {"", NULL},
        {"a_very_long_word_that_no_parameter_of_any_operator_has", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *guess = node_guess(cases[i].word, known);
        if (cases[i].guess == NULL)
            assert_null(guess);
        else
            assert_string_equal(guess, cases[i].guess);
    }
}

static void numbers_have_three_names(void **state)
{
    (void)state;
    struct json *root = parse("[1.5,\"NaN\",\"Infinity\",\"-Infinity\",\"nan\",1e999,true,null]");
    struct node node = {.value = root};
    const double expected[] = {1.5, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 8; i++) {
        struct node item = node_element(&node, i);
        struct err err = ERR_INIT;
        double number;
        assert_int_equal(node_number(&item, &number, &err), i < 4);
        if (i < 4)
            assert_true(number == expected[i] || (isnan(number) && isnan(expected[i])));
        else
            assert_int_equal(strncmp(err.text, "$[", 2), 0);
        assert_int_equal(node_finite(&item, &number, NULL), i == 0);
    }
    json_free(root);
}

static void null_is_absent(void **state)
{
    (void)state;
    struct json *root = parse("{\"a\":null,\"t\":\"x\",\"n\":2,\"f\":true}");
    struct node node = {.value = root}, member;
    assert_false(node_member(&node, "a", &member));
    assert_false(node_member(&node, "b", &member));
    char *text = NULL;
    double number = 7;
    bool flag = false;
    assert_true(node_text_or(&node, "a", &text, NULL) && text == NULL);
    assert_true(node_finite_or(&node, "a", &number, NULL) && number == 7);
    assert_true(node_flag_or(&node, "a", &flag, NULL) && !flag);
    assert_true(node_text_or(&node, "t", &text, NULL));
    assert_string_equal(text, "x");
    assert_true(node_finite_or(&node, "n", &number, NULL) && number == 2);
    assert_true(node_flag_or(&node, "f", &flag, NULL) && flag);
    free(text);
    json_free(root);
}

static void shapes_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"[]", "$: is an empty matrix"},
        {"[[],[]]", "$: is an empty matrix"},
        {"[1]", "$[0]: expected an array, not a number"},
        {"[[1,2],[3]]", "$[1]: has 1 numbers, the rows before have 2"},
        {"[[1],[\"x\"]]", "$[1][0]: expected a number, not a string"},
        {"{}", "$: expected an array, not an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json *root = parse(cases[i].text);
        struct node node = {.value = root};
        struct err err = ERR_INIT;
        struct matrix matrix;
        assert_false(node_matrix(&node, &matrix, &err));
        assert_null(matrix.data);
        assert_string_equal(err.text, cases[i].sentence);
        json_free(root);
    }
}

static void lists_hold_words_and_numbers(void **state)
{
    (void)state;
    struct json *root = parse("[\"a\",2,null,[]]");
    struct node node = {.value = root};
    struct params_list list;
    struct err err = ERR_INIT;
    assert_false(node_list(&node, &list, &err));
    assert_string_equal(err.text, "$[3]: expected a word or a number, not an array");
    assert_int_equal(list.count, 0);
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guesses_are_near),
        cmocka_unit_test(numbers_have_three_names),
        cmocka_unit_test(null_is_absent),
        cmocka_unit_test(shapes_are_checked),
        cmocka_unit_test(lists_hold_words_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
