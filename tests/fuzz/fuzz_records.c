/* What a peer of the FastCGI socket sends, from the first look to the answer.
 *
 * The input's first byte says in pieces of how many bytes the rest comes (0: at once); the rest is
 * the bytes of one connection. They go through preflight_check, whose verdict must be the one of a
 * slow walk (records_walk.h) and must not depend on where the bytes were cut, and then through a
 * worker: the handler must see the parameters and the body that the walk saw. Whatever came, every
 * byte that went back is of whole FastCGI records, the connection ends with its peer, and the next
 * one is served.
 *
 * The peer is a web server in one thing: it sends its next request after the answer to the last.
 * What is kept out are management records behind the parameters, which libfcgi itself does not
 * survive (walk_body). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "raw.h"
#include "records_walk.h"
#include "server/exchange.h"
#include "server/fcgi.h"
#include "server/preflight.h"
#include "server/state.h"
#include "server/wire.h"
#include "server/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX ((size_t)24 * 1024) /* a socket's buffer holds it, and what comes back */
#define MAX_PARAMS ((size_t)2000)
#define MAX_BODY ((size_t)1000)
#define CONNECTIONS_MAX 1024
#define PIECES_MAX 32
#define CUTS_MAX 48
#define ROUNDS_MAX 10000

static struct server server;
static struct worker *worker;
static struct buf answers; /* since the last chunk was sent */

/* Of the request that is on its way. */
static struct {
    const struct walk_head *head; /* NULL: none is expected to be whole */
    const struct walk_body *body;
    size_t handled, refused, done;
    int status;
} exchange;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_token(const char *text, size_t most, const char *set)
{
    size_t length = strlen(text);
    return length >= 1 && length <= most && strspn(text, set) == length;
}

