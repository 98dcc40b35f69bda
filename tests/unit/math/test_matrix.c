#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "math/matrix.h"

static void test_create(void **state)
{
    (void)state;
    struct matrix m;
    assert_true(matrix_create(&m, 3, 2));
    assert_int_equal(m.stride, 2);
    for (size_t i = 0; i < 6; i++)
        assert_true(m.data[i] == 0);
    matrix_row(&m, 2)[1] = 5;
    assert_true(m.data[5] == 5);
    matrix_free(&m);
    assert_null(m.data);
    matrix_free(&m);
    matrix_free(NULL);
}

static void test_create_refuses_overflow(void **state)
{
    (void)state;
    struct matrix m;
    assert_false(matrix_create(&m, SIZE_MAX, 2));
    assert_false(matrix_create(&m, SIZE_MAX / 8, 2));
    assert_null(m.data);
}

static void test_in_arena(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024);
    struct matrix m = matrix_in_arena(&arena, 4, 4);
    assert_non_null(m.data);
    assert_int_equal((uintptr_t)m.data % 64, 0);
    assert_non_null(matrix_in_arena(&arena, 0, 4).data);
    assert_null(matrix_in_arena(&arena, 1024, 1).data);
    assert_null(matrix_in_arena(&arena, SIZE_MAX, SIZE_MAX).data);
    arena_finish(&arena);
}

static void test_rows(void **state)
{
    (void)state;
    double data[] = {1, 2, 9, 3, 4, 9, 5, 6, 9};
    const struct matrix m = {.data = data, .rows = 3, .cols = 2, .stride = 3};
    struct matrix part = matrix_rows(&m, 1, 2);
    assert_int_equal(part.rows, 2);
    assert_int_equal(part.cols, 2);
    assert_true(matrix_row(&part, 1)[0] == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_create_refuses_overflow),
        cmocka_unit_test(test_in_arena),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
