/* scikit-learn 1.2.1, RidgeClassifier on the first two columns of iris (two classes: the first 100
 * rows), its answers for rows 0, 60, 70, 106 and 149. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-12

static const char TWO[] =
    "{'op': 'linear_classifier', 'coef_': [[0.942459705040952, -1.1396193784397164]], "
    "'intercept_': [-1.6245165924943699]}";
static const char THREE[] =
    "{'op': 'linear_classifier', 'coef_': [[-0.7439430055930087, 1.1042766793513232], "
    "[0.030133783538606324, -0.973926788585178], [0.7138092220544022, "
    "-0.13034989076614525]], 'intercept_': [0.6376317283450355, 2.4682037598238282, "
    "-4.105835488168863]}";
static const double rows[] = {
    5.1, 3.5, 5, 2, 5.9, 3.2, 4.9, 2.5, 5.9, 3,
};
static const double two_label[] = {
    0, 1, 1, 1, 1,
};
static const double two_score[] = {
    -0.8066399213245221, 0.8085431758309576, 0.2892136562401544,
    0.1444875161070045,  0.517137531928098,
};
static const double three_label[] = {
    0, 1, 0, 1, 1,
};
static const double three_score[] = {
    0.7084907775503224,  -0.7868577041774025,  -0.9216330733729197,  -0.8735299409173616,
    0.6710191003465038,  -0.797489159429142,   -0.21794663072948217, -0.4705726407709645,
    -0.311480728499554,  -0.24699730068239956, 0.18104232770005435,  -0.9340450270176546,
    -0.4388019665997469, -0.2757872830539285,  -0.2854107503463248,
};

static void test_two_classes(void **state)
{
    (void)state;
    struct op *op = fake_op(TWO, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, two_label, 0);
    fake_run(op, 5, rows, 1, two_score, TOLERANCE);
    op_destroy(op);
}

static void test_three_classes(void **state)
{
    (void)state;
    struct op *op = fake_op(THREE, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, three_label, 0);
    fake_run(op, 5, rows, 1, three_score, TOLERANCE);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(TWO, "sepal_length sepal_width");
    assert_int_equal(op->output_count, 2);
    assert_int_equal(op->classes, 2);
    assert_int_equal(op->outputs[0].kind, OUTPUT_LABEL);
    assert_int_equal(op->outputs[0].cols, 1);
    assert_int_equal(op->outputs[1].kind, OUTPUT_SCORE);
    assert_int_equal(op->outputs[1].cols, 1);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(TWO, "sepal_length sepal_width");
    fake_estimator_check(THREE, "sepal_length sepal_width");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_classes),
        cmocka_unit_test(test_three_classes),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_common),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
