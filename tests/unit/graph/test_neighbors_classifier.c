/* scikit-learn 1.9.1: KNeighborsClassifier, RadiusNeighborsClassifier. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_estimator.h"
#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char NEAREST[] =
    "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
    "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
    "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
    "'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "
    "'n_neighbors': 4}";
static const double nearest_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71, 1.4, -1.8};
static const double nearest_label[] = {0, 2, 2, 2, 0};
static const double nearest_probability[] = {0.811277784757808,
                                             0.18872221524219188,
                                             0,
                                             0,
                                             0,
                                             1,
                                             0.32264693105535897,
                                             0,
                                             0.6773530689446411,
                                             0.08510566567145508,
                                             0,
                                             0.914894334328545,
                                             1,
                                             0,
                                             0};

static void test_nearest(void **state)
{
    (void)state;
    struct op *op = fake_op(NEAREST, "a b");
    fake_run(op, 5, nearest_rows, 0, nearest_label, 0);
    fake_run(op, 5, nearest_rows, 1, nearest_probability, TOLERANCE);
    op_destroy(op);
}

static void test_nearest_common(void **state)
{
    (void)state;
    fake_estimator_check(NEAREST, "a b");
}

static const char MANHATTAN[] =
    "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
    "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
    "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'manhattan', "
    "'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 'n_neighbors': 3}";
static const double manhattan_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double manhattan_label[] = {0, 2, 2, 2};
static const double manhattan_probability[] = {0.6666666666666666,
                                               0.3333333333333333,
                                               0,
                                               0,
                                               0,
                                               1,
                                               0.3333333333333333,
                                               0,
                                               0.6666666666666666,
                                               0,
                                               0,
                                               1};

static void test_manhattan(void **state)
{
    (void)state;
    struct op *op = fake_op(MANHATTAN, "a b");
    fake_run(op, 4, manhattan_rows, 0, manhattan_label, 0);
    fake_run(op, 4, manhattan_rows, 1, manhattan_probability, TOLERANCE);
    op_destroy(op);
}

static const char COSINE[] =
    "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
    "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
    "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'cosine', "
    "'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 'n_neighbors': 3}";
static const double cosine_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double cosine_label[] = {0, 2, 2, 2};
static const double cosine_probability[] = {0.6666666666666666,
                                            0.3333333333333333,
                                            0,
                                            0,
                                            0.3333333333333333,
                                            0.6666666666666666,
                                            0,
                                            0,
                                            1,
                                            0,
                                            0,
                                            1};

static void test_cosine(void **state)
{
    (void)state;
    struct op *op = fake_op(COSINE, "a b");
    fake_run(op, 4, cosine_rows, 0, cosine_label, 0);
    fake_run(op, 4, cosine_rows, 1, cosine_probability, TOLERANCE);
    op_destroy(op);
}

static const char MINKOWSKI[] =
    "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
    "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
    "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'minkowski', 'p':"
    " 3, 'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "
    "'n_neighbors': 3}";
static const double minkowski_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double minkowski_label[] = {0, 2, 2, 2};
static const double minkowski_probability[] = {0.7643575732083691,
                                               0.23564242679163094,
                                               0,
                                               0,
                                               0,
                                               1,
                                               0.36253262785202817,
                                               0,
                                               0.637467372147972,
                                               0,
                                               0,
                                               1};

static void test_minkowski(void **state)
{
    (void)state;
    struct op *op = fake_op(MINKOWSKI, "a b");
    fake_run(op, 4, minkowski_rows, 0, minkowski_label, 0);
    fake_run(op, 4, minkowski_rows, 1, minkowski_probability, TOLERANCE);
    op_destroy(op);
}

static const char WITHIN[] =
    "{'op': 'radius_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, "
    "-0.2], [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, "
    "0.9], [0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': "
    "'chebyshev', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 'radius': 1, "
    "'outlier_label_': 1}";
static const double within_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71, 50, 50};
static const double within_label[] = {0, 2, 0, 2, 1};
static const double within_probability[] = {1, 0, 0, 0, 0, 1, 0.5, 0, 0.5, 0, 0, 1, 0, 1, 0};

static void test_within(void **state)
{
    (void)state;
    struct op *op = fake_op(WITHIN, "a b");
    fake_run(op, 5, within_rows, 0, within_label, 0);
    fake_run(op, 5, within_rows, 1, within_probability, TOLERANCE);
    op_destroy(op);
}

static void test_within_common(void **state)
{
    (void)state;
    fake_estimator_check(WITHIN, "a b");
}

/* Of equal distances the first points count, of equal votes the first class. */
static void test_ties(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'k_neighbors_classifier', 'points_': [[1, 0], [-1, 0], [0, 1], "
                            "[0, -1]], 'labels_': [1, 0, 2, 2], 'n_neighbors': 2}",
                            "a b");
    const double in[] = {0, 0}, label[] = {0}, probability[] = {0.5, 0.5, 0};
    fake_run(op, 1, in, 0, label, 0);
    fake_run(op, 1, in, 1, probability, 0);
    op_destroy(op);
}

