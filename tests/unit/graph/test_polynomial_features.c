#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_degree_3(void **state)
{
    (void)state;
    const double in[] = {1.5, -2, 0.1, 0.3, 4, 7.7};
    const double expected[] = {1,
                               1.5,
                               -2,
                               0.1,
                               2.25,
                               -3,
                               0.15000000000000002,
                               4,
                               -0.2,
                               0.010000000000000002,
                               3.375,
                               -4.5,
                               0.22500000000000003,
                               6,
                               -0.30000000000000004,
                               0.015000000000000003,
                               -8,
                               0.4,
                               -0.020000000000000004,
                               0.0010000000000000002,
                               1,
                               0.3,
                               4,
                               7.7,
                               0.09,
                               1.2,
                               2.31,
                               16,
                               30.8,
                               59.290000000000006,
                               0.027,
                               0.36,
                               0.693,
                               4.8,
                               9.24,
                               17.787000000000003,
                               64,
                               123.2,
                               237.16000000000003,
                               456.5330000000001};
    fake_check("{'op': 'polynomial_features', 'degree': 3}", "a b c", 2, in, expected, 0);
    struct op *op = fake_op("{'op': 'polynomial_features', 'degree': 3}", "a b c");
    fake_names(
        op,
        "1 a b c a^2 a b a c b^2 b c c^2 a^3 a^2 b a^2 c a b^2 a b c a c^2 b^3 b^2 c b c^2 c^3");
    op_destroy(op);
}

static void test_interactions(void **state)
{
    (void)state;
    const double in[] = {1.5, -2, 0.1, 0.3, 4, 7.7};
    const double expected[] = {
        1,   1.5, -2,   0.1,  -3,  0.15000000000000002, -0.2, -0.30000000000000004, 1, 0.3, 4,
        7.7, 1.2, 2.31, 30.8, 9.24};
    fake_check("{'op': 'polynomial_features', 'degree': 3, 'interaction_only': true}", "a b c", 2,
               in, expected, 0);
    struct op *op =
        fake_op("{'op': 'polynomial_features', 'degree': 3, 'interaction_only': true}", "a b c");
    fake_names(op, "1 a b c a b a c b c a b c");
    op_destroy(op);
}

static void test_range(void **state)
{
    (void)state;
    const double in[] = {1.5, -2, 0.1, 0.3, 4, 7.7};
    const double expected[] = {2.25,
                               -3,
                               0.15000000000000002,
                               4,
                               -0.2,
                               0.010000000000000002,
                               3.375,
                               -4.5,
                               0.22500000000000003,
                               6,
                               -0.30000000000000004,
                               0.015000000000000003,
                               -8,
                               0.4,
                               -0.020000000000000004,
                               0.0010000000000000002,
                               0.09,
                               1.2,
                               2.31,
                               16,
                               30.8,
                               59.290000000000006,
                               0.027,
                               0.36,
                               0.693,
                               4.8,
                               9.24,
                               17.787000000000003,
                               64,
                               123.2,
                               237.16000000000003,
                               456.5330000000001};
    fake_check("{'op': 'polynomial_features', 'degree': 3, 'min_degree': 2, 'include_bias': "
               "false}",
               "a b c", 2, in, expected, 0);
    struct op *op =
        fake_op("{'op': 'polynomial_features', 'degree': 3, 'min_degree': 2, 'include_bias': "
                "false}",
                "a b c");
    fake_names(op, "a^2 a b a c b^2 b c c^2 a^3 a^2 b a^2 c a b^2 a b c a c^2 b^3 b^2 c b c^2 c^3");
    op_destroy(op);
}

static void test_range_with_bias(void **state)
{
    (void)state;
    const double in[] = {1.5, -2, 0.1, 0.3, 4, 7.7};
    const double expected[] = {
        1,    2.25, -3,   0.15000000000000002, 4, -0.2, 0.010000000000000002, 1, 0.09, 1.2,
        2.31, 16,   30.8, 59.290000000000006};
    fake_check("{'op': 'polynomial_features', 'min_degree': 2}", "a b c", 2, in, expected, 0);
    struct op *op = fake_op("{'op': 'polynomial_features', 'min_degree': 2}", "a b c");
    fake_names(op, "1 a^2 a b a c b^2 b c c^2");
    op_destroy(op);
}

static void test_interactions_beyond(void **state)
{
    (void)state;
    const double in[] = {1.5, -2, 0.1, 0.3, 4, 7.7};
    const double expected[] = {
        1.5, -2,   0.1,  -3,  0.15000000000000002, -0.2, -0.30000000000000004, 0.3, 4, 7.7,
        1.2, 2.31, 30.8, 9.24};
    fake_check("{'op': 'polynomial_features', 'degree': 5, 'interaction_only': true, "
               "'include_bias': false}",
               "a b c", 2, in, expected, 0);
    struct op *op = fake_op("{'op': 'polynomial_features', 'degree': 5, 'interaction_only': true, "
                            "'include_bias': false}",
                            "a b c");
    fake_names(op, "a b c a b a c b c a b c");
    op_destroy(op);
}

static void test_degree_0(void **state)
{
    (void)state;
    const double in[] = {1.5, -2, 0.1, 0.3, 4, 7.7};
    const double expected[] = {1, 1};
    fake_check("{'op': 'polynomial_features', 'degree': 0}", "a b c", 2, in, expected, 0);
    struct op *op = fake_op("{'op': 'polynomial_features', 'degree': 0}", "a b c");
    fake_names(op, "1");
    op_destroy(op);
}

static void test_refused(void **state)
{
    (void)state;
    fake_op_refused("{'op': 'polynomial_features', 'degree': 2.5}", "a",
                    "$.degree: expected an integer from 0 to 1024");
    fake_op_refused("{'op': 'polynomial_features', 'min_degree': 3}", "a",
                    "$.min_degree: expected an integer from 0 to 2");
    fake_op_refused("{'op': 'polynomial_features', 'degree': 30}", "a b c d e f g h i j",
                    "$.degree: 30 of 10 columns makes more than 1048576 columns");
    fake_op_refused("{'op': 'polynomial_features', 'degree': 0, 'include_bias': false}", "a",
                    "make no column");
    fake_op_refused("{'op': 'polynomial_features'}", "a:x,y", "column 'a' holds words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_degree_3),
        cmocka_unit_test(test_interactions),
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_range_with_bias),
        cmocka_unit_test(test_interactions_beyond),
        cmocka_unit_test(test_degree_0),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
