#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/response.h"

static void test_reset(void **state)
{
    (void)state;
    struct http_response response;
    http_response_init(&response);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "application/json");
    response.status = 404;
    response.content_type = "text/plain";
    response.model = "iris";
    response.route = "/x";
    response.rows = 7;
    buf_put_text(&response.body, "body");
    http_response_header(&response, "A", "b");

    http_response_reset(&response, 4096);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "application/json");
    assert_string_equal(response.model, "");
    assert_string_equal(response.version, "");
    assert_string_equal(response.route, "");
    assert_int_equal(response.rows, 0);
    assert_int_equal(response.body.length, 0);
    assert_int_equal(response.headers.length, 0);
    assert_true(response.body.capacity > 0);

    http_response_reset(&response, 0);
    assert_int_equal(response.body.capacity, 0);
    http_response_finish(&response);
    http_response_finish(NULL);
}

static void test_header_injection(void **state)
{
    (void)state;
    struct http_response response;
    http_response_init(&response);
    http_response_header(&response, "X-Model", "a\r\nSet-Cookie: b\x7f");
    assert_string_equal(buf_text(&response.headers), "X-Model: a__Set-Cookie: b_\r\n");
    http_response_finish(&response);
}

static void test_status_text(void **state)
{
    (void)state;
    assert_string_equal(http_status_text(404), "Not Found");
    assert_string_equal(http_status_text(503), "Service Unavailable");
    assert_string_equal(http_status_text(799), "Unknown");
    assert_string_equal(http_status_text(-1), "Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_header_injection),
        cmocka_unit_test(test_status_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
