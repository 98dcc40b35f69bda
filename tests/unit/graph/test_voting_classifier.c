/* Votes of classifiers: scikit-learn's numbers, and each mistake. */
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

static const double rows[] = {0.5, 2, 4.5, 1.5, 9, 6.5};

/* Members by hand. */
#define REST "'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
#define LINEAR "{'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0]], 'intercept_': [-1]}]}"
#define THREE                                                                                  \
    "{'steps': [{'op': 'linear_classifier', 'coef_': [[1, 0], [0, 1], [0, 0]], 'intercept_': " \
    "[0, 0, 0]}]}"
#define RIDGE "{'steps': [{'op': 'ridge', 'coef_': [1, 0], 'intercept_': 0}]}"

static const char voting_soft[] =
    "{'op': 'voting_classifier', 'voting': 'soft', 'weights': [2, 1], 'estimators': "
    "[{'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': 'float32', "
    "'sum_dtype': 'float64', 'task': 'classification', 'outputs': 2, 'trees': "
    "[{'feature': [0, 0, 0], 'threshold': [4.5, 0, 0], 'left': [1, -1, -1], 'leaves': "
    "[[0.8, 0.2], [0.2857142857142857, 0.7142857142857143]]}]}]}, {'steps': [{'op': "
    "'gaussian_nb', 'theta_': [[4.166666666666667, 3.1666666666666665], "
    "[6.833333333333333, 3.1666666666666665]], 'var_': [[11.805555567472222, "
    "4.138888900805556], [8.472222234138888, 4.138888900805556]], 'class_prior_': [0.5, "
    "0.5]}]}]}";
static const double voting_soft_label[] = {0, 0, 1};
static const double voting_soft_probability[] = {0.81214382813097397, 0.18785617186902601,
                                                 0.71253602011634609, 0.28746397988365396,
                                                 0.28832295305231792, 0.71167704694768208};

static const char voting_hard[] =
    "{'op': 'voting_classifier', 'voting': 'hard', 'weights': [1, 1, 1], 'estimators': "
    "[{'steps': [{'op': 'tree_ensemble', 'compare': '<=', 'dtype': 'float32', "
    "'sum_dtype': 'float64', 'task': 'classification', 'outputs': 3, 'trees': "
    "[{'feature': [0, 0, 0], 'threshold': [3.5, 0, 0], 'left': [1, -1, -1], 'leaves': "
    "[[0.75, 0.25, 0], [0.125, 0.375, 0.5]]}]}]}, {'steps': [{'op': 'gaussian_nb', "
    "'theta_': [[3.5, 3.75], [5, 3], [8, 2.75]], 'var_': [[15.250000011916667, "
    "4.687500011916667], [5.000000011916667, 6.500000011916667], [5.000000011916667, "
    "0.6875000119166667]], 'class_prior_': [0.3333333333333333, 0.3333333333333333, "
    "0.3333333333333333]}]}, {'steps': [{'op': 'logistic_regression', 'multi_class': "
    "'multinomial', 'coef_': [[-0.6380638814730302, 0.7874706242433073], "
    "[-0.06166144862420907, 0.0005090307843933527], [0.6997253300972399, "
    "-0.7879796550276988]], 'intercept_': [0.7494691548131585, 0.8604753761087799, "
    "-1.609944530921945]}]}]}";
static const double voting_hard_label[] = {0, 1, 0};

static const char bag[] =
    "{'op': 'voting_classifier', 'voting': 'soft', 'classes': 3, 'estimators': "
    "[{'steps': [{'op': 'gaussian_nb', 'theta_': [[0.3333333333333333, "
    "1.6666666666666667], [4, 2.5], [11, 4]], 'var_': [[0.2222222341388889, "
    "0.8888889008055556], [4.000000011916667, 6.250000011916667], "
    "[1.1916666666666667e-08, 1.1916666666666667e-08]], 'class_prior_': [0.5, "
    "0.3333333333333333, 0.16666666666666666]}]}, {'steps': [{'op': 'gaussian_nb', "
    "'theta_': [[0, 0], [4, 2], [7, 3]], 'var_': [[1.1916666666666667e-08, "
    "1.1916666666666667e-08], [2.6666666785833333, 4.666666678583334], "
    "[1.1916666666666667e-08, 1.1916666666666667e-08]], 'class_prior_': [0, 0.5, "
    "0.5]}]}]}";
