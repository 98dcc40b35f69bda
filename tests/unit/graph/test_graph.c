#include "fake_params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct err err;

/* A model whose inputs are the columns of the text, with the steps given; NULL ends the list. */
static struct graph *model(const char *columns_text, ...)
{
    struct graph *graph = graph_create();
    struct columns names = fake_columns(columns_text), columns;
    assert_true(schema_init(&graph->schema, names.count, &err));
    for (size_t i = 0; i < names.count; i++) {
        struct field *field = &graph->schema.fields[i];
        field->name = strdup(names.items[i].name);
        if (names.items[i].words == NULL)
            continue;
        field->type = FIELD_CATEGORY;
        field->words = names.items[i].words;
        field->word_count = names.items[i].word_count;
        names.items[i].words = NULL;
    }
    columns_finish(&names);
    assert_true(schema_seal(&graph->schema, &err));
    assert_true(graph_input_columns(graph, &columns, &err));
    va_list steps;
    va_start(steps, columns_text);
    for (const char *text = va_arg(steps, const char *); text; text = va_arg(steps, const char *)) {
        struct params *params = fake_params(text);
        if (!graph_add_step(graph, params, &columns, &err))
            fail_msg("%s", err.text);
        fake_params_destroy(params);
    }
    va_end(steps);
    columns_finish(&columns);
    if (!graph_seal(graph, &err))
        fail_msg("%s", err.text);
    return graph;
}

/* Output `output` of rows x inputs, checked against expected. */
static void assert_run(const struct graph *graph, size_t rows, double *in, int output,
                       const double *expected)
{
    struct arena results, scratch;
    struct matrix out[OP_OUTPUTS_MAX];
    size_t cols = graph->schema.field_count;
    struct matrix block = {.data = in, .rows = rows, .cols = cols, .stride = cols};
    arena_init(&results, 0);
    arena_init(&scratch, 0);
    if (!graph_run(graph, &block, out, 1U << output, &results, &scratch, &err))
        fail_msg("%s", err.text);
    assert_int_equal(scratch.used, 0);
    assert_int_equal(out[output].rows, rows);
    for (size_t i = 0; i < rows * graph->outputs[output].cols; i++)
        assert_true(out[output].data[i] == expected[i]);
    arena_finish(&results);
    arena_finish(&scratch);
}

#define LOGISTIC "{'op': 'logistic_regression', 'coef_': [[1]], 'intercept_': [0]}"

static void test_outputs(void **state)
{
    (void)state;
    struct graph *graph = model("x", LOGISTIC, NULL);
    assert_int_equal(graph->class_count, 2);
    int label = graph_output_find(graph, "label", 5);
    assert_int_equal(graph_output_find(graph, "prediction", 10), label);
    assert_int_equal(graph->default_output, label);
    assert_true(graph_output_find(graph, "probability", 11) >= 0);
    assert_int_equal(graph_output_find(graph, "probabilit", 10), -1);
    assert_string_equal(graph_output_kind_name(OUTPUT_STD), "std");
    double in[] = {-1, 2};
    assert_run(graph, 2, in, label, (const double[]){0, 1});
    graph_destroy(graph);
    graph_destroy(NULL);
}

static void test_threshold(void **state)
{
    (void)state;
    struct graph *graph = model("x", LOGISTIC, NULL);
    int label = graph_output_find(graph, "label", 5);
    double in[] = {0, 1, 3};
    graph->threshold = 0.8; /* sigmoid(1) is 0.73 */
    assert_run(graph, 3, in, label, (const double[]){0, 0, 1});
    graph->positive = 0;
    graph->threshold = 0.4;
    assert_run(graph, 3, in, label, (const double[]){0, 1, 1});
    graph_destroy(graph);
}

/* What is no number is above no threshold and below none either: there is no label. */
static void test_threshold_without_a_number(void **state)
{
    (void)state;
    struct graph *graph =
        model("x",
              "{'op': 'mlp_classifier', 'activation': 'identity', 'out_activation_': 'logistic',"
              " 'coefs_': [[[1e308, -1e308]], [[1], [1]]], 'intercepts_': [[0, 0], [0]]}",
              NULL);
    struct arena results, scratch;
    struct matrix out[OP_OUTPUTS_MAX];
    double cells[] = {1e308, 1}; /* infinity - infinity, with fused steps or without; 0 */
    struct matrix in = {.data = cells, .rows = 2, .cols = 1, .stride = 1};
    int label = graph_output_find(graph, "label", 5);
    arena_init(&results, 0);
    arena_init(&scratch, 0);
    graph->threshold = 0.5;
    assert_true(graph_run(graph, &in, out, 1U << label, &results, &scratch, &err));
    assert_true(isnan(matrix_row(&out[label], 0)[0]));
    assert_true(matrix_row(&out[label], 1)[0] == 1);
    arena_finish(&results);
    arena_finish(&scratch);
    graph_destroy(graph);
}

