#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/program.h"

struct values {
    int64_t threads;
};

static const struct config_option options[] = {
    {"server", "threads", CONFIG_INTEGER, offsetof(struct values, threads), "1", 0, 1024, NULL,
     "How many."},
};

static const struct config_table table = {options, 1, sizeof(struct values), "OMEN_TEST"};

static void print_usage(struct buf *out)
{
    buf_put_text(out, "usage: omen-test\n");
}

static const struct program_flag flags[] = {{"--probe WHAT", "Probe."}, {NULL, NULL}};

static const struct program with_file = {"omen-test", &table, print_usage, flags, true};
static const struct program without_file = {"omen-test", &table, print_usage, NULL, false};

static void assert_described(const struct program *program, const char *flag, const char *text)
{
    struct buf out = BUF_INIT;
    assert_true(program_describe(program, flag, NULL));
    assert_true(program_describe(program, flag, &out));
    if (strstr(buf_text(&out), text) == NULL)
        print_message("# %s", buf_text(&out));
    assert_non_null(strstr(buf_text(&out), text));
    buf_finish(&out);
}

static void test_describe(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    assert_described(&with_file, "--version", "omen-test " OMEN_VERSION "\n");
    assert_described(&with_file, "--print-sample", "#threads = 1\n");
    assert_described(&with_file, "--print-manual", "*--threads*");
    assert_described(&with_file, "--help", "usage: omen-test\n\n  --config FILE\n");
    assert_described(&with_file, "--help", "(also: OMEN_TEST_CONFIG)");
    assert_described(&with_file, "--help", "\n  --probe WHAT\n      Probe.\n");
    assert_described(&with_file, "--help", "variable, file, default.\n\nserver:\n  --threads=N\n");
    assert_described(&without_file, "--help", "usage: omen-test\n\n  --print-manual\n");
    assert_described(&without_file, "--help", "variable, default.\n");
    assert_false(program_describe(&without_file, "--print-sample", &out));
    assert_false(program_describe(&with_file, "--threads", &out));
    assert_false(program_describe(&with_file, "help", &out));
    assert_int_equal(out.length, 0);
}

static const char *take(const char *variable, const char **words, int *count,
                        struct config_problems *problems)
{
    const char *environment[] = {"OMEN_TEST_CONFIGURE=no", variable, NULL};
    const char *path = "untouched";
    bool ok =
        program_take_file(&with_file, (char **)environment, count, (char **)words, &path, problems);
    assert_int_equal(ok, problems->count == 0);
    return path;
}

static void test_file(void **state)
{
    (void)state;
    struct config_problems problems = {.count = 0};
    const char *none[] = {"--threads=1"};
    int count = 1;
    assert_null(take(NULL, none, &count, &problems));
    assert_string_equal(take("OMEN_TEST_CONFIG=v", none, &count, &problems), "v");
    assert_int_equal(count, 1);

    const char *some[] = {"--config", "a", "b", "--config=c", "--configure", "--", "--config=d"};
    count = 7;
    assert_string_equal(take("OMEN_TEST_CONFIG=v", some, &count, &problems), "c");
    assert_int_equal(count, 4);
    assert_string_equal(some[0], "b");
    assert_string_equal(some[1], "--configure");
    assert_string_equal(some[2], "--");
    assert_string_equal(some[3], "--config=d");
    assert_int_equal(problems.count, 0);

    const char *empty[] = {"--config=", "x", "--config"};
    count = 3;
    take(NULL, empty, &count, &problems);
    assert_int_equal(count, 1);
    assert_int_equal(problems.count, 2);
    assert_string_equal(buf_text(&problems.text), "--config: needs a value; write --config=FILE\n"
                                                  "--config: needs a value; write --config=FILE\n");
    config_problems_finish(&problems);
}

static void test_flag_value(void **state)
{
    (void)state;
    char *arguments[] = {(char *)"--check=a", (char *)"--check", (char *)"--checker", (char *)"b",
                         (char *)"--check"};
    int at = 0;
    assert_string_equal(program_flag_value(arguments, 5, &at, "--check"), "a");
    assert_int_equal(at, 0);
    at = 1;
    assert_string_equal(program_flag_value(arguments, 5, &at, "--check"), "--checker");
    assert_int_equal(at, 2);
    assert_null(program_flag_value(arguments, 5, &at, "--check"));
    assert_int_equal(at, 2);
    at = 4;
    assert_string_equal(program_flag_value(arguments, 5, &at, "--check"), "");
    assert_int_equal(at, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_flag_value),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests_name("base/program", tests, NULL, NULL);
}
