#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/strmap.h"

#define MANY 20000

static char names[MANY][8];

static void test_many(void **state)
{
    (void)state;
    struct strmap map = STRMAP_INIT;
    uint32_t existing;
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "f%u", i);
        assert_true(strmap_add(&map, names[i], strlen(names[i]), i, &existing));
        assert_int_equal(existing, STRMAP_NONE);
    }
    assert_int_equal(map.count, MANY);
    assert_int_equal(map.capacity & (map.capacity - 1), 0);
    assert_true(map.capacity > map.count);
    for (uint32_t i = 0; i < MANY; i++) {
        char copy[8];
        memcpy(copy, names[i], sizeof copy); /* found by content, not by address */
        assert_int_equal(strmap_get(&map, copy, strlen(copy)), i);
    }
    assert_int_equal(strmap_get(&map, "f20000", 6), STRMAP_NONE);
    assert_int_equal(strmap_get(&map, "f1", 1), STRMAP_NONE);
    strmap_finish(&map);
    strmap_finish(NULL);
    assert_int_equal(map.capacity, 0);
}

static void test_existing_stays(void **state)
{
    (void)state;
    struct strmap map = STRMAP_INIT;
    uint32_t existing;
    assert_true(strmap_add(&map, "age", 3, 5, &existing));
    assert_true(strmap_add(&map, "age", 3, 9, &existing));
    assert_int_equal(existing, 5);
    assert_int_equal(strmap_get(&map, "age", 3), 5);
    assert_int_equal(map.count, 1);
    strmap_finish(&map);
}

static void test_empty_and_binary(void **state)
{
    (void)state;
    struct strmap map = STRMAP_INIT;
    uint32_t existing;
    assert_int_equal(strmap_get(&map, "", 0), STRMAP_NONE);
    assert_true(strmap_add(&map, "", 0, 0, &existing));
    assert_int_equal(strmap_get(&map, NULL, 0), 0);
    assert_true(strmap_add(&map, "a\0b", 3, 1, &existing));
    assert_true(strmap_add(&map, "a\0c", 3, 2, &existing));
    assert_int_equal(existing, STRMAP_NONE);
    assert_int_equal(strmap_get(&map, "a\0b", 3), 1);
    assert_int_equal(strmap_get(&map, "a\0c", 3), 2);
    assert_int_equal(strmap_get(&map, "a", 1), STRMAP_NONE);
    strmap_finish(&map);
}

/* Texts of every length up to a few words of the hash, which are prefixes of each other. */
static void test_prefixes(void **state)
{
    (void)state;
    static const char text[] = "abcdefghijklmnopqrstuvwxyzabcdef";
    struct strmap map = STRMAP_INIT;
    uint32_t existing;
    for (uint32_t i = 0; i < sizeof text; i++)
        assert_true(strmap_add(&map, text, i, i, &existing) && existing == STRMAP_NONE);
    for (uint32_t i = 0; i < sizeof text; i++)
        assert_int_equal(strmap_get(&map, text, i), i);
    strmap_finish(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_existing_stays),
        cmocka_unit_test(test_empty_and_binary),
        cmocka_unit_test(test_prefixes),
    };
    return cmocka_run_group_tests_name("base/strmap", tests, NULL, NULL);
}
