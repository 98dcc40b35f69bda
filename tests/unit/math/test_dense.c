/* Matrix products with every set of loops that this processor runs, against plain sums, to the last
 * bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "math/dense.h"

#define ROWS 70
#define WIDTH 300 /* of k and n, at most */

/* The plain loops fuse doubles only where the compiler may take the instruction for granted. */
#if defined(__AVX2__)
#define PLAIN_FUSES true
#else
#define PLAIN_FUSES false
#endif

static double next_number(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(int64_t)*state / 9007199254740992.0;
}

static double add_product(double sum, double x, double weight, bool fuses)
{
    return fuses ? fma(x, weight, sum) : sum + x * weight;
}

static float add_product_single(float sum, float x, float weight, bool fuses)
{
    (void)fuses;
    return fmaf(x, weight, sum);
}

static double a[ROWS * WIDTH], b[WIDTH * WIDTH], bias[WIDTH], c[ROWS * WIDTH],
    expected[ROWS * WIDTH];
static float a_single[ROWS * WIDTH], b_single[WIDTH * WIDTH], bias_single[WIDTH],
    c_single[ROWS * WIDTH], expected_single[ROWS * WIDTH];

static int fill(void **unused)
{
    (void)unused;
    uint64_t state = 5;
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        a_single[i] = (float)(a[i] = next_number(&state));
    for (size_t i = 0; i < WIDTH * WIDTH; i++)
        b_single[i] = (float)(b[i] = next_number(&state));
    for (size_t i = 0; i < WIDTH; i++)
        bias_single[i] = (float)(bias[i] = next_number(&state) * 8);
    return 0;
}

enum begin { BEGIN_ZERO, BEGIN_BIAS, BEGIN_SUM, BEGINS };

static struct dense_shape shape_of(size_t m, size_t n, size_t k, enum begin begin)
{
    return (struct dense_shape){
        .m = m,
        .n = n,
        .k = k,
        .a_row = WIDTH,
        .a_step = 1,
        .b_row = WIDTH,
        .c_row = WIDTH,
        .begin_row = begin == BEGIN_SUM ? WIDTH : 0,
        .rectified = (m + n + k) % 2 == 0,
    };
}

/* What lies beside the product stays. */
#define CHECK(NAME, KERNEL, T, ADD, A, B, BIAS, C, EXPECTED)                               \
    static void NAME(KERNEL *multiply, bool fuses, const struct dense_shape *shape,        \
                     enum begin begin)                                                     \
    {                                                                                      \
        const T *const begins[] = {NULL, BIAS, C};                                         \
        for (size_t i = 0; i < ROWS * WIDTH; i++)                                          \
            C[i] = EXPECTED[i] = (T)(i % 7) - 3;                                           \
        for (size_t row = 0; row < shape->m; row++)                                        \
            for (size_t column = 0; column < shape->n; column++) {                         \
                T sum = 0, *to = &EXPECTED[row * WIDTH + column];                          \
                for (size_t l = 0; l < shape->k; l++)                                      \
                    sum = ADD(sum, A[row * shape->a_row + l * shape->a_step],              \
                              B[l * WIDTH + column], fuses);                               \
                sum += begin == BEGIN_ZERO ? 0 : begin == BEGIN_BIAS ? BIAS[column] : *to; \
                *to = shape->rectified && sum < 0 ? 0 : sum;                               \
            }                                                                              \
        multiply(shape, A, B, begins[begin], C);                                           \
        assert_memory_equal(C, EXPECTED, sizeof C);                                        \
    }
CHECK(check, dense_kernel, double, add_product, a, b, bias, c, expected)
CHECK(check_single, dense_kernel_single, float, add_product_single, a_single, b_single, bias_single,
      c_single, expected_single)

static void check_levels(const struct dense_shape *shape, enum begin begin)
{
    struct dense_kernels list[DENSE_LEVELS_MAX];
    size_t count = dense_kernels_list(list);
    for (size_t level = 0; level < count; level++) {
        check(list[level].multiply, level > 0 || PLAIN_FUSES, shape, begin);
        check_single(list[level].multiply_single, true, shape, begin);
    }
}

/* k and n. */
static const size_t shapes[][2] = {{1, 1},   {1, 30},   {3, 64},   {16, 8},   {17, 128},
                                   {40, 31}, {64, 128}, {100, 64}, {128, 57}, {300, 16},
                                   {9, 300}, {0, 9},    {9, 0}};
#define SHAPES (sizeof shapes / sizeof *shapes)

