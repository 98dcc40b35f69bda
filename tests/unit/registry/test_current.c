#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "fixture.h"

static void put(struct fixture *fixture, const char *name, int value)
{
    directory_put(&fixture->directory, name, document(value, value + 1));
}

static void put_bad(struct fixture *fixture, const char *name, int value)
{
    directory_put(&fixture->directory, name, document(value, value + 2));
}

/* As omen-sync lays them out: links to hidden directories, and one that says which counts. */
static void publish(struct fixture *fixture, const char *version, int value)
{
    char name[128];
    char target[64];
    char link[64];
    snprintf(target, sizeof target, ".versions/%s@id", version);
    snprintf(name, sizeof name, "m/%s/model.json", target);
    snprintf(link, sizeof link, "m/%s", version);
    put(fixture, name, value);
    directory_link(&fixture->directory, target, link);
}

static void test_current_is_the_default(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, "9", 9);
    publish(fixture, "10", 10);
    directory_link(&fixture->directory, ".versions/9@id", "m/current");
    fixture_scan(fixture, "live m 9\nlive m 10\n");
    fixture_expect(fixture, "m", "9", 9);
    directory_link(&fixture->directory, ".versions/9@id", "m/previous");
    directory_link(&fixture->directory, ".versions/10@id", "m/current");
    fixture_scan(fixture, "");
    fixture_expect(fixture, "m", "10", 10);
    publish(fixture, "11", 11); /* not yet current: loaded, not asked */
    fixture_scan(fixture, "live m 11\nretired m 9\n");
    fixture_expect(fixture, "m", "10", 10);
    directory_link(&fixture->directory, ".versions/9@id", "m/current"); /* back to the oldest */
    fixture_scan(fixture, "live m 9\nretired m 10\n");
    fixture_expect(fixture, "m", "9", 9);
    directory_link(&fixture->directory, ".versions/nowhere@id", "m/current");
    fixture_scan(fixture, "live m 10\nretired m 9\n");
    fixture_expect(fixture, "m", "11", 11);
}

static void test_a_bad_current_leaves_the_one_before(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, "1", 1);
    directory_link(&fixture->directory, ".versions/1@id", "m/current");
    fixture_scan(fixture, "live m 1\n");
    put_bad(fixture, "m/.versions/2@id/model.json", 2);
    directory_link(&fixture->directory, ".versions/2@id", "m/2");
    directory_link(&fixture->directory, ".versions/2@id", "m/current");
    fixture_scan(fixture, "failed m 2\n");
    fixture_expect(fixture, "m", "1", 1);
    publish(fixture, "3", 3);
    directory_link(&fixture->directory, ".versions/3@id", "m/current");
    fixture_scan(fixture, "live m 3\n");
    fixture_expect(fixture, "m", "3", 3);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_current_is_the_default),
        CASE(test_a_bad_current_leaves_the_one_before),
    };
    return cmocka_run_group_tests_name("registry/current", tests, NULL, NULL);
}
