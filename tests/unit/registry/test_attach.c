/* Models that are named at run time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "registry/attach.h"

/* Where models lie that are no model's directory yet: beside them, under a hidden name. */
static const char *place(const struct fixture *fixture, const char *rest)
{
    static char paths[2][256];
    static int turn;
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/.unpacked%s", fixture->directory.path, rest);
    return paths[turn];
}

static bool attach(struct fixture *fixture, const char *name, const char *rest, bool *taken,
                   struct err *err)
{
    return registry_attach(fixture->registry, name, place(fixture, rest), place(fixture, ""), taken,
                           err);
}

static void a_models_life(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    char path[PATH_MAX];
    bool taken;
    directory_put(&fixture->directory, ".unpacked/one/model.json", document(3, 4));
    assert_true(attach(fixture, "m", "/one", &taken, &err));
    fixture_scan(fixture, "live m 1\n");
    fixture_expect(fixture, "m", "1", 3);
    assert_string_equal(registry_await(fixture->registry, "m", false, 0, &err), "live");
    registry_attached_path(fixture->registry, "m", path, sizeof path);
    assert_string_equal(path, place(fixture, "/one"));
    assert_false(attach(fixture, "m", "/one", &taken, &err));
    assert_true(taken);
    assert_true(registry_detach(fixture->registry, "m", &err));
    fixture_scan(fixture, "retired m 1\nremoved m \n");
    assert_string_equal(registry_await(fixture->registry, "m", true, 0, &err), "");
    assert_false(registry_detach(fixture->registry, "m", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void what_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"", ".", "..", "a/b", ".m", "a b", "m\n"};
    struct err err = ERR_INIT;
    bool taken;
    directory_put(&fixture->directory, ".unpacked/one/model.json", document(3, 4));
    directory_link(&fixture->directory, "/etc", ".unpacked/out");
    directory_put(&fixture->directory, "own.json", document(1, 2));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(attach(fixture, names[i], "/one", &taken, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_false(taken);
    }
    static const char *const paths[] = {"",        "/",          "/none",          "/out",
                                        "/one/..", "/../../etc", "/one/model.json"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_false(attach(fixture, "m", paths[i], &taken, &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
    }
    assert_false(attach(fixture, "own", "/one", &taken, &err));
    assert_true(taken);
    assert_false(registry_detach(fixture->registry, "own", &err));
}

/* What is not attached is left alone, whatever it looks like. */
static void nothing_else_is_detached(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    char path[PATH_MAX];
    directory_put(&fixture->directory, "m/1/model.json", document(3, 4));
    fixture_scan(fixture, "live m 1\n");
    assert_false(registry_detach(fixture->registry, "m", &err));
    registry_attached_path(fixture->registry, "m", path, sizeof path);
    assert_string_equal(path, "");
    fixture_expect(fixture, "m", "1", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_models_life, fixture_make, fixture_drop),
        cmocka_unit_test_setup_teardown(what_is_refused, fixture_make, fixture_drop),
        cmocka_unit_test_setup_teardown(nothing_else_is_detached, fixture_make, fixture_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
