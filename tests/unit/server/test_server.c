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

#include "base/clock.h"
#include "raw.h"
#include "server/state.h"

#define MS CLOCK_NS_PER_MS

struct fixture {
    char directory[64], path[96], address[112];
    struct server_options options;
    struct server *server;
    pthread_t thread;
    bool drained;
    atomic_int done, hangups, running;
};

static struct fixture fixture;

static void handle(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    const char *user = request->param(request, "REMOTE_USER");
    atomic_fetch_add(&fixture.running, 1);
    if (strcmp(request->path, "/slow") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 300 * MS}, NULL);
    if (strcmp(request->path, "/status") == 0)
        server_describe(fixture.server, &response->body);
    else if (strcmp(request->path, "/fail") == 0)
        response->status = 500;
    else if (strcmp(request->path, "/ready") == 0)
        response->status = server_is_draining(fixture.server) ? 503 : 200;
    else
        buf_printf(&response->body, "[%s|%s|%zu|%.10s|%s]", http_method_name(request->method),
                   request->path, request->body_length, request->body, user != NULL ? user : "");
    atomic_fetch_sub(&fixture.running, 1);
}

static void refuse(void *context, struct http_request *request, struct http_response *response,
                   int status, const char *sentence)
{
    (void)context;
    (void)status;
    assert_true(request->path[0] == '/' && request->id[0] != '\0');
    buf_put_text(&response->body, sentence);
}

static void done(void *context, const struct http_request *request,
                 const struct http_response *response, size_t bytes_sent)
{
    (void)context;
    (void)response;
    (void)bytes_sent;
    assert_true(request->timing.started >= request->timing.queued);
    atomic_fetch_add(&fixture.done, 1);
}

static void on_signal(void *context, int number)
{
    (void)context;
    atomic_fetch_add(&fixture.hangups, number == SIGHUP);
}

static void *run(void *argument)
{
    (void)argument;
    struct err err = ERR_INIT;
    fixture.drained = server_run(fixture.server, &err);
    return NULL;
}

static void start(void)
{
    struct err err = ERR_INIT;
    fixture.server = server_create(&fixture.options, &err);
    assert_non_null(fixture.server);
    assert_int_equal(pthread_create(&fixture.thread, NULL, run, NULL), 0);
}

static int setup(void **state)
{
    (void)state;
    fixture = (struct fixture){0};
    snprintf(fixture.directory, sizeof(fixture.directory), "/tmp/omen-server-XXXXXX");
    assert_non_null(mkdtemp(fixture.directory));
    snprintf(fixture.path, sizeof(fixture.path), "%s/s", fixture.directory);
    snprintf(fixture.address, sizeof(fixture.address), "unix:%s", fixture.path);
    fixture.options = (struct server_options){
        .listen = fixture.address,
        .threads = 2,
        .max_connections = 32,
        .max_body = 1000,
        .max_params = 2000,
        .read_timeout = 400 * MS,
        .write_timeout = 1000 * MS,
        .idle_timeout = 60000 * MS,
        .drain_timeout = 400 * MS,
        .handle = handle,
        .refuse = refuse,
        .done = done,
        .on_signal = on_signal,
    };
    return 0;
}

static void stop(void)
{
    kill(getpid(), SIGTERM); /* blocked in all threads: the control thread reads it */
    pthread_join(fixture.thread, NULL);
    server_destroy(fixture.server);
}

static int teardown(void **state)
{
    (void)state;
    unlink(fixture.path);
    return rmdir(fixture.directory);
}

static int ask(int fd, unsigned id, const char *uri, const char *body, struct raw_answer *answer)
{
    struct buf out = BUF_INIT;
    raw_request(&out, id, true, uri, body, NULL);
    raw_send(fd, &out);
    assert_true(raw_receive(fd, answer));
    assert_int_equal(answer->request_id, id);
    return answer->status;
}

static int client(void)
{
    int fd = raw_connect(fixture.path);
    assert_true(fd >= 0);
    return fd;
}

