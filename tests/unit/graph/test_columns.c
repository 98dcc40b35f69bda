#include "fake_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "graph/columns.h"
#include "graph/ops/ops.h"

static struct err err;

static void test_copy_and_select(void **state)
{
    (void)state;
    struct columns in = fake_columns("a b:x,y c"), out;
    const size_t indices[] = {1, 0};
    assert_true(columns_select(&out, &in, indices, 2, &err));
    assert_string_equal(out.items[0].name, "b");
    assert_string_equal(out.items[0].words[1], "y");
    assert_null(out.items[1].words);
    columns_finish(&out);
    assert_true(columns_copy(&out, &in, &err));
    columns_finish(&in);
    assert_string_equal(out.items[2].name, "c");
    assert_true(column_set_formatted(&out.items[1], &err, "%s=%d", "n", 3));
    assert_string_equal(out.items[1].name, "n=3");
    assert_null(out.items[1].words);
    columns_finish(&out);
    columns_finish(&out);
    columns_finish(NULL);
}

static void test_too_many(void **state)
{
    (void)state;
    struct columns columns;
    assert_false(columns_init(&columns, OP_COLUMNS_MAX + 1, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_null(columns.items);
}

/* A long list of what there is gets cut. */
static void test_long_lists_are_cut(void **state)
{
    (void)state;
    struct columns in;
    size_t *indices, count;
    assert_true(columns_init(&in, 200, &err));
    for (size_t i = 0; i < in.count; i++)
        assert_true(column_set_formatted(&in.items[i], &err, "column%zu", i));
    struct params *params = fake_params("{'columns': ['column200'], 'all': ['column199']}");
    assert_false(columns_resolve(params, "columns", &in, &indices, &count, &err));
    assert_null(indices);
    assert_non_null(strstr(err.text, "there is no column 'column200'; there are: column0, "));
    assert_string_equal(err.text + strlen(err.text) - 5, ", ...");
    assert_true(columns_resolve(params, "all", &in, &indices, &count, &err));
    assert_int_equal(count, 1);
    assert_int_equal(indices[0], 199);
    free(indices);
    fake_params_destroy(params);
    columns_finish(&in);
}

static void test_gather(void **state)
{
    (void)state;
    double from[] = {1, 2, 3, 4, 5, 6}, to[] = {0, 0, 9, 0, 0, 9};
    struct matrix in = {.data = from, .rows = 2, .cols = 3, .stride = 3};
    struct matrix out = {.data = to, .rows = 2, .cols = 2, .stride = 3};
    const size_t indices[] = {2, 0};
    columns_gather(&in, indices, 2, &out);
    const double expected[] = {3, 1, 9, 6, 4, 9};
    assert_memory_equal(to, expected, sizeof to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy_and_select),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_long_lists_are_cut),
        cmocka_unit_test(test_gather),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
