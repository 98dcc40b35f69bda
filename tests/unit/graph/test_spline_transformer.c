#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Numbers of scikit-learn 1.9 for SplineTransformer(3, degree=2) trained on 0, 1, 2, 3, 4. */
#define QUADRATIC "{'op': 'spline_transformer', 'degree': 2, 'knots_': [[-4, -2, 0, 2, 4, 6, 8]]"

static void test_inside(void **state)
{
    (void)state;
    const double in[] = {0, 1, 2, 3.5};
    const double expected[] = {0.5, 0.5, 0,   0, 0.125, 0.75,    0.125,  0,
                               0,   0.5, 0.5, 0, 0,     0.03125, 0.6875, 0.28125};
    fake_check(QUADRATIC "}", "a", 4, in, expected, 1e-15);
}

static void test_outside(void **state)
{
    (void)state;
    const double in[] = {-1, 5};
    const double constant[] = {0.5, 0.5, 0, 0, 0, 0, 0.5, 0.5};
    const double linear[] = {1, 0, 0, 0, 0, 0, 0, 1};
    const double on[] = {1.125, -0.25, 0.125, 0, 0, 0.125, -0.25, 1.125};
    fake_check(QUADRATIC "}", "a", 2, in, constant, 1e-15);
    fake_check(QUADRATIC ", 'extrapolation': 'linear'}", "a", 2, in, linear, 1e-15);
    fake_check(QUADRATIC ", 'extrapolation': 'continue'}", "a", 2, in, on, 1e-15);
    struct op *op = fake_op(QUADRATIC ", 'extrapolation': 'error'}", "a");
    fake_run_refused(op, 2, (double[]){4, 4.001}, ERR_RANGE, 1, "a");
    op_destroy(op);
}

/* Three splines on a circle of length 3: what leaves on one side comes in on the other. */
static void test_periodic(void **state)
{
    (void)state;
    const double in[] = {0, 0.25, 3.25, -2.75, 2.5};
    const double expected[] = {1, 0, 0, 0.75, 0.25, 0, 0.75, 0.25, 0, 0.75, 0.25, 0, 0.5, 0, 0.5};
    fake_check("{'op': 'spline_transformer', 'degree': 1, 'extrapolation': 'periodic', 'knots_': "
               "[[-1, 0, 1, 2, 3, 4]]}",
               "a", 5, in, expected, 1e-15);
}

static void test_names_and_bias(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'spline_transformer', 'degree': 1, 'include_bias': false, "
                            "'knots_': [[-1, 0, 1, 2], [-1, 0, 1, 2, 3]]}",
                            "a b");
    fake_names(op, "a_sp_0 b_sp_0 b_sp_1");
    fake_run(op, 1, (double[]){0.25, 1.5}, 0, (const double[]){0.75, 0, 0.5}, 0);
    fake_run_refused(op, 1, (double[]){0, NAN}, ERR_MISSING, 0, "b");
    op_destroy(op);
}

static void test_steps(void **state)
{
    (void)state;
    fake_check("{'op': 'spline_transformer', 'degree': 0, 'extrapolation': 'linear', 'knots_': "
               "[[0, 1, 2]]}",
               "a", 4, (const double[]){-1, 0.5, 1, 9}, (const double[]){1, 0, 1, 0, 0, 1, 0, 1},
               0);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'spline_transformer'}", "a", "knots_");
    fake_op_refused(QUADRATIC "}", "a b", "expected 2 lists, got 1");
    fake_op_refused("{'op': 'spline_transformer', 'knots_': [[0, 1, 2, 3, 4, 5, 6]]}", "a",
                    "at least 8 knots, got 7");
    fake_op_refused("{'op': 'spline_transformer', 'degree': 1, 'knots_': [[0, 2, 1, 3]]}", "a",
                    "ascending");
    fake_op_refused("{'op': 'spline_transformer', 'degree': 1, 'knots_': [[0, 1, 1, 3]]}", "a",
                    "not all the same");
    fake_op_refused("{'op': 'spline_transformer', 'degree': 2, 'extrapolation': 'periodic', "
                    "'knots_': [[0, 1, 2, 3, 4, 5]]}",
                    "a", "more knots than the degree");
    fake_op_refused("{'op': 'spline_transformer', 'degree': 33, 'knots_': [[0, 1]]}", "a",
                    "degree");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inside),   cmocka_unit_test(test_outside),
        cmocka_unit_test(test_periodic), cmocka_unit_test(test_names_and_bias),
        cmocka_unit_test(test_steps),    cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
