/* server_run in a thread, a client over a unix socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "fixture.h"

static void test_requests_on_one_connection(void **state)
{
    (void)state;
    struct raw_answer answer;
    fixture_start();
    int fd = fixture_client();
    for (unsigned i = 1; i <= 50; i++) {
        assert_int_equal(fixture_ask(fd, i, "/a%20b", "hello", &answer), 200);
        assert_non_null(strstr(answer.text, "\r\nContent-Length: 20\r\nX-Request-Id: "));
        assert_non_null(strstr(answer.text, "\r\n\r\n[POST|/a b|5|hello|]"));
    }
    assert_int_equal(fixture_ask(fd, 1, "/fail", "", &answer), 500);
    assert_int_equal(answer.end[3], 1); /* what cgi-fcgi exits with */
    assert_int_equal(fixture_ask(fd, 1, "/ready", "", &answer), 200);
    assert_int_equal(answer.end[3], 0); /* and it does not stick */
    assert_int_equal(fixture_ask(fd, 1, "/status", "", &answer), 200);
    assert_non_null(
        strstr(answer.text, "\"server\":{\"draining\":false,\"accepted\":1,\"active\":1"));
    close(fd);
    fixture_stop();
    assert_true(fixture.drained);
    assert_int_equal(atomic_load(&fixture.done), 53);
}

/* A body that was not read must never become a request. */
static void test_unread_bodies(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf forged = BUF_INIT, pairs = BUF_INIT, out = BUF_INIT;
    fixture_start();
    raw_param(&pairs, "REQUEST_URI", "/admin");
    raw_param(&pairs, "REMOTE_USER", "root");
    for (int i = 0; i < 1000; i++) {
        raw_begin(&forged, 1, 1, true);
        raw_params(&forged, 1, &pairs);
        raw_record(&forged, 5, 1, NULL, 0, 0);
    }
    raw_begin(&out, 1, 1, true);
    raw_params(&out, 1, &pairs);
    for (size_t at = 0; at < forged.length; at += 8192) { /* as one body, beyond the limit */
        size_t left = forged.length - at;
        raw_record(&out, 5, 1, forged.data + at, left < 8192 ? left : 8192, 0);
    }
    raw_record(&out, 5, 1, NULL, 0, 0);
    int fd = fixture_client();
    raw_send(fd, &out);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.status, 413);
    assert_int_equal(fixture_ask(fd, 2, "/next", "hello", &answer),
                     200); /* drained: the same connection */
    assert_non_null(strstr(answer.text, "[POST|/next|5|hello|]"));
    close(fd);
    buf_finish(&forged);
    buf_finish(&pairs);
    fixture_stop();
    assert_int_equal(atomic_load(&fixture.done), 2);
}

static void test_lengths_that_lie(void **state)
{
    (void)state;
    struct raw_answer answer;
    const char *const lies[] = {"9", "2"};
    fixture_start();
    for (size_t i = 0; i < 2; i++) {
        struct buf out = BUF_INIT;
        int fd = fixture_client();
        raw_request(&out, 1, true, "/", "hello", lies[i]);
        raw_send(fd, &out);
        assert_true(raw_receive(fd, &answer));
        assert_int_equal(answer.status, 400);
        assert_true(raw_is_closed(fd));
        close(fd);
    }
    fixture_stop();
}

static void test_late_end_and_early_close(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    fixture_start();
    int fd = fixture_client();
    raw_request(&out, 1, true, "/late", "hello", NULL);
    struct buf end = BUF_INIT;
    buf_put(&end, out.data + out.length - 8, 8);
    out.length -= 8;
    raw_send(fd, &out);
    nanosleep(&(struct timespec){.tv_nsec = 50 * MS}, NULL);
    raw_send(fd, &end);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.status, 200);
    assert_int_equal(fixture_ask(fd, 1, "/", "again", &answer), 200);
    close(fd);

    fd = fixture_client(); /* gone in the middle of its body, and before its answer */
    raw_request(&out, 1, true, "/", "hello", NULL);
    out.length -= 10;
    raw_send(fd, &out);
    close(fd);
    fd = fixture_client();
    raw_request(&out, 1, true, "/slow", "", NULL);
    raw_send(fd, &out);
    close(fd);
    fd = fixture_client();
    assert_int_equal(fixture_ask(fd, 1, "/", "", &answer), 200);
    close(fd);
    fixture_stop();
    assert_true(fixture.drained);
}

