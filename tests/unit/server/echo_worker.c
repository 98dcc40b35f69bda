/* A worker without models, for the tests of the server against real peers: answers every request
 * with what it was. Not installed.
 *
 *   echo_worker LISTEN [name=value ...]    e.g. echo_worker unix:/tmp/s threads=2 max_body=1000
 *
 * Times are in milliseconds. Query "sleep=MS" computes that long; "size=BYTES" sends a body of that
 * many bytes; "status=NNN" answers so. Path /readyz is 503 while draining, /null says next to
 * nothing. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/server.h"

static struct server *server;
static atomic_int hangups;

static long query_number(const struct http_request *request, const char *name)
{
    const char *found = strstr(request->query, name);
    return found != NULL ? strtol(found + strlen(name), NULL, 10) : 0;
}

static size_t count_params(const struct http_request *request)
{
    static const char *const names[] = {"REQUEST_METHOD",  "REQUEST_URI", "SCRIPT_NAME",
                                        "QUERY_STRING",    "REMOTE_ADDR", "CONTENT_TYPE",
                                        "CONTENT_LENGTH",  "REMOTE_USER", "REQUEST_ID",
                                        "SERVER_PROTOCOL", "HTTP_HOST"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        count += request->param(request, names[i]) != NULL;
    return count;
}

static void put_text(struct buf *out, const char *text)
{
    buf_put_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_put_char(out, '\\');
        buf_put_char(out, *text);
    }
    buf_put_char(out, '"');
}

static unsigned checksum(const char *data, size_t size)
{
    unsigned sum = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)data[i]) * 16777619u;
    return sum;
}

static void echo(const struct http_request *request, struct http_response *response)
{
    const char *user = request->param(request, "REMOTE_USER");
    buf_printf(&response->body, "{\"method\":\"%s\",\"path\":", http_method_name(request->method));
    put_text(&response->body, request->path);
    buf_put_text(&response->body, ",\"query\":");
    put_text(&response->body, request->query);
    buf_put_text(&response->body, ",\"content_type\":");
    put_text(&response->body, request->content_type);
    buf_put_text(&response->body, ",\"user\":");
    put_text(&response->body, user != NULL ? user : "");
    buf_printf(&response->body,
               ",\"body_length\":%zu,\"body_fnv\":%u,\"params\":%zu,\"id\":\"%s\",\"pid\":%d,"
               "\"hangups\":%d}\n",
               request->body_length, checksum(request->body, request->body_length),
               count_params(request), request->id, (int)getpid(), atomic_load(&hangups));
}

static void handle(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    long sleep_ms = query_number(request, "sleep=");
    long size = query_number(request, "size=");
    long status = query_number(request, "status=");
    if (sleep_ms > 0) {
        struct timespec pause = {.tv_sec = sleep_ms / 1000,
                                 .tv_nsec = sleep_ms % 1000 * CLOCK_NS_PER_MS};
        nanosleep(&pause, NULL);
    }
    response->status = status >= 200 && status <= 599 ? (int)status : 200;
    if (strcmp(request->path, "/readyz") == 0 && server_is_draining(server))
        response->status = 503;
    if (strcmp(request->path, "/null") == 0) { /* what the server alone costs */
        buf_put_text(&response->body, "{\"prediction\":0}");
    } else if (strcmp(request->path, "/status") == 0) {
        buf_put_char(&response->body, '{');
        server_describe(server, &response->body);
        buf_put_text(&response->body, "}\n");
    } else if (size > 0) {
        char *place = buf_reserve(&response->body, (size_t)size);
        if (place != NULL) {
            memset(place, 'x', (size_t)size);
            buf_commit(&response->body, (size_t)size);
        }
    } else {
        echo(request, response);
    }
}

static void refuse(void *context, struct http_request *request, struct http_response *response,
                   int status, const char *sentence)
{
    (void)context;
    (void)request;
    buf_printf(&response->body, "{\"error\":\"%s\",\"code\":%d}\n", sentence, status);
}

static void on_signal(void *context, int number)
{
    (void)context;
    atomic_fetch_add(&hangups, number == SIGHUP);
}

static bool set_option(struct server_options *options, const char *text)
{
    const struct {
        const char *name;
        int64_t *value;
        int64_t unit;
    } names[] = {
        {"threads=", &options->threads, 1},
        {"max_connections=", &options->max_connections, 1},
        {"max_body=", &options->max_body, 1},
        {"max_params=", &options->max_params, 1},
        {"backlog=", &options->backlog, 1},
        {"read_timeout=", &options->read_timeout, CLOCK_NS_PER_MS},
        {"write_timeout=", &options->write_timeout, CLOCK_NS_PER_MS},
        {"idle_timeout=", &options->idle_timeout, CLOCK_NS_PER_MS},
        {"queue_budget=", &options->queue_budget, CLOCK_NS_PER_MS},
        {"drain_timeout=", &options->drain_timeout, CLOCK_NS_PER_MS},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(text, names[i].name, strlen(names[i].name)) == 0) {
            *names[i].value = strtoll(text + strlen(names[i].name), NULL, 10) * names[i].unit;
            return true;
        }
    }
    if (strncmp(text, "allow_peers=", 12) == 0)
        options->allow_peers = text + 12;
    return strncmp(text, "allow_peers=", 12) == 0;
}

static int fail(const struct err *err)
{
    fprintf(stderr, "echo_worker: %s\n", err->text);
    return 1;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct server_options options = {
        .listen = argc > 1 ? argv[1] : "",
        .listen_group = "",
        .allow_peers = "",
        .drain_timeout = 5 * CLOCK_NS_PER_S,
        .handle = handle,
        .refuse = refuse,
        .on_signal = on_signal,
    };
    for (int i = 2; i < argc; i++) {
        if (!set_option(&options, argv[i])) {
            fprintf(stderr, "echo_worker: what is '%s'?\n", argv[i]);
            return 2;
        }
    }
    if (!server_prepare(&err))
        return fail(&err);
    server = server_create(&options, &err);
    if (server == NULL)
        return fail(&err);
    fprintf(stderr, "echo_worker: ready\n");
    if (!server_run(server, &err)) {
        fail(&err);
        _exit(1); /* threads still run */
    }
    server_destroy(server);
    return 0;
}
