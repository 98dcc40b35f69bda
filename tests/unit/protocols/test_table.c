/* Bodies that are tables, as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"
#include "protocols/table.h"

static struct fixture fixture;
static struct model *flowers;

static int setup(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    if (!fixture_open(&fixture, (size_t)64 << 20))
        return -1;
    flowers = registry_acquire(fixture.registry, "flowers", NULL, &err);
    return flowers != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    registry_release(fixture.registry, flowers);
    fixture_close(&fixture);
    json_thread_finish();
    return 0;
}

static struct table make(const char *text, size_t length)
{
    arena_reset(&fixture.arena, 1 << 20);
    return (struct table){&flowers->artifact.graph->schema, text, length, 100, &fixture.arena};
}

static void assert_rows(const struct rows *rows, size_t count, double first, double last)
{
    const struct matrix *matrix = &rows->frame.matrix;
    assert_int_equal(matrix->rows, count);
    assert_true(matrix_row(matrix, 0)[0] == first);
    assert_true(matrix_row(matrix, count - 1)[1] == last);
}

static void csv(void **state)
{
    static const struct {
        const char *text;
        enum table_header header, found;
    } cases[] = {
        {"1,2\n3,4\n", TABLE_HEADER_GUESS, TABLE_HEADER_ABSENT},
        {"a,b\n1,2\n3,4", TABLE_HEADER_GUESS, TABLE_HEADER_PRESENT},
        {"b,a\n2,1\n4,3\r\n\n", TABLE_HEADER_PRESENT, TABLE_HEADER_PRESENT},
        {"1,2\n\n3,\"4\"\n", TABLE_HEADER_ABSENT, TABLE_HEADER_ABSENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct table table = make(cases[i].text, strlen(cases[i].text));
        struct rows rows = {.fault = ROWS_FINE};
        struct err err = ERR_INIT;
        enum table_header header = cases[i].header;
        assert_true(table_read_csv(&rows, &table, &header, &err));
        assert_int_equal(header, cases[i].found);
        assert_rows(&rows, 2, 1, 4);
    }
}

/* As many cells as bytes at most, however many lines there are. */
static void lines_that_hold_nothing_take_no_memory(void **state)
{
    static char lines[1 << 20];
    struct rows rows = {.fault = ROWS_FINE};
    struct err err = ERR_INIT;
    enum table_header header = TABLE_HEADER_ABSENT;
    (void)state;
    memset(lines, '\n', sizeof lines);
    struct table table = make(lines, sizeof lines);
    table.max_rows = SIZE_MAX;
    assert_true(table_read_csv(&rows, &table, &header, &err));
    assert_int_equal(rows.frame.matrix.rows, 0);
    assert_true(fixture.arena.used <= sizeof lines * sizeof(double) + 4096);
    assert_true(table_read_libsvm(&rows, &table, 0, &err));
    assert_true(table_read_jsonl(&rows, &table, &err));
    assert_int_equal(rows.frame.matrix.rows, 0);
}

static void libsvm_and_json_lines(void **state)
{
    static const char sparse[] = "0 0:1 1:2\n0 1:4 0:3\n";
    static const char lines[] = "[1,2]\n\n{\"features\":[3,4]}";
    struct rows rows = {.fault = ROWS_FINE};
    struct err err = ERR_INIT;
    (void)state;
    struct table table = make(sparse, sizeof sparse - 1);
    assert_true(table_read_libsvm(&rows, &table, 0, &err));
    assert_rows(&rows, 2, 1, 4);
    assert_false(table_read_libsvm(&rows, &table, 1, &err));
    assert_non_null(strstr(err.text, "counted from 1"));
    table = make(lines, sizeof lines - 1);
    assert_true(table_read_jsonl(&rows, &table, &err));
    assert_rows(&rows, 2, 1, 4);
    rows_finish(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv),
        cmocka_unit_test(lines_that_hold_nothing_take_no_memory),
        cmocka_unit_test(libsvm_and_json_lines),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
