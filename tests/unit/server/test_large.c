/* Large requests and small ones, side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "fixture.h"
#include "server/large.h"

/* A request with a body of `size` bytes, in records of half a LARGE_BODY, or its head alone. */
static void send_large(int fd, const char *uri, size_t size, bool whole)
{
    static const char body[LARGE_BODY / 2];
    struct buf out = BUF_INIT, pairs = BUF_INIT;
    char length[24];
    snprintf(length, sizeof(length), "%zu", size);
    raw_param(&pairs, "REQUEST_METHOD", "POST");
    raw_param(&pairs, "REQUEST_URI", uri);
    raw_param(&pairs, "CONTENT_LENGTH", length);
    raw_begin(&out, 1, 1, true);
    raw_params(&out, 1, &pairs);
    if (whole) {
        for (size_t left = size, piece; left > 0; left -= piece) {
            piece = left < sizeof(body) ? left : sizeof(body);
            raw_record(&out, 5, 1, body, piece, 0);
        }
        raw_record(&out, 5, 1, NULL, 0, 0);
    }
    raw_send(fd, &out);
    buf_finish(&pairs);
}

static void wait_for_running(int count)
{
    while (atomic_load(&fixture.running) != count)
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
}

/* One worker, and as many large requests as you like: small ones are answered beside them. */
static void test_large_requests_are_left_to_others(void **state)
{
    (void)state;
    struct raw_answer answer;
    int large[2], small;
    fixture.options.threads = 1;
    fixture.options.max_body = 2 * LARGE_BODY;
    fixture.options.read_timeout = 20000 * MS;
    fixture_start();
    small = fixture_client();
    assert_int_equal(fixture_ask(small, 1, "/status", "", &answer), 200);
    assert_non_null(strstr(answer.text, "\"large_workers\":[]"));
    for (size_t i = 0; i < 2; i++) {
        large[i] = fixture_client();
        send_large(large[i], "/slow", LARGE_BODY, true);
    }
    wait_for_running(1);
    assert_int_equal(fixture_ask(small, 2, "/small", "x", &answer), 200);
    assert_int_equal(atomic_load(&fixture.running), 1);
    assert_int_equal(fixture_ask(small, 3, "/status", "", &answer), 200);
    assert_non_null(strstr(answer.text, "\"workers\":[{\"state\":\"running\""));
    assert_non_null(strstr(answer.text, "\"large_workers\":[{\"state\":\"running\""));
    assert_non_null(strstr(answer.text, "\"queue\":{\"length\":1,"));
    for (size_t i = 0; i < 2; i++) {
        assert_true(raw_receive(large[i], &answer));
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.text, "[POST|/slow|65536|"));
    }
    send_large(large[0], "/", LARGE_BODY * 2 + 1, true);
    assert_true(raw_receive(large[0], &answer));
    assert_int_equal(answer.status, 413);
    assert_int_equal(fixture_ask(large[1], 4, "/small", "x", &answer), 200);
    fixture_stop();
    assert_true(fixture.drained);
    for (size_t i = 0; i < 2; i++)
        close(large[i]);
    close(small);
}

/* Both the one that waits for its body and those behind it. */
static void test_drain_of_large_requests(void **state)
{
    (void)state;
    struct raw_answer answer;
    int fds[3];
    fixture.options.threads = 1;
    fixture.options.max_body = LARGE_BODY;
    fixture.options.read_timeout = 500 * MS;
    fixture.options.drain_timeout = 20000 * MS;
    fixture_start();
    for (size_t i = 0; i < 3; i++) {
        fds[i] = fixture_client();
        send_large(fds[i], "/slow", LARGE_BODY, i > 0);
    }
    while (atomic_load(&fixture.server->accepted) < 3)
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    fixture_stop();
    assert_true(fixture.drained);
    for (size_t i = 0; i < 3; i++) {
        assert_true(raw_receive(fds[i], &answer));
        assert_int_equal(answer.status, i > 0 ? 200 : 408);
        close(fds[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    struct err err = ERR_INIT;
    const struct CMUnitTest tests[] = {
        TEST(test_large_requests_are_left_to_others),
        TEST(test_drain_of_large_requests),
    };
    if (!server_prepare(&err))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
