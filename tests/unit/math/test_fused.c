/* Small products of floats: the sums' order, whatever the shape. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "math/fused.h"

static float *numbers(size_t count, uint64_t state)
{
    float *made = malloc((count + 1) * sizeof *made);
    assert_non_null(made);
    for (size_t i = 0; i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        made[i] = (float)(state >> 40) / 8388608.0F - 1.0F;
    }
    return made;
}

static float element(const float *matrix, size_t row, size_t column, size_t rows, size_t columns,
                     bool transposed)
{
    return transposed ? matrix[column * rows + row] : matrix[row * columns + column];
}

/* at_once: how many products MLAS takes together for this shape. */
static void check(struct linalg_product shape, size_t at_once)
{
    float *a = numbers(shape.m * shape.k, 1), *b = numbers(shape.k * shape.n, 2);
    float *c = numbers(shape.m * shape.n, 3), *alone = numbers(shape.m * shape.n, 3);
    fused_multiply(&shape, a, b, c);
    for (size_t i = 0; i < shape.m; i++)
        for (size_t j = 0; j < shape.n; j++) {
            float expected = alone[i * shape.n + j];
            for (size_t first = 0; first < shape.k; first += at_once) {
                float sum = 0;
                for (size_t l = first; l < shape.k && l < first + at_once; l++)
                    sum = fmaf(element(a, i, l, shape.m, shape.k, shape.transposed_a),
                               element(b, l, j, shape.k, shape.n, shape.transposed_b), sum);
                expected += sum;
            }
            assert_memory_equal(&c[i * shape.n + j], &expected, sizeof expected);
        }
    struct linalg_product one = shape;
    one.m = 1;
    for (size_t i = 0; i < shape.m && !shape.transposed_a; i++)
        fused_multiply(&one, a + i * shape.k, b, alone + i * shape.n);
    if (!shape.transposed_a)
        assert_memory_equal(alone, c, shape.m * shape.n * sizeof *c);
    free(a);
    free(b);
    free(c);
    free(alone);
}

static void sums_are_chains_in_the_products_order(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1},  {4, 3},    {30, 1}, {13, 23},
                                      {5, 40}, {100, 10}, {7, 70}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t m = 1; m < 10; m++)
            for (int how = 0; how < 4; how++)
                check((struct linalg_product){m, sizes[i][1], sizes[i][0], how & 1, how & 2},
                      sizes[i][0]);
}

static void long_sums_are_cut(void **state)
{
    (void)state;
    check((struct linalg_product){5, 3, 2500, false, true}, 1024);
    check((struct linalg_product){9, 20, 1100, true, true}, 512);
    check((struct linalg_product){5, 40, 700, false, false}, 256);
    check((struct linalg_product){5, 200, 150, false, false}, 128);
}

/* A bias is what sums are added to, and what is below 0 may become 0. */
static void a_layer_is_a_product_with_a_beginning(void **state)
{
    (void)state;
    for (size_t m = 1; m < 10; m++)
        for (size_t n = 1; n < 40; n += 5)
            for (int how = 0; how < 4; how++) {
                const struct linalg_product shape = {.m = m, .n = n, .k = 150};
                float *a = numbers(m * 150, 1), *b = numbers(n * 150, 2), *bias = numbers(n, 3);
                float *c = numbers(m * n, 4), *begun = numbers(m * n, 4);
                for (size_t i = 0; i < m * n; i++)
                    begun[i] = (how & 1) != 0 ? bias[i % n] : 0;
                fused_multiply(&shape, a, b, begun);
                for (size_t i = 0; i < m * n; i++)
                    begun[i] = (how & 2) != 0 && begun[i] < 0 ? 0 : begun[i];
                fused_affine(&shape, a, b, (how & 1) != 0 ? bias : NULL, (how & 2) != 0, c);
                assert_memory_equal(c, begun, m * n * sizeof *c);
                free(a);
                free(b);
                free(bias);
                free(c);
                free(begun);
            }
}

static void nothing_is_multiplied(void **state)
{
    (void)state;
    float c[] = {1, 2};
    fused_multiply(&(struct linalg_product){.m = 1, .n = 2, .k = 0}, c, c, c);
    fused_multiply(&(struct linalg_product){.m = 0, .n = 2, .k = 3}, c, c, c);
    assert_true(c[0] == 1 && c[1] == 2);
}

static void what_is_no_number_stays_in_its_row(void **state)
{
    (void)state;
    const float a[] = {1, 2, NAN, 1, INFINITY, 1}, b[] = {3, 4};
    float c[3] = {0};
    fused_multiply(&(struct linalg_product){.m = 3, .n = 1, .k = 2}, a, b, c);
    assert_true(c[0] == 11 && isnan(c[1]) && isinf(c[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_chains_in_the_products_order),
        cmocka_unit_test(long_sums_are_cut),
        cmocka_unit_test(a_layer_is_a_product_with_a_beginning),
        cmocka_unit_test(nothing_is_multiplied),
        cmocka_unit_test(what_is_no_number_stays_in_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
