/* scikit-learn 1.9.1: QuantileTransformer. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_params.h"
#include "math/init.h"

#define TOLERANCE 1e-11

static const char UNIFORM[] =
    "{'op': 'quantile_transformer', 'quantiles_': [[-1.4, 1], [-0.3, 1], [-0.1, 2], [0.3, 2],"
    " [1.3, 2], [1.4, 5], [2.2, 7], [2.7, 7]], 'references_': [0, 0.14285714285714285, "
    "0.2857142857142857, 0.42857142857142855, 0.5714285714285714, 0.7142857142857142, "
    "0.8571428571428571, 1], 'output_distribution': 'uniform'}";
static const double uniform_rows[] = {1.4, 2, -9, 1, 9, 7, 0.33, 3, NAN, 5};
static const double uniform_value[] = {0.7142857142857142,
                                       0.42857142857142855,
                                       0,
                                       0,
                                       1,
                                       1,
                                       0.43285714285714283,
                                       0.619047619047619,
                                       NAN,
                                       0.7142857142857142};

static void test_uniform(void **state)
{
    (void)state;
    struct op *op = fake_op(UNIFORM, "a b");
    fake_run(op, 5, uniform_rows, 0, uniform_value, TOLERANCE);
    op_destroy(op);
}

static const char NORMAL[] =
    "{'op': 'quantile_transformer', 'quantiles_': [[-1.4, 1], [-0.3, 1], [-0.1, 2], [0.3, 2],"
    " [1.3, 2], [1.4, 5], [2.2, 7], [2.7, 7]], 'references_': [0, 0.14285714285714285, "
    "0.2857142857142857, 0.42857142857142855, 0.5714285714285714, 0.7142857142857142, "
    "0.8571428571428571, 1], 'output_distribution': 'normal'}";
static const double normal_rows[] = {1.4, 2, -9, 1, 9, 7, 0.33, 3, NAN, 5};
static const double normal_value[] = {0.5659488219328628,   -0.1800123697927051, -5.199337582605575,
                                      -5.199337582605575,   5.19933758270342,    5.19933758270342,
                                      -0.16910470304375366, 0.3029804480562063,  NAN,
                                      0.5659488219328628};

static void test_normal(void **state)
{
    (void)state;
    struct op *op = fake_op(NORMAL, "a b");
    fake_run(op, 5, normal_rows, 0, normal_value, TOLERANCE);
    op_destroy(op);
}

static void test_uniform_also_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'quantile_transformer', 'quantiles_': [[-1.4, 1], [-0.3, 1], [-0.1, 2], [0.3, 2],"
        " [1.3, 2], [1.4, 5], [2.2, 7], [2.7, 7]], 'references_': [0, 0.14285714285714285, "
        "0.2857142857142857, 0.42857142857142855, 0.5714285714285714, 0.7142857142857142, "
        "0.8571428571428571, 1], 'output_distribution': 'x'}",
        "a b", "output_distribution");
}

static void test_uniform_refused(void **state)
{
    (void)state;
    fake_op_refused(
        "{'op': 'quantile_transformer', 'quantiles_': [[-1.4, 1], [-0.3, 1], [-0.1, 2], [0.3, 2],"
        " [1.3, 2], [1.4, 5], [2.2, 7], [2.7, 7]], 'references_': [0, 2], 'output_distribution': "
        "'normal'}",
        "a b", "from 0 to 1");
    fake_op_refused(
        "{'op': 'quantile_transformer', 'quantiles_': [[-1.4, 1], [-0.3, 1], [-0.1, 2], [0.3, 2],"
        " [1.3, 2], [1.4, 5], [2.2, 7], [2.7, 7]], 'references_': [1, 0], 'output_distribution': "
        "'normal'}",
        "a b", "ascending");
    fake_op_refused(
        "{'op': 'quantile_transformer', 'quantiles_': [[1, 2], [1, 2], [1, 2], [1, 2], [1, 2], "
        "[1, 2], [1, 2]], 'references_': [0, 0.14285714285714285, 0.2857142857142857, "
        "0.42857142857142855, 0.5714285714285714, 0.7142857142857142, 0.8571428571428571, 1], "
        "'output_distribution': 'normal'}",
        "a b", "expected 8 x 2");
    fake_op_refused(
        "{'op': 'quantile_transformer', 'quantiles_': [[8, 2], [7, 2], [6, 2], [5, 2], [4, 2], "
        "[3, 2], [2, 2], [1, 2]], 'references_': [0, 0.14285714285714285, 0.2857142857142857, "
        "0.42857142857142855, 0.5714285714285714, 0.7142857142857142, 0.8571428571428571, 1], "
        "'output_distribution': 'normal'}",
        "a b", "ascending columns");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_uniform_also_refused),
        cmocka_unit_test(test_uniform_refused),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
