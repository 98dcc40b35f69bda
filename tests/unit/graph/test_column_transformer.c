#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {5, 0, 2, 6, 1, 3};
    const double expected[] = {1, 4, 1, 0, 2, 2, 5, 0, 1, 3};
    fake_check("{'op': 'column_transformer', 'transformers': [{'columns': ['c', 'a'], 'steps': "
               "[{'op': 'standard_scaler', 'mean_': [1, 1]}]}, {'columns': ['b'], 'steps': "
               "[{'op': 'one_hot_encoder', 'categories_': [['x', 'y']]}]}, {'columns': ['c'], "
               "'steps': []}]}",
               "a b:x,y c", 2, in, expected, 0);
    struct op *op =
        fake_op("{'op': 'column_transformer', 'transformers': [{'columns': ['c', 'a']}, "
                "{'columns': ['b'], 'steps': [{'op': 'one_hot_encoder', 'categories_': [['x', "
                "'y']]}]}, {'columns': ['c'], 'steps': []}]}",
                "a b:x,y c");
    fake_names(op, "c a b=x b=y c");
    op_destroy(op);
}

static void test_nested(void **state)
{
    (void)state;
    const double in[] = {5, 2};
    const double expected[] = {1, 4};
    fake_check("{'op': 'column_transformer', 'transformers': [{'columns': ['b', 'a'], 'steps': "
               "[{'op': 'column_transformer', 'transformers': [{'columns': ['b'], 'steps': "
               "[{'op': 'standard_scaler', 'mean_': [1]}]}, {'columns': ['a'], 'steps': [{'op': "
               "'standard_scaler', 'mean_': [1]}]}]}]}]}",
               "a b", 1, in, expected, 0);
}

static void test_data_errors_keep_row_and_field(void **state)
{
    (void)state;
    const double in[] = {1, 0, 1, -1};
    struct op *op =
        fake_op("{'op': 'column_transformer', 'transformers': [{'columns': ['b'], 'steps': "
                "[{'op': 'one_hot_encoder', 'categories_': [['x']]}]}]}",
                "a b:x,y");
    fake_run_refused(op, 2, in, ERR_CATEGORY, 1, "b");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'column_transformer', 'transformers': []}", "a",
                    "expected a list that is not empty");
    fake_op_refused(
        "{'op': 'column_transformer', 'transformers': [{'columns': ['z'], 'steps': []}]}", "a b",
        "there is no column 'z'; there are: a, b");
    fake_op_refused(
        "{'op': 'column_transformer', 'transformers': [{'columns': ['a', 'a'], 'steps': "
        "[]}]}",
        "a b", "column 'a' is there twice");
    fake_op_refused("{'op': 'column_transformer', 'transformers': [{'columns': [], 'steps': []}]}",
                    "a b", "names no column");
    fake_op_refused("{'op': 'column_transformer', 'transformers': [{'columns': [1], 'steps': []}]}",
                    "a b", "expected names of columns");
    fake_op_refused("{'op': 'column_transformer', 'transformers': [{'steps': []}]}", "a b",
                    "$.columns: is required");
    fake_op_refused(
        "{'op': 'column_transformer', 'transformers': [{'columns': ['a'], 'steps': []}]}", "a a",
        "more than one column is named 'a'");
    fake_op_refused("{'op': 'column_transformer', 'transformers': [{'columns': ['a'], 'steps': "
                    "[{'op': 'linear_regression', 'coef_': [1]}]}]}",
                    "a b", "$.op: is not a transformer");
}

/* A word or a lone step where the list of steps belongs must not pass the columns on as if it were
 * an empty list. */
static void test_steps_are_a_list(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'column_transformer', 'transformers': [{'columns': ['a'], 'steps': "
                    "'drop'}]}",
                    "a b", "$.steps: expected a list");
    fake_op_refused("{'op': 'column_transformer', 'transformers': [{'columns': ['a'], 'steps': "
                    "{'op': 'binarizer'}}]}",
                    "a b", "$.steps: expected a list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_data_errors_keep_row_and_field),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_steps_are_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