static void test_requests_on_one_connection(void **state)
{
    (void)state;
    struct raw_answer answer;
    start();
    int fd = client();
    for (unsigned i = 1; i <= 50; i++) {
        assert_int_equal(ask(fd, i, "/a%20b", "hello", &answer), 200);
        assert_non_null(strstr(answer.text, "\r\nContent-Length: 20\r\nX-Request-Id: "));
        assert_non_null(strstr(answer.text, "\r\n\r\n[POST|/a b|5|hello|]"));
    }
    assert_int_equal(ask(fd, 1, "/fail", "", &answer), 500);
    assert_int_equal(answer.end[3], 1); /* what cgi-fcgi exits with */
    assert_int_equal(ask(fd, 1, "/ready", "", &answer), 200);
    assert_int_equal(answer.end[3], 0); /* and it does not stick */
    assert_int_equal(ask(fd, 1, "/status", "", &answer), 200);
    assert_non_null(
        strstr(answer.text, "\"server\":{\"draining\":false,\"accepted\":1,\"active\":1"));
    close(fd);
    stop();
    assert_true(fixture.drained);
    assert_int_equal(atomic_load(&fixture.done), 53);
}

/* A body that was not read must never become a request. */
static void test_unread_bodies(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf forged = BUF_INIT, pairs = BUF_INIT, out = BUF_INIT;
    start();
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
    int fd = client();
    raw_send(fd, &out);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.status, 413);
    assert_int_equal(ask(fd, 2, "/next", "hello", &answer), 200); /* drained: the same connection */
    assert_non_null(strstr(answer.text, "[POST|/next|5|hello|]"));
    close(fd);
    buf_finish(&forged);
    buf_finish(&pairs);
    stop();
    assert_int_equal(atomic_load(&fixture.done), 2);
}

static void test_lengths_that_lie(void **state)
{
    (void)state;
    struct raw_answer answer;
    const char *const lies[] = {"9", "2"};
    start();
    for (size_t i = 0; i < 2; i++) {
        struct buf out = BUF_INIT;
        int fd = client();
        raw_request(&out, 1, true, "/", "hello", lies[i]);
        raw_send(fd, &out);
        assert_true(raw_receive(fd, &answer));
        assert_int_equal(answer.status, 400);
        assert_true(raw_is_closed(fd));
        close(fd);
    }
    stop();
}

static void test_late_end_and_early_close(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    start();
    int fd = client();
    raw_request(&out, 1, true, "/late", "hello", NULL);
    struct buf end = BUF_INIT;
    buf_put(&end, out.data + out.length - 8, 8);
    out.length -= 8;
    raw_send(fd, &out);
    nanosleep(&(struct timespec){.tv_nsec = 50 * MS}, NULL);
    raw_send(fd, &end);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.status, 200);
    assert_int_equal(ask(fd, 1, "/", "again", &answer), 200);
    close(fd);

    fd = client(); /* gone in the middle of its body, and before its answer */
    raw_request(&out, 1, true, "/", "hello", NULL);
    out.length -= 10;
    raw_send(fd, &out);
    close(fd);
    fd = client();
    raw_request(&out, 1, true, "/slow", "", NULL);
    raw_send(fd, &out);
    close(fd);
    fd = client();
    assert_int_equal(ask(fd, 1, "/", "", &answer), 200);
    close(fd);
    stop();
    assert_true(fixture.drained);
}

static void test_deadlines(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    int heads[6];
    start();
    for (size_t i = 0; i < 6; i++) { /* more than there are threads */
        heads[i] = client();
        raw_request(&out, 1, true, "/", "", NULL);
        out.length = 40;
        raw_send(heads[i], &out);
    }
    int fd = client();
    assert_int_equal(ask(fd, 1, "/", "", &answer), 200); /* nobody waits for them */
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
    stop();
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    fixture.options.read_timeout = 20000 * MS;
    start();
    int fd = client();
    raw_request(&out, 1, true, "/bytes", "hello", NULL);
    for (size_t i = 0; i < out.length; i++)
        assert_int_equal(send(fd, out.data + i, 1, MSG_NOSIGNAL), 1);
    assert_true(raw_receive(fd, &answer));
    assert_int_equal(answer.status, 200);
    assert_int_equal(ask(fd, 1, "/", "again", &answer), 200);
    buf_finish(&out);
    close(fd);
    stop();
}

static void test_management_and_roles(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT, pairs = BUF_INIT;
    start();
    int fd = client();
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
    assert_int_equal(ask(fd, 1, "/", "", &answer), 200);
    for (unsigned role = 2; role <= 4; role++) {
        int other = client();
        raw_begin(&out, 7, role, true);
        raw_send(other, &out);
        assert_true(raw_receive(other, &answer));
        assert_int_equal(answer.type, 3);
        assert_int_equal(answer.end[4], 3);
        assert_true(raw_is_closed(other));
        close(other);
    }
    int large = client();
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
    stop();
}

