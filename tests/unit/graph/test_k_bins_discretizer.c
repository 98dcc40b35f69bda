#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_ordinal(void **state)
{
    (void)state;
    const double in[] = {1.5,
                         -2,
                         0.1,
                         0.3,
                         4,
                         7.7,
                         -1.25,
                         0.5,
                         3.3,
                         2,
                         2.5,
                         -0.7,
                         -0.16666666666666674,
                         100,
                         -100,
                         0.9166666666666665,
                         4,
                         -0.7};
    const double expected[] = {2, 0, 0, 1, 2, 2, 0, 1, 1, 2, 2, 0, 1, 2, 0, 2, 2, 0};
    fake_check("{'op': 'k_bins_discretizer', 'encode': 'ordinal', 'bin_edges_': [[-1.25, "
               "-0.16666666666666674, 0.9166666666666665, 2.0], [-2.0, 0.0, 2.0, 4.0], [-0.7, "
               "2.1000000000000005, 4.9, 7.7]]}",
               "a b c", 6, in, expected, 0);
}

static void test_one_hot(void **state)
{
    (void)state;
    const double in[] = {1.5,
                         -2,
                         0.1,
                         0.3,
                         4,
                         7.7,
                         -1.25,
                         0.5,
                         3.3,
                         2,
                         2.5,
                         -0.7,
                         -0.16666666666666674,
                         100,
                         -100,
                         0.9166666666666665,
                         4,
                         -0.7};
    const double expected[] = {0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1,
                               1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0,
                               0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0};
    fake_check("{'op': 'k_bins_discretizer', 'bin_edges_': [[-1.25, -0.16666666666666674, "
               "0.9166666666666665, 2.0], [-2.0, 0.0, 2.0, 4.0], [-0.7, 2.1000000000000005, "
               "4.9, 7.7]]}",
               "a b c", 6, in, expected, 0);
    fake_check("{'op': 'k_bins_discretizer', 'encode': 'onehot-dense', 'bin_edges_': [[-1.25, "
               "-0.16666666666666674, 0.9166666666666665, 2.0], [-2.0, 0.0, 2.0, 4.0], [-0.7, "
               "2.1000000000000005, 4.9, 7.7]]}",
               "a b c", 6, in, expected, 0);
}

static void test_names(void **state)
{
    (void)state;
    struct op *op =
        fake_op("{'op': 'k_bins_discretizer', 'bin_edges_': [[0, 1, 2], [0, 1]]}", "a b");
    fake_names(op, "a=bin0 a=bin1 b=bin0");
    op_destroy(op);
    op = fake_op(
        "{'op': 'k_bins_discretizer', 'encode': 'ordinal', 'bin_edges_': [[0, 1, 2], [0, 1]]}",
        "a b");
    fake_names(op, "a b");
    op_destroy(op);
}

static void test_missing(void **state)
{
    (void)state;
    const double in[] = {NAN};
    struct op *op = fake_op("{'op': 'k_bins_discretizer', 'bin_edges_': [[0, 1]]}", "a");
    fake_run_refused(op, 1, in, ERR_MISSING, 0, "a");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'k_bins_discretizer', 'bin_edges_': [[0, 1]]}", "a b",
                    "$.bin_edges_: expected 2 lists, got 1");
    fake_op_refused("{'op': 'k_bins_discretizer', 'bin_edges_': [[0]]}", "a",
                    "expected at least 2 edges, got 1");
    fake_op_refused("{'op': 'k_bins_discretizer', 'bin_edges_': [[0, 2, 1]]}", "a",
                    "expected ascending edges");
    fake_op_refused("{'op': 'k_bins_discretizer', 'bin_edges_': [[0, null, 1]]}", "a",
                    "expected ascending edges");
    fake_op_refused("{'op': 'k_bins_discretizer', 'bin_edges_': [[0, 1]]}", "a:x,y",
                    "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinal), cmocka_unit_test(test_one_hot),
        cmocka_unit_test(test_names),   cmocka_unit_test(test_missing),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
