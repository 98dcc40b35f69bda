#include "config_fixture.h"

static void test_environment(void **state)
{
    struct fixture *fixture = *state;
    const char *environment[] = {
        "PATH=/bin",      "OMEN_READ_TIMEOUT=7s",       "OMEN_READ_TIMEOUT=9s", "OMEN_LISTEN=",
        "OMEN_THREADS=x", "OMEN_SERVICE_HOST=10.0.0.1", "OMEN_MAX_BODY=1m",     NULL};
    assert_false(config_read_environment(&table, &fixture->values, (char **)environment,
                                         &fixture->problems));
    assert_int_equal(fixture->problems.count,
                     1); /* others' OMEN_ variables are no concern of ours */
    assert_string_equal(buf_text(&fixture->problems.text),
                        "OMEN_THREADS: \"x\" is not a whole number we can hold; give a whole "
                        "number, from 0 to 1024\n");
    assert_int_equal(fixture->values.timeout, INT64_C(7000000000));
    assert_string_equal(fixture->values.listen, "");
    assert_int_equal(fixture->values.body, 1 << 20);
}

static void test_arguments(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"--threads=3", "--listen", "--odd",      "--verbose",
                               "--note=a=b",  "file",     "--threads=9"};
    int next = -1;
    assert_true(read_flags(fixture, 7, arguments, &next));
    assert_int_equal(next, 5);
    assert_int_equal(fixture->values.threads, 3);
    assert_string_equal(fixture->values.listen, "--odd");
    assert_string_equal(fixture->values.note, "a=b");
    assert_true(fixture->values.verbose);
    const char *more[] = {"--no-verbose", "--", "--threads=9"};
    assert_true(read_flags(fixture, 3, more, &next));
    assert_int_equal(next, 2);
    assert_false(fixture->values.verbose);
    const char *single[] = {"-x"};
    assert_true(read_flags(fixture, 1, single, &next));
    assert_int_equal(next, 0);
}

static void test_argument_problems(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"--thread=3",        "--no-threads", "--no-verbose=yes",
                               "--verbose=perhaps", "--qqqqqqq",    "--threads=4",
                               "--listen"};
    int next = 0;
    assert_false(read_flags(fixture, 7, arguments, &next));
    const char *told = buf_text(&fixture->problems.text);
    assert_int_equal(fixture->problems.count, 6);
    assert_non_null(strstr(told, "--thread: there is no such flag; did you mean --threads?\n"));
    assert_non_null(strstr(told, "--no-threads: there is no such flag"));
    assert_non_null(strstr(told, "--no-verbose: there is no such flag"));
    assert_non_null(strstr(told, "--verbose: \"perhaps\" is neither yes nor no"));
    assert_non_null(strstr(told, "--qqqqqqq: there is no such flag; --help lists them\n"));
    assert_non_null(strstr(told, "--listen: needs a value; write --listen=VALUE\n"));
    assert_int_equal(fixture->values.threads, 4);
    assert_string_equal(fixture->values.listen, "unix:/run/x");
}

static void test_words(void **state)
{
    struct fixture *fixture = *state;
    const char *arguments[] = {"one", "--threads=3", "two", "--verbose", "--", "--threads=9", "--"};
    char *words[7];
    int count = 0;
    assert_true(config_read_words(&table, &fixture->values, 7, (char **)arguments, words, &count,
                                  &fixture->problems));
    assert_int_equal(count, 4);
    assert_string_equal(words[0], "one");
    assert_string_equal(words[1], "two");
    assert_string_equal(words[2], "--threads=9");
    assert_string_equal(words[3], "--");
    assert_int_equal(fixture->values.threads, 3);
    assert_true(fixture->values.verbose);
    const char *wrong[] = {"one", "--threads=x", "two", "--listen"};
    assert_false(config_read_words(&table, &fixture->values, 4, (char **)wrong, words, &count,
                                   &fixture->problems));
    assert_int_equal(count, 2);
    assert_int_equal(fixture->problems.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_environment),
        CASE(test_arguments),
        CASE(test_argument_problems),
        CASE(test_words),
    };
    return cmocka_run_group_tests_name("base/config_arguments", tests, NULL, NULL);
}
