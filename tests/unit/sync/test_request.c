#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/request.h"

static void test_headers(void **state)
{
    (void)state;
    struct request request = REQUEST_INIT;
    struct request copy;
    struct err err = ERR_INIT;
    assert_true(request_set(&request, "GET", "http://h/", &err));
    assert_true(request_add_header(&request, "If-Match", "\"a\"", &err));
    assert_true(request_set_header(&request, "if-match", "\"b\"", &err));
    assert_int_equal(request.header_count, 1);
    assert_string_equal(request_header(&request, "IF-MATCH"), "\"b\"");
    assert_false(request_add_header(&request, "A", "x\r\nB: y", &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_true(request_copy(&request, &copy, &err));
    request_finish(&request);
    assert_string_equal(request_header(&copy, "if-match"), "\"b\"");
    for (size_t i = 1; i < REQUEST_HEADERS_MAX; i++)
        assert_true(request_add_header(&copy, "A", "b", &err));
    assert_false(request_add_header(&copy, "A", "b", &err));
    request_finish(&copy);
}

static void test_origin(void **state)
{
    (void)state;
    char text[64];
    assert_true(request_origin("HTTPS://Host.Example:8443/a?b", text, sizeof text));
    assert_string_equal(text, "https://host.example:8443");
    assert_false(request_origin("https://user@host/", text, sizeof text));
    assert_false(request_origin("no url", text, sizeof text));
    assert_false(request_origin("https://host.example.of.some.length/", text, 12));
    request_describe("https://u:p@host/a/b?sig=secret#x", text, sizeof text);
    assert_string_equal(text, "https://host/a/b");
}

static void test_encoding(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    char text[64] = "a%2Fb+c%20d";
    request_encode(&out, "a/b c+\xc3\xa9~", 9, false);
    assert_string_equal(buf_text(&out), "a%2Fb%20c%2B%C3%A9~");
    buf_reset(&out, 0);
    request_encode(&out, "a/b", 3, true);
    assert_string_equal(buf_text(&out), "a/b");
    buf_finish(&out);
    assert_true(request_decode(text, true));
    assert_string_equal(text, "a/b c d");
    strcpy(text, "%0");
    assert_false(request_decode(text, false));
    strcpy(text, "a%00b");
    assert_false(request_decode(text, false));
}

static void test_response_headers(void **state)
{
    (void)state;
    struct response response = {.status = 200};
    static const char line[] = "Content-LENGTH:  17\r\n";
    response_add_header(&response, line, sizeof line - 1);
    assert_string_equal(response_header(&response, "content-length"), "17");
    assert_null(response_header(&response, "content-type"));
    for (int i = 0; i < 2 * RESPONSE_HEADERS_MAX; i++)
        response_add_header(&response, "a: b", 4);
    assert_int_equal(response.header_count, RESPONSE_HEADERS_MAX);
    response_finish(&response);
}

static void test_content_range(void **state)
{
    (void)state;
    int64_t first;
    int64_t last;
    int64_t total;
    assert_true(response_range("bytes 0-9/10", &first, &last, &total));
    assert_int_equal(first, 0);
    assert_int_equal(last, 9);
    assert_int_equal(total, 10);
    assert_true(response_range("Bytes 5-9/*", &first, &last, &total));
    assert_int_equal(total, -1);
    static const char *const bad[] = {
        "",
        "bytes",
        "bytes */10",
        "bytes 0-9",
        "bytes 0-9/",
        "bytes 9-0/10",
        "bytes 0-10/10",
        "bytes -1-9/10",
        "bytes 0-9/10 ",
        "0-9/10",
        "bytes 0-99999999999999999999/*",
        "bytes 0x0-9/10",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(response_range(bad[i], &first, &last, &total));
}

static void test_repeated_secrets(void **state)
{
    (void)state;
    struct request request = REQUEST_INIT;
    assert_true(request_set(&request, "GET", "https://h/p?se=1&sig=c2lnbmF0dXJl%3D&sv=2", NULL));
    assert_true(request_add_header(&request, "Authorization", "Bearer ya29.secret-of-mine", NULL));
    assert_true(request_add_header(&request, "X-Amz-Security-Token", "FwoGZXIvYXdzE", NULL));
    assert_true(request_add_header(&request, "X-Api-Key", "short", NULL));
    assert_true(request_add_header(&request, "If-Match", "not-a-secret-at-all", NULL));
    assert_true(request_is_repeated(&request, "you sent ya29.secret-"));
    assert_true(request_is_repeated(&request, "you sent FwoGZXIvYXdz"));
    assert_true(request_is_repeated(&request, "you sent c2lnbmF0dXJl"));
    assert_false(request_is_repeated(&request, "Bearer ya29 short not-a-secret-at-all"));
    request_finish(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repeated_secrets), cmocka_unit_test(test_headers),
        cmocka_unit_test(test_origin),           cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_response_headers), cmocka_unit_test(test_content_range),
    };
    return cmocka_run_group_tests_name("sync/request", tests, NULL, NULL);
}
