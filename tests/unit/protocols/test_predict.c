#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/json.h"
#include "fixture.h"

static struct fixture fixture;

static int setup(void **state)
{
    (void)state;
    return fixture_open(&fixture, 0) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(&fixture);
    json_thread_finish();
    return 0;
}

static const char *post(const char *path, const char *body)
{
    fixture_request(&fixture, HTTP_POST, path, "application/json", body, strlen(body));
    return buf_text(&fixture.response.body);
}

static void assert_answer(const char *path, const char *body, const char *answer)
{
    assert_string_equal(post(path, body), answer);
    assert_int_equal(fixture.response.status, 200);
    assert_string_equal(fixture.response.content_type, "application/json");
}

static void assert_refused(const char *path, const char *body, int status, const char *part)
{
    const char *answer = post(path, body);
    if (strstr(answer, part) == NULL)
        fail_msg("%s is not in %s", part, answer);
    assert_int_equal(fixture.response.status, status);
    assert_non_null(strstr(answer, "{\"error\":\""));
}

/* The text after "Name: " up to the end of its line, or NULL. */
static const char *header(const char *name, char *value, size_t size)
{
    char start[64];
    snprintf(start, sizeof start, "%s: ", name);
    const char *line = strstr(buf_text(&fixture.response.headers), start);
    if (line == NULL)
        return NULL;
    line += strlen(start);
    snprintf(value, size, "%.*s", (int)strcspn(line, "\r"), line);
    return value;
}

static void test_one_row_and_many(void **state)
{
    (void)state;
    assert_answer("/predict/line", "{\"input\":[0.55]}", "{\"prediction\":2.1}");
    assert_answer("/predict/line", "{\"input\":[[1],[2]]}", "{\"prediction\":[3,5]}");
    assert_answer("/predict/line", "{\"input\":[]}", "{\"prediction\":[]}");
    assert_answer("/predict/line", "{\"input\":{\"x\":1}}", "{\"prediction\":3}");
    assert_answer("/predict/line", "{\"input\":[{\"x\":1}]}", "{\"prediction\":[3]}");
    assert_answer("/predict/flowers", "{\"input\":[3,1]}", "{\"prediction\":\"left\"}");
    assert_answer("/predict/flowers", "{\"input\":[[3,1],[1,3],[-1,-1]]}",
                  "{\"prediction\":[\"left\",\"right\",\"none\"]}");
}

static void test_words_numbers_and_absent_names(void **state)
{
    (void)state;
    const char *path = "/predict/people";
    assert_answer(path, "{\"input\":[31,\"male\",2,7.5]}", "{\"prediction\":244.75}");
    assert_answer(path, "{\"input\":{\"class\":\"2\",\"age\":31,\"sex\":\"male\",\"fare\":7.5}}",
                  "{\"prediction\":244.75}");
    assert_answer(path, "{\"input\":[{\"class\":2.0,\"age\":31,\"sex\":\"female\"}]}",
                  "{\"prediction\":[231]}");
    assert_answer(path, "{\"input\":[31,\"female\",2,null]}", "{\"prediction\":231}");
    assert_refused(path, "{\"input\":[31,1,2,7.5]}", 400, "\"code\":\"wrong_type\"");
    assert_refused(path, "{\"input\":[31,\"male\",4,7.5]}", 400, "\"code\":\"unknown_category\"");
    assert_refused(path, "{\"input\":[151,\"male\",2,7.5]}", 400, "\"code\":\"out_of_range\"");
    assert_refused(path, "{\"input\":[null,\"male\",2,7.5]}", 400, "\"code\":\"missing\"");
    assert_refused(path, "{\"input\":{\"age\":1,\"s\":1}}", 400,
                   "\"missing\":[\"sex\",\"class\"],\"unexpected\":[\"s\"]");
}

static void test_several_targets(void **state)
{
    (void)state;
    assert_answer("/predict/double/1", "{\"input\":[1,2]}",
                  "{\"prediction\":[1,2],\"targets\":[\"low\",\"high\"]}");
    assert_answer("/predict/double", "{\"input\":[[1,2],[3,4]]}",
                  "{\"prediction\":[[1,4.5],[3,8.5]],\"targets\":[\"low\",\"high\"]}");
}