static void test_connection_limit(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    int fds[4];
    fixture.options.max_connections = 3;
    start();
    for (size_t i = 0; i < 3; i++) {
        fds[i] = client();
        assert_int_equal(ask(fds[i], 1, "/", "", &answer), 200);
    }
    fds[3] = client(); /* waits in the listen queue */
    raw_request(&out, 1, true, "/", "", NULL);
    raw_send(fds[3], &out);
    assert_int_equal(ask(fds[0], 1, "/", "", &answer), 200); /* nobody was put out for it */
    assert_int_equal(ask(fds[1], 1, "/", "", &answer), 200);
    close(fds[0]);
    assert_true(raw_receive(fds[3], &answer));
    assert_int_equal(answer.status, 200);
    for (size_t i = 1; i < 4; i++)
        close(fds[i]);
    stop();
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
    start();
    for (size_t i = 0; i < 4; i++) {
        fds[i] = client();
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
    stop();
}

static void test_drain(void **state)
{
    (void)state;
    struct raw_answer answer;
    struct buf out = BUF_INIT;
    fixture.options.drain_timeout = 20000 * MS;
    start();
    int idle = client(), busy = client(), other = client();
    assert_int_equal(ask(idle, 1, "/", "", &answer), 200);
    assert_int_equal(ask(other, 1, "/", "", &answer), 200);
    raw_request(&out, 1, true, "/slow", "", NULL);
    raw_send(busy, &out);
    while (atomic_load(&fixture.running) == 0)
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    kill(getpid(), SIGTERM);
    while (!server_is_draining(fixture.server))
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    assert_int_equal(ask(idle, 1, "/ready", "", &answer), 503); /* still served, then closed */
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
    start();
    int idle = client();
    assert_int_equal(ask(idle, 1, "/", "", &answer), 200);
    stop(); /* at the deadline the idle one is closed */
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
    assert_int_equal(pthread_create(&fixture.thread, NULL, run, NULL), 0);
    nanosleep(&(struct timespec){.tv_nsec = 150 * MS}, NULL);
    assert_true(atomic_load(&fixture.server->accept_errors) < 100);
    stop();
    assert_true(fixture.drained);
}

static void test_signals(void **state)
{
    (void)state;
    start();
    kill(getpid(), SIGHUP);
    while (atomic_load(&fixture.hangups) == 0)
        nanosleep(&(struct timespec){.tv_nsec = MS}, NULL);
    stop();
    assert_int_equal(atomic_load(&fixture.hangups), 1);
}

static void test_probe(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    start();
    assert_int_equal(server_probe(fixture.address, "/ready", 5000 * MS, &err), 200);
    assert_int_equal(server_probe(fixture.address, "/fail", 5000 * MS, &err), 500);
    assert_int_equal(server_probe(fixture.address, "/slow", 50 * MS, &err), 0);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    stop();
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
    start();
    int fd = client();
    assert_int_equal(ask(fd, 1, "/", "", &answer), 200);
    metrics_render(fixture.options.metrics, &text);
    const char *rendered = buf_text(&text);
    assert_non_null(strstr(rendered, "omen_connections{state=\"idle\"} "));
    assert_non_null(strstr(rendered, "\nomen_queue_length 0\n"));
    assert_non_null(strstr(rendered, "\nomen_shed_total 0\n"));
    assert_non_null(strstr(rendered, "\nomen_accepted_total 1\n"));
    buf_finish(&text);
    close(fd);
    stop();
    metrics_destroy(fixture.options.metrics);
}

static void test_reconfigure(void **state)
{
    (void)state;
    struct raw_answer answer;
    start();
    int fd = client();
    assert_int_equal(ask(fd, 1, "/", "hello", &answer), 200);
    struct server_options options = fixture.options;
    options.max_body = 3;
    server_reconfigure(fixture.server, &options);
    assert_int_equal(ask(fd, 1, "/", "hello", &answer), 413);
    assert_int_equal(ask(fd, 1, "/", "abc", &answer), 200);
    close(fd);
    stop();
}

int main(void)
{
    struct err err = ERR_INIT;
    if (!server_prepare(&err))
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
