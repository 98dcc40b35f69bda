/* Matrix products with every set of loops that this processor runs, against plain sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "math/dense.h"

#define ROWS 70
#define WIDTH 150 /* of k and n, at most */

static double a[ROWS * WIDTH], b[WIDTH * WIDTH], c[ROWS * WIDTH], expected[ROWS * WIDTH];

static double next_number(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 40) / 8388608.0 - 1.0;
}

static int fill(void **unused)
{
    (void)unused;
    uint64_t state = 5;
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        a[i] = next_number(&state);
    for (size_t i = 0; i < WIDTH * WIDTH; i++)
        b[i] = next_number(&state);
    return 0;
}

static struct dense_shape shape_of(size_t m, size_t n, size_t k)
{
    return (struct dense_shape){
        .m = m, .n = n, .k = k, .a_row = WIDTH, .a_step = 1, .b_row = WIDTH, .c_row = WIDTH};
}

static const size_t shapes[][2] = {{1, 1},   {1, 30},   {3, 64},   {16, 8},    {17, 128},
                                   {40, 31}, {64, 128}, {100, 64}, {150, 128}, {9, 0}};
#define SHAPES (sizeof shapes / sizeof *shapes)

/* To the last bit, at every level, in order of k: products of these numbers are exact. */
static void check_level(dense_kernel *multiply, size_t m, size_t n, size_t k)
{
    const struct dense_shape shape = shape_of(m, n, k);
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        c[i] = expected[i] = (double)(i % 7);
    for (size_t row = 0; row < m; row++)
        for (size_t col = 0; col < n; col++) {
            double sum = 0.0;
            for (size_t i = 0; i < k; i++)
                sum += a[row * WIDTH + i] * b[i * WIDTH + col];
            expected[row * WIDTH + col] += sum;
        }
    multiply(&shape, a, b, c);
    assert_memory_equal(c, expected, sizeof c); /* what lies beside stays */
}

static void test_bits_are_the_same_at_every_level(void **state)
{
    (void)state;
    dense_kernel *list[DENSE_LEVELS_MAX];
    size_t count = dense_kernels_list(list);
    for (size_t level = 0; level < count; level++)
        for (size_t i = 0; i < SHAPES; i++)
            for (size_t m = 1; m <= ROWS; m += m < 20 ? 1 : 25)
                check_level(list[level], m, shapes[i][0], shapes[i][1]);
}

static void test_more_than_a_block_of_k(void **state)
{
    (void)state;
    const struct dense_shape shape = shape_of(11, 21, WIDTH);
    memset(c, 0, sizeof c);
    dense_multiply(&shape, a, b, c);
    for (size_t row = 0; row < 11; row++)
        for (size_t col = 0; col < 21; col++) {
            double first = 0.0, second = 0.0;
            for (size_t i = 0; i < DENSE_DEPTH; i++)
                first += a[row * WIDTH + i] * b[i * WIDTH + col];
            for (size_t i = DENSE_DEPTH; i < WIDTH; i++)
                second += a[row * WIDTH + i] * b[i * WIDTH + col];
            assert_true(c[row * WIDTH + col] == first + second);
        }
}

static void test_steps_of_a(void **state)
{
    (void)state;
    const struct dense_shape shape = shape_of(20, 33, 21);
    struct dense_shape across = shape;
    across.a_row = 1;
    across.a_step = WIDTH;
    static double flipped[WIDTH * WIDTH];
    for (size_t row = 0; row < 20; row++)
        for (size_t i = 0; i < 21; i++)
            flipped[i * WIDTH + row] = a[row * WIDTH + i];
    memset(c, 0, sizeof c);
    memset(expected, 0, sizeof expected);
    dense_multiply(&shape, a, b, expected);
    dense_multiply(&across, flipped, b, c);
    assert_memory_equal(c, expected, sizeof c);
    assert_true(c[0] != 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_are_the_same_at_every_level),
        cmocka_unit_test(test_more_than_a_block_of_k),
        cmocka_unit_test(test_steps_of_a),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
