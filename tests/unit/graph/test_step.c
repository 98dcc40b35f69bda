#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "graph/step.h"

static struct err err;

static struct op *step(const char *params_text, const char *columns_text)
{
    struct params *params = fake_params(params_text);
    struct columns columns = fake_columns(columns_text);
    struct op *op = NULL;
    if (!step_create(&op, params, &columns, &err))
        assert_null(op);
    columns_finish(&columns);
    fake_params_destroy(params);
    return op;
}

static void test_in_place(void **state)
{
    (void)state;
    struct op *op =
        step("{'op': 'standard_scaler', 'columns': ['c', 'a'], 'mean_': [10, 1]}", "a b c");
    assert_non_null(op);
    fake_names(op, "a b c");
    const double in[] = {1, 2, 3, 4, 5, 6}, expected[] = {0, 2, -7, 3, 5, -4};
    fake_run(op, 2, in, 0, expected, 0);
    op_destroy(op);
}

static void test_where_the_first_stood(void **state)
{
    (void)state;
    struct op *op = step("{'op': 'one_hot_encoder', 'columns': ['d', 'b'],"
                         " 'categories_': [['p', 'q'], ['x']]}",
                         "a b:x,y c d:p,q");
    assert_non_null(op);
    fake_names(op, "a d=p d=q b=x c");
    const double in[] = {1, 0, 3, 1}, expected[] = {1, 0, 1, 1, 3};
    fake_run(op, 1, in, 0, expected, 0);
    op_destroy(op);
}

static void test_words_pass(void **state)
{
    (void)state;
    struct op *op = step("{'op': 'standard_scaler', 'columns': ['b']}", "a:x,y b");
    assert_non_null(op);
    assert_string_equal(op->columns.items[0].words[1], "y");
    op_destroy(op);
    assert_null(step("{'op': 'standard_scaler', 'columns': ['a']}", "a:x,y b"));
    assert_string_equal(err.text, "$: column 'a' holds words; encode it first");
}

static void test_estimator_sees_only_its_columns(void **state)
{
    (void)state;
    struct op *op = step("{'op': 'linear_regression', 'columns': ['b'], 'coef_': [2],"
                         " 'intercept_': 1}",
                         "a b");
    if (op == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(op->columns.count, 0);
    const double in[] = {100, 3}, expected[] = {7};
    fake_run(op, 1, in, 0, expected, 0);
    op_destroy(op);
}

static void test_select_has_columns_of_its_own(void **state)
{
    (void)state;
    struct op *op = step("{'op': 'select', 'columns': ['b']}", "a b");
    assert_non_null(op);
    fake_names(op, "b");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    assert_null(step("{'op': 'passthrough', 'columns': ['z']}", "a b"));
    assert_string_equal(err.text, "$.columns: there is no column 'z'; there are: a, b");
    assert_null(step("{'op': 'passthrough', 'columns': ['a', 'a']}", "a b"));
    assert_string_equal(err.text, "$.columns: column 'a' is there twice");
    assert_null(step("{'op': 'passthrough', 'columns': []}", "a b"));
    assert_string_equal(err.text, "$.columns: names no column");
    assert_null(step("{'columns': ['a']}", "a b"));
    assert_string_equal(err.text, "$.op: is required");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_where_the_first_stood),
        cmocka_unit_test(test_words_pass),
        cmocka_unit_test(test_estimator_sees_only_its_columns),
        cmocka_unit_test(test_select_has_columns_of_its_own),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