static void test_bad_rows_in_their_place(void **state)
{
    (void)state;
    assert_answer("/predict/line",
                  "{\"input\":[[1],[\"a\"],[2]],\"parameters\":{\"on_error\":\"row\"}}",
                  "{\"prediction\":[3,{\"error\":\"row 1: field 'x' must be a number\",\"code\":"
                  "\"wrong_type\",\"row\":1,\"field\":\"x\"},5]}");
    assert_answer("/predict/line",
                  "{\"input\":[{\"x\":1},{\"y\":1}],\"parameters\":{\"on_error\":\"row\"}}",
                  "{\"prediction\":[3,{\"error\":\"row 1: missing x; unexpected y\",\"code\":"
                  "\"missing_field\",\"row\":1,\"missing\":[\"x\"],\"unexpected\":[\"y\"]}]}");
    assert_answer("/predict/double/1",
                  "{\"input\":[[1,2],[1]],\"parameters\":{\"on_error\":\"row\"}}",
                  "{\"prediction\":[[1,2],{\"error\":\"row 1 has 1 values, the model takes 2\","
                  "\"code\":\"wrong_length\",\"row\":1,\"expected\":2,\"got\":1}],"
                  "\"targets\":[\"low\",\"high\"]}");
    assert_refused("/predict/line", "{\"input\":[[1],[\"a\"]],\"parameters\":{\"on_error\":7}}",
                   400, "\"code\":\"invalid\"");
}

static void test_checks_alone(void **state)
{
    (void)state;
    assert_answer("/predict/line:validate", "{\"input\":[[1],[2]]}", "{\"valid\":true,\"rows\":2}");
    assert_int_equal(fixture.response.rows, 0);
    assert_answer("/predict/double/2:validate", "{\"input\":[1,2]}", "{\"valid\":true,\"rows\":1}");
    assert_refused("/predict/line:validate", "{\"input\":[[1,2]]}", 400, "\"wrong_length\"");
    assert_answer(
        "/predict/line:validate", "{\"input\":[[1],[null]],\"parameters\":{\"on_error\":\"row\"}}",
        "{\"valid\":false,\"rows\":2,\"bad_rows\":1,\"errors\":[{\"error\":\"row 1: field "
        "'x' is missing\",\"code\":\"missing\",\"row\":1,\"field\":\"x\"}]}");
}

static void test_outputs_by_name(void **state)
{
    (void)state;
    const char *path = "/predict/flowers";
    assert_answer(path, "{\"input\":[0,0],\"output\":\"label\"}", "{\"label\":\"left\"}");
    assert_answer(path, "{\"input\":[0,0],\"output\":[\"probability\",\"label\",\"label\"]}",
                  "{\"probability\":[0.3333333333333333,0.3333333333333333,0.3333333333333333],"
                  "\"label\":\"left\",\"labels\":[\"left\",\"right\",\"none\"]}");
    assert_answer(path, "{\"output\":[\"prediction\"],\"input\":[[0,9]]}",
                  "{\"prediction\":[\"right\"]}");
    assert_answer(path, "{\"input\":[1,2],\"output\":\"score\"}",
                  "{\"score\":[1,2,-3],\"labels\":[\"left\",\"right\",\"none\"]}");
    assert_answer(path, "{\"input\":[],\"output\":[\"label\",\"probability\"]}",
                  "{\"label\":[],\"probability\":[],\"labels\":[\"left\",\"right\",\"none\"]}");
    assert_answer(path, "{\"input\":[0,0],\"output\":null}", "{\"prediction\":\"left\"}");
}

static void test_outputs_that_are_none(void **state)
{
    (void)state;
    static const char *const outputs[] = {"\"std\"",           "[]",  "7", "[7]", "{}",
                                          "[\"label\",\"x\"]", "\"\""};
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"input\":[0,0],\"output\":%s}", outputs[i]);
        assert_refused("/predict/flowers", body, 400,
                       "\"code\":\"unknown_output\","
                       "\"outputs\":[\"label\",\"probability\",\"score\"]}");
    }
}