static void test_bits_are_the_same_at_every_level(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t m = 0; m <= ROWS; m += m < 20 ? 1 : 25)
            for (enum begin begin = BEGIN_ZERO; begin < BEGINS; begin++) {
                const struct dense_shape shape = shape_of(m, shapes[i][1], shapes[i][0], begin);
                check_levels(&shape, begin);
            }
}

static void test_every_number_of_columns(void **state)
{
    (void)state;
    for (size_t n = 0; n < 150; n++)
        for (size_t m = 1; m < 6; m += 4) {
            const struct dense_shape shape = shape_of(m, n, 5, BEGIN_BIAS);
            check_levels(&shape, BEGIN_BIAS);
        }
}

static void test_steps_of_a(void **state)
{
    (void)state;
    for (size_t m = 1; m < 40; m += 6) {
        struct dense_shape across = shape_of(m, 33, 21, BEGIN_BIAS);
        across.a_row = 1;
        across.a_step = ROWS;
        check_levels(&across, BEGIN_BIAS);
    }
}

/* What is 0 in a may be passed over or not: the sums are the same. */
static void test_gaps(void **state)
{
    (void)state;
    static const size_t more[][2] = {{64, 128}, {128, 64}, {100, 70}, {63, 300}, {300, 64}};
    uint64_t random = 3;
    for (size_t i = 0; i < ROWS * WIDTH; i++)
        if (next_number(&random) <
            ((double)(i / WIDTH % 5) - 2) * 600) /* none, some or all of a row */
            a[i] = a_single[i] = i % 2 == 0 ? 0.0F : -0.0F;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        for (size_t m = 1; m <= ROWS; m += m < 8 ? 1 : 23)
            for (enum begin begin = BEGIN_ZERO; begin < BEGINS; begin++) {
                struct dense_shape shape = shape_of(m, more[i][1], more[i][0], begin);
                shape.gaps = true;
                check_levels(&shape, begin);
            }
    fill(NULL);
}

/* Whole sums of blocks, one after the other, onto the bias. */
static void test_more_than_a_block_of_k(void **state)
{
    (void)state;
    const struct dense_shape shape = shape_of(11, 21, WIDTH, BEGIN_BIAS);
    dense_multiply_single(&shape, 100, a_single, b_single, bias_single, c_single);
    dense_multiply(&shape, a, b, bias, c);
    double blocks[ROWS * WIDTH];
    memcpy(blocks, c, sizeof blocks);
    for (size_t at = 0; at < WIDTH; at += DENSE_DEPTH) {
        struct dense_shape block = shape_of(11, 21, DENSE_DEPTH, BEGIN_SUM);
        block.k = WIDTH - at < DENSE_DEPTH ? WIDTH - at : DENSE_DEPTH;
        block.begin_row = at == 0 ? 0 : WIDTH;
        block.rectified = at + DENSE_DEPTH >= WIDTH && shape.rectified;
        dense_multiply(&block, a + at, b + at * WIDTH, at == 0 ? bias : c, c);
    }
    for (size_t row = 0; row < 11; row++)
        for (size_t column = 0; column < 21; column++) {
            float sum = bias_single[column];
            for (size_t at = 0; at < WIDTH; at += 100) {
                float block = 0;
                for (size_t l = at; l < at + 100; l++)
                    block = fmaf(a_single[row * WIDTH + l], b_single[l * WIDTH + column], block);
                sum += block;
            }
            sum = shape.rectified && sum < 0 ? 0 : sum;
            assert_true(c_single[row * WIDTH + column] == sum);
            assert_true(c[row * WIDTH + column] == blocks[row * WIDTH + column]);
        }
}

static void test_what_is_no_number_stays_in_its_row(void **state)
{
    (void)state;
    const double rows[] = {NAN, 1, INFINITY, 1, -INFINITY, 1, -1, -1}, weights[] = {2, 3};
    const struct dense_shape shape = {
        .m = 4, .n = 1, .k = 2, .a_row = 2, .a_step = 1, .b_row = 1, .c_row = 1, .rectified = true};
    struct dense_kernels list[DENSE_LEVELS_MAX];
    size_t count = dense_kernels_list(list);
    for (size_t level = 0; level < count; level++) {
        double y[4];
        list[level].multiply(&shape, rows, weights, NULL, y);
        assert_true(isnan(y[0]) && y[1] == INFINITY && y[2] == 0 && y[3] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_are_the_same_at_every_level),
        cmocka_unit_test(test_every_number_of_columns),
        cmocka_unit_test(test_steps_of_a),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_more_than_a_block_of_k),
        cmocka_unit_test(test_what_is_no_number_stays_in_its_row),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
