/* scikit-learn 1.2.1, LinearDiscriminantAnalysis on iris (two classes: the first 100 rows and two
 * columns), its answers for rows 0, 60, 70, 106 and 149. */
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

static const char TWO[] = "{'op': 'linear_discriminant_analysis', 'coef_': [[11.436356308336762, "
                          "-14.1430279508847]], 'intercept_': [-18.73906174311872]}";
static const char THREE[] =
    "{'op': 'linear_discriminant_analysis', 'coef_': [[6.314758458675353, "
    "12.139317180602898, -16.946424651195592, -20.77005459231797], [-1.5311991882070461, "
    "-4.376043477691283, 4.695665305912464, 3.0625853896530133], [-4.783559270468303, "
    "-7.763273702911601, 12.250759345283116, 17.707469202664956]], 'intercept_': "
    "[-15.477836726795065, -2.021974153763113, -33.537686739570816]}";
static const double rows[] = {
    5.1, 3.5, 5, 2, 5.9, 3.2, 4.9, 2.5, 5.9, 3,
};
static const double two_label[] = {
    0, 1, 1, 1, 1,
};
static const double two_probability[] = {
    0.9999505373076578,    4.9462692342199225e-05, 3.881504174629846e-05, 0.9999611849582537,
    0.029951954130426728,  0.9700480458695733,     0.1254815901276105,    0.8745184098723895,
    0.0018213457467713967, 0.9981786542532286,
};
static const double two_score[] = {
    -9.914242398697692, 10.156663896795688, 3.477751033237137,
    1.9415142905196667, 6.306356623414079,
};
static const double wide_rows[] = {
    5.1, 3.5, 1.4, 0.2, 5, 2, 3.5, 1, 5.9, 3.2, 4.8, 1.8, 4.9, 2.5, 4.5, 1.7, 5.9, 3, 5.1, 1.8,
};
static const double three_label[] = {
    0, 1, 2, 2, 2,
};
static const double three_probability[] = {
    1,
    3.8963579276866456e-22,
    2.6111682749480825e-42,
    1.9566276393797782e-18,
    0.9999985791594397,
    1.4208405603292133e-06,
    7.4081175816248695e-28,
    0.253228224738184,
    0.7467717752618159,
    3.7978371892017495e-33,
    0.048620253756358825,
    0.9513797462436411,
    2.8580116073339815e-33,
    0.017542290775785733,
    0.9824577092242144,
};
static const double three_score[] = {
    31.336036114421947, -17.960793679330486, -64.41274005522041, -39.70795094371505,
    1.06735691016573,   -12.396903586579672, -58.10388343459239, 2.992458676958458,
    4.073927137504938,  -65.75523106509931,  5.871930168810364,  8.845803276159941,
    -65.61567426607165, 5.276366964270453,   9.301809681672196,
};

static void test_two_classes_take_the_sigmoid(void **state)
{
    (void)state;
    struct op *op = fake_op(TWO, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, two_label, 0);
    fake_run(op, 5, rows, 1, two_probability, TOLERANCE);
    fake_run(op, 5, rows, 2, two_score, TOLERANCE);
    op_destroy(op);
}

static void test_three_classes(void **state)
{
    (void)state;
    struct op *op = fake_op(THREE, "sepal_length sepal_width petal_length petal_width");
    fake_run(op, 5, wide_rows, 0, three_label, 0);
    fake_run(op, 5, wide_rows, 1, three_probability, TOLERANCE);
    fake_run(op, 5, wide_rows, 2, three_score, TOLERANCE);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(THREE, "sepal_length sepal_width petal_length petal_width");
    assert_int_equal(op->output_count, 3);
    assert_int_equal(op->classes, 3);
    assert_int_equal(op->outputs[0].kind, OUTPUT_LABEL);
    assert_int_equal(op->outputs[0].cols, 1);
    assert_int_equal(op->outputs[1].kind, OUTPUT_PROBABILITY);
    assert_int_equal(op->outputs[1].cols, 3);
    assert_int_equal(op->outputs[2].kind, OUTPUT_SCORE);
    assert_int_equal(op->outputs[2].cols, 3);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(TWO, "sepal_length sepal_width");
    fake_estimator_check(THREE, "sepal_length sepal_width petal_length petal_width");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_classes_take_the_sigmoid),
        cmocka_unit_test(test_three_classes),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_common),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
