#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static void test_a_path_that_is_none(void **state)
{
    (void)state;
    assert_int_equal(fixture_request(&fixture, HTTP_GET, "/nothing/here", "", "", 0), 404);
    const char *body = buf_text(&fixture.response.body);
    assert_non_null(strstr(body, "\"code\":\"not_found\""));
    assert_null(strstr(body, "nothing"));
    assert_string_equal(fixture.response.route, "");
}

static void test_another_method(void **state)
{
    (void)state;
    static const char *const paths[] = {"/predict", "/predict/line", "/predict/line/1"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(fixture_request(&fixture, HTTP_GET, paths[i], "", "", 0), 405);
        assert_non_null(strstr(buf_text(&fixture.response.headers), "Allow: POST\r\n"));
        assert_non_null(
            strstr(buf_text(&fixture.response.body), "\"code\":\"method_not_allowed\""));
    }
}

static void test_an_answer_that_does_not_fit(void **state)
{
    (void)state;
    const char *body = "{\"input\":[[1],[2],[3],[4],[5],[6],[7],[8],[9]]}";
    fixture.response.body.limit = 20;
    assert_int_equal(fixture_request(&fixture, HTTP_POST, "/predict/line", "", body, strlen(body)),
                     413);
    fixture.response.body.limit = 0;
    assert_int_equal(fixture.response.rows, 0);
    assert_int_equal(fixture_request(&fixture, HTTP_POST, "/predict/line", "", body, strlen(body)),
                     200);
    assert_int_equal(fixture.response.rows, 9);
}

static void test_adding_all_twice_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_false(protocol_add_all(fixture.router, &fixture.context, &err));
    assert_non_null(strstr(err.text, "protocol docs: "));
}

static void test_the_list_ends(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct protocol *const *protocol = protocol_list(); *protocol != NULL; protocol++) {
        assert_non_null((*protocol)->name);
        assert_true((*protocol)->route_count > 0);
        count++;
    }
    assert_true(count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_that_is_none),
        cmocka_unit_test(test_another_method),
        cmocka_unit_test(test_an_answer_that_does_not_fit),
        cmocka_unit_test(test_adding_all_twice_is_refused),
        cmocka_unit_test(test_the_list_ends),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