static void test_nothing_near(void **state)
{
    (void)state;
    struct op *op = fake_op("{'op': 'radius_neighbors_classifier', 'points_': [[1, 0], [-1, 0]], "
                            "'labels_': [1, 0], 'radius': 1}",
                            "a b");
    const double in[] = {0, 0, 7, 7};
    fake_run_refused(op, 2, in, ERR_RANGE, 1, "");
    op_destroy(op);
}

static void test_nearest_also_also_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1, 2, 3]], 'metric': 'euclidean', "
        "'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "
        "'n_neighbors': 4}",
        "a b", "expected");
}

static void test_nearest_also_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'weights': 'distance', 'labels_': [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, "
        "-1, -1], 'n_neighbors': 4}",
        "a b", "positions");
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'hamming', "
        "'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "
        "'n_neighbors': 4}",
        "a b", "metric");
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "
        "'n_neighbors': 4, 'p': 0}",
        "a b", "greater than 0");
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'weights': 'x', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 'n_neighbors':"
        " 4}",
        "a b", "weights");
}

static void test_nearest_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "
        "'n_neighbors': 16}",
        "a b", "n_neighbors");
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], "
        "'n_neighbors': 0}",
        "a b", "n_neighbors");
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'weights': 'distance', 'labels_': [0, 1], 'n_neighbors': 4}",
        "a b", "labels");
    fake_op_refused(
        "{'op': 'k_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'weights': 'distance', 'labels_': [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "
        "'n_neighbors': 4}",
        "a b", "two classes");
}

static void test_within_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'radius_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, "
        "-0.2], [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, "
        "0.9], [0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': "
        "'chebyshev', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 'radius': -1, "
        "'outlier_label_': 1}",
        "a b", "not negative");
    fake_op_refused(
        "{'op': 'radius_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, "
        "-0.2], [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, "
        "0.9], [0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': "
        "'chebyshev', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 'radius': 'NaN', "
        "'outlier_label_': 1}",
        "a b", "finite");
    fake_op_refused(
        "{'op': 'radius_neighbors_classifier', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, "
        "-0.2], [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, "
        "0.9], [0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': "
        "'chebyshev', 'labels_': [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 'radius': 1, "
        "'outlier_label_': 3}",
        "a b", "outlier_label_");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_common),
        cmocka_unit_test(test_manhattan),
        cmocka_unit_test(test_cosine),
        cmocka_unit_test(test_minkowski),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_within_common),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_nothing_near),
        cmocka_unit_test(test_nearest_also_also_refused),
        cmocka_unit_test(test_nearest_also_refused),
        cmocka_unit_test(test_nearest_refused),
        cmocka_unit_test(test_within_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
