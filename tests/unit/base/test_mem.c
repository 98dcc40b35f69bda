#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void test_multiply(void **state)
{
    (void)state;
    size_t product = 0;
    assert_true(mem_multiply(6, 7, &product));
    assert_int_equal(product, 42);
    assert_true(mem_multiply(SIZE_MAX, 0, &product));
    assert_int_equal(product, 0);
    assert_false(mem_multiply(SIZE_MAX / 2, 3, &product));
}

static void test_array_is_zeroed(void **state)
{
    (void)state;
    unsigned char *block = mem_array(1000, 3);
    assert_non_null(block);
    for (size_t i = 0; i < 3000; i++)
        assert_int_equal(block[i], 0);
    free(block);
    block = mem_array(0, 8);
    assert_non_null(block);
    free(block);
}

static void test_overflow_is_null(void **state)
{
    (void)state;
    volatile size_t huge = SIZE_MAX; /* the compiler would warn of a constant */
    assert_null(mem_array(huge / 2, 3));
    char *block = mem_array(4, 1);
    assert_non_null(block);
    memcpy(block, "abc", 4);
    assert_null(mem_resize(block, huge / 2, 3));
    assert_string_equal(block, "abc");
    free(block);
    assert_null(mem_copy_text("x", huge));
}

static void test_resize(void **state)
{
    (void)state;
    uint32_t *block = mem_resize(NULL, 2, sizeof *block);
    assert_non_null(block);
    block[1] = 5;
    uint32_t *larger = mem_resize(block, 2000, sizeof *block);
    assert_non_null(larger);
    assert_int_equal(larger[1], 5);
    larger = mem_resize(larger, 0, sizeof *block);
    assert_non_null(larger);
    free(larger);
}

static void test_copy_text(void **state)
{
    (void)state;
    char *copy = mem_copy_text("hello", 4);
    assert_string_equal(copy, "hell");
    free(copy);
    copy = mem_copy_text(NULL, 0);
    assert_string_equal(copy, "");
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multiply),         cmocka_unit_test(test_array_is_zeroed),
        cmocka_unit_test(test_overflow_is_null), cmocka_unit_test(test_resize),
        cmocka_unit_test(test_copy_text),
    };
    return cmocka_run_group_tests_name("base/mem", tests, NULL, NULL);
}
