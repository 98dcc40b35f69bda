/* Sparse rows go from step to step, side by side too, and give the answers of dense ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_params.h"
#include "graph/pipeline.h"
#include "graph/text.h"

static const struct text texts[] = {{.length = 11, .bytes = "cat dog cat"},
                                    {.length = 0, .bytes = ""},
                                    {.length = 3, .bytes = "dog"}};

#define VECTORIZER "{'op': 'count_vectorizer', 'vocabulary_': ['bird', 'cat', 'dog']}"
#define WEIGHTS "{'op': 'tfidf_transformer', 'norm': 'l1', 'idf_': [1, 2, 3]}"

static struct pipeline read(const char *text, const char *columns_text)
{
    struct params *params = fake_params(text);
    struct columns columns = fake_columns(columns_text);
    struct pipeline pipeline = {0};
    size_t count = params_length(params, "steps");
    for (size_t i = 0; i < count; i++) {
        struct err err = ERR_INIT;
        if (!pipeline_add(&pipeline, params_element(params, "steps", i, &err), &columns, &err))
            fail_msg("%s", err.text);
    }
    columns_finish(&columns);
    fake_params_destroy(params);
    return pipeline;
}

static void check(struct pipeline *pipeline, double *in, size_t cols, size_t output,
                  const double *expected, size_t outs)
{
    struct err err = ERR_INIT;
    struct arena scratch;
    double got[3][8] = {{0}};
    struct matrix x = {.data = in, .rows = 3, .cols = cols, .stride = cols};
    struct matrix out[OP_OUTPUTS_MAX] = {{0}};
    out[output] = (struct matrix){.data = got[0], .rows = 3, .cols = outs, .stride = 8};
    arena_init(&scratch, 0);
    if (!pipeline_run(pipeline, &x, out, 1U << output, &scratch, &err))
        fail_msg("%s", err.text);
    assert_int_equal(scratch.used, 0);
    for (size_t row = 0; row < 3; row++)
        for (size_t i = 0; i < outs; i++)
            assert_true(fabs(got[row][i] - expected[row * outs + i]) < 1e-15);
    arena_finish(&scratch);
    pipeline_finish(pipeline);
}

static void test_to_a_linear_model(void **state)
{
    (void)state;
    struct pipeline pipeline =
        read("{'steps': [" VECTORIZER ", " WEIGHTS ", {'op': 'select', 'indices': [1, 2]}, "
             "{'op': 'ridge', 'coef_': [7, 14], 'intercept_': 1}]}",
             "t~");
    double in[] = {text_cell(&texts[0]), text_cell(&texts[1]), text_cell(&texts[2])};
    const double expected[] = {11, 1, 15};
    assert_int_equal(pipeline_width(&pipeline, false), 0); /* nothing dense lies between */
    check(&pipeline, in, 1, 0, expected, 1);
}

static void test_side_by_side(void **state)
{
    (void)state;
    struct pipeline pipeline =
        read("{'steps': [{'op': 'column_transformer', 'transformers': ["
             "{'columns': ['x'], 'steps': [{'op': 'standard_scaler', 'mean_': [1]}]},"
             "{'columns': ['t'], 'steps': [" VECTORIZER "]},"
             "{'columns': ['x'], 'steps': []}]},"
             "{'op': 'linear_classifier', 'coef_': [[1, 100, 10, 20, 0.5], [0, 0, 0, 0, 0], "
             "[0, 0, 0, 0, 1]], 'intercept_': [0, 5, 0]}]}",
             "x t~");
    double in[] = {1, text_cell(&texts[0]), 4, text_cell(&texts[1]), 0, text_cell(&texts[2])};
    const double expected[] = {40.5, 5, 1, 5, 5, 4, 19, 5, 0};
    check(&pipeline, in, 2, 1, expected, 3);
}

static void test_to_naive_bayes(void **state)
{
    (void)state;
    struct pipeline pipeline =
        read("{'steps': [" VECTORIZER ", {'op': 'bernoulli_nb', 'binarize': 0, "
             "'feature_log_prob_': [[-1, -0.1, -3], [-1, -3, -0.1]], "
             "'class_log_prior_': [-0.7, -0.7]}]}",
             "t~");
    double in[] = {text_cell(&texts[0]), text_cell(&texts[1]), text_cell(&texts[2])};
    const double expected[] = {0, 0, 1};
    check(&pipeline, in, 1, 0, expected, 1);
}

/* pca with a mean and standard_scaler take dense rows; pca without takes sparse ones. */
static void test_to_dense_steps(void **state)
{
    (void)state;
    struct pipeline pipeline =
        read("{'steps': [" VECTORIZER ", {'op': 'pca', 'components_': [[1, 1, 0], [0, 0, 2]]}, "
             "{'op': 'standard_scaler', 'mean_': [1, 0]}]}",
             "t~");
    double in[] = {text_cell(&texts[0]), text_cell(&texts[1]), text_cell(&texts[2])};
    const double expected[] = {1, 2, -1, 0, -1, 2};
    check(&pipeline, in, 1, 0, expected, 2);
    pipeline = read("{'steps': [" VECTORIZER ", {'op': 'pca', 'components_': [[1, 1, 0]], "
                    "'mean_': [1, 0, 0]}]}",
                    "t~");
    const double shifted[] = {1, -1, -1};
    assert_int_equal(pipeline_width(&pipeline, false), 3);
    check(&pipeline, in, 1, 0, shifted, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_a_linear_model),
        cmocka_unit_test(test_side_by_side),
        cmocka_unit_test(test_to_naive_bayes),
        cmocka_unit_test(test_to_dense_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
