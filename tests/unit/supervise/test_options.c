#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "supervise/options.h"

enum { WORDS_MAX = 8 };

struct given {
    char text[128];
    char *words[WORDS_MAX];
    struct options options;
    struct config_problems problems;
};

static int finish(void **state)
{
    struct given *given = *state;
    options_finish(&given->options);
    config_problems_finish(&given->problems);
    return 0;
}

/* Reads a line of words as the command line. */
static bool read_line(struct given *given, const char *line, char **environment)
{
    int count = 0;
    snprintf(given->text, sizeof given->text, "%s", line);
    for (char *word = strtok(given->text, " "); word != NULL; word = strtok(NULL, " "))
        given->words[count++] = word;
    given->words[count] = NULL;
    return options_read(&given->options, environment, count, given->words, &given->problems);
}

static void test_both_commands(void **state)
{
    static struct given given;
    static char socket[] = "OMEN_SUPERVISE_SOCKET=/run/s", grace[] = "OMEN_SUPERVISE_GRACE=1s";
    char *environment[] = {socket, grace, NULL};
    *state = &given;
    assert_true(read_line(&given, "--grace=2s -- worker --models=/m -- nginx -q", environment));
    assert_string_equal(given.options.socket, "/run/s");
    assert_int_equal(given.options.grace, 2000000000);
    assert_string_equal(given.options.worker[0], "worker");
    assert_string_equal(given.options.worker[1], "--models=/m");
    assert_null(given.options.worker[2]);
    assert_string_equal(given.options.web[0], "nginx");
    assert_string_equal(given.options.web[1], "-q");
    assert_null(given.options.web[2]);
}

static void test_a_worker_alone(void **state)
{
    static struct given given;
    char *environment[] = {NULL};
    *state = &given;
    assert_true(read_line(&given, "worker --grace=2s", environment));
    assert_int_equal(given.options.grace, 0); /* that was for the worker */
    assert_string_equal(given.options.worker[1], "--grace=2s");
    assert_null(given.options.web);
}

static void test_refused(void **state)
{
    static struct given given;
    static const char *const lines[] = {"", "--", "-- -- web", "worker --", "--backlog=0 worker"};
    char *environment[] = {NULL};
    *state = &given;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_false(read_line(&given, lines[i], environment));
        assert_int_equal(given.problems.count, 1);
        finish(state);
        memset(&given, 0, sizeof given);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_both_commands, finish),
        cmocka_unit_test_teardown(test_a_worker_alone, finish),
        cmocka_unit_test_teardown(test_refused, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
