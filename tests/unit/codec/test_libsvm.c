/* Sparse rows: labels, pairs, comments, line ends, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/libsvm.h"

/* "|" for a row, "i=v " for a pair, "!" for a fault, "." for the end. */
static const char *walk(const char *text, uint64_t *line)
{
    static char seen[512];
    struct libsvm_reader reader;
    struct libsvm_pair pair;
    struct err err = ERR_INIT;
    size_t used = 0;
    libsvm_init(&reader, text, strlen(text));
    for (;;) {
        enum libsvm_status status = libsvm_next(&reader, &pair, &err);
        *line = reader.line;
        const char *mark = status == LIBSVM_ROW ? "|" : status == LIBSVM_END ? "." : "!";
        if (status == LIBSVM_PAIR)
            used +=
                (size_t)snprintf(seen + used, sizeof seen - used, "%u=%g ", pair.index, pair.value);
        else
            used += (size_t)snprintf(seen + used, sizeof seen - used, "%s", mark);
        if (status == LIBSVM_BAD)
            assert_true(err.text[0] != '\0');
        if (status == LIBSVM_END || status == LIBSVM_BAD)
            return seen;
    }
}

static void rows_are_read(void **state)
{
    uint64_t line;
    (void)state;
    assert_string_equal(walk("", &line), ".");
    assert_string_equal(walk("1 0:1.5 3:-2\n0 2:7", &line), "|0=1.5 3=-2 |2=7 .");
    assert_string_equal(walk("0:1\n", &line), "|0=1 .");
    assert_string_equal(walk("+1 qid:3 1:.5\r\n-1\t2:1e3 \r\n", &line), "|1=0.5 |2=1000 .");
    assert_string_equal(walk("qid:3 1:2", &line), "|1=2 .");
    assert_string_equal(walk("# all of it\n\n  \n1 1:1 # the rest 2:2\n2\n", &line), "|1=1 |.");
    assert_string_equal(walk("1 1:nan 2:inf", &line), "|1=nan 2=inf .");
    assert_string_equal(walk("1000000000:1", &line), "|1000000000=1 .");
}

static void faults_are_found(void **state)
{
    static const char *const cases[] = {
        "x 1:1",       "1 2",     "1 a:1",   "1 -1:1",         "1 :1",
        "1 1:",        "1 1:x",   "1 1:1:1", "1 1000000001:1", "1 1: 2",
        "1,2:3",       "1 1.5:2", "1 1:1 2", "1 4294967297:1", "1 99999999999999999999:1",
        "1 1:1 qie:2",
    };
    uint64_t line;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_non_null(strchr(walk(cases[i], &line), '!'));
    walk("1 1:1\n\n1 1:x\n", &line);
    assert_int_equal(line, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(faults_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
