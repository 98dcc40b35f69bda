#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "app/reload.h"
#include "fixture.h"

static void test_what_may_change_does(void **state)
{
    struct fixture *f = *state;
    const struct options *options = &f->app->options;
    fixture_write_config(f, "[server]\nthreads = 1\nqueue-budget = 7ms\nread-timeout = 9s\n"
                            "[models]\ndefault-model = other\n[log]\naccess-log = 1\n"
                            "slow-request = 3ms\n");
    reload(f->app);
    assert_int_equal(options->queue_budget, 7000000);
    assert_int_equal(options->read_timeout, INT64_C(9000000000));
    assert_string_equal(options->default_model, "other");
    assert_true(f->app->access.sampled == UINT32_MAX);
    assert_true(f->app->access.slow_ns == 3000000);
}

static void test_what_may_not_is_named(void **state)
{
    struct fixture *f = *state;
    fixture_write_config(f, "[server]\nthreads = 7\nbacklog = 9\n[log]\nlog-level = debug\n");
    fixture_logged(f);
    reload(f->app);
    const char *log = fixture_logged(f);
    assert_non_null(strstr(log, "option=threads"));
    assert_non_null(strstr(log, "option=backlog"));
    assert_non_null(strstr(log, "needs a restart"));
    assert_int_equal(f->app->options.threads, 1);
    assert_int_equal(f->app->options.backlog, 4096);
    assert_int_equal(f->app->options.log_level, 0);
}

static void test_a_bad_file_changes_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_logged(f);
    fixture_write_config(f, "[server]\nqueue-budget = 7ms\nthreads = x\n[log]\nbogus = 1\n");
    reload(f->app);
    const char *log = fixture_logged(f);
    assert_int_equal(f->app->options.queue_budget, 500000000);
    assert_int_equal(f->app->options.threads, 1);
    assert_non_null(strstr(log, "threads"));
    assert_non_null(strstr(log, "bogus"));
}

static void test_a_file_that_is_gone_changes_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_logged(f);
    assert_int_equal(remove(f->config), 0);
    reload(f->app);
    assert_int_equal(f->app->options.threads, 1);
    assert_non_null(strstr(fixture_logged(f), "worker.conf"));
}

static void test_the_same_file_changes_nothing(void **state)
{
    struct fixture *f = *state;
    fixture_logged(f);
    reload(f->app);
    assert_null(strstr(fixture_logged(f), "changed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(test_what_may_change_does),          TEST(test_what_may_not_is_named),
        TEST(test_a_bad_file_changes_nothing),    TEST(test_a_file_that_is_gone_changes_nothing),
        TEST(test_the_same_file_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
