/* scikit-learn 1.2.1, QuadraticDiscriminantAnalysis on the first two columns of iris (two classes:
 * the first 100 rows), its answers for rows 0, 60, 70, 106 and 149. */
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
    "{'op': 'quadratic_discriminant_analysis', 'means_': [[5.005999999999999, "
    "3.428000000000001], [5.936, 2.7700000000000005]], 'priors_': [0.5, 0.5], "
    "'rotations_': [[[-0.6717495707633927, -0.7407783164882715], [-0.7407783164882715, "
    "0.6717495707633927]], [[-0.9225141073674861, 0.3859633683498609], "
    "[-0.3859633683498609, -0.9225141073674861]]], 'scalings_': [[0.2336607403644911, "
    "0.03427803514571298], [0.30207197529823676, 0.06283006551808978]]}";
static const char THREE[] =
    "{'op': 'quadratic_discriminant_analysis', 'means_': [[5.005999999999999, "
    "3.428000000000001], [5.936, 2.7700000000000005], [6.587999999999998, "
    "2.9739999999999998]], 'priors_': [0.3333333333333333, 0.3333333333333333, "
    "0.3333333333333333], 'rotations_': [[[-0.6717495707633927, -0.7407783164882715], "
    "[-0.7407783164882715, 0.6717495707633927]], [[-0.9225141073674861, "
    "0.3859633683498609], [-0.3859633683498609, -0.9225141073674861]], "
    "[[0.9613098629823156, -0.2754693219451522], [0.2754693219451522, "
    "0.9613098629823156]]], 'scalings_': [[0.2336607403644911, 0.03427803514571298], "
    "[0.30207197529823676, 0.06283006551808978], [0.4312113041565087, "
    "0.0771356346190015]]}";
static const double rows[] = {
    5.1, 3.5, 5, 2, 5.9, 3.2, 4.9, 2.5, 5.9, 3,
};
static const double two_label[] = {
    0, 1, 1, 1, 1,
};
static const double two_probability[] = {
    0.999831486297266,      0.00016851370273395668, 5.671517312982173e-06, 0.9999943284826871,
    0.00024962164601808506, 0.9997503783539818,     0.04351796444774338,   0.9564820355522565,
    3.7766745134220307e-06, 0.9999962233254865,
};
static const double two_score[] = {
    -8.688324961712294, 12.080048200790142, 8.295314549593655,
    3.090088178609742,  12.486662917219594,
};
static const double three_label[] = {
    0, 1, 1, 1, 1,
};
static const double three_probability[] = {
    0.9995048328288274,     0.00016845864787098008, 0.000326708523301557,   5.212476509302773e-06,
    0.9190568694413842,     0.0809379180821066,     0.00014938022115469214, 0.5982771726743004,
    0.40157344710454496,    0.03760187275433048,    0.8264521617463644,     0.13594596549930502,
    2.4925858539383616e-06, 0.6599923904997521,     0.3400051169143939,
};
static const double three_score[] = {
    1.2793251423479701,  -7.4089998193643245, -6.746621718465362,   -14.395993947329973,
    -2.3159457465398328, -4.745611331480297,  -8.782387247523136,   -0.4870726979294817,
    -0.8857363955286965, -4.247006893126266,  -1.1569187145165245,  -2.96180325529638,
    -12.014903017665835, 0.4717598995537575,  -0.19150773860923975,
};

static void test_two_classes(void **state)
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
    struct op *op = fake_op(THREE, "sepal_length sepal_width");
    fake_run(op, 5, rows, 0, three_label, 0);
    fake_run(op, 5, rows, 1, three_probability, TOLERANCE);
    fake_run(op, 5, rows, 2, three_score, TOLERANCE);
    op_destroy(op);
}

static void test_fewer_directions_than_inputs(void **state)
{
    (void)state;
    /* both classes spread along a alone; log-posteriors by hand: -(x - mean)^2 / 2 + log(1 / 2) */
    struct op *op = fake_op("{'op': 'quadratic_discriminant_analysis', 'means_': [[0, 0], [2, 0]], "
                            "'priors_': [0.5, 0.5], 'rotations_': [[[1], [0]], [[1], [0]]], "
                            "'scalings_': [[1], [1]]}",
                            "a b");
    const double in[] = {2, 5, 0, 5}, labels[] = {1, 0}, scores[] = {2, -2};
    fake_run(op, 2, in, 0, labels, 0);
    fake_run(op, 2, in, 2, scores, 0);
    op_destroy(op);
}

static void test_outputs(void **state)
{
    (void)state;
    struct op *op = fake_op(TWO, "sepal_length sepal_width");
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
    op = fake_op(THREE, "sepal_length sepal_width");
    assert_int_equal(op->outputs[2].cols, 3);
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(TWO, "sepal_length sepal_width");
    fake_estimator_check(THREE, "sepal_length sepal_width");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [0.5, 0.5], 'rotations_': [[[1, 0], "
                    "[0, 1]], [[1, 0], [0, 1]]], 'scalings_': [[1, 1], [1, 0]]}",
                    "a b", "greater than 0");
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [0.5, 0.5], 'rotations_': [[[1, 0], "
                    "[0, 1]], [[1, 0], [0, 1]]], 'scalings_': [[1, 1], [1]]}",
                    "a b", "expected 2 numbers");
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [0.5, 0.5], 'rotations_': [[[1, 0], "
                    "[0, 1]], [[1, 0], [0, 1]]], 'scalings_': [[1, 1]]}",
                    "a b", "one for each class");
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [0.5, 0.5], 'rotations_': [[[1, 0], "
                    "[0, 1]]], 'scalings_': [[1, 1], [1, 1]]}",
                    "a b", "one for each class");
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [0.5, -0.5], 'rotations_': [[[1, 0], "
                    "[0, 1]], [[1, 0], [0, 1]]], 'scalings_': [[1, 1], [1, 1]]}",
                    "a b", "negative");
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [0, 0], 'rotations_': [[[1, 0], [0, "
                    "1]], [[1, 0], [0, 1]]], 'scalings_': [[1, 1], [1, 1]]}",
                    "a b", "above 0");
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [1], 'rotations_': [[[1, 0], [0, 1]], "
                    "[[1, 0], [0, 1]]], 'scalings_': [[1, 1], [1, 1]]}",
                    "a b", "expected 2");
    fake_op_refused("{'op': 'quadratic_discriminant_analysis', "
                    "'means_': [[0, 0], [1, 1]], 'priors_': [0.5, 0.5], 'rotations_': [[[1, 0]], "
                    "[[1, 0], [0, 1]]], 'scalings_': [[1, 1], [1, 1]]}",
                    "a b", "expected 2 x n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_classes),
        cmocka_unit_test(test_three_classes),
        cmocka_unit_test(test_fewer_directions_than_inputs),
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