static void test_rounding(void **state)
{
    (void)state;
    struct graph *graph = model("x", "{'op': 'passthrough'}", NULL);
    graph->decimals = 2;
    /* Python's round(x, 2): both 2.675 and 1.115 are below their ties as doubles. */
    double in[] = {2.675, 1.115, 0.125, -0.125, 1e20, INFINITY, 0.1 + 0.2};
    assert_run(graph, 7, in, 0, (const double[]){2.67, 1.11, 0.12, -0.12, 1e20, INFINITY, 0.3});
    graph_destroy(graph);
}

static void test_blocks_and_error_rows(void **state)
{
    (void)state;
    enum { ROWS = 3 * GRAPH_BLOCK + 5 };
    struct graph *graph =
        model("u:a,b x", "{'op': 'one_hot_encoder', 'columns': ['u'], 'categories_': [['a', 'b']]}",
              "{'op': 'standard_scaler', 'columns': ['x'], 'mean_': [1]}", NULL);
    static double in[ROWS * 2], expected[ROWS * 3];
    for (size_t i = 0; i < ROWS; i++) {
        in[2 * i] = (double)(i % 2);
        in[2 * i + 1] = (double)i;
        expected[3 * i + i % 2] = 1;
        expected[3 * i + 2] = (double)i - 1;
    }
    assert_run(graph, ROWS, in, 0, expected);
    assert_run(graph, 1, in, 0, expected);
    assert_run(graph, 0, in, 0, expected);
    in[2 * (GRAPH_BLOCK + 3)] = SCHEMA_UNKNOWN;
    struct arena arena;
    arena_init(&arena, 0);
    struct matrix block = {.data = in, .rows = ROWS, .cols = 2, .stride = 2}, out[OP_OUTPUTS_MAX];
    assert_false(graph_run(graph, &block, out, 1, &arena, &arena, &err));
    assert_int_equal(err.code, ERR_CATEGORY);
    assert_int_equal(err.row, GRAPH_BLOCK + 3);
    assert_string_equal(err.field, "u");
    assert_string_equal(err.text, "row 259: column 'u' holds a category that the model does not "
                                  "know");
    arena_finish(&arena);
    graph_destroy(graph);
}

/* The sentence names the request's row, not the block's, and no row where there is but one. */
static bool go_on_twice(void *context, struct err *error)
{
    int *asked = context;
    return ++*asked <= 2 || err_set(error, ERR_LIMIT, "enough");
}

static void test_interrupted_between_blocks(void **state)
{
    (void)state;
    static double in[5 * GRAPH_BLOCK];
    int asked = 0;
    struct graph *graph = model("x", "{'op': 'standard_scaler', 'mean_': [1]}", NULL);
    struct arena arena;
    arena_init(&arena, 0);
    struct matrix block = {.data = in, .rows = GRAPH_BLOCK, .cols = 1, .stride = 1};
    struct matrix out[OP_OUTPUTS_MAX];
    assert_true(graph_run_while(graph, &block, out, 1, &arena, &arena, go_on_twice, &asked, &err));
    assert_int_equal(asked, 0); /* one block is never interrupted */
    block.rows = 5 * GRAPH_BLOCK;
    assert_false(graph_run_while(graph, &block, out, 1, &arena, &arena, go_on_twice, &asked, &err));
    assert_int_equal(asked, 3);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.text, "enough");
    arena_finish(&arena);
    graph_destroy(graph);
}

static void test_error_rows_of_estimators(void **state)
{
    (void)state;
    struct graph *graph = model("x", LOGISTIC, NULL);
    double in[GRAPH_BLOCK + 2] = {[GRAPH_BLOCK + 1] = NAN};
    struct matrix block = {.data = in, .rows = GRAPH_BLOCK + 2, .cols = 1, .stride = 1};
    struct matrix out[OP_OUTPUTS_MAX];
    struct arena arena;
    arena_init(&arena, 0);
    assert_false(graph_run(graph, &block, out, 1, &arena, &arena, &err));
    assert_int_equal(err.row, GRAPH_BLOCK + 1);
    assert_string_equal(err.field, "x");
    assert_string_equal(err.text, "row 257: 'x' is missing and this model needs it");
    block = matrix_rows(&block, GRAPH_BLOCK + 1, 1);
    assert_false(graph_run(graph, &block, out, 1, &arena, &arena, &err));
    assert_int_equal(err.row, 0);
    assert_string_equal(err.field, "x");
    assert_string_equal(err.text, "'x' is missing and this model needs it");
    arena_finish(&arena);
    graph_destroy(graph);
}