static void test_bodies_that_are_none(void **state)
{
    (void)state;
    static const char *const broken[] = {"",
                                         " ",
                                         "{",
                                         "{\"input\":[NaN]}",
                                         "{\"input\":[1]} x",
                                         "{\"input\":[01]}",
                                         "{'input':[1]}",
                                         "\xff",
                                         "{\"input\":[1],}"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_refused("/predict/line", broken[i], 400, "\"code\":\"invalid_json\"");
    char deep[512] = "{\"input\":";
    memset(deep + strlen(deep), '[', 200);
    assert_refused("/predict/line", deep, 400, "\"code\":\"invalid_json\"");
    static const char *const shapes[] = {"null",
                                         "[1]",
                                         "7",
                                         "\"input\"",
                                         "{\"input\":7}",
                                         "{\"input\":null}",
                                         "{\"input\":\"1\"}",
                                         "{\"input\":true}"};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        assert_refused("/predict/line", shapes[i], 400, "\"code\":\"invalid\"");
    assert_refused("/predict/line", "{}", 400, "\"code\":\"missing_input\"");
    assert_refused("/predict/line", "{\"inputs\":[1]}", 400, "\"code\":\"missing_input\"");
    assert_refused("/predict/line", "{\"input\":[1,2]}", 400, "nest");
    assert_refused("/predict/line", "{\"input\":[[1,2]]}", 400, "\"expected\":1,\"got\":2");
    assert_refused("/predict/line", "{\"input\":[1e400]}", 400, "\"code\":\"out_of_range\"");
}

static void test_no_value_is_told_back(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"input\":[31,\"SECRET\",2,1]}",
        "{\"input\":\"SECRET\"}",
        "{\"input\":[1],SECRET}",
        "{\"input\":[\"SECRET\",\"male\",1,1]}",
        "{\"output\":\"SECRET\",\"input\":[1]}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        assert_null(strstr(post("/predict/people", bodies[i]), "SECRET"));
        assert_int_equal(fixture.response.status, 400);
    }
}

static void test_too_much(void **state)
{
    (void)state;
    char *body = malloc(8192);
    assert_non_null(body);
    strcpy(body, "{\"input\":[[1]");
    for (int i = 1; i < 1001; i++)
        strcat(body, ",[1]");
    strcat(body, "]}");
    assert_refused("/predict/line", body, 413, "1001 rows, the limit is 1000");
    free(body);
}

static void test_memory_has_a_limit(void **state)
{
    (void)state;
    char body[4096] = "{\"input\":[[1]";
    struct fixture small;
    assert_true(fixture_open(&small, 4096));
    for (int i = 0; i < 900; i++)
        strcat(body, ",[1]");
    strcat(body, "]}");
    assert_int_equal(fixture_request(&small, HTTP_POST, "/predict/line", "", body, strlen(body)),
                     413);
    assert_int_equal(fixture_request(&small, HTTP_POST, "/predict/line", "", "{\"input\":[1]}", 13),
                     200);
    fixture_close(&small);
}

