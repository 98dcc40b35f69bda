#include "fake_params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "graph/pipeline.h"

static struct err err;

static void run(const struct pipeline *pipeline, double *data, double *result)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    struct matrix in = {.data = data, .rows = 2, .cols = 2, .stride = 2};
    struct matrix out[OP_OUTPUTS_MAX] = {{.data = result, .rows = 2, .cols = 2, .stride = 3}};
    assert_true(pipeline_run(pipeline, &in, out, 1, &scratch, &err));
    assert_int_equal(scratch.used, 0);
    arena_finish(&scratch);
}

static void test_steps(void **state)
{
    (void)state;
    struct params *params =
        fake_params("{'steps': [{'op': 'standard_scaler', 'mean_': [1, 1]},"
                    " {'op': 'select', 'indices': [1, 0]},"
                    " {'op': 'function_transformer', 'func': 'square', 'columns': ['a']}]}");
    struct columns columns = fake_columns("a b");
    struct pipeline pipeline = {0};
    assert_true(pipeline_read(&pipeline, params, "steps", &columns, &err));
    assert_int_equal(pipeline.count, 3);
    assert_string_equal(columns.items[0].name, "b");
    assert_int_equal(pipeline_width(&pipeline, false), 6);
    assert_true(pipeline_bytes(&pipeline) > 0);
    double in[] = {1, 2, 3, 4}, out[] = {7, 7, 7, 7, 7, 7};
    run(&pipeline, in, out);
    const double expected[] = {1, 0, 7, 3, 4, 7}; /* 7: beyond the columns, untouched */
    assert_memory_equal(out, expected, sizeof out);
    pipeline_finish(&pipeline);
    pipeline_finish(&pipeline);
    pipeline_finish(NULL);
    columns_finish(&columns);
    fake_params_destroy(params);
}

static void test_no_steps_copy(void **state)
{
    (void)state;
    struct pipeline pipeline = {0};
    double in[] = {1, 2, 3, 4}, out[] = {7, 7, 7, 7, 7, 7};
    run(&pipeline, in, out);
    const double expected[] = {1, 2, 7, 3, 4, 7};
    assert_memory_equal(out, expected, sizeof out);
}

static void test_refused(void **state)
{
    (void)state;
    struct params *params = fake_params(
        "{'steps': [{'op': 'passthrough'}, {'op': 'linear_regression', 'coef_': [1, 1]}]}");
    struct columns columns = fake_columns("a b");
    struct pipeline pipeline = {0};
    assert_false(pipeline_read(&pipeline, params, "steps", &columns, &err));
    assert_string_equal(err.text, "$.op: is not a transformer");
    pipeline_finish(&pipeline);
    columns_finish(&columns);
    fake_params_destroy(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_no_steps_copy),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