static void test_deadlines(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    int heads[6];
    fixture_start();
    for (size_t i = 0; i < 6; i++) { /* more than there are threads */
        heads[i] = fixture_client();
        raw_request(&out, 1, true, "/", "", NULL);
        out.length = 40;
        raw_send(heads[i], &out);
    }
    int fd = fixture_client();
    assert_int_equal(fixture_ask(fd, 1, "/", "", &answer), 200); /* nobody waits for them */
    for (size_t i = 0; i < 6; i++) {
        assert_true(raw_is_closed(heads[i]));
        close(heads[i]);
    }
    raw_request(&out, 1, true, "/", "hello", NULL);
    out.length -= 8;
    raw_send(fd, &out);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.status, 408);
    assert_true(raw_is_closed(fd));
    close(fd);
    fixture_stop();
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    fixture.options.read_timeout = 20000 * MS;
    fixture_start();
    int fd = fixture_client();
    raw_request(&out, 1, true, "/bytes", "hello", NULL);
    for (size_t i = 0; i < out.length; i++)
        assert_int_equal(send(fd, out.data + i, 1, MSG_NOSIGNAL), 1);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.status, 200);
    assert_int_equal(fixture_ask(fd, 1, "/", "again", &answer), 200);
    buf_finish(&out);
    close(fd);
    fixture_stop();
}

static void test_management_and_roles(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT, pairs = BUF_INIT;
    fixture_start();
    int fd = fixture_client();
    for (int i = 0; i < 20; i++) /* what makes libfcgi write past its buffer */
        raw_param(&pairs, "FCGI_MAX_CONNS", "");
    raw_record(&out, 9, 0, pairs.data, pairs.length, 0);
    raw_send(fd, &out);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.type, 10);
    assert_memory_equal(answer.end,
                        "\x0e\x02"
                        "FCGI_MAX_CONNS32",
                        18);
    assert_int_equal(fixture_ask(fd, 1, "/", "", &answer), 200);
    for (unsigned role = 2; role <= 4; role++) {
        int other = fixture_client();
        raw_begin(&out, 7, role, true);
        raw_send(other, &out);
        assert_true(raw_receive(other, &answer));
        assert_int_equal(answer.type, 3);
        assert_int_equal(answer.end[4], 3);
        assert_true(raw_is_closed(other));
        close(other);
    }
    int large = fixture_client();
    buf_finish(&pairs);
    buf_put(&pairs, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    raw_begin(&out, 7, 1, true);
    raw_params(&out, 7, &pairs);
    raw_send(large, &out);
    assert_true(raw_receive(large, &answer));
    assert_int_equal(answer.status, 431);
    assert_true(raw_is_closed(large));
    close(large);
    close(fd);
    buf_finish(&pairs);
    fixture_stop();
}

static void test_connection_limit(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    int fds[4];
    fixture.options.max_connections = 3;
    fixture_start();
    for (size_t i = 0; i < 3; i++) {
        fds[i] = fixture_client();
        assert_int_equal(fixture_ask(fds[i], 1, "/", "", &answer), 200);
    }
    fds[3] = fixture_client(); /* waits in the listen queue */
    raw_request(&out, 1, true, "/", "", NULL);
    raw_send(fds[3], &out);
    assert_int_equal(fixture_ask(fds[0], 1, "/", "", &answer), 200); /* nobody was put out for it */
    assert_int_equal(fixture_ask(fds[1], 1, "/", "", &answer), 200);
    close(fds[0]);
    assert_true(raw_receive(fds[3], &answer));
    assert_int_equal(answer.status, 200);
    for (size_t i = 1; i < 4; i++)
        close(fds[i]);
    fixture_stop();
}

static void test_shed(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    int fds[4], shed = 0;
    fixture.options.threads = 1;
    fixture.options.queue_budget = 100 * MS;
    fixture.options.read_timeout = 20000 * MS;
    fixture_start();
    for (size_t i = 0; i < 4; i++) {
        fds[i] = fixture_client();
        raw_request(&out, 1, true, "/slow", "x", NULL);
        raw_send(fds[i], &out);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_true(raw_receive(fds[i], &answer));
        shed += answer.status == 503;
        if (answer.status == 503)
            assert_non_null(strstr(answer.text, "\r\nRetry-After: 1\r\n"));
        close(fds[i]);
    }
    assert_true(shed >= 1 && shed <= 3);
    fixture_stop();
}