static const double bag_label[] = {1, 1, 1};
static const double bag_probability[] = {0.49298261456454762,
                                         0.50701738543545238,
                                         0,
                                         1.0072004068816409e-16,
                                         1,
                                         0,
                                         5.4527627820149123e-77,
                                         1,
                                         0};

static void test_values(void **state)
{
    (void)state;
    struct op *voting_soft_op = fake_op(voting_soft, "a b");
    fake_run(voting_soft_op, 3, rows, 0, voting_soft_label, TOLERANCE);
    fake_run(voting_soft_op, 3, rows, 1, voting_soft_probability, TOLERANCE);
    op_destroy(voting_soft_op);
    struct op *voting_hard_op = fake_op(voting_hard, "a b");
    fake_run(voting_hard_op, 3, rows, 0, voting_hard_label, TOLERANCE);
    op_destroy(voting_hard_op);
    struct op *bag_op = fake_op(bag, "a b");
    fake_run(bag_op, 3, rows, 0, bag_label, TOLERANCE);
    fake_run(bag_op, 3, rows, 1, bag_probability, TOLERANCE);
    op_destroy(bag_op);
}

/* A member that knows the first and the third of three classes. */
static void test_classes(void **state)
{
    (void)state;
    const double in[] = {2, 0, 3, 0, 0, 0}, share[] = {0.5, 0, 0.5, 0.5, 0, 0.5, 1, 0, 0};
    struct op *op = fake_op("{'op': 'voting_classifier', 'classes': 3, 'weights': [1, 1], "
                            "'estimators': [{'classes': [0, 2], 'steps': [{'op': "
                            "'linear_classifier', 'coef_': [[1, 0]], 'intercept_': [-1]}]}, "
                            "{'classes': [0, 2], 'steps': [{'op': 'linear_classifier', 'coef_': "
                            "[[-1, 0]], 'intercept_': [-1]}]}]}",
                            "a b");
    assert_int_equal(op->classes, 3);
    fake_run(op, 3, in, 1, share, 0);
    const double first[] = {0, 0, 0};
    fake_run(op, 3, in, 0, first, 0);
    op_destroy(op);
}

static void test_common(void **state)
{
    (void)state;
    fake_estimator_check(voting_soft, "a b");
    fake_estimator_check(voting_hard, "a b");
    fake_estimator_check(bag, "a b");
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'voting_classifier', "
                    "'estimators': []"
                    "}",
                    "a b", "expected a list that is not empty");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'estimators': [{}]"
                    "}",
                    "a b", "$.steps: expected a list of steps");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'estimators': [{'steps': [{'op': 'nothing'}]}]"
                    "}",
                    "a b", "there is no operator 'nothing'");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'voting': 'loud', 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "expected one of");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'voting': 'soft', 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "has no output \"probability\"");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'estimators': [" RIDGE "]"
                    "}",
                    "a b", "the last one is not a classifier");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'estimators': [" LINEAR ", " THREE "]"
                    "}",
                    "a b", "expected 2 classes, got 3");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'weights': [1, 2], 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "$.weights: expected 1");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'weights': [-1], 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "expected finite numbers from 0 on");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'weights': [0], 'estimators': [" LINEAR "]"
                    "}",
                    "a b", "all of them are 0");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'classes': 2, 'estimators': [{'classes': [0, 2], " REST "]"
                    "}",
                    "a b", "expected positions of columns, below 2");
    fake_op_refused("{'op': 'voting_classifier', "
                    "'classes': 3, 'estimators': [{'classes': [0], " REST "]"
                    "}",
                    "a b", "expected 2 positions, got 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
