#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct err err;

static void assert_sentence(const char *expected)
{
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.text, expected);
}

static void test_numbers(void **state)
{
    (void)state;
    struct params *params = fake_params("{'a': 0.5, 'i': 'Infinity', 'n': null, 't': 'x'}");
    double value = 7;
    assert_true(params_number(params, "a", &value, &err));
    assert_true(value == 0.5);
    assert_true(params_number(params, "i", &value, &err));
    assert_true(value == INFINITY);
    assert_true(params_number_or(params, "n", 3, &value, &err));
    assert_true(value == 3);
    assert_false(params_number(params, "n", &value, &err));
    assert_sentence("$.n: is required");
    assert_false(params_number_or(params, "t", 3, &value, &err));
    assert_sentence("$.t: expected a number");
    fake_params_destroy(params);
}

static void test_counts(void **state)
{
    (void)state;
    struct params *params = fake_params("{'a': 5, 'b': 2.5, 'c': -1, 'd': 'NaN', 'e': 1e300}");
    size_t value = 0;
    assert_true(params_count_or(params, "a", 1, 0, 5, &value, &err));
    assert_int_equal(value, 5);
    assert_true(params_count_or(params, "none", 1, 0, 5, &value, &err));
    assert_int_equal(value, 1);
    assert_false(params_count_or(params, "a", 1, 0, 4, &value, &err));
    assert_sentence("$.a: expected an integer from 0 to 4");
    assert_false(params_count_or(params, "b", 1, 0, 4, &value, &err));
    assert_false(params_count_or(params, "c", 1, 0, 4, &value, &err));
    assert_false(params_count_or(params, "d", 1, 0, 4, &value, &err));
    assert_false(params_count_or(params, "e", 1, 0, SIZE_MAX, &value, &err));
    fake_params_destroy(params);
}

static void test_choices(void **state)
{
    (void)state;
    static const char *const choices[] = {"l1", "l2", NULL};
    struct params *params = fake_params("{'norm': 'l2', 'bad': 'l3', 'flag': true}");
    int index = 9;
    assert_true(params_choice_or(params, "norm", choices, 0, &index, &err));
    assert_int_equal(index, 1);
    assert_true(params_choice_or(params, "none", choices, 0, &index, &err));
    assert_int_equal(index, 0);
    assert_false(params_choice_or(params, "none", choices, -1, &index, &err));
    assert_sentence("$.none: is required");
    assert_false(params_choice_or(params, "bad", choices, 0, &index, &err));
    assert_sentence("$.bad: expected one of \"l1\", \"l2\"");
    assert_false(params_choice_or(params, "flag", choices, 0, &index, &err));
    bool flag = false;
    assert_true(params_flag_or(params, "flag", false, &flag, &err));
    assert_true(flag);
    assert_true(params_flag_or(params, "none", true, &flag, &err));
    assert_true(flag);
    assert_false(params_flag_or(params, "norm", true, &flag, &err));
    fake_params_destroy(params);
}

static void test_shapes(void **state)
{
    (void)state;
    struct params *params = fake_params("{'v': [1, null, 'NaN'], 'm': [[1, 2], [3, 4]],"
                                        " 'ragged': [[1, 2], [3]], 'l': ['a', 1, null]}");
    struct params_vector vector;
    assert_true(params_vector(params, "v", PARAMS_ANY, &vector, &err));
    assert_int_equal(vector.count, 3);
    assert_true(isnan(vector.values[1]) && isnan(vector.values[2]));
    params_vector_finish(&vector);
    assert_false(params_vector(params, "v", 1, &vector, &err));
    assert_sentence("$.v: expected 1 number, got 3");
    assert_null(vector.values);

    struct matrix matrix;
    assert_true(params_matrix(params, "m", 2, PARAMS_ANY, &matrix, &err));
    assert_true(matrix_row(&matrix, 1)[0] == 3);
    matrix_free(&matrix);
    assert_false(params_matrix(params, "m", PARAMS_ANY, 3, &matrix, &err));
    assert_sentence("$.m: expected n x 3 numbers, got 2 x 2");
    assert_false(params_matrix(params, "ragged", PARAMS_ANY, PARAMS_ANY, &matrix, &err));

    struct params_list list;
    assert_true(params_list(params, "l", 3, &list, &err));
    assert_int_equal(list.values[0].type, PARAMS_TEXT);
    assert_string_equal(list.values[0].text, "a");
    assert_int_equal(list.values[1].type, PARAMS_NUMBER);
    assert_int_equal(list.values[2].type, PARAMS_NULL);
    params_list_finish(&list);
    assert_false(params_list(params, "l", 2, &list, &err));
    assert_sentence("$.l: expected 2 items, got 3");
    fake_params_destroy(params);
}

static void test_texts_and_elements(void **state)
{
    (void)state;
    struct params *params = fake_params("{'op': 'x', 'steps': [{'op': 'y'}, [1, 2]]}");
    char *text = NULL;
    assert_true(params_text(params, "op", &text, &err));
    assert_string_equal(text, "x");
    free(text);
    assert_int_equal(params_length(params, "steps"), 2);
    assert_int_equal(params_length(params, "none"), 0);
    struct params *element = params_element(params, "steps", 0, &err);
    assert_true(params_has(element, "op"));
    struct params_vector vector;
    element = params_element(params, "steps", 1, &err);
    assert_true(params_vector(element, "", 2, &vector, &err));
    params_vector_finish(&vector);
    assert_null(params_element(params, "steps", 2, &err));
    fake_params_destroy(params);
}

static void test_finish_takes_nothing(void **state)
{
    (void)state;
    params_vector_finish(NULL);
    params_list_finish(NULL);
    struct params_vector vector = {0};
    params_vector_finish(&vector);
    assert_null(vector.values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_texts_and_elements),
        cmocka_unit_test(test_finish_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
