#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "raw.h"
#include "server/preflight.h"
#include "server/wire.h"

#define LARGE ((size_t)3 * 1024 * 1024 + 7)

static int pair[2];

static int setup(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int teardown(void **state)
{
    (void)state;
    close(pair[0]);
    close(pair[1]);
    return 0;
}

static void test_small_answer(void **state)
{
    (void)state;
    struct raw_answer answer;
    const struct wire_answer sent = {.request_id = 300,
                                     .app_status = 0x01020304,
                                     .head = "Status: 204 No Content\r\n\r\n",
                                     .head_length = 26,
                                     .body = "body",
                                     .body_length = 4};
    assert_true(wire_send_answer(pair[0], &sent, CLOCK_NS_PER_S));
    assert_true(raw_receive(pair[1], &answer));
    assert_int_equal(answer.status, 204);
    assert_string_equal(answer.text, "Status: 204 No Content\r\n\r\nbody");
    assert_int_equal(answer.type, 3);
    assert_int_equal(answer.request_id, 300);
    assert_memory_equal(answer.end, "\x01\x02\x03\x04\x00", 5);
    char byte;
    assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), -1); /* nothing behind it */
}

/* The end of a connection shows as one more record, which no reader of answers looks for. */
static void test_last_answer(void **state)
{
    (void)state;
    static const unsigned char empty[8] = {1, 6, 0, 7, 0, 0, 0, 0};
    struct raw_answer answer;
    unsigned char bytes[16];
    const struct wire_answer sent = {
        .request_id = 7, .head = "Status: 200 OK\r\n\r\n", .head_length = 18, .last = true};
    assert_true(wire_send_answer(pair[0], &sent, CLOCK_NS_PER_S));
    assert_true(raw_receive(pair[1], &answer));
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.type, 3);
    assert_int_equal(recv(pair[1], bytes, sizeof(bytes), MSG_DONTWAIT), sizeof(empty));
    assert_memory_equal(bytes, empty, sizeof(empty));
}

static void *send_large(void *argument)
{
    const struct wire_answer *answer = argument;
    return wire_send_answer(pair[0], answer, 30 * CLOCK_NS_PER_S) ? argument : NULL;
}

static void test_large_answer(void **state)
{
    (void)state;
    pthread_t thread;
    void *result;
    static struct raw_answer received;
    char *body = malloc(LARGE);
    assert_non_null(body);
    memset(body, 'b', LARGE);
    struct wire_answer answer = {.request_id = 1,
                                 .head = "Status: 200 OK\r\n\r\n",
                                 .head_length = 18,
                                 .body = body,
                                 .body_length = LARGE};
    assert_int_equal(pthread_create(&thread, NULL, send_large, &answer), 0);
    assert_true(raw_receive(pair[1], &received));
    pthread_join(thread, &result);
    assert_non_null(result);
    assert_int_equal(received.text_length, LARGE + 18);
    free(body);
}

static void test_peer_does_not_read(void **state)
{
    (void)state;
    char *body = calloc(1, LARGE);
    assert_non_null(body);
    const struct wire_answer answer = {
        .request_id = 1, .head = "x", .head_length = 1, .body = body, .body_length = LARGE};
    assert_false(wire_send_answer(pair[0], &answer, 50 * CLOCK_NS_PER_MS));
    shutdown(pair[1], SHUT_RDWR);
    assert_false(wire_send_answer(pair[0], &answer, CLOCK_NS_PER_S)); /* no SIGPIPE */
    free(body);
}

static void test_management(void **state)
{
    (void)state;
    struct raw_answer answer;
    assert_true(
        wire_send_values(pair[0], PREFLIGHT_MAX_REQS | PREFLIGHT_MPXS_CONNS, 77, CLOCK_NS_PER_S));
    assert_true(raw_receive(pair[1], &answer));
    assert_int_equal(answer.type, 10);
    assert_int_equal(answer.request_id, 0);
    assert_memory_equal(answer.end,
                        "\x0d\x02"
                        "FCGI_MAX_REQS77\x0f\x01"
                        "FCGI_MPXS_CONNS0",
                        35);
    assert_true(wire_send_unknown_type(pair[0], 99, CLOCK_NS_PER_S));
    assert_true(raw_receive(pair[1], &answer));
    assert_int_equal(answer.type, 11);
    assert_int_equal(answer.end[0], 99);
    assert_true(wire_send_end(pair[0], 8, WIRE_UNKNOWN_ROLE, CLOCK_NS_PER_S));
    assert_true(raw_receive(pair[1], &answer));
    assert_int_equal(answer.type, 3);
    assert_int_equal(answer.request_id, 8);
    assert_int_equal(answer.end[4], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_small_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_last_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_peer_does_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_management, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
