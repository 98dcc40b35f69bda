/* TensorFlow Serving's and KServe's shapes, without a server around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static const char *ask(enum http_method method, const char *path, const char *body)
{
    fixture_request(&fixture, method, path, "", body, strlen(body));
    return buf_text(&fixture.response.body);
}

static void assert_answer(const char *path, const char *body, const char *answer)
{
    assert_string_equal(ask(HTTP_POST, path, body), answer);
    assert_int_equal(fixture.response.status, 200);
}

static void assert_refused(const char *path, const char *body, int status, const char *part)
{
    const char *answer = ask(HTTP_POST, path, body);
    if (strstr(answer, part) == NULL)
        fail_msg("%s is not in %s", part, answer);
    assert_int_equal(fixture.response.status, status);
}

static void rows_and_columns(void **state)
{
    (void)state;
    assert_answer("/v1/models/line:predict", "{\"instances\":[1,2.25]}",
                  "{\"predictions\":[3.0,5.5]}");
    assert_answer("/v1/models/line:predict", "{\"inputs\":{\"x\":[1,[2.25]]}}",
                  "{\"outputs\":[3.0,5.5]}");
    assert_answer("/v1/models/flowers:predict", "{\"instances\":[{\"a\":1,\"b\":0}]}",
                  "{\"predictions\":[\"left\"]}");
    assert_answer("/v1/models/line:predict",
                  "{\"inputs\":[1],\"parameters\":{\"output\":[\"value\",\"prediction\"]}}",
                  "{\"outputs\":{\"value\":[3.0],\"prediction\":[3.0]}}");
    assert_answer("/v1/models/line:predict",
                  "{\"instances\":[1],\"parameters\":{\"output\":[\"value\",\"prediction\"]}}",
                  "{\"predictions\":[{\"value\":3.0,\"prediction\":3.0}]}");
}

static void examples(void **state)
{
    (void)state;
    assert_answer("/v1/models/line:regress", "{\"examples\":[{\"x\":1}]}", "{\"results\":[3.0]}");
    const char *answer = ask(HTTP_POST, "/v1/models/flowers:classify",
                             "{\"examples\":[{\"a\":0}],\"context\":{\"b\":0,\"a\":9}}");
    assert_non_null(strstr(answer, "{\"results\":[[[\"left\",0.333"));
    assert_refused("/v1/models/double:regress", "{}", 400, "no output of one value");
    assert_refused("/v1/models/flowers:classify", "{\"examples\":[{}],\"context\":[]}", 400,
                   "'context' an object");
}

static void versions_and_labels(void **state)
{
    (void)state;
    assert_answer("/v1/models/double/labels/old:predict", "{\"instances\":[[1,2]]}",
                  "{\"predictions\":[[1.0,2.0]]}");
    assert_answer("/v1/models/double/labels/new:predict", "{\"instances\":[[1,2]]}",
                  "{\"predictions\":[[1.0,4.5]]}");
    assert_answer("/v1/models/double/versions/1:predict", "{\"instances\":[[1,2]]}",
                  "{\"predictions\":[[1.0,2.0]]}");
    assert_refused("/v1/models/double/labels/none:predict", "{}", 404, "Unrecognized servable");
    assert_refused("/v1/models/double/versions/3:predict", "{}", 404,
                   "Servable not found for request: Specific(double, 3)");
    assert_refused("/v1/models/none:predict", "{}", 404,
                   "Model with name none does not exist.\",\"code\":\"unknown_model\",\"models\"");
}

static void what_is_said_of_a_model(void **state)
{
    (void)state;
    assert_string_equal(
        ask(HTTP_GET, "/v1/models/double/versions/1", ""),
        "{\"name\":\"double\",\"ready\":true,\"model_version_status\":[{\"version\":\"1\","
        "\"state\":\"AVAILABLE\",\"status\":{\"error_code\":\"OK\",\"error_message\":\"\"}}]}");
    const char *answer = ask(HTTP_GET, "/v1/models/people/metadata", "");
    assert_non_null(strstr(answer, "\"sex\":{\"dtype\":\"DT_STRING\""));
    assert_non_null(strstr(answer, "\"age\":{\"dtype\":\"DT_DOUBLE\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_columns),
        cmocka_unit_test(examples),
        cmocka_unit_test(versions_and_labels),
        cmocka_unit_test(what_is_said_of_a_model),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
