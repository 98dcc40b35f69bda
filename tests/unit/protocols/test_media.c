/* Parameters of a Content-Type, and what an Accept likes best. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "protocols/media.h"

/* "name=value;" of each parameter, and "!" where one is none. */
static const char *walk(const char *type)
{
    static char seen[256];
    struct media_parameter one;
    size_t used = 0;
    seen[0] = '\0';
    while (media_next_parameter(&type, &one))
        used += (size_t)snprintf(seen + used, sizeof seen - used, "%.*s=%.*s;",
                                 (int)one.name_length, one.name, (int)one.value_length, one.value);
    if (type == NULL)
        snprintf(seen + used, sizeof seen - used, "!");
    return seen;
}

static void parameters_are_read(void **state)
{
    (void)state;
    assert_string_equal(walk(""), "");
    assert_string_equal(walk("text/csv"), "");
    assert_string_equal(walk("text/csv; charset=utf-8"), "charset=utf-8;");
    assert_string_equal(walk("text/csv;a=1 ; b=\"x; y\";;"), "a=1;b=x; y;");
    assert_string_equal(walk("text/csv; a = 1"), "a=1;");
    assert_string_equal(walk("text/csv; a="), "a=;");
    assert_string_equal(walk("text/csv; a"), "!");
    assert_string_equal(walk("text/csv; a=\"x"), "!");
    assert_string_equal(walk("text/csv; =1"), "!");
    assert_string_equal(walk("text/csv; a=1 b"), "!");
}

static void the_best_type_is_chosen(void **state)
{
    static const char *const types[] = {"application/json", "text/csv", "application/x-npy"};
    static const struct {
        const char *accept;
        int fallback, chosen;
    } cases[] = {
        {"", 1, 1},
        {" , ", 2, 2},
        {"*/*", 1, 1},
        {"text/*", 0, 1},
        {"application/*", 2, 2},
        {"application/*", 1, 0},
        {"TEXT/CSV", 0, 1},
        {"text/csv;q=0.5, application/json", 1, 0},
        {"text/csv;q=0.5, */*;q=0.1", 0, 1},
        {"*/*, text/csv;q=0", 1, 0},
        {"image/png", 0, -1},
        {"text/csv;q=0", 0, -1},
        {"text/csvx", 0, -1},
        {"text/csv; version=1; q=0.2, application/x-npy;q=0.3", 0, 2},
        {"text/csv, application/json", 2, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int chosen = media_choose(cases[i].accept, types, 3, cases[i].fallback);
        if (chosen != cases[i].chosen)
            fail_msg("%s: %d", cases[i].accept, chosen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_read),
        cmocka_unit_test(the_best_type_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
