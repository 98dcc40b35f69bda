/* scikit-learn 1.9.1: KNeighborsRegressor, RadiusNeighborsRegressor. */
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
    "{'op': 'k_neighbors_regressor', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
    "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
    "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
    "'targets_': [[-0.4, -0.1, -0.5, -1.6, 1.7, 3, 2.3, 2, 3.1, 3.6, 4.1, 3, 3.3, 4.2, 3.5], "
    "[2, 0.1, 0.1, 2, 0.4, 4.8, 3.2, 1.7, 5.3, 7.3, 0, 0.2, 0, 2, 0]], 'n_neighbors': 3}";
static const double nearest_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71};
static const double nearest_value[] = {0.4666666666666666,
                                       0.6333333333333333,
                                       3.766666666666667,
                                       0.7333333333333334,
                                       2.6666666666666665,
                                       0.20000000000000004,
                                       3.5,
                                       0.7333333333333334};

static void test_nearest(void **state)
{
    (void)state;
    struct op *op = fake_op(NEAREST, "a b");
    fake_run(op, 4, nearest_rows, 0, nearest_value, TOLERANCE);
    op_destroy(op);
}

static void test_nearest_common(void **state)
{
    (void)state;
    fake_estimator_check(NEAREST, "a b");
}

static const char WEIGHTED[] =
    "{'op': 'k_neighbors_regressor', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
    "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
    "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
    "'weights': 'distance', 'targets_': [[-0.4, -0.1, -0.5, -1.6, 1.7, 3, 2.3, 2, 3.1, 3.6, "
    "4.1, 3, 3.3, 4.2, 3.5]], 'n_neighbors': 4}";
static const double weighted_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71, 1.4, -1.8};
static const double weighted_value[] = {0.15948263135325058, 3.740414693866519, 2.7999888549732272,
                                        3.0521745153826716, -0.4};

static void test_weighted(void **state)
{
    (void)state;
    struct op *op = fake_op(WEIGHTED, "a b");
    fake_run(op, 5, weighted_rows, 0, weighted_value, TOLERANCE);
    op_destroy(op);
}

static const char WITHIN[] =
    "{'op': 'radius_neighbors_regressor', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2],"
    " [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
    "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
    "'targets_': [[-0.4, -0.1, -0.5, -1.6, 1.7, 3, 2.3, 2, 3.1, 3.6, 4.1, 3, 3.3, 4.2, 3.5]],"
    " 'radius': 1.2}";
static const double within_rows[] = {0.87, -0.55, 2.3, 3.66, 0.04, 2.15, 0.49, 2.71, 50, 50};
static const double within_value[] = {-0.1, NAN, 2.35, 3.05, NAN};

static void test_within(void **state)
{
    (void)state;
    struct op *op = fake_op(WITHIN, "a b");
    fake_run(op, 5, within_rows, 0, within_value, TOLERANCE);
    op_destroy(op);
}

static void test_nearest_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'k_neighbors_regressor', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'targets_': [[1, 2]], 'n_neighbors': 3}",
        "a b", "expected");
    fake_op_refused(
        "{'op': 'k_neighbors_regressor', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2], "
        "[-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'n_neighbors': 3}",
        "a b", "targets_");
}

static void test_within_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'radius_neighbors_regressor', 'points_': [[1.4, -1.8], [0.3, -0.4], [-0.3, -0.2],"
        " [-1.4, -0.2], [-0.6, 2.3], [2.2, 0.8], [1.8, 0.5], [1.3, 0.7], [2.3, 0.8], [2.7, 0.9], "
        "[0, 4.1], [0.4, 2.6], [-0.1, 3.4], [1.4, 2.8], [-0.2, 3.7]], 'metric': 'euclidean', "
        "'targets_': [[-0.4, -0.1, -0.5, -1.6, 1.7, 3, 2.3, 2, 3.1, 3.6, 4.1, 3, 3.3, 4.2, 3.5]]}",
        "a b", "radius");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),         cmocka_unit_test(test_nearest_common),
        cmocka_unit_test(test_weighted),        cmocka_unit_test(test_within),
        cmocka_unit_test(test_nearest_refused), cmocka_unit_test(test_within_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