static void test_drain(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    fixture.options.drain_timeout = 20000 * MS;
    fixture_start();
    int idle = fixture_client(), busy = fixture_client(), other = fixture_client();
    assert_int_equal(fixture_ask(idle, 1, "/", "", &answer), 200);
    assert_int_equal(fixture_ask(other, 1, "/", "", &answer), 200);
    raw_request(&out, 1, true, "/slow", "", NULL);
    raw_send(busy, &out);
    while (atomic_load(&fixture.running) == 0)
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    kill(getpid(), SIGTERM);
    while (!server_is_draining(fixture.server))
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    assert_int_equal(fixture_ask(idle, 1, "/ready", "", &answer),
                     503); /* still served, then closed */
    assert_true(raw_is_closed(idle));
    assert_true(raw_receive(busy, &answer));
    assert_int_equal(answer.status, 200);
    assert_true(raw_is_closed(busy));
    assert_int_equal(raw_connect(fixture.path), -1);
    close(other); /* the last one */
    pthread_join(fixture.thread, NULL);
    assert_true(fixture.drained);
    server_destroy(fixture.server);
    close(idle);
    close(busy);
}

static void test_drain_deadline(void **state)
{
    (void)state;
    struct raw_answer answer;
    fixture_start();
    int idle = fixture_client();
    assert_int_equal(fixture_ask(idle, 1, "/", "", &answer), 200);
    fixture_stop(); /* at the deadline the idle one is closed */
    assert_true(fixture.drained);
    assert_true(raw_is_closed(idle));
    close(idle);
}

/* Somebody else who has the listener can end it for all: no reason to spin, or never to end. */
static void test_a_listener_that_listens_no_more(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    fixture.options.listen = "127.0.0.1:0";
    fixture.server = server_create(&fixture.options, &err);
    assert_non_null(fixture.server);
    assert_int_equal(shutdown(fixture.server->listener.fd, SHUT_RDWR), 0);
    assert_int_equal(pthread_create(&fixture.thread, NULL, fixture_run, NULL), 0);
    nanosleep(&(struct timespec){.tv_nsec = 150 * MS}, NULL);
    assert_true(atomic_load(&fixture.server->accept_errors) < 100);
    fixture_stop();
    assert_true(fixture.drained);
}

static void test_signals(void **state)
{
    (void)state;
    fixture_start();
    kill(getpid(), SIGHUP);
    while (atomic_load(&fixture.hangups) == 0)
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    fixture_stop();
    assert_int_equal(atomic_load(&fixture.hangups), 1);
}

static void test_probe(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    fixture_start();
    assert_int_equal(server_probe(fixture.address, "/ready", 5000 * MS, &err), 200);
    assert_int_equal(server_probe(fixture.address, "/fail", 5000 * MS, &err), 500);
    assert_int_equal(server_probe(fixture.address, "/slow", 50 * MS, &err), 0);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    fixture_stop();
    assert_int_equal(server_probe(fixture.address, "/ready", 5000 * MS, &err), 0);
    assert_int_equal(server_probe("nonsense", "/ready", 5000 * MS, &err), 0);
    assert_int_equal(err.code, ERR_INVALID);
}

static void test_metrics(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf text = BUF_INIT;
    fixture.options.metrics = metrics_create();
    fixture_start();
    int fd = fixture_client();
    assert_int_equal(fixture_ask(fd, 1, "/", "", &answer), 200);
    metrics_render(fixture.options.metrics, &text);
    const char *rendered = buf_text(&text);
    assert_non_null(strstr(rendered, "omen_connections{state=\"idle\"} "));
    assert_non_null(strstr(rendered, "\nomen_queue_length 0\n"));
    assert_non_null(strstr(rendered, "\nomen_shed_total 0\n"));
    assert_non_null(strstr(rendered, "\nomen_accepted_total 1\n"));
    buf_finish(&text);
    close(fd);
    fixture_stop();
    metrics_destroy(fixture.options.metrics);
}

static void test_reconfigure(void **state)
{
    (void)state;
    struct raw_answer answer;
    fixture_start();
    int fd = fixture_client();
    assert_int_equal(fixture_ask(fd, 1, "/", "hello", &answer), 200);
    struct server_options options = fixture.options;
    options.max_body = 3;
    server_reconfigure(fixture.server, &options);
    assert_int_equal(fixture_ask(fd, 1, "/", "hello", &answer), 413);
    assert_int_equal(fixture_ask(fd, 1, "/", "abc", &answer), 200);
    close(fd);
    fixture_stop();
}

int main(void)
{
    struct err err = ERR_INIT;
    if (!server_prepare(&err))
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_requests_on_one_connection),
        TEST(test_unread_bodies),
        TEST(test_lengths_that_lie),
        TEST(test_late_end_and_early_close),
        TEST(test_deadlines),
        TEST(test_byte_by_byte),
        TEST(test_management_and_roles),
        TEST(test_connection_limit),
        TEST(test_shed),
        TEST(test_drain),
        TEST(test_drain_deadline),
        TEST(test_a_listener_that_listens_no_more),
        TEST(test_signals),
        TEST(test_probe),
        TEST(test_metrics),
        TEST(test_reconfigure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
