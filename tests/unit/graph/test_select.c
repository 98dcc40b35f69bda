#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_values(void **state)
{
    (void)state;
    const double in[] = {1, 2, 3, 4, 5, 6};
    const double expected[] = {3, 1, 6, 4};
    fake_check("{'op': 'select', 'columns': ['c', 'a']}", "a b c", 2, in, expected, 0);
    fake_check("{'op': 'select', 'indices': [2, 0]}", "a b c", 2, in, expected, 0);
    struct op *op = fake_op("{'op': 'select', 'indices': [2, 0]}", "a b c");
    fake_names(op, "c a");
    op_destroy(op);
}

static void test_words_stay(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'select', 'indices': [1]}", "a b:x,y");
    assert_string_equal(op->columns.items[0].words[1], "y");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'select'}", "a", "needs either columns or indices");
    fake_op_refused("{'op': 'select', 'indices': [0], 'columns': ['a']}", "a",
                    "needs either columns or indices");
    fake_op_refused("{'op': 'select', 'indices': []}", "a", "names no column");
    fake_op_refused("{'op': 'select', 'indices': [0.5]}", "a", "below 1");
    fake_op_refused("{'op': 'select', 'columns': ['b']}", "a",
                    "there is no column 'b'; there are: a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_words_stay),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
