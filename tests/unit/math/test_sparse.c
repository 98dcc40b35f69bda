#include "math/sparse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static uint32_t columns[] = {0, 2, 3};
static double values[] = {2, -1, 0.5};

static void test_affine(void **state)
{
    (void)state;
    double weights[] = {1, 9, 2, 4, -1, 9, 0, 2}, bias[] = {10, 20}, y[2];
    struct matrix m = {.data = weights, .rows = 2, .cols = 4, .stride = 4};
    struct sparse_row x = {.count = 3, .columns = columns, .values = values}, none = {0};
    sparse_affine_row(&m, bias, &x, y);
    assert_true(y[0] == 12 && y[1] == 19);
    sparse_affine_row(&m, NULL, &x, y);
    assert_true(y[0] == 2 && y[1] == -1);
    sparse_affine_row(&m, bias, &none, y);
    assert_true(y[0] == 10 && y[1] == 20);
}

static void test_dense(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct sparse rows = sparse_in_arena(&arena, 2, 4);
    double cells[10] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    const double expected[10] = {0, 0, 0, 0, 7, 2, 0, -1, 0.5, 7};
    struct matrix m = {.data = cells, .rows = 2, .cols = 4, .stride = 5};
    assert_int_equal(rows.rows, 2);
    rows.items[0] = (struct sparse_row){0};
    rows.items[1] = (struct sparse_row){.count = 3, .columns = columns, .values = values};
    sparse_to_dense(&rows, &m);
    assert_memory_equal(cells, expected, sizeof cells);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine),
        cmocka_unit_test(test_dense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
