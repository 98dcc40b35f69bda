#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "sync/status.h"

#define MANY 100000

/* Each is told when it is published, or once at the start. */
static void test_a_hundred_thousand_models_take_no_time(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct status *status = status_create("", "", false, 0, &err);
    assert_non_null(status);
    clock_t begun = clock();
    for (int version = 1; version <= 2; version++)
        for (int i = 0; i < MANY; i++) {
            char model[32];
            char id[32];
            snprintf(model, sizeof model, "model-%d", i);
            snprintf(id, sizeof id, "%d@%d", version, i);
            status_version(status, model, version == 1 ? "1" : "2", id);
        }
    assert_true((double)(clock() - begun) / CLOCKS_PER_SEC < 5);
    status_destroy(status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hundred_thousand_models_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
