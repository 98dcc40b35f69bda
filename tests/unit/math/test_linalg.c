#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "math/linalg.h"

#define BATCH 300

static struct matrix make(size_t rows, size_t cols, size_t stride)
{
    struct matrix m = {NULL, rows, cols, stride};
    m.data = calloc(rows * stride + 1, sizeof(double));
    assert_non_null(m.data);
    return m;
}

static void fill(struct matrix *m, uint64_t state)
{
    for (size_t row = 0; row < m->rows; row++)
        for (size_t col = 0; col < m->cols; col++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            matrix_row(m, row)[col] = (double)(state >> 11) / 4503599627370496.0 - 1.0;
        }
}

static void test_affine_is_exact_on_integers(void **state)
{
    (void)state;
    /* strides longer than the rows: only the views' own cells are read and written */
    double w[] = {1, -4, NAN, 2, 5, NAN, 3, -6, NAN};
    double x[] = {1, 0, -1, NAN, NAN, 2, 3, 4, NAN, NAN};
    double y[] = {NAN, NAN, 77, NAN, NAN, 77};
    double bias[] = {100, 200};
    const struct matrix weights = {w, 3, 2, 3}, in = {x, 2, 3, 5}, out = {y, 2, 2, 3};
    linalg_affine(&in, &weights, bias, 0, &out);
    const double expected[] = {98, 202, 77, 120, 183, 77};
    assert_memory_equal(y, expected, sizeof(y));
    linalg_affine(&in, &weights, NULL, 0, &out); /* what lay in y does not matter */
    assert_true(y[0] == -2.0 && y[1] == 2.0 && y[3] == 20.0 && y[4] == -17.0);
}

static void test_affine_without_inputs_is_the_bias(void **state)
{
    (void)state;
    double none = 0, y[] = {NAN, NAN};
    const struct matrix weights = {&none, 0, 2, 2}, in = {&none, 1, 0, 0}, out = {y, 1, 2, 2};
    linalg_affine(&in, &weights, (double[]){3, 4}, 0, &out);
    assert_true(y[0] == 3.0 && y[1] == 4.0);
    linalg_affine(&in, &weights, NULL, 0, &out);
    assert_true(y[0] == 0.0 && y[1] == 0.0);
}

/* A row alone, in every batch of 1 to 70 rows and in one of 300, at any alignment. */
static void check_rows_alone(size_t inputs, size_t outputs)
{
    struct matrix x = make(BATCH, inputs, inputs), w = make(inputs, outputs, outputs);
    struct matrix alone = make(BATCH, outputs, outputs), y = make(BATCH, outputs, outputs + 1);
    struct matrix bias = make(1, outputs, outputs), moved = make(1, inputs + 8, inputs + 8);
    fill(&x, 1);
    fill(&w, 2);
    fill(&bias, 3);
    for (size_t row = 0; row < BATCH; row++) {
        double *copy = moved.data + row % 8;
        memcpy(copy, matrix_row(&x, row), inputs * sizeof(double));
        const struct matrix in = {copy, 1, inputs, inputs}, out = matrix_rows(&alone, row, 1);
        linalg_affine(&in, &w, bias.data, 0, &out);
    }
    for (size_t rows = 1; rows <= BATCH; rows = rows == 70 ? BATCH : rows + 1) {
        struct matrix in = {x.data, rows, inputs, inputs};
        linalg_affine(&in, &w, bias.data, 0, &y);
        for (size_t row = 0; row < rows; row++)
            assert_memory_equal(matrix_row(&y, row), matrix_row(&alone, row),
                                outputs * sizeof(double));
    }
    free(x.data);
    free(w.data);
    free(alone.data);
    free(y.data);
    free(bias.data);
    free(moved.data);
}

static void test_a_rows_answer_does_not_depend_on_its_batch(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{1, 1},   {4, 3},    {10, 1},   {13, 3},  {30, 1},
                                       {64, 10}, {64, 100}, {100, 10}, {501, 7}, {130, 33}};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        check_rows_alone(shapes[i][0], shapes[i][1]);
}

static void test_affine_agrees_with_a_long_double_sum(void **state)
{
    (void)state;
    struct matrix x = make(3, 784, 784), w = make(784, 5, 5), y = make(3, 5, 5);
    fill(&x, 4);
    fill(&w, 5);
    linalg_affine(&x, &w, NULL, 0, &y);
    for (size_t row = 0; row < 3; row++)
        for (size_t out = 0; out < 5; out++) {
            long double sum = 0;
            for (size_t i = 0; i < 784; i++)
                sum += (long double)matrix_row(&x, row)[i] * matrix_row(&w, i)[out];
            assert_true(fabs(matrix_row(&y, row)[out] - (double)sum) < 1e-13);
        }
    free(x.data);
    free(w.data);
    free(y.data);
}

static void test_quadratic_form(void **state)
{
    (void)state;
    double s[] = {2, 1, NAN, 1, 3, NAN}, work[2];
    const struct matrix m = {s, 2, 2, 3};
    assert_true(linalg_quadratic_form(&m, (double[]){1, -2}, work) == 10.0);
    assert_true(linalg_quadratic_form(&m, (double[]){0, 0}, work) == 0.0);
}

static void test_transpose(void **state)
{
    (void)state;
    double from[] = {1, 2, 3, NAN, 4, 5, 6, NAN}, to[6];
    const struct matrix a = {from, 2, 3, 4}, b = {to, 3, 2, 2};
    linalg_transpose(&a, &b);
    const double expected[] = {1, 4, 2, 5, 3, 6};
    assert_memory_equal(to, expected, sizeof(to));
}

static void test_size_fits(void **state)
{
    (void)state;
    assert_true(linalg_size_fits(LINALG_SIZE_MAX, 1));
    assert_false(linalg_size_fits(LINALG_SIZE_MAX + 1, 1));
    assert_false(linalg_size_fits(1, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine_is_exact_on_integers),
        cmocka_unit_test(test_affine_without_inputs_is_the_bias),
        cmocka_unit_test(test_a_rows_answer_does_not_depend_on_its_batch),
        cmocka_unit_test(test_affine_agrees_with_a_long_double_sum),
        cmocka_unit_test(test_quadratic_form),
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_size_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
