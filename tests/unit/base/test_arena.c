#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void test_alignment_and_use(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(arena_capacity(&arena), 0);
    unsigned char *last = NULL;
    for (size_t size = 0; size < 500; size += 7) {
        unsigned char *place = arena_alloc(&arena, size);
        assert_non_null(place);
        assert_int_equal((uintptr_t)place % 64, 0);
        assert_ptr_not_equal(place, last);
        memset(place, 0xA5, size);
        last = place;
    }
    assert_true(arena.used <= arena_capacity(&arena));
    arena_finish(&arena);
    arena_finish(NULL);
    assert_int_equal(arena_capacity(&arena), 0);
}

static void test_limit(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 256);
    assert_non_null(arena_alloc(&arena, 200)); /* 256 after rounding */
    assert_null(arena_alloc(&arena, 1));
    arena_reset(&arena, 1024);
    assert_null(arena_alloc(&arena, 257));
    assert_non_null(arena_alloc(&arena, 64));
    assert_int_equal(arena.used, 64);
    arena_finish(&arena);
}

static void test_overflow(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 100));
    assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_zeroed(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_copy_text(&arena, "x", SIZE_MAX));
    assert_int_equal(arena.used, 0);
    arena_finish(&arena);
}

static void test_text(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_string_equal(arena_copy_text(&arena, "hello", 4), "hell");
    assert_string_equal(arena_copy_text(&arena, NULL, 0), "");
    assert_string_equal(arena_printf(&arena, "%s %d", "row", 3), "row 3");
    const double *zeros = arena_zeroed(&arena, 100, sizeof *zeros);
    for (size_t i = 0; i < 100; i++)
        assert_true(zeros[i] == 0);
    arena_finish(&arena);
}

static void test_rewind(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    char *kept = arena_copy_text(&arena, "kept", 4);
    struct arena_mark mark = arena_mark(&arena);
    char *first = arena_alloc(&arena, 100);
    assert_non_null(arena_alloc(&arena, 1000000));
    arena_rewind(&arena, mark);
    assert_int_equal(arena.used, mark.used);
    assert_string_equal(kept, "kept");
    assert_ptr_equal(arena_alloc(&arena, 100), first);
    arena_finish(&arena);
}

/* Marking an empty arena, working and rewinding does not go to malloc each time. */
static void test_rewind_keeps_a_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    struct arena_mark mark = arena_mark(&arena);
    const void *first = arena_alloc(&arena, 100000);
    arena_rewind(&arena, mark);
    size_t capacity = arena_capacity(&arena);
    assert_true(capacity >= 100000);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(arena_alloc(&arena, 100000), first);
        arena_rewind(&arena, mark);
        assert_int_equal(arena_capacity(&arena), capacity);
        assert_int_equal(arena.used, 0);
    }
    arena_finish(&arena);
}

static void test_reset_merges(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    for (int i = 0; i < 50; i++)
        assert_non_null(arena_alloc(&arena, 5000));
    size_t grown = arena_capacity(&arena);
    arena_reset(&arena, 1 << 20);
    assert_int_equal(arena_capacity(&arena), grown);
    const struct arena_block *block = arena.head;
    for (int i = 0; i < 50; i++)
        assert_non_null(arena_alloc(&arena, 5000));
    assert_ptr_equal(arena.head, block); /* one block is enough the second time */
    arena_finish(&arena);
}

static void test_reset_gives_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_non_null(arena_alloc(&arena, 1000000));
    arena_reset(&arena, 65536);
    assert_int_equal(arena_capacity(&arena), 65536);
    const struct arena_block *block = arena.head;
    assert_non_null(arena_alloc(&arena, 65536));
    arena_reset(&arena, 65536);
    assert_ptr_equal(arena.head, block); /* what was kept is not freed and made again */
    arena_reset(&arena, 0);
    assert_int_equal(arena_capacity(&arena), 0);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alignment_and_use),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_rewind),
        cmocka_unit_test(test_rewind_keeps_a_block),
        cmocka_unit_test(test_reset_merges),
        cmocka_unit_test(test_reset_gives_back),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
