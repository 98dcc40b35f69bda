/* scikit-learn 1.2.1, LogisticRegression on the first two columns of iris (binary: the first 100
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

static const char BINARY[] =
    "{'op': 'logistic_regression', 'coef_': [[3.0786958972704475, -3.0220096962892735]], "
    "'intercept_': [-7.306345489594472]}";
static const char NOMIAL_OF_TWO[] =
    "{'op': 'logistic_regression', 'multi_class': 'multinomial', 'coef_': "
    "[[1.9367314583503241, -1.918734198426013]], 'intercept_': [-4.519243670713892]}";
static const char MULTINOMIAL[] =
    "{'op': 'logistic_regression', 'coef_': [[-2.7089024902665875, 2.324023775581903], "
    "[0.6127325890288003, -1.5705880339039504], [2.0961699012377664, "
    "-0.7534357416784243]], 'intercept_': [7.913221292536381, 1.8450471420997212, "
    "-9.758268434636596]}";
static const char OVR[] =
    "{'op': 'logistic_regression', 'multi_class': 'ovr', 'coef_': [[-3.3882975700359106, "
    "3.164527700515427], [0.12717258126966927, -2.385361485334929], [2.2219589971988256, "
    "-0.5127043788645904]], 'intercept_': [8.323303886430963, 5.686067273649483, "
    "-12.529696943154512]}";
static const double rows[] = {
    5.1, 3.5, 5, 2, 5.9, 3.2, 4.9, 2.5, 5.9, 3,
};
static const double binary_label[] = {
    0, 1, 1, 1, 1,
};
static const double binary_probability[] = {
    0.8986241842735698,  0.10137581572643013, 0.11474996321417452, 0.8852500367858255,
    0.2337011139521088,  0.7662988860478912,  0.4441736918324989,  0.5558263081675011,
    0.14283611399947427, 0.8571638860005257,
};
static const double binary_score[] = {
    -2.182030350527649,  2.043114604179218,  1.187529276175491,
    0.22424016630753751, 1.7919312154333475,
};
static const double two_label[] = {
    0, 1, 1, 1, 1,
};
static const double two_probability[] = {
    0.937903990187146,  0.06209600981285407, 0.06574962830266591, 0.9342503716973342,
    0.1772567412387786, 0.8227432587612213,  0.4139136010463596,  0.5860863989536403,
    0.0909129270516916, 0.9090870729483085,
};
static const double two_score[] = {
    -1.3574829276182854, 1.3269452241857023, 0.7675224985897797,
    0.17390497913766456, 1.1512693382749832,
};
static const double multinomial_label[] = {
    0, 1, 1, 1, 1,
};
static const double multinomial_probability[] = {
    0.9234731532336397,  0.05850809667216902, 0.018018750094191342, 0.05594428877682761,
    0.8757966938441395,  0.06825901737903291, 0.161278941379583,    0.4686472944227922,
    0.3700737641976247,  0.3617855382040802,  0.579612521996546,    0.058601939799373844,
    0.08636711900348876, 0.5468882171022091,  0.36674466389430216,
};
static const double multinomial_score[] = {
    2.231901806713447,   -0.5270747725172236, -1.7048270341984733, -0.9832436076327511,
    1.767534019435822,   -0.7842904118046121, -0.6324273181743951, 0.4342877088770021,
    0.19813960929526786, 0.44965852918485893, 0.9209667435809672,  -1.3706252727676027,
    -1.097232073290776,  0.7484053156577926,  0.3488267576309525,
};
static const double ovr_label[] = {
    0, 1, 2, 1, 1,
};
static const double ovr_probability[] = {
    0.8435978428887752,  0.11125052083575927, 0.045151636275465486, 0.09231374267120844,
    0.8276558188825193,  0.0800304384462723,  0.2649835644573023,   0.34864640659727403,
    0.38637002894542366, 0.39117687760172476, 0.560060222563012,    0.04876289983526316,
    0.14446055261363785, 0.4633042505314495,  0.39223519685491265,
};
static const double ovr_score[] = {
    2.1188332310518145, -2.014117760547456,  -2.9921713834665695, -2.2891285627177353,
    1.5512072093279707, -2.4453107148895654, -1.5411631351315442, -1.196771249931242,
    -1.060792872048129, -0.3680349554564337, 0.3458092085335398,  -2.9238588040417426,
    -2.174068675234629, -0.7196989528642561, -0.9582519962752123,
};

static void test_binary(void **state)
{
    (void)state;
    struct op *op = fake_op(BINARY, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, binary_label, 0);
    fake_run(op, 5, rows, 1, binary_probability, TOLERANCE);
    fake_run(op, 5, rows, 2, binary_score, TOLERANCE);
    op_destroy(op);
}

static void test_multinomial_of_one_row(void **state)
{
    (void)state;
    struct op *op = fake_op(NOMIAL_OF_TWO, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, two_label, 0);
    fake_run(op, 5, rows, 1, two_probability, TOLERANCE);
    fake_run(op, 5, rows, 2, two_score, TOLERANCE);
    op_destroy(op);
}

static void test_multinomial(void **state)
{
    (void)state;
    struct op *op = fake_op(MULTINOMIAL, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, multinomial_label, 0);
    fake_run(op, 5, rows, 1, multinomial_probability, TOLERANCE);
    fake_run(op, 5, rows, 2, multinomial_score, TOLERANCE);
    op_destroy(op);
}

static void test_one_against_the_rest(void **state)
{
    (void)state;
    struct op *op = fake_op(OVR, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, ovr_label, 0);
    fake_run(op, 5, rows, 1, ovr_probability, TOLERANCE);
    fake_run(op, 5, rows, 2, ovr_score, TOLERANCE);
    op_destroy(op);
}

static void test_a_score_of_zero_is_class_0(void **state)
{
    (void)state;
    struct op *op =
        fake_op("{'op': 'logistic_regression', 'coef_': [[1, 1]], 'intercept_': [0]}", "a b");
    const double zero[] = {1, -1}, label[] = {0}, half[] = {0.5, 0.5};
    fake_run(op, 1, zero, 0, label, 0);
    fake_run(op, 1, zero, 1, half, 0);
    op_destroy(op);
}

static void test_the_first_largest_score_wins(void **state)
{
    (void)state;
    struct op *op =
        fake_op("{'op': 'logistic_regression', 'coef_': [[0, 0], [1, 0], [1, 0]]}", "a b");
    const double row[] = {1, 7}, label[] = {1};
    fake_run(op, 1, row, 0, label, 0);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(BINARY, "sepal_length sepal_width");
    assert_int_equal(op->output_count, 3);
    assert_int_equal(op->classes, 2);
    assert_int_equal(op->outputs[0].kind, OUTPUT_LABEL);
    assert_int_equal(op->outputs[0].cols, 1);
    assert_int_equal(op->outputs[1].kind, OUTPUT_PROBABILITY);
    assert_int_equal(op->outputs[1].cols, 2);
    assert_int_equal(op->outputs[2].kind, OUTPUT_SCORE);
    assert_int_equal(op->outputs[2].cols, 1);
    assert_true(op->bytes > sizeof(struct op));
    op_destroy(op);
    op = fake_op(OVR, "sepal_length sepal_width");
    assert_int_equal(op->classes, 3);
    assert_int_equal(op->outputs[2].cols, 3);
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(BINARY, "sepal_length sepal_width");
    fake_estimator_check(MULTINOMIAL, "sepal_length sepal_width");
    fake_estimator_check(OVR, "sepal_length sepal_width");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'logistic_regression', 'coef_': [[1, 2], [3, 4]], 'multi_class': 'binary'}", "a b",
        "one row");
    fake_op_refused("{'op': 'logistic_regression', 'coef_': [[1, 2]], 'multi_class': 'auto'}",
                    "a b", "multi_class");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_multinomial_of_one_row),
        cmocka_unit_test(test_multinomial),
        cmocka_unit_test(test_one_against_the_rest),
        cmocka_unit_test(test_a_score_of_zero_is_class_0),
        cmocka_unit_test(test_the_first_largest_score_wins),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