static void check_request(const struct http_request *request)
{
    check(request->path[0] == '/' && strlen(request->path) == request->path_length);
    for (const char *c = request->path; *c != '\0'; c++)
        check((unsigned char)*c >= 0x20 && *c != 0x7f);
    check(is_token(request->id, 128,
                   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-"));
    check(strpbrk(request->content_type, "; \t,ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
    check(request->query != NULL && request->remote != NULL && request->body != NULL);
    check(request->body[request->body_length] == '\0');
}

static void check_method(enum http_method method, const char *text)
{
    if (method != HTTP_OTHER)
        check(text != NULL && strcmp(text, http_method_name(method)) == 0);
    for (int other = HTTP_GET; method == HTTP_OTHER && other < HTTP_OTHER; other++)
        check(text == NULL || strcmp(text, http_method_name((enum http_method)other)) != 0);
}

/* libfcgi's list is the walk's, behind one entry of its own. */
static void check_params(const struct http_request *request, const struct walk_head *head)
{
    char **params = fcgi_params(request->peer);
    size_t count = 0;
    check(params[0] != NULL && strcmp(params[0], "FCGI_ROLE=RESPONDER") == 0);
    for (size_t at = 0; at < head->params.length; count++) {
        const char *param = head->params.data + at;
        check(params[count + 1] != NULL && strcmp(params[count + 1], param) == 0);
        at += strlen(param) + 1;
    }
    check(count == head->count && params[count + 1] == NULL);
    const char *query = walk_param(head, "QUERY_STRING");
    const char *remote = walk_param(head, "REMOTE_ADDR");
    check_method(request->method, walk_param(head, "REQUEST_METHOD"));
    check(query == NULL || strcmp(request->query, query) == 0);
    check(strcmp(request->remote, remote != NULL ? remote : "") == 0);
}

static void handle(void *context, struct http_request *request, struct http_response *response)
{
    (void)context;
    exchange.handled++;
    check(exchange.head != NULL && request->peer != NULL);
    check_request(request);
    check_params(request, exchange.head);
    const struct buf *text = &exchange.body->text;
    if (exchange.body->clean)
        check(request->body_length == text->length &&
              (text->length == 0 || memcmp(request->body, text->data, text->length) == 0));
    check(request->body_length <= MAX_BODY);
    buf_printf(&response->body, "[%s|%s|%zu]", http_method_name(request->method), request->path,
               request->body_length);
}

static void refuse(void *context, struct http_request *request, struct http_response *response,
                   int status, const char *sentence)
{
    (void)context;
    exchange.refused++;
    check(status == 400 || status == 408 || status == 413 || status == 431);
    check((request->peer == NULL) == (status == 431));
    check_request(request);
    if (request->peer != NULL && exchange.head != NULL)
        check_params(request, exchange.head);
    buf_put_text(&response->body, sentence);
}

static void done(void *context, const struct http_request *request,
                 const struct http_response *response, size_t bytes_sent)
{
    (void)context;
    (void)request;
    check(bytes_sent > 0);
    exchange.done++;
    exchange.status = response->status;
}

static void close_server(void)
{
    worker_destroy(worker);
    connections_finish(&server.connections);
    poller_finish(&server.poller);
    ring_destroy(server.ring);
    buf_finish(&answers);
}

/* A server without listener, control thread and worker threads: this thread is the worker. */
static void open_once(void)
{
    struct err err = ERR_INIT;
    if (worker != NULL)
        return;
    server.options = (struct server_options){.handle = handle, .refuse = refuse, .done = done};
    atomic_store(&server.limits.max_params, (int64_t)MAX_PARAMS);
    atomic_store(&server.limits.max_body, (int64_t)MAX_BODY);
    atomic_store(&server.limits.arena_limit, 1024 * 1024);
    atomic_store(&server.limits.read_timeout, 60 * CLOCK_NS_PER_S);
    atomic_store(&server.limits.write_timeout, 50 * CLOCK_NS_PER_MS);
    server.params_limit = MAX_PARAMS;
    server.connection_limit = CONNECTIONS_MAX;
    server.epoll_fd = server.wake_fd = server.signal_fd = -1;
    server.ring = ring_create(CONNECTIONS_MAX);
    check(server.ring != NULL && fcgi_prepare(&err));
    check(poller_init(&server.poller, &server.connections, server.ring, &err));
    check(connections_init(&server.connections, CONNECTIONS_MAX, server.poller.epoll_fd, -1, &err));
    worker = worker_create(&server, 0);
    check(worker != NULL);
    atexit(close_server);
}

/* --- the first look -------------------------------------------------------------------------- */

/* On a block of its own, so that a read past the end is seen. */
static struct preflight look(const uint8_t *bytes, size_t size)
{
    unsigned char *copy = malloc(size > 0 ? size : 1);
    check(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    struct preflight seen = preflight_check(copy, size, MAX_PARAMS);
    free(copy);
    check(seen.consume <= size);
    return seen;
}

static bool same_verdict(const struct preflight *a, const struct preflight *b)
{
    return a->verdict == b->verdict && a->request_id == b->request_id && a->type == b->type &&
           a->values == b->values && a->padding == b->padding && a->consume == b->consume;
}

/* Whatever the bytes lead to, their beginning leads there or says nothing yet. */
static void check_cuts(const uint8_t *bytes, size_t size)
{
    struct preflight whole = look(bytes, size);
    size_t step = size / CUTS_MAX + 1;
    bool decided = false;
    for (size_t cut = 0; cut < size; cut += step) {
        struct preflight seen = look(bytes, cut);
        if (seen.verdict == PREFLIGHT_MORE)
            check(!decided && seen.consume == 0);
        else
            check(same_verdict(&seen, &whole));
        decided = decided || seen.verdict != PREFLIGHT_MORE;
    }
    if (whole.verdict == PREFLIGHT_GO) {
        struct preflight exact = look(bytes, whole.consume);
        struct preflight less = look(bytes, whole.consume - 1);
        check(same_verdict(&exact, &whole) && less.verdict == PREFLIGHT_MORE);
    }
}

static void check_look(const uint8_t *bytes, size_t size)
{
    struct preflight seen = look(bytes, size);
    struct walk_head head;
    check_cuts(bytes, size);
    walk_head(bytes, size, MAX_PARAMS, &head);
    check(head.whole == (seen.verdict == PREFLIGHT_GO));
    if (head.whole)
        check(seen.request_id == head.id && seen.consume == head.end &&
              seen.padding == head.padding);
    walk_head_finish(&head);
}

/* --- a connection ---------------------------------------------------------------------------- */

static void receive_answers(int fd)
{
    char bytes[4096];
    ssize_t got;
    while ((got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        buf_put(&answers, bytes, (size_t)got);
}

/* Does the worker's work until there is none left. */
static void work(int peer)
{
    struct ring_job job;
    for (int round = 0;; round++) {
        check(round < ROUNDS_MAX);
        poller_harvest(&server.poller);
        if (!ring_pop(server.ring, &job))
            break;
        exchange_serve(worker, &job);
        receive_answers(peer);
    }
    receive_answers(peer);
}

static void send_bytes(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0)
            return; /* the worker closed the connection */
        bytes += sent;
        size -= (size_t)sent;
    }
}

/* A head may come in pieces. What is behind it comes at once: the worker waits for a body. */
static void send_chunk(int fd, const uint8_t *bytes, size_t size, size_t step)
{
    size_t sent = 0;
    for (int i = 0; step > 0 && i < PIECES_MAX && size - sent > step; i++) {
        if (look(bytes, sent + step).verdict != PREFLIGHT_MORE)
            break;
        send_bytes(fd, bytes + sent, step);
        sent += step;
        work(fd);
    }
    send_bytes(fd, bytes + sent, size - sent);
}

/* An END_REQUEST that turns away a second request on the connection, which libfcgi sends. */
static bool is_second_refused(const struct wire_record *record, const char *content)
{
    enum { CANT_MULTIPLEX = 1 };
    return record->type == WIRE_END && record->length == 8 && content[4] == CANT_MULTIPLEX;
}

/* Nothing but whole records of the types that a responder sends. Returns how many requests they
 * end, but for those that were never begun; *last is the type of the last but for an empty STDOUT
 * that says there is no more. */
static size_t check_answers(unsigned *last)
{
    size_t ends = 0;
    *last = 0;
    for (size_t at = 0; at < answers.length;) {
        check(answers.length - at >= WIRE_HEADER);
        struct wire_record record = wire_parse((const unsigned char *)answers.data + at);
        size_t whole = WIRE_HEADER + record.length + record.padding;
        check(record.version == WIRE_VERSION && answers.length - at >= whole);
        bool management = record.type == WIRE_GET_VALUES_RESULT || record.type == WIRE_UNKNOWN_TYPE;
        check(management ? record.id == 0 : record.id != 0);
        check(management || record.type == WIRE_STDOUT || record.type == WIRE_END);
        ends +=
            record.type == WIRE_END && !is_second_refused(&record, answers.data + at + WIRE_HEADER);
        at += whole;
        bool farewell = *last == WIRE_END && record.type == WIRE_STDOUT && record.length == 0;
        check(!farewell || at == answers.length); /* behind the last answer of a connection */
        *last = farewell ? *last : record.type;
    }
    return ends;
}

/* The number that CONTENT_LENGTH says, -1 for none; false when it says something else. */
static bool declared_length(const struct walk_head *head, long long *length)
{
    const char *text = walk_param(head, "CONTENT_LENGTH");
    *length = -1;
    if (text == NULL || text[0] == '\0')
        return true;
    if (strlen(text) > 18 || text[strspn(text, "0123456789")] != '\0')
        return false;
    *length = atoll(text);
    return true;
}

/* REQUEST_URI up to its query, or the script's name and what is behind it. */
static bool has_path(const struct walk_head *head)
{
    const char *uri = walk_param(head, "REQUEST_URI");
    const char *script = walk_param(head, "SCRIPT_NAME"), *info = walk_param(head, "PATH_INFO");
    char path[2 * MAX_PARAMS];
    size_t length;
    if (uri != NULL && uri[0] != '\0')
        return http_path_decode(uri, strcspn(uri, "?#"), path, &length); /* see fuzz_path */
    snprintf(path, sizeof(path), "%s%s", script != NULL ? script : "", info != NULL ? info : "");
    for (const char *c = path; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return path[0] == '/';
}

/* What a whole request is to be answered with. */
static int right_status(const struct walk_head *head, const struct walk_body *body)
{
    long long declared, length = (long long)body->text.length;
    bool is_number = declared_length(head, &declared);
    if (declared > (long long)MAX_BODY || length > (long long)MAX_BODY)
        return 413;
    if (!is_number || (declared >= 0 && declared != length))
        return 400;
    return has_path(head) ? 200 : 400;
}

/* A whole request gets one answer, the right one. */
static void check_exchange(void)
{
    unsigned last;
    size_t ends = check_answers(&last);
    check(exchange.done == exchange.handled + exchange.refused && ends >= exchange.done);
    if (exchange.head == NULL || !exchange.body->clean)
        return;
    check(exchange.done == 1 && ends == 1 && last == WIRE_END);
    check(exchange.status == right_status(exchange.head, exchange.body));
    check(exchange.handled == (exchange.status == 200));
}

/* Sends what a web server would before it waits for an answer; returns the bytes it looked at. */
static size_t exchange_chunk(int fd, const uint8_t *bytes, size_t size, size_t step)
{
    struct walk_head head = {0};
    struct walk_body body = {0};
    struct preflight seen = look(bytes, size);
    size_t chunk = seen.consume > 0 ? seen.consume : size, passed = chunk;
    memset(&exchange, 0, sizeof(exchange));
    buf_reset(&answers, INPUT_MAX);
    if (seen.verdict == PREFLIGHT_GO) {
        walk_head(bytes, size, MAX_PARAMS, &head);
        walk_body(bytes + head.end, size - head.end, head.id, &body);
        chunk = head.end + body.end;
        passed = body.whole ? chunk : size;
        /* More framing than the worker's window has room for is turned away. */
        body.clean = body.clean && head.end <= worker->peek_size;
        exchange.head = &head;
        exchange.body = &body;
    }
    send_chunk(fd, bytes, chunk, step);
    if (passed == size)
        shutdown(fd, SHUT_WR);
    work(fd);
    check_exchange();
    exchange.head = NULL;
    walk_head_finish(&head);
    walk_body_finish(&body);
    return passed;
}

/* Returns the descriptor's number that the worker's side had. */
static int run_connection(const uint8_t *bytes, size_t size, size_t step)
{
    static const struct timeval patience = {.tv_usec = 50000}; /* nothing should wait at all */
    int pair[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    check(connections_add(&server.connections, pair[0], clock_monotonic_ns()));
    for (size_t at = 0; at < size && connections_active(&server.connections) > 0;)
        at += exchange_chunk(pair[1], bytes + at, size - at, step);
    shutdown(pair[1], SHUT_WR);
    work(pair[1]);
    check(connections_active(&server.connections) == 0);
    close(pair[1]);
    return pair[0];
}

static int run_good_request(void)
{
    static const char want[] = "\r\n\r\n[POST|/good path|5]";
    struct buf bytes = BUF_INIT;
    raw_request(&bytes, 1, true, "/good%20path?q", "hello", NULL);
    int fd = run_connection((const uint8_t *)bytes.data, bytes.length, 0);
    check(exchange.handled == 1 && exchange.status == 200);
    check(memmem(answers.data, answers.length, want, sizeof(want) - 1) != NULL);
    buf_finish(&bytes);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_once();
    if (size < 1 || size > INPUT_MAX)
        return 0;
    check_look(data + 1, size - 1);
    int fd = run_connection(data + 1, size - 1, data[0]);
    check(run_good_request() == fd); /* no descriptor was left open */
    return 0;
}
