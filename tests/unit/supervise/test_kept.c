#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "supervise/kept.h"

#define MS CLOCK_NS_PER_MS

/* As if the one born at `born` had ended at `now`: after how many milliseconds the next may start.
 */
static int64_t pause_after(struct kept *kept, int64_t born, int64_t now)
{
    kept->pid = 1;
    kept->ready = true;
    kept->born = born;
    kept_ended(kept, now);
    assert_int_equal(kept->pid, 0);
    assert_false(kept->ready);
    return (kept->start_at - now) / MS;
}

static void test_at_once_then_ever_later(void **state)
{
    (void)state;
    static const int64_t expected[] = {0, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct kept kept = {.name = "one"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(pause_after(&kept, 1000 * MS, 1001 * MS), expected[i]);
}

static void test_who_has_lived_is_forgiven(void **state)
{
    (void)state;
    struct kept kept = {.name = "one"};
    for (int i = 0; i < 5; i++)
        pause_after(&kept, 0, 1);
    assert_int_equal(pause_after(&kept, 0, KEPT_YOUNG - 1), 800);
    assert_int_equal(pause_after(&kept, 0, KEPT_YOUNG), 0);
    assert_int_equal(pause_after(&kept, 0, 1), 50);
}

static void test_not_before_its_time(void **state)
{
    (void)state;
    struct kept kept = {.name = "one", .start_at = 10};
    kept_tick(&kept, 9); /* it has no command: a start would not go well */
    assert_int_equal(kept.pid, 0);
    kept.pid = 1;
    kept_tick(&kept, 11); /* one runs */
    assert_int_equal(kept.pid, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_once_then_ever_later),
        cmocka_unit_test(test_who_has_lived_is_forgiven),
        cmocka_unit_test(test_not_before_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
