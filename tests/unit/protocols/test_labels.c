/* Names for versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocols/labels.h"

static void labels_are_found(void **state)
{
    static const char labels[] = " iris/stable=3, iris/canary=4,\twine/stable=2024-01 ";
    struct arena arena;
    (void)state;
    arena_init(&arena, 0);
    assert_string_equal(labels_find(labels, "iris", "stable", &arena), "3");
    assert_string_equal(labels_find(labels, "iris", "canary", &arena), "4");
    assert_string_equal(labels_find(labels, "wine", "stable", &arena), "2024-01");
    assert_null(labels_find(labels, "wine", "canary", &arena));
    assert_null(labels_find(labels, "iri", "s/stable", &arena));
    assert_null(labels_find(labels, "iris", "stab", &arena));
    assert_null(labels_find(labels, "", "", &arena));
    assert_null(labels_find("", "iris", "stable", &arena));
    assert_null(labels_find(NULL, "iris", "stable", &arena));
    assert_null(labels_find("iris/stable=", "iris", "stable", &arena));
    assert_null(labels_find("iris/stable, iris", "iris", "stable", &arena));
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
