/* An estimator's answers as columns: each output, a choice of columns, labels that are numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"
#include "math/init.h"

#define LOGISTIC "'steps': [{'op': 'logistic_regression', 'coef_': [[1, 0]], 'intercept_': [-1]}]"
#define SCALED                                                                        \
    "'steps': [{'op': 'standard_scaler', 'mean_': [1, 1]}, {'op': 'ridge', 'coef_': " \
    "[[1, 0], [0, 2]], 'intercept_': [0, 0]}]"

static const double rows[] = {1, 5, 3, 6};

static void check(const char *text, const char *names, const double *expected)
{
    struct op *op = fake_op(text, "a b");
    fake_run(op, 2, rows, 0, expected, 1e-15);
    fake_names(op, names);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    const double value[] = {0, 8, 2, 10}, label[] = {0, 1}, score[] = {0, 2},
                 probability[] = {0.5, 0.5, 0.11920292202211769, 0.88079707797788231};
    check("{'op': 'prediction_columns', " SCALED "}", "value0 value1", value);
    check("{'op': 'prediction_columns', 'output': 'label', " LOGISTIC "}", "label0", label);
    check("{'op': 'prediction_columns', 'output': 'score', " LOGISTIC "}", "score0", score);
    check("{'op': 'prediction_columns', 'output': 'probability', " LOGISTIC "}",
          "probability0 probability1", probability);
}

static void test_choice(void **state)
{
    (void)state;
    const double second[] = {0.5, 0.88079707797788231}, both[] = {8, 0, 8, 10, 2, 10};
    check("{'op': 'prediction_columns', 'output': 'probability', 'indices': [1], " LOGISTIC "}",
          "probability1", second);
    check("{'op': 'prediction_columns', 'indices': [1, 0, 1], " SCALED "}", "value1 value0 value1",
          both);
}

static void test_classes(void **state)
{
    (void)state;
    const double label[] = {-1, 7};
    check("{'op': 'prediction_columns', 'output': 'label', 'classes': [-1, 7], " LOGISTIC "}",
          "label0", label);
}

/* A pipeline goes on behind it, and errors name the row. */
static void test_within(void **state)
{
    (void)state;
    const double in[] = {1, 5}, expected[] = {0, 64};
    fake_check(
        "{'op': 'feature_union', 'transformers': [{'steps': [{'op': 'prediction_columns', " SCALED
        "}, {'op': 'function_transformer', 'func': 'square'}]}]}",
        "a b", 1, in, expected, 0);
    struct op *op = fake_op("{'op': 'prediction_columns', 'output': 'label', " LOGISTIC "}", "a b");
    fake_run_refused(op, 2, (const double[]){1, 2, NAN, 3}, ERR_MISSING, 1, "a");
    assert_true(op->scratch_width >= 2);
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'prediction_columns'}", "a b", "$.steps: expected a list of steps");
    fake_op_refused("{'op': 'prediction_columns', 'steps': [{'op': 'ridge', 'coef_': [1, 0]}, "
                    "{'op': 'passthrough'}]}",
                    "a b", "nothing can follow a step that makes the answer");
    fake_op_refused("{'op': 'prediction_columns', 'output': 'std', " LOGISTIC "}", "a b",
                    "expected one of");
    fake_op_refused("{'op': 'prediction_columns', " LOGISTIC "}", "a b", "has no output \"value\"");
    fake_op_refused("{'op': 'prediction_columns', 'output': 'label', 'indices': [1], " LOGISTIC "}",
                    "a b", "expected positions of columns, below 1");
    fake_op_refused("{'op': 'prediction_columns', 'output': 'score', 'classes': [1, 2], " LOGISTIC
                    "}",
                    "a b", "goes with the output \"label\" only");
    fake_op_refused("{'op': 'prediction_columns', 'output': 'label', 'classes': [1], " LOGISTIC "}",
                    "a b", "$.classes: expected 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs), cmocka_unit_test(test_choice),
        cmocka_unit_test(test_classes), cmocka_unit_test(test_within),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
