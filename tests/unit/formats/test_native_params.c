/* Parameters over JSON: values, places, and members nobody asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/native_params.h"

struct fixture {
    struct json *root;
    struct node node;
    struct native_store store;
    struct params *params;
    struct err err;
};

static void begin(struct fixture *fixture, const char *text)
{
    *fixture = (struct fixture){.err = ERR_INIT};
    assert_true(json_parse_document(text, strlen(text), &fixture->root, NULL));
    fixture->node.value = fixture->root;
    native_store_init(&fixture->store);
    fixture->params = native_params_create(&fixture->store, &fixture->node, &fixture->err);
    assert_non_null(fixture->params);
}

static void end(struct fixture *fixture)
{
    native_store_finish(&fixture->store);
    json_free(fixture->root);
}

static void values_are_read(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "{\"n\":1.5,\"i\":\"-Infinity\",\"f\":true,\"t\":\"word\",\"v\":[1,null,\"NaN\"],"
              "\"m\":[[1,2],[3,null]],\"l\":[\"a\",2,null],\"z\":null}");
    double number;
    bool flag;
    char *text;
    struct params_vector vector;
    struct matrix matrix;
    struct params_list list;
    assert_true(params_number(f.params, "n", &number, NULL) && number == 1.5);
    assert_true(params_number(f.params, "i", &number, NULL) && number == -INFINITY);
    assert_true(params_flag_or(f.params, "f", false, &flag, NULL) && flag);
    assert_true(params_text(f.params, "t", &text, NULL));
    assert_string_equal(text, "word");
    free(text);
    assert_true(params_vector(f.params, "v", 3, &vector, NULL));
    assert_true(vector.values[0] == 1 && isnan(vector.values[1]) && isnan(vector.values[2]));
    params_vector_finish(&vector);
    assert_true(params_matrix(f.params, "m", 2, 2, &matrix, NULL));
    assert_true(matrix_row(&matrix, 1)[0] == 3 && isnan(matrix_row(&matrix, 1)[1]));
    matrix_free(&matrix);
    assert_true(params_list(f.params, "l", 3, &list, NULL));
    assert_string_equal(list.values[0].text, "a");
    assert_true(list.values[1].type == PARAMS_NUMBER && list.values[2].type == PARAMS_NULL);
    params_list_finish(&list);
    assert_false(params_has(f.params, "z"));
    assert_true(native_store_check(&f.store, NULL));
    end(&f);
}

static void places_are_complete(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "{\"s\":[{\"x\":[[1,2],[3]]},[[\"q\"]]],\"c\":{\"k\":7}}");
    struct matrix matrix;
    struct params_vector vector;
    struct params *element = params_element(f.params, "s", 0, &f.err);
    assert_false(params_matrix(element, "x", 2, 2, &matrix, &f.err));
    assert_string_equal(f.err.text, "$.s[0].x[1]: has 1 numbers, the rows before have 2");
    assert_ptr_equal(params_element(f.params, "s", 0, NULL), element);
    struct params *list = params_element(f.params, "s", 1, &f.err);
    struct params *inner = params_element(list, "", 0, &f.err);
    assert_false(params_vector(inner, "", 1, &vector, &f.err));
    assert_string_equal(f.err.text, "$.s[1][0][0]: expected a number, not a string");
    assert_null(params_element(f.params, "s", 2, &f.err));
    assert_string_equal(f.err.text, "$.s: has 2 elements, one more is needed");
    struct params *child = f.params->source->child(f.params, "c", &f.err);
    assert_false(params_fail(child, "k", &f.err, "is %d", 7));
    assert_string_equal(f.err.text, "$.c.k: is 7");
    assert_null(f.params->source->child(child, "k", &f.err));
    assert_string_equal(f.err.text, "$.c.k: expected an object, not a number");
    assert_null(params_element(child, "k", 0, &f.err));
    assert_int_equal(params_length(f.params, "s"), 2);
    assert_int_equal(params_length(f.params, "none"), 0);
    end(&f);
}

static void unknown_members_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, "{\"coef_\":[1],\"list\":[{\"maen_\":1}]}");
    double number;
    struct params *element = params_element(f.params, "list", 0, NULL);
    assert_true(params_has(f.params, "coef_"));
    assert_true(params_number_or(element, "mean_", 3, &number, NULL));
    assert_false(native_store_check(&f.store, &f.err));
    assert_string_equal(f.err.text,
                        "$.list[0].maen_: there is no such member; did you mean \"mean_\"?");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(places_are_complete),
        cmocka_unit_test(unknown_members_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
