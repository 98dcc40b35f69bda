#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static int pipe_fds[2];

static int pipe_make(void **state)
{
    (void)state;
    return pipe(pipe_fds);
}

static int pipe_drop(void **state)
{
    (void)state;
    log_configure(STDERR_FILENO, LOG_INFO, LOG_FORMAT_TEXT);
    close(pipe_fds[0]);
    return close(pipe_fds[1]);
}

/* What one event wrote: a single read, so a single line in a single write. */
static const char *taken(void)
{
    static char text[8192];
    ssize_t size = read(pipe_fds[0], text, sizeof text - 1);
    assert_true(size > 0);
    text[size] = '\0';
    assert_int_equal(text[size - 1], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + size - 1);
    return text;
}

static void test_text(void **state)
{
    (void)state;
    log_configure(pipe_fds[1], LOG_INFO, LOG_FORMAT_TEXT);
    LOG(LOG_WARNING, "model is live", LOG_TEXT("model", "iris"), LOG_INT("version", -3),
        LOG_REAL("seconds", 0.25), LOG_TEXT("none", NULL), LOG_TEXT("words", "a b"));
    const char *line = taken();
    assert_int_equal(line[10], 'T');
    assert_string_equal(strchr(line, ' '), " warning model is live model=iris version=-3 "
                                           "seconds=0.25 none=\"\" words=\"a b\"\n");
}

static void test_json(void **state)
{
    (void)state;
    log_configure(pipe_fds[1], LOG_INFO, LOG_FORMAT_JSON);
    LOG(LOG_ERROR, "say \"x\"", LOG_TEXT("a", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8D\x8B"),
        LOG_REAL("nan", NAN), LOG_REAL("inf", INFINITY), LOG_INT("n", INT64_MIN));
    const char *line = taken();
    assert_memory_equal(line, "{\"time\":\"2", 10);
    assert_string_equal(strstr(line, "\"level\""),
                        "\"level\":\"error\",\"message\":\"say \\\"x\\\"\","
                        "\"a\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8D\x8B\",\"nan\":null,"
                        "\"inf\":null,\"n\":-9223372036854775808}\n");
}

/* No value can end a line, close a quote or write to a terminal. */
static void test_no_forgery(void **state)
{
    (void)state;
    static const char evil[] =
        "x\n2026 error\r\t\"\\\x1B[2J\x7F\xC2\x9B\xFF\xE0\x80\x80\xED\xA0\x80";
    log_configure(pipe_fds[1], LOG_INFO, LOG_FORMAT_TEXT);
    LOG(LOG_INFO, evil, LOG_TEXT("v", evil));
    assert_non_null(strstr(taken(), " v=\"x\\n2026 error\\r\\t\\\"\\\\\\x1b[2J\\x7f\\xc2\\x9b\\xff"
                                    "\\xe0\\x80\\x80\\xed\\xa0\\x80\"\n"));
    log_configure(pipe_fds[1], LOG_INFO, LOG_FORMAT_JSON);
    LOG(LOG_INFO, "m", LOG_TEXT("v", evil));
    const char *line = taken();
    assert_non_null(strstr(line, "x\\n2026 error\\r\\t\\\"\\\\\\u001b[2J\\u007f\xEF\xBF\xBD"));
    for (const char *c = line; c[1] != '\0'; c++)
        assert_true((unsigned char)*c >= ' ');
}

static void test_level(void **state)
{
    (void)state;
    log_configure(pipe_fds[1], LOG_WARNING, LOG_FORMAT_TEXT);
    assert_false(log_enabled(LOG_INFO));
    assert_true(log_enabled(LOG_WARNING));
    log_event(LOG_INFO, "not this", NULL, 0);
    log_event(LOG_ERROR, "but this", NULL, 0);
    assert_string_equal(strstr(taken(), "error"), "error but this\n");
}

static void test_long_values(void **state)
{
    (void)state;
    static char huge[100000];
    memset(huge, 'a', sizeof huge - 1);
    log_configure(pipe_fds[1], LOG_INFO, LOG_FORMAT_TEXT);
    LOG(LOG_INFO, "m", LOG_TEXT("v", huge), LOG_INT("after", 1));
    const char *line = taken();
    assert_true(strlen(line) < 1200);
    assert_non_null(strstr(line, "aaa...\" after=1\n"));
    memset(huge, 1, sizeof huge - 1); /* grows sixfold */
    log_configure(pipe_fds[1], LOG_INFO, LOG_FORMAT_JSON);
    LOG(LOG_INFO, "m", LOG_INT("before", 1), LOG_TEXT("v", huge), LOG_INT("after", 1));
    line = taken();
    assert_true(strlen(line) <= 4096);
    assert_string_equal(strstr(line, "\"before\""), "\"before\":1,\"truncated\":true}\n");
}

static void test_cut_at_a_character(void **state)
{
    (void)state;
    char text[1200];
    log_configure(pipe_fds[1], LOG_INFO, LOG_FORMAT_JSON);
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, '.', shift);
        for (size_t at = shift; at + 4 < sizeof text; at += 3)
            memcpy(text + at, "\xE2\x82\xAC", 4);
        LOG(LOG_INFO, "m", LOG_TEXT("v", text));
        const char *line = taken();
        assert_null(strstr(line, "\xEF\xBF\xBD"));
        assert_non_null(strstr(line, "\xE2\x82\xAC...\"}"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, pipe_make, pipe_drop),
        cmocka_unit_test_setup_teardown(test_json, pipe_make, pipe_drop),
        cmocka_unit_test_setup_teardown(test_no_forgery, pipe_make, pipe_drop),
        cmocka_unit_test_setup_teardown(test_level, pipe_make, pipe_drop),
        cmocka_unit_test_setup_teardown(test_long_values, pipe_make, pipe_drop),
        cmocka_unit_test_setup_teardown(test_cut_at_a_character, pipe_make, pipe_drop),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
