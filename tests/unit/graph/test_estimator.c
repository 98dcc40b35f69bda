/* The parts that all estimators share, seen through linear_regression and gaussian_nb. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_params.h"

#define FIVE "{'op': 'linear_regression', 'coef_': [1, 2, 3, 4, 5]}"

static void test_the_first_bad_cell_is_named(void **state)
{
    (void)state;
    struct op *op = fake_op(FIVE, "a b c d e");
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++) {
        double in[15] = {0};
        in[5 + i] = NAN;
        in[14] = INFINITY; /* the last of row 2: found only when there is nothing before */
        fake_run_refused(op, 3, in, ERR_MISSING, 1, names[i]);
        in[5 + i] = -INFINITY;
        fake_run_refused(op, 3, in, ERR_RANGE, 1, names[i]);
    }
    op_destroy(op);
}

static void test_the_largest_numbers_are_finite(void **state)
{
    (void)state;
    struct op *op = fake_op(FIVE, "a b c d e");
    const double in[] = {1.7976931348623157e308, 0, 0, 0, 0, 5e-324, -0.0, 0, 0, 0};
    const double value[] = {1.7976931348623157e308, 5e-324};
    fake_run(op, 2, in, 0, value, 0);
    op_destroy(op);
}

static void test_a_column_without_a_name(void **state)
{
    (void)state;
    struct params *params = fake_params("{'op': 'linear_regression', 'coef_': [1, 2]}");
    struct columns in;
    struct op *op = NULL;
    assert_true(columns_init(&in, 2, NULL));
    assert_true(op_create(&op, params, &in, NULL));
    const double row[] = {1, NAN};
    fake_run_refused(op, 1, row, ERR_MISSING, 0, "column 1");
    op_destroy(op);
    columns_finish(&in);
    fake_params_destroy(params);
}

static void test_the_message_has_no_value(void **state)
{
    (void)state;
    struct op *op = fake_op(FIVE, "a b c d e");
    double row[] = {1, 2, INFINITY, 4, 5}, value;
    struct matrix in = {row, 1, 5, 5}, out = {&value, 1, 1, 1};
    struct arena scratch;
    struct err err = ERR_INIT;
    arena_init(&scratch, 0);
    assert_false(op_run(op, &in, &out, 1, &scratch, &err));
    assert_string_equal(err.text, "'c' is not a finite number");
    arena_finish(&scratch);
    op_destroy(op);
}

static void test_parameters_must_be_finite(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'linear_regression', 'coef_': [1, 'NaN']}", "a b", "coef_");
    fake_op_refused("{'op': 'linear_regression', 'coef_': [1, null]}", "a b", "finite");
    fake_op_refused("{'op': 'linear_regression', 'coef_': [[1, 2], [3, '-Infinity']]}", "a b",
                    "finite");
    fake_op_refused("{'op': 'linear_regression', 'coef_': [1, 2], 'intercept_': 'Infinity'}", "a b",
                    "intercept_");
}

static void test_no_memory_for_scratch_is_an_error(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'gaussian_nb', 'theta_': [[0, 0], [1, 1]], "
                            "'var_': [[1, 1], [1, 1]], 'class_prior_': [0.5, 0.5]}",
                            "a b");
    double row[] = {1, 2}, label;
    struct matrix in = {row, 1, 2, 2}, out[2] = {{&label, 1, 1, 1}, {0}};
    struct arena scratch;
    struct err err = ERR_INIT;
    arena_init(&scratch, 1);
    assert_false(op_run(op, &in, out, 1, &scratch, &err));
    assert_int_equal(err.code, ERR_MEMORY);
    arena_finish(&scratch);
    op_destroy(op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_bad_cell_is_named),
        cmocka_unit_test(test_the_largest_numbers_are_finite),
        cmocka_unit_test(test_a_column_without_a_name),
        cmocka_unit_test(test_the_message_has_no_value),
        cmocka_unit_test(test_parameters_must_be_finite),
        cmocka_unit_test(test_no_memory_for_scratch_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
