/* Linear between points: numpy's numbers, and each mistake. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"

#define POINTS "'X_thresholds_': [1, 2, 4], 'y_thresholds_': [0.5, 0.5, 3]"

static void test_values(void **state)
{
    (void)state;
    const double in[] = {0, 1, 1.5, 2, 2.5, 4, 5};
    const double clip[] = {0.5, 0.5, 0.5, 0.5, 1.125, 3, 3};
    const double nan[] = {NAN, 0.5, 0.5, 0.5, 1.125, 3, NAN};
    fake_check("{'op': 'isotonic_regression', 'out_of_bounds': 'clip', " POINTS "}", "a", 7, in,
               clip, 0);
    fake_check("{'op': 'isotonic_regression', " POINTS "}", "a", 7, in, nan, 0);
    struct op *op =
        fake_op("{'op': 'isotonic_regression', 'out_of_bounds': 'raise', " POINTS "}", "a");
    fake_run(op, 5, in + 1, 0, clip + 1, 0);
    fake_run_refused(op, 7, in, ERR_RANGE, 0, "a");
    fake_run_refused(op, 1, (const double[]){NAN}, ERR_MISSING, 0, "a");
    fake_names(op, "a");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'isotonic_regression', " POINTS "}", "a b", "expected 1 column, got 2");
    fake_op_refused("{'op': 'isotonic_regression', 'out_of_bounds': 'wrap', " POINTS "}", "a",
                    "expected one of");
    fake_op_refused("{'op': 'isotonic_regression', 'y_thresholds_': [1]}", "a",
                    "$.X_thresholds_: is required");
    fake_op_refused("{'op': 'isotonic_regression', 'X_thresholds_': [], 'y_thresholds_': []}", "a",
                    "expected one number or more");
    fake_op_refused("{'op': 'isotonic_regression', 'X_thresholds_': [2, 1], 'y_thresholds_': [1, "
                    "2]}",
                    "a", "finite numbers that ascend");
    fake_op_refused("{'op': 'isotonic_regression', 'X_thresholds_': [1, 2], 'y_thresholds_': [1]}",
                    "a", "$.y_thresholds_: expected 2");
    fake_op_refused("{'op': 'isotonic_regression', 'X_thresholds_': [1], 'y_thresholds_': "
                    "['Infinity']}",
                    "a", "expected finite numbers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
