/* The first bytes of an input tell what it is, and are not lost by that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "cli/input.h"

static void check(const char *text, size_t size, enum input_kind expected)
{
    int ends[2];
    char back[256];
    size_t have = 0, got = 1;
    struct err err = ERR_INIT;
    enum input_kind kind;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, size), (ssize_t)size);
    close(ends[1]);
    struct input input = {.fd = ends[0], .owned = true, .name = "a pipe"};
    assert_true(input_is_ready(&input));
    assert_true(input_look(&input, &kind, &err));
    assert_int_equal(kind, expected);
    while (got > 0) { /* in pieces, so that the head is given back in some */
        size_t most = sizeof back - have < 7 ? sizeof back - have : 7;
        assert_true(input_read(&input, back + have, most, &got, &err));
        have += got;
    }
    assert_int_equal(have, size);
    assert_memory_equal(back, text, size);
    assert_int_equal(input.consumed, size);
    input_close(&input);
}

static void kinds_are_told(void **state)
{
    (void)state;
    check("", 0, INPUT_EMPTY);
    check("a,b\n1,2\n", 8, INPUT_CSV);
    check("{\"a\":1}\n", 8, INPUT_JSONL);
    check(" \n\t[1]\n", 7, INPUT_JSONL);
    check("\xef\xbb\xbf{}", 5, INPUT_JSONL);
    check("\xef\xbb\xbf"
          "a,b",
          6, INPUT_CSV);
    check("\n\n\n", 3, INPUT_CSV);
    check("\x93NUMPY\1", 7, INPUT_NPY);
    char blanks[200];
    memset(blanks, ' ', sizeof blanks);
    check(blanks, sizeof blanks, INPUT_CSV);
}

static void a_pipe_without_bytes_is_not_ready(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct input input = {.fd = ends[0], .name = "a pipe"};
    assert_false(input_is_ready(&input));
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_true(input_is_ready(&input));
    close(ends[0]);
    close(ends[1]);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct input input;
    struct err err = ERR_INIT;
    assert_false(input_open(&input, "/nonexistent/rows", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent/rows"));
    input_close(&input);
    assert_false(input_open(&input, "/", &err));
    assert_non_null(strstr(err.text, "is a directory"));
    input_close(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told),
        cmocka_unit_test(a_pipe_without_bytes_is_not_ready),
        cmocka_unit_test(what_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
