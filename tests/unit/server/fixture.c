#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture fixture;

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

void *fixture_run(void *argument)
{
    (void)argument;
    struct err err = ERR_INIT;
    fixture.drained = server_run(fixture.server, &err);
    return NULL;
}

void fixture_start(void)
{
    struct err err = ERR_INIT;
    fixture.server = server_create(&fixture.options, &err);
    assert_non_null(fixture.server);
    assert_int_equal(pthread_create(&fixture.thread, NULL, fixture_run, NULL), 0);
}

int fixture_setup(void **state)
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

void fixture_stop(void)
{
    kill(getpid(), SIGTERM); /* blocked in all threads: the control thread reads it */
    pthread_join(fixture.thread, NULL);
    server_destroy(fixture.server);
}

int fixture_teardown(void **state)
{
    (void)state;
    unlink(fixture.path);
    return rmdir(fixture.directory);
}

int fixture_ask(int fd, unsigned id, const char *uri, const char *body, struct raw_answer *answer)
{
    struct buf out = BUF_INIT;
    raw_request(&out, id, true, uri, body, NULL);
    raw_send(fd, &out);
    assert_true(raw_receive(fd, answer));
    assert_int_equal(answer->request_id, id);
    return answer->status;
}

int fixture_client(void)
{
    int fd = raw_connect(fixture.path);
    assert_true(fd >= 0);
    return fd;
}
