#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "protocols/results.h"

static char yes[] = "y\"es", no[] = "no", low[] = "low", high[] = "high";

static struct graph_label labels[] = {
    {.text = no}, {.text = yes}, {.is_number = true, .number = 7}};
static char *targets[] = {low, high};

enum { LABEL, ONE, TWO, SINGLE, PROBABILITY };

static const struct graph graph = {
    .outputs =
        {
            [LABEL] = {.kind = OUTPUT_LABEL, .cols = 1},
            [ONE] = {.kind = OUTPUT_VALUE, .cols = 1},
            [TWO] = {.kind = OUTPUT_VALUE, .cols = 2},
            [SINGLE] = {.kind = OUTPUT_VALUE, .cols = 1, .single = true},
            [PROBABILITY] = {.kind = OUTPUT_PROBABILITY, .cols = 1},
        },
    .output_count = 5,
    .labels = labels,
    .class_count = 3,
    .targets = targets,
    .target_count = 2,
};

static void assert_written(size_t output, double *cells, size_t rows, bool single, const char *text)
{
    struct buf out = BUF_INIT;
    size_t cols = graph.outputs[output].cols;
    const struct matrix result = {.data = cells, .rows = rows, .cols = cols, .stride = cols};
    results_write_output(&out, &graph, output, &result, single);
    assert_string_equal(buf_text(&out), text);
    buf_finish(&out);
}

static void test_labels_are_the_trainers(void **state)
{
    (void)state;
    assert_written(LABEL, (double[]){1}, 1, true, "\"y\\\"es\"");
    assert_written(LABEL, (double[]){0, 2}, 2, false, "[\"no\",7]");
}

static void test_a_label_out_of_bounds_is_null(void **state)
{
    (void)state;
    assert_written(LABEL, (double[]){3, -1, NAN, INFINITY}, 4, false, "[null,null,null,null]");
}

static void test_numbers_are_shortest(void **state)
{
    (void)state;
    assert_written(ONE, (double[]){0.1}, 1, true, "0.1");
    assert_written(ONE, (double[]){0.1, 3, 0.1 + 0.2}, 3, false, "[0.1,3,0.30000000000000004]");
    assert_written(SINGLE, (double[]){(double)0.1f}, 1, true, "0.1");
}

static void test_what_is_not_finite_is_null(void **state)
{
    (void)state;
    assert_written(ONE, (double[]){NAN, INFINITY, -INFINITY}, 3, false, "[null,null,null]");
}

static void test_several_columns_are_a_list(void **state)
{
    (void)state;
    assert_written(TWO, (double[]){1, 2}, 1, true, "[1,2]");
    assert_written(TWO, (double[]){1, 2, 3, 4}, 2, false, "[[1,2],[3,4]]");
    assert_written(PROBABILITY, (double[]){1}, 1, true, "[1]");
}

static void test_no_rows(void **state)
{
    (void)state;
    assert_written(ONE, NULL, 0, false, "[]");
}

static void test_names(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    const struct graph plain = {.class_count = 2};
    results_write_labels(&out, &graph);
    results_write_labels(&out, &plain);
    results_write_targets(&out, &graph);
    assert_string_equal(buf_text(&out), "[\"no\",\"y\\\"es\",7][0,1][\"low\",\"high\"]");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_are_the_trainers),
        cmocka_unit_test(test_a_label_out_of_bounds_is_null),
        cmocka_unit_test(test_numbers_are_shortest),
        cmocka_unit_test(test_what_is_not_finite_is_null),
        cmocka_unit_test(test_several_columns_are_a_list),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
