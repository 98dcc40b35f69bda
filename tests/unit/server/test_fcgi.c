#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "raw.h"
#include "server/fcgi.h"
#include "server/intake.h"

static struct fcgi *fcgi;
static int pair[2];

static int setup(void **state)
{
    (void)state;
    fcgi = fcgi_create();
    assert_non_null(fcgi);
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int teardown(void **state)
{
    (void)state;
    fcgi_destroy(fcgi);
    fcgi_destroy(NULL);
    close(pair[0]);
    close(pair[1]);
    return 0;
}

static enum fcgi_body read_body(struct buf *body, int64_t declared, size_t limit, size_t drain)
{
    const struct fcgi_body_limits limits = {.declared = declared, .limit = limit, .drain = drain};
    return fcgi_read_body(fcgi, &limits, body);
}

static void accept_head(void)
{
    const struct fcgi_head head = {0};
    assert_int_equal(fcgi_accept(fcgi, pair[0], &head), FCGI_ACCEPTED);
}

static void test_two_requests(void **state)
{
    (void)state;
    for (int i = 1; i <= 2; i++) {
        struct buf out = BUF_INIT, body = BUF_INIT;
        raw_request(&out, (unsigned)i, i == 1, "/x", "hello", NULL);
        raw_send(pair[1], &out);
        accept_head();
        assert_int_equal(fcgi_request_id(fcgi), i);
        assert_int_equal(fcgi_keep_connection(fcgi), i == 1);
        assert_string_equal(intake_param(fcgi_params(fcgi), "REQUEST_URI"), "/x");
        assert_int_equal(read_body(&body, 5, 100, 0), FCGI_BODY_COMPLETE);
        assert_string_equal(body.data, "hello");
        fcgi_release(fcgi);
        buf_finish(&body);
    }
}

static void test_body_sizes(void **state)
{
    (void)state;
    const struct {
        int64_t declared;
        size_t limit, drain;
        enum fcgi_body want;
        size_t length;
    } cases[] = {
        {10, 10, 0, FCGI_BODY_COMPLETE, 10},  {-1, 10, 0, FCGI_BODY_COMPLETE, 10},
        {3, 10, 0, FCGI_BODY_COMPLETE, 10}, /* the caller compares */
        {10, 9, 100, FCGI_BODY_TOO_LARGE, 0}, {-1, 9, 100, FCGI_BODY_TOO_LARGE, 10},
        {10, 4, 2, FCGI_BODY_UNREAD, 0},      {-1, 4, 2, FCGI_BODY_UNREAD, 5},
        {0, 0, 100, FCGI_BODY_TOO_LARGE, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out = BUF_INIT, body = BUF_INIT;
        raw_request(&out, 1, true, "/", "0123456789", NULL);
        raw_send(pair[1], &out);
        accept_head();
        assert_int_equal(read_body(&body, cases[i].declared, cases[i].limit, cases[i].drain),
                         cases[i].want);
        assert_int_equal(body.length, cases[i].length);
        fcgi_release(fcgi);
        buf_finish(&body);
    }
}

static void test_large_body(void **state)
{
    (void)state;
    static char text[150001];
    struct buf out = BUF_INIT, body = BUF_INIT;
    memset(text, 't', sizeof(text) - 1);
    raw_request(&out, 1, true, "/", text, NULL);
    raw_send(pair[1], &out);
    accept_head();
    assert_int_equal(read_body(&body, -1, 1 << 20, 0), FCGI_BODY_COMPLETE);
    assert_int_equal(body.length, sizeof(text) - 1);
    assert_string_equal(body.data, text);
    buf_finish(&body);
}

static void test_broken_body(void **state)
{
    (void)state;
    const struct fcgi_head head = {0};
    for (int i = 0; i < 2; i++) {
        struct buf out = BUF_INIT, body = BUF_INIT;
        raw_request(&out, 1, true, "/", "0123456789", NULL);
        out.length -= 8; /* without the record that ends it */
        if (i == 0)
            raw_record(&out, 2, 1, NULL, 0, 0); /* ABORT_REQUEST */
        raw_send(pair[1], &out);
        if (i == 1)
            shutdown(pair[1], SHUT_WR);
        assert_int_equal(fcgi_accept(fcgi, pair[0], &head), FCGI_ACCEPTED);
        assert_int_equal(read_body(&body, 10, 100, 100), FCGI_BODY_BROKEN);
        fcgi_release(fcgi);
        buf_finish(&body);
    }
}

static void test_padding(void **state)
{
    (void)state;
    struct buf out = BUF_INIT, body = BUF_INIT;
    const struct fcgi_head head = {.padding = 200};
    raw_begin(&out, 1, 1, true);
    raw_record(&out, 4, 1,
               "\x01\x01"
               "ab",
               4, 255);
    raw_record(&out, 4, 1, NULL, 0, 200);
    raw_record(&out, 5, 1, "xyz", 3, 9);
    raw_record(&out, 5, 1, NULL, 0, 0);
    raw_send(pair[1], &out);
    assert_int_equal(fcgi_accept(fcgi, pair[0], &head), FCGI_ACCEPTED);
    assert_string_equal(intake_param(fcgi_params(fcgi), "a"), "b");
    assert_int_equal(read_body(&body, 3, 100, 0), FCGI_BODY_COMPLETE);
    assert_string_equal(body.data, "xyz");
    buf_finish(&body);
}

static void test_head_from_memory(void **state)
{
    (void)state;
    struct buf bytes = BUF_INIT, pairs = BUF_INIT, rest = BUF_INIT, body = BUF_INIT;
    raw_param(&pairs, "A", "b");
    raw_begin(&bytes, 9, 1, true);
    raw_params(&bytes, 9, &pairs);
    raw_record(&rest, 5, 9, "body", 4, 0);
    raw_record(&rest, 5, 9, NULL, 0, 0);
    raw_send(pair[1], &rest);
    struct fcgi_head head = {.bytes = bytes.data, .size = bytes.length};
    assert_int_equal(fcgi_accept(fcgi, pair[0], &head), FCGI_ACCEPTED);
    assert_int_equal(fcgi_request_id(fcgi), 9);
    assert_int_equal(read_body(&body, 4, 100, 0), FCGI_BODY_COMPLETE);
    assert_string_equal(body.data, "body");
    fcgi_release(fcgi);
    bytes.data[9] = 7; /* no role it knows: it closes its own descriptor, not ours */
    assert_int_equal(fcgi_accept(fcgi, pair[0], &head), FCGI_REFUSED);
    assert_int_equal(write(pair[1], "x", 1), 1);
    buf_finish(&bytes);
    buf_finish(&pairs);
    buf_finish(&body);
}

static void test_lost(void **state)
{
    (void)state;
    const struct fcgi_head head = {0};
    struct buf out = BUF_INIT;
    raw_begin(&out, 1, 7, true); /* a role that preflight would have caught */
    raw_send(pair[1], &out);
    assert_int_equal(fcgi_accept(fcgi, pair[0], &head), FCGI_LOST);
    assert_true(raw_is_closed(pair[1]));
    pair[0] = -1;
}

int main(void)
{
    struct err err = ERR_INIT;
    if (!fcgi_prepare(&err))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_body_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_padding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_head_from_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
