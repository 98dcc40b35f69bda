/* The forms that coef_ and intercept_ may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"

static const double in[] = {1, 2, 3, 4};

static void test_a_list_and_a_matrix_of_one_row_are_the_same(void **state)
{
    (void)state;
    const double value[] = {5, 11};
    fake_check("{'op': 'ridge', 'coef_': [1, 2]}", "a b", 2, in, value, 0);
    fake_check("{'op': 'ridge', 'coef_': [[1, 2]]}", "a b", 2, in, value, 0);
}

static void test_a_number_is_every_targets_intercept(void **state)
{
    (void)state;
    const double value[] = {15, 13, 21, 17};
    fake_check("{'op': 'ridge', 'coef_': [[1, 2], [1, 1]], 'intercept_': 10}", "a b", 2, in, value,
               0);
}

static void test_a_list_has_one_for_each(void **state)
{
    (void)state;
    const double value[] = {15, 103, 21, 107}, one[] = {6, 12};
    fake_check("{'op': 'ridge', 'coef_': [[1, 2], [1, 1]], 'intercept_': [10, 100]}", "a b", 2, in,
               value, 0);
    fake_check("{'op': 'ridge', 'coef_': [1, 2], 'intercept_': [1]}", "a b", 2, in, one, 0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'ridge'}", "a b", "is required");
    fake_op_refused("{'op': 'ridge', 'coef_': []}", "a b", "coef_");
    fake_op_refused("{'op': 'ridge', 'coef_': 3}", "a b", "coef_");
    fake_op_refused("{'op': 'ridge', 'coef_': [1, 2, 3]}", "a b", "expected 2 numbers, got 3");
    fake_op_refused("{'op': 'ridge', 'coef_': [[1], [2]]}", "a b", "expected n x 2");
    fake_op_refused("{'op': 'ridge', 'coef_': [[1, 2], [3]]}", "a b", "coef_");
    fake_op_refused("{'op': 'ridge', 'coef_': [1, [2]]}", "a b", "coef_");
    fake_op_refused("{'op': 'ridge', 'coef_': [[], []]}", "a b", "coef_");
    fake_op_refused("{'op': 'ridge', 'coef_': [1, 2], 'intercept_': [1, 2]}", "a b",
                    "expected 1 number, got 2");
    fake_op_refused("{'op': 'ridge', 'coef_': [1, 2], 'intercept_': 'x'}", "a b", "intercept_");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_and_a_matrix_of_one_row_are_the_same),
        cmocka_unit_test(test_a_number_is_every_targets_intercept),
        cmocka_unit_test(test_a_list_has_one_for_each),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