/* A short request whose answer is long: each row is answered by a label of 8 KB. */
static void test_an_answer_has_a_limit(void **state)
{
    (void)state;
    enum { ROWS = 200, LABEL = 8000 };
    static char body[ROWS * 8 + 32] = "{\"input\":[[1,0]", document[LABEL * 2 + 1024], path[128];
    struct fixture small;
    assert_true(fixture_open(&small, (size_t)1 << 20));
    snprintf(path, sizeof path, "%s/long.json", small.directory);
    snprintf(
        document, sizeof document,
        "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"model\":{\"op\":"
        "\"logistic_regression\",\"coef_\":[[1,0]],\"intercept_\":[0]},\"outputs\":{\"labels\":["
        "\"%0*d\",\"%0*d\"]}}",
        LABEL, 1, LABEL, 2);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(document, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_true(registry_scan(small.registry, NULL));
    assert_int_equal(
        fixture_request(&small, HTTP_POST, "/predict/long", "", "{\"input\":[1,0]}", 15), 200);
    assert_true(small.response.body.length > LABEL);
    for (int i = 1; i < ROWS; i++)
        strcat(body, ",[1,0]");
    strcat(body, "]}");
    assert_int_equal(fixture_request(&small, HTTP_POST, "/predict/long", "", body, strlen(body)),
                     413);
    assert_non_null(strstr(buf_text(&small.response.body), "\"code\":\"limit\""));
    assert_int_equal(small.response.rows, 0);
    assert_int_equal(small.response.body.limit, 0); /* a page of metrics has none */
    fixture_close(&small);
}

static void test_media_types(void **state)
{
    (void)state;
    const char *body = "{\"input\":[1]}";
    const char *type = "application/x-www-form-urlencoded";
    assert_int_equal(fixture_request(&fixture, HTTP_POST, "/predict/line", "", body, 13), 200);
    assert_int_equal(fixture_request(&fixture, HTTP_POST, "/predict/line", type, body, 13), 415);
    assert_non_null(
        strstr(buf_text(&fixture.response.body), "-H 'Content-Type: application/json'"));
    assert_int_equal(fixture_request(&fixture, HTTP_POST, "/predict/line", "text/csv", body, 13),
                     415);
}

static void test_unknown_models_and_versions(void **state)
{
    (void)state;
    const char *body = "{\"input\":[1]}";
    assert_refused("/predict/none", body, 404, "\"code\":\"unknown_model\"");
    assert_non_null(strstr(buf_text(&fixture.response.body),
                           ",\"models\":[\"double\",\"flowers\",\"line\",\"people\"]}"));
    assert_refused("/predict/double/7", body, 404, "\"code\":\"unknown_model\"");
    assert_refused("/predict", body, 404, "\"code\":\"unknown_model\"");
    registry_set_default(fixture.registry, "line");
    assert_answer("/predict", body, "{\"prediction\":3}");
    registry_set_default(fixture.registry, "");
}

static void test_headers(void **state)
{
    (void)state;
    char value[256];
    double milliseconds[5];
    post("/predict/double", "{\"input\":[1,2]}");
    assert_string_equal(header("X-Model-Version", value, sizeof value), "2");
    assert_string_equal(fixture.response.route, "/predict/{model}");
    assert_string_equal(fixture.response.model, "double");
    assert_string_equal(fixture.response.version, "2");
    assert_int_equal(fixture.response.rows, 1);
    assert_non_null(header("Server-Timing", value, sizeof value));
    assert_int_equal(sscanf(value,
                            "queue;dur=%lf, read;dur=%lf, decode;dur=%lf, compute;dur=%lf, "
                            "encode;dur=%lf",
                            &milliseconds[0], &milliseconds[1], &milliseconds[2], &milliseconds[3],
                            &milliseconds[4]),
                     5);
    post("/predict/double/1", "{\"input\":[1]}");
    assert_string_equal(header("X-Model-Version", value, sizeof value), "1");
    assert_int_equal(fixture.response.rows, 0);
    assert_non_null(header("Server-Timing", value, sizeof value));
    assert_null(strstr(value, "compute"));
    post("/predict/none", "{\"input\":[1]}");
    assert_null(header("X-Model-Version", value, sizeof value));
    assert_string_equal(fixture.response.model, "");
}

static void test_a_version_is_released(void **state)
{
    (void)state;
    post("/predict/line", "{\"input\":[1]}");
    post("/predict/line", "{\"input\":[");
    post("/predict/line", "{}");
    /* Would wait, or crash at teardown, if a request still held one. */
    assert_int_equal(registry_collect(fixture.registry), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_row_and_many),
        cmocka_unit_test(test_words_numbers_and_absent_names),
        cmocka_unit_test(test_several_targets),
        cmocka_unit_test(test_bad_rows_in_their_place),
        cmocka_unit_test(test_checks_alone),
        cmocka_unit_test(test_outputs_by_name),
        cmocka_unit_test(test_outputs_that_are_none),
        cmocka_unit_test(test_bodies_that_are_none),
        cmocka_unit_test(test_no_value_is_told_back),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_memory_has_a_limit),
        cmocka_unit_test(test_an_answer_has_a_limit),
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_unknown_models_and_versions),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_a_version_is_released),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
