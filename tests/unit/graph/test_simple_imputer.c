#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {NAN, 2, 3, 1, NAN, NAN};
    const double expected[] = {9, 2, 3, 1, 9, 9};
    fake_check("{'op': 'simple_imputer', 'statistics_': [9, 9, 9]}", "a b c", 2, in, expected, 0);
}

static void test_indicator(void **state)
{
    (void)state;
    const double in[] = {NAN, 2, 3, 1, NAN, NAN};
    const double expected[] = {2, 2, 3, 0, 0, 1, 2, 5, 1, 1};
    fake_check("{'op': 'simple_imputer', 'statistics_': [2.0, 2.0, 5.0], 'indicator_features_': "
               "[1.0, 2.0]}",
               "a b c", 2, in, expected, 0);
    struct op *op =
        fake_op("{'op': 'simple_imputer', 'statistics_': [1, 2, 3], 'indicator_features_': [2, "
                "0]}",
                "a b c");
    fake_names(op, "a b c missingindicator_c missingindicator_a");
    op_destroy(op);
}

static void test_dropped_column(void **state)
{
    (void)state;
    const double in[] = {NAN, NAN, 3};
    const double expected[] = {7, 3, 1};
    fake_check("{'op': 'simple_imputer', 'statistics_': [7, null, 8], 'indicator_features_': "
               "[1]}",
               "a b c", 1, in, expected, 0);
    struct op *op = fake_op("{'op': 'simple_imputer', 'statistics_': [7, 'NaN', 8]}", "a b c");
    fake_names(op, "a c");
    op_destroy(op);
}

static void test_other_missing_values(void **state)
{
    (void)state;
    const double in[] = {-1, NAN, 0, -1};
    const double expected[] = {5, NAN, 0, 6};
    fake_check("{'op': 'simple_imputer', 'statistics_': [5, 6], 'missing_values': -1}", "a b", 2,
               in, expected, 0);
}

static void test_words(void **state)
{
    (void)state;
    const double in[] = {NAN, 0, 1, NAN, -1, 1};
    const double expected[] = {1, 0, 1, 2, -1, 1};
    fake_check("{'op': 'simple_imputer', 'statistics_': ['m', '8.0']}", "sex:f,m size:3,4", 3, in,
               expected, 0);
    struct op *op =
        fake_op("{'op': 'simple_imputer', 'statistics_': ['m', '8.0']}", "sex:f,m size:3,4");
    assert_int_equal(op->columns.items[0].word_count, 2);
    assert_int_equal(op->columns.items[1].word_count, 3);
    assert_string_equal(op->columns.items[1].words[2], "8");
    op_destroy(op);
}

static void test_missing_words(void **state)
{
    (void)state;
    const double in[] = {2, 0, NAN};
    const double expected[] = {1, 0, NAN};
    fake_check("{'op': 'simple_imputer', 'statistics_': ['m'], 'missing_values': '?'}", "sex:f,m,?",
               3, in, expected, 0);
    const double nine[] = {0, 0, NAN};
    fake_check("{'op': 'simple_imputer', 'statistics_': ['1'], 'missing_values': 9}", "size:1,9", 1,
               nine, nine, 0);
    const double in9[] = {1};
    fake_check("{'op': 'simple_imputer', 'statistics_': [1], 'missing_values': 9}", "size:1,9", 1,
               in9, nine, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'simple_imputer', 'statistics_': [1]}", "a b",
                    "$.statistics_: expected 2 items, got 1");
    fake_op_refused("{'op': 'simple_imputer', 'statistics_': ['x']}", "a",
                    "column 'a' holds numbers");
    fake_op_refused("{'op': 'simple_imputer', 'statistics_': [null]}", "a", "drop every column");
    fake_op_refused("{'op': 'simple_imputer', 'statistics_': [1], 'indicator_features_': [1]}", "a",
                    "$.indicator_features_: expected positions of columns, below 1");
    fake_op_refused("{'op': 'simple_imputer', 'statistics_': [1], 'indicator_features_': [-1]}",
                    "a", "below 1");
    fake_op_refused("{'op': 'simple_imputer', 'statistics_': [1], 'missing_values': '?'}", "a",
                    "column 'a' holds numbers");
    fake_op_refused("{'op': 'simple_imputer', 'statistics_': [1], 'missing_values': [1]}", "a",
                    "$.missing_values: expected a text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),         cmocka_unit_test(test_indicator),
        cmocka_unit_test(test_dropped_column), cmocka_unit_test(test_other_missing_values),
        cmocka_unit_test(test_words),          cmocka_unit_test(test_missing_words),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