static void test_memory_limit(void **state)
{
    (void)state;
    struct graph *graph = model("x", "{'op': 'passthrough'}", "{'op': 'passthrough'}", NULL);
    double in[100] = {0};
    struct matrix block = {.data = in, .rows = 100, .cols = 1, .stride = 1}, out[OP_OUTPUTS_MAX];
    struct arena results, scratch;
    arena_init(&results, 64);
    arena_init(&scratch, 64);
    assert_false(graph_run(graph, &block, out, 1, &results, &scratch, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    results.limit = 0;
    assert_false(graph_run(graph, &block, out, 1, &results, &scratch, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    arena_finish(&results);
    arena_finish(&scratch);
    graph_destroy(graph);
}

/* Whether the wide matrix lies between the steps or inside of one, and however many there are,
 * blocks become smaller so that what a block takes stays about the same. */
static void test_wide_steps_take_smaller_blocks(void **state)
{
    (void)state;
    enum { ROWS = GRAPH_BLOCK };
    static double in[ROWS * 6], expected[ROWS];
    static const char poly[] = "{'op': 'polynomial_features', 'degree': 8}"; /* 3003 columns */
    static const char pass[] = "{'op': 'passthrough'}", pick[] = "{'op': 'select', 'indices': [1]}";
    static const char inside[] =
        "{'op': 'feature_union', 'transformers': [{'steps': [{'op': 'polynomial_features', "
        "'degree': 12}, {'op': 'select', 'indices': [1]}]}]}"; /* 18564 columns */
    struct graph *graphs[] = {
        model("a b c d e f", poly, pass, pass, pass, pass, pass, pass, pick, NULL),
        model("a b c d e f", inside, NULL),
        model("a b c d e f",
              "{'op': 'feature_union', 'columns': ['a', 'b', 'c', 'd', 'e', 'f'], "
              "'transformers': [{'steps': [{'op': 'polynomial_features', 'degree': 12}, {'op': "
              "'select', 'indices': [1]}]}]}",
              NULL),
    };
    for (size_t i = 0; i < ROWS; i++)
        in[6 * i] = expected[i] = (double)i;
    struct matrix block = {.data = in, .rows = ROWS, .cols = 6, .stride = 6};
    for (size_t i = 0; i < 3; i++) {
        struct matrix out[OP_OUTPUTS_MAX];
        struct arena results, scratch;
        arena_init(&results, 0);
        arena_init(&scratch, (size_t)17 << 20);
        if (!graph_run(graphs[i], &block, out, 1, &results, &scratch, &err))
            fail_msg("%zu: %s", i, err.text);
        assert_memory_equal(out[0].data, expected, sizeof expected);
        arena_finish(&results);
        arena_finish(&scratch);
        graph_destroy(graphs[i]);
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct graph *graph = graph_create();
    assert_false(graph_seal(graph, &err));
    assert_string_equal(err.text, "the model has no steps");
    struct columns columns = fake_columns("x");
    struct params *logistic = fake_params(LOGISTIC), *bad = fake_params("{'op': 'pickle'}");
    assert_false(graph_add_step(graph, bad, &columns, &err));
    assert_string_equal(err.text, "$.op: there is no operator 'pickle'");
    assert_true(graph_add_step(graph, logistic, &columns, &err));
    assert_int_equal(columns.count, 0);
    assert_false(graph_add_step(graph, logistic, &columns, &err));
    assert_string_equal(err.text, "$: nothing can follow a step that makes the answer");
    fake_params_destroy(logistic);
    fake_params_destroy(bad);
    graph_destroy(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs),
        cmocka_unit_test(test_threshold),
        cmocka_unit_test(test_threshold_without_a_number),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_blocks_and_error_rows),
        cmocka_unit_test(test_interrupted_between_blocks),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_wide_steps_take_smaller_blocks),
        cmocka_unit_test(test_error_rows_of_estimators),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
