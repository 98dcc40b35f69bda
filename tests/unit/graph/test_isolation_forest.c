/* Isolation forests: scikit-learn's numbers, and each mistake. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-12

static const double rows[] = {0.5, 2, 4.5, 1.5, 9, 6.5};

static const char isolation[] =
    "{'op': 'isolation_forest', 'compare': '<=', 'dtype': 'float32', 'sum_dtype': "
    "'float64', 'denominator': 3.703311814278571, 'offset_': -0.4729913525698814, "
    "'trees': [{'feature': [0, 0, 1, 0, 0], 'threshold': [0.32875609, 0, 2.4935806, 0, "
    "0], 'left': [1, -1, 3, -1, -1], 'value': [0, 1, 0, 2, 3]}, {'feature': [1, 0, 1, "
    "0, 0, 0, 0], 'threshold': [5.2283128, 0.4041038, 6.419683, 0, 0, 0, 0], 'left': "
    "[1, 3, 5, -1, -1, -1, -1], 'value': [0, 0, 0, 2, 2, 2, 2]}]}";
static const double isolation_label[] = {1, 1, 1};
static const double isolation_score[] = {0, 0, 0.080738147313074771};

static void test_values(void **state)
{
    (void)state;
    struct op *isolation_op = fake_op(isolation, "a b");
    fake_run(isolation_op, 3, rows, 0, isolation_label, TOLERANCE);
    fake_run(isolation_op, 3, rows, 1, isolation_score, TOLERANCE);
    op_destroy(isolation_op);
}

/* One training row: every path is of length 0, and the score that of the most usual one. */
static void test_one_row(void **state)
{
    (void)state;
    const double in[] = {0, 0}, label[] = {0}, score[] = {-0.25};
    struct op *op = fake_op("{'op': 'isolation_forest', 'compare': '<=', 'dtype': 'float32', "
                            "'sum_dtype': 'float64', 'trees': [{'value': [0]}], 'denominator': 0, "
                            "'offset_': -0.25}",
                            "a b");
    fake_run(op, 1, in, 0, label, 0);
    fake_run(op, 1, in, 1, score, 0);
    fake_run_refused(op, 1, (const double[]){0, NAN}, ERR_MISSING, 0, "b");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'isolation_forest', "
                    "'denominator': 1, 'offset_': 0"
                    "}",
                    "a b", "$.compare: is required");
    fake_op_refused("{'op': 'isolation_forest', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'offset_': 0"
                    "}",
                    "a b", "$.denominator: is required");
    fake_op_refused("{'op': 'isolation_forest', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'denominator': 1"
                    "}",
                    "a b", "$.offset_: is required");
    fake_op_refused("{'op': 'isolation_forest', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'denominator': -1, 'offset_': 0"
                    "}",
                    "a b", "expected a finite number from 0 on");
    fake_op_refused("{'op': 'isolation_forest', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'denominator': 1, 'offset_': 'NaN'"
                    "}",
                    "a b", "expected a finite number");
    fake_op_refused("{'op': 'isolation_forest', "
                    "'compare': '<=', 'dtype': 'float32', 'sum_dtype': 'float64', 'trees': "
                    "[{'value': [3]}], 'outputs': 2, 'denominator': 1, 'offset_': 0"
                    "}",
                    "a b", "expected 1, got 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_one_row),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
