#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sync/seen.h"

#define MANY 100000

static struct seen_version *find(struct seen *seen, size_t number)
{
    char model[32];
    char one[] = "1";
    snprintf(model, sizeof model, "model-%zu", number);
    const struct plan_version version = {.model = model, .version = one};
    return seen_find(seen, &version);
}

static void test_what_was_not_met_is_forgotten(void **state)
{
    (void)state;
    struct seen seen = {.versions = NULL};
    for (size_t i = 0; i < 40; i++) {
        struct seen_version *version = find(&seen, i);
        assert_non_null(version);
        version->since = (int64_t)i;
        version->met = i % 3 != 0;
    }
    seen_sweep(&seen);
    assert_int_equal(seen.count, 26);
    for (size_t i = 40; i-- > 0;) { /* in another order, each is still the one that it was */
        if (i % 3 != 0)
            assert_int_equal(find(&seen, i)->since, i);
    }
    assert_int_equal(seen.count, 26);
    assert_int_equal(find(&seen, 3)->since, 0);
    assert_int_equal(seen.count, 27);
    seen_sweep(&seen); /* nobody was met again */
    assert_int_equal(seen.count, 0);
    assert_int_equal(find(&seen, 1)->since, 0);
    seen_finish(&seen);
}

/* Looked for one by one they would take minutes. */
static void test_a_hundred_thousand_take_no_time(void **state)
{
    (void)state;
    struct seen seen = {.versions = NULL};
    clock_t begun = clock();
    for (int look = 0; look < 2; look++) {
        for (size_t i = 0; i < MANY; i++)
            find(&seen, i)->met = true;
        seen_sweep(&seen);
        assert_int_equal(seen.count, MANY);
    }
    assert_true((double)(clock() - begun) / CLOCKS_PER_SEC < 5);
    seen_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_not_met_is_forgotten),
        cmocka_unit_test(test_a_hundred_thousand_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
