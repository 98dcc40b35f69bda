/* Codings as the headers name them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/compress.h"
#include "protocols/body.h"

static const char *content_encoding, *accept_encoding;
static struct http_response response;

static const char *param(const struct http_request *request, const char *name)
{
    (void)request;
    return strcmp(name, "HTTP_CONTENT_ENCODING") == 0  ? content_encoding
           : strcmp(name, "HTTP_ACCEPT_ENCODING") == 0 ? accept_encoding
                                                       : NULL;
}

static int setup(void **state)
{
    (void)state;
    http_response_init(&response);
    content_encoding = accept_encoding = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_response_finish(&response);
    return 0;
}

/* The status, 200 when the body is `expected`. */
static int read_body(const char *coding, const void *data, size_t length, size_t limit,
                     const char *expected)
{
    struct http_request request = {.body = data, .body_length = length, .param = param};
    struct body body;
    content_encoding = coding;
    http_response_reset(&response, 0);
    if (body_read(&body, &request, limit, &response)) {
        assert_int_equal(body.length, strlen(expected));
        assert_string_equal(body.bytes, expected);
    }
    body_finish(&body);
    return response.status;
}

static void bodies_are_unpacked(void **state)
{
    (void)state;
    struct buf gzip = BUF_INIT, deflate = BUF_INIT;
    struct err err = ERR_INIT;
    assert_true(compress_pack(COMPRESS_GZIP, "hello", 5, &gzip, &err));
    assert_true(compress_pack(COMPRESS_DEFLATE, "hello", 5, &deflate, &err));
    assert_int_equal(read_body(NULL, "plain", 5, 1, "plain"), 200);
    assert_int_equal(read_body("identity", "plain", 5, 1, "plain"), 200);
    assert_int_equal(read_body("gzip", gzip.data, gzip.length, 5, "hello"), 200);
    assert_int_equal(read_body("X-GZip", gzip.data, gzip.length, 5, "hello"), 200);
    assert_int_equal(read_body("deflate", deflate.data, deflate.length, 5, "hello"), 200);
    assert_int_equal(read_body("gzip", gzip.data, gzip.length, 4, ""), 413);
    assert_int_equal(read_body("gzip", "plain", 5, 100, ""), 400);
    buf_finish(&gzip);
    buf_finish(&deflate);
}

static void other_codings_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_body("br", "plain", 5, 100, ""), 415);
    assert_non_null(strstr(buf_text(&response.headers), "Accept-Encoding: gzip, deflate\r\n"));
    assert_int_equal(read_body("gzip, gzip", "plain", 5, 100, ""), 415);
    assert_int_equal(read_body("gzi", "plain", 5, 100, ""), 415);
}

static void answer(const char *accept, size_t length)
{
    struct http_request request = {.param = param};
    accept_encoding = accept;
    http_response_reset(&response, 0);
    for (size_t i = 0; i < length; i++)
        buf_put_char(&response.body, 'a');
    body_pack_answer(&request, &response);
}

static bool has_header(const char *line)
{
    return strstr(buf_text(&response.headers), line) != NULL;
}

static void answers_are_packed_for_who_asks(void **state)
{
    (void)state;
    static const char *const gzip[] = {"gzip", "br, gzip", "x, gzip;q=0.5 ,deflate",
                                       "deflate;q=0,gzip", "GZIP ; q=1"};
    static const char *const none[] = {NULL,       "",  "*", "br", "gzip;q=0", "gzip; q=0.000 , br",
                                       "identity", ";", ",,"};
    for (size_t i = 0; i < sizeof gzip / sizeof gzip[0]; i++) {
        answer(gzip[i], 5000);
        assert_true(has_header("Content-Encoding: gzip\r\n"));
        assert_true(has_header("Vary: Accept-Encoding\r\n"));
        assert_true(response.body.length < 500);
    }
    answer("deflate", 5000);
    assert_true(has_header("Content-Encoding: deflate\r\n"));
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        answer(none[i], 5000);
        assert_false(has_header("Content-Encoding"));
        assert_int_equal(response.body.length, 5000);
    }
}

static void short_answers_stay_as_they_are(void **state)
{
    (void)state;
    answer("gzip", 100);
    assert_int_equal(response.body.length, 100);
    assert_false(has_header("Content-Encoding"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_unpacked),
        cmocka_unit_test(other_codings_are_refused),
        cmocka_unit_test(answers_are_packed_for_who_asks),
        cmocka_unit_test(short_answers_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
