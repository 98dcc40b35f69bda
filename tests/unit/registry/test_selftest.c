#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "registry/selftest.h"

static bool load(const char *text, struct artifact *artifact)
{
    struct format_file file = {.name = "model.json", .data = text, .size = strlen(text)};
    struct err err = ERR_INIT;
    bool ok = format_load(&file, 1, artifact, &err);
    if (!ok)
        print_message("# %s\n", err.text);
    return ok;
}

/* The document of x -> 2 x + 1 with these golden rows. */
static const char *line_document(const char *golden)
{
    static char text[1024];
    snprintf(text, sizeof text,
             "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"}],\"model\":{\"op\":"
             "\"linear_regression\",\"coef_\":[2],\"intercept_\":1}%s%s}",
             golden[0] != '\0' ? ",\"golden\":" : "", golden);
    return text;
}

static void assert_passes(const char *text)
{
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_true(load(text, &artifact));
    bool ok = selftest_run(&artifact, &err);
    if (!ok)
        print_message("# %s\n", err.text);
    assert_true(ok);
    artifact_finish(&artifact);
}

static void assert_fails(const char *text, const char *sentence)
{
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_true(load(text, &artifact));
    assert_false(selftest_run(&artifact, &err));
    assert_string_equal(err.text, sentence);
    artifact_finish(&artifact);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_passes(line_document("{\"rows\":[{\"in\":[1],\"out\":{\"value\":3}},"
                                "{\"in\":[-0.5],\"out\":{\"value\":0}}]}"));
    assert_fails(line_document("{\"rows\":[{\"in\":[1],\"out\":{\"value\":3}},"
                               "{\"in\":[2],\"out\":{\"value\":5.001}}]}"),
                 "golden row 1, output \"value\": expected 5.001, got 5; they differ by 0.001, a "
                 "part of 0.0002");
}

/* PMML: relative beyond atol, absolute within it. */
static void test_tolerance(void **state)
{
    (void)state;
    assert_passes(line_document("{\"rtol\":0.01,\"atol\":0.1,\"rows\":["
                                "{\"in\":[1],\"out\":{\"value\":3.02}},"
                                "{\"in\":[-0.46],\"out\":{\"value\":0.01}}]}"));
    assert_fails(
        line_document("{\"rtol\":0.01,\"atol\":0.1,\"rows\":["
                      "{\"in\":[1],\"out\":{\"value\":3.1}}]}"),
        "golden row 0, output \"value\": expected 3.1, got 3; they differ by 0.1, a part of 0.032");
    assert_fails(
        line_document("{\"rtol\":0.01,\"atol\":0.1,\"rows\":["
                      "{\"in\":[-0.25],\"out\":{\"value\":0.05}}]}"),
        "golden row 0, output \"value\": expected 0.05, got 0.5; they differ by 0.45, a part of 9");
}

#define FLOWERS                                                                               \
    "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"}],\"model\":{\"op\":"                 \
    "\"logistic_regression\",\"coef_\":[[2]],\"intercept_\":[0]},\"outputs\":{\"labels\":"    \
    "[\"setosa\",\"virginica\"]},\"golden\":{\"rows\":[{\"in\":[0],\"out\":{\"probability\":" \
    "[0.5,0.5]}},{\"in\":[1],\"out\":{\"label\":\"%s\",\"probability\":[%s]}}]}}"

static void test_labels_and_probabilities(void **state)
{
    (void)state;
    static const char right[] = "0.11920292202211755,0.8807970779778823";
    char text[1024];
    snprintf(text, sizeof text, FLOWERS, "virginica", right);
    assert_passes(text);
    snprintf(text, sizeof text, FLOWERS, "setosa", right);
    assert_fails(text, "golden row 1, output \"label\": expected \"setosa\", got \"virginica\"");
    snprintf(text, sizeof text, FLOWERS, "virginica", "0.11920292202211755,0.75");
    assert_fails(text, "golden row 1, output \"probability\"[1]: expected 0.75, got "
                       "0.8807970779778823; they differ by 0.13, a part of 0.17");
}

/* A golden row may expect what JSON cannot say; formats fill it in. */
static void test_not_finite(void **state)
{
    (void)state;
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_true(load(line_document("{\"rows\":[{\"in\":[1],\"out\":{\"value\":3}}]}"), &artifact));
    artifact.golden.rows[0].in[0] = 1e308; /* twice that is more than a double holds */
    artifact.golden.rows[0].expected[0].values[0] = INFINITY;
    assert_true(selftest_run(&artifact, &err));
    artifact.golden.rows[0].expected[0].values[0] = -INFINITY;
    assert_false(selftest_run(&artifact, &err));
    assert_string_equal(err.text, "golden row 0, output \"value\": expected -inf, got inf");
    artifact.golden.rows[0].expected[0].values[0] = NAN;
    assert_false(selftest_run(&artifact, &err));
    artifact.golden.rows[0].in[0] = 1; /* NaN is expected, a number comes */
    assert_false(selftest_run(&artifact, &err));
    artifact.golden.rows[0].expected[0].values[0] = 3;
    artifact.golden.rows[0].in[0] = NAN; /* and the other way round */
    assert_false(selftest_run(&artifact, &err));
    artifact.golden.rows[0].expected[0].output = 8;
    assert_false(selftest_run(&artifact, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    artifact_finish(&artifact);
}

/* More rows than a block has: the number in the message is the row's, not the block's. */
static void test_many_rows(void **state)
{
    (void)state;
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_true(load(line_document("{\"rows\":[{\"in\":[1],\"out\":{\"value\":3}}]}"), &artifact));
    struct golden one = artifact.golden;
    struct golden_row rows[GRAPH_BLOCK * 2 + 10];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        rows[i] = one.rows[0];
    artifact.golden.rows = rows;
    artifact.golden.row_count = sizeof rows / sizeof rows[0];
    assert_true(selftest_run(&artifact, &err));
    double wrong = 4;
    struct golden_value value = {.output = 0, .values = &wrong};
    rows[GRAPH_BLOCK * 2 + 7].expected = &value;
    rows[GRAPH_BLOCK * 2 + 7].expected_count = 1;
    assert_false(selftest_run(&artifact, &err));
    assert_string_equal(
        err.text,
        "golden row 519, output \"value\": expected 4, got 3; they differ by 1, a part of 0.25");
    assert_int_equal(err.row, 519);
    artifact.golden = one;
    artifact_finish(&artifact);
}

static void test_without_golden_rows(void **state)
{
    (void)state;
    assert_passes(line_document(""));
    /* The made-up row is within the bounds, of the first word, and no judgement. */
    assert_passes("{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\",\"min\":2,\"max\":3},"
                  "{\"name\":\"w\",\"type\":\"category\",\"values\":[\"a\",\"b\"]}],"
                  "\"steps\":[{\"op\":\"one_hot_encoder\",\"columns\":[\"w\"],\"categories_\":"
                  "[[\"a\",\"b\"]]}],\"model\":{\"op\":\"linear_regression\",\"coef_\":[1,2,3],"
                  "\"intercept_\":0}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_labels_and_probabilities),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_without_golden_rows),
    };
    return cmocka_run_group_tests_name("registry/selftest", tests, NULL, NULL);
}
