#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "one_node.h"

/* Two classes, three vectors of two numbers. */
static const float vectors[] = {0, 0, 1, 0, 0, 2};
static const float coefficients[] = {1, 0.5F, -2};

static struct one_node node;

static int begin(void **state)
{
    (void)state;
    one_node_init(&node, "ai.onnx.ml", "SVMClassifier", 1);
    node.outputs = 2;
    one_node_string(&node, "kernel_type", "RBF");
    one_node_floats(&node, "kernel_params", (const float[]){0.5F, 0, 3}, 3);
    one_node_floats(&node, "support_vectors", vectors, 6);
    one_node_floats(&node, "coefficients", coefficients, 3);
    one_node_floats(&node, "rho", (const float[]){0.25F}, 1);
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){2, 1}, 2);
    one_node_ints(&node, "classlabels_ints", (const int64_t[]){7, 9}, 2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    one_node_finish(&node);
    return 0;
}

static void test_two_classes(void **state)
{
    (void)state;
    const float x[] = {0, 0, 0, 2};
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, x, 2, 2));
    assert_int_equal(node.results[0].int64s[0], 7);
    assert_int_equal(node.results[0].int64s[1], 9);
    float decision = (float)(1 + 0.5 * exp(-0.5) - 2 * exp(-2) + 0.25);
    assert_true(fabsf(node.results[1].floats[1] - decision) < 1e-6F);
    assert_true(node.results[1].floats[0] == -node.results[1].floats[1]);
}

static void test_probabilities_sum_to_one(void **state)
{
    (void)state;
    const float x[] = {0, 0, 0, 2};
    one_node_floats(&node, "prob_a", (const float[]){-1.5F}, 1);
    one_node_floats(&node, "prob_b", (const float[]){0.1F}, 1);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, x, 2, 2));
    const float *p = node.results[1].floats;
    assert_true(p[0] > 0.5F && p[3] > 0.5F);
    assert_true(fabsf(p[0] + p[1] - 1) < 1e-5F && fabsf(p[2] + p[3] - 1) < 1e-5F);
}

/* More rows than are computed at a time, each as if it came alone. */
static void test_rows_do_not_depend_on_their_batch(void **state)
{
    enum { ROWS = 150 };
    float x[2 * ROWS], all[2 * ROWS];
    (void)state;
    for (int i = 0; i < 2 * ROWS; i++)
        x[i] = (float)(i * 37 % 101) / 50.0F - 1;
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, x, ROWS, 2));
    memcpy(all, node.results[1].floats, sizeof all);
    for (int row = 0; row < ROWS; row++) {
        assert_true(one_node_run_floats(&node, x + 2 * (ptrdiff_t)row, 1, 2));
        assert_memory_equal(node.results[1].floats, all + 2 * (ptrdiff_t)row, 2 * sizeof(float));
    }
}

static void refuse(const char *why)
{
    assert_false(one_node_make(&node));
    if (strstr(node.err.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", node.err.text, why);
    node.err = ERR_INIT;
}

static void test_sizes_that_do_not_fit(void **state)
{
    (void)state;
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){2, 1000000}, 2);
    refuse("coefficients for 1000002 support vectors");
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){-2, 5}, 2);
    refuse("-2 support vectors");
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){INT64_MAX, INT64_MAX}, 2);
    refuse("support vectors");
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){3}, 1);
    refuse("1 elements for 2 classes");
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){2, 1}, 2);
    one_node_floats(&node, "support_vectors", vectors, 5);
    refuse("5 numbers are not a row");
    one_node_floats(&node, "support_vectors", vectors, 6);
    one_node_floats(&node, "coefficients", coefficients, 2);
    refuse("2 coefficients");
    one_node_floats(&node, "coefficients", coefficients, 3);
    one_node_floats(&node, "prob_a", (const float[]){1}, 1);
    refuse("prob_a and prob_b have 1 and 0");
    one_node_floats(&node, "prob_a", NULL, 0);
    one_node_floats(&node, "kernel_params", (const float[]){1}, 1);
    refuse("kernel_params");
    one_node_floats(&node, "kernel_params", (const float[]){1, 0, 3}, 3);
    one_node_ints(&node, "classlabels_ints", (const int64_t[]){1, 2, 3}, 3);
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){1, 1, 1}, 3);
    one_node_floats(&node, "coefficients", (const float[]){1, 2, 3, 4, 5, 6}, 6);
    refuse("rho has 1 elements, not 3");
}

static void test_one_class_decides_nothing(void **state)
{
    (void)state;
    one_node_ints(&node, "classlabels_ints", (const int64_t[]){7}, 1);
    one_node_ints(&node, "vectors_per_class", (const int64_t[]){3}, 1);
    refuse("single class");
}

static int begin_regressor(void **state)
{
    (void)state;
    one_node_init(&node, "ai.onnx.ml", "SVMRegressor", 1);
    one_node_string(&node, "kernel_type", "LINEAR");
    one_node_floats(&node, "support_vectors", vectors, 6);
    one_node_floats(&node, "coefficients", coefficients, 3);
    one_node_floats(&node, "rho", (const float[]){0.25F}, 1);
    one_node_int(&node, "n_supports", 3);
    return 0;
}

static void test_regressor(void **state)
{
    (void)state;
    const float x[] = {2, 3, -1, 4};
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, x, 2, 2));
    assert_true(node.results[0].floats[0] == 0.5F * 2 - 2 * 6 + 0.25F);
    one_node_int(&node, "one_class", 1);
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, x, 2, 2));
    assert_true(node.results[0].floats[0] == -1.0F);
    one_node_int(&node, "one_class", 0);
    one_node_int(&node, "n_supports", 0); /* the coefficients are the weights */
    assert_true(one_node_make(&node));
    assert_true(one_node_run_floats(&node, (const float[]){1, 2, 3}, 1, 3));
    assert_true(node.results[0].floats[0] == 1 + 1 - 6 + 0.25F);
    one_node_int(&node, "n_supports", 4);
    refuse("3 coefficients for 4 support vectors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_classes, begin, end),
        cmocka_unit_test_setup_teardown(test_probabilities_sum_to_one, begin, end),
        cmocka_unit_test_setup_teardown(test_rows_do_not_depend_on_their_batch, begin, end),
        cmocka_unit_test_setup_teardown(test_sizes_that_do_not_fit, begin, end),
        cmocka_unit_test_setup_teardown(test_one_class_decides_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_regressor, begin_regressor, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
