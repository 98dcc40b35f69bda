#include "server/exchange.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "server/fcgi.h"
#include "server/intake.h"
#include "server/preflight.h"
#include "server/wire.h"
#include "server/worker.h"

#define PEEK_FIRST                                                                 \
    ((size_t)4096) /* most heads; a large body behind it is not copied for nothing \
                    */
#define PEEK_MAX ((size_t)256 * 1024)
#define DRAIN_MAX ((size_t)1024 * 1024) /* of a body beyond the limit */
#define ROUNDS_MAX 8                    /* management records before somebody else's turn */
#define RETRY_AFTER "1"

size_t exchange_peek_size(size_t max_params)
{
    /* Twice: record headers, padding and lengths come on top of names and values. */
    size_t size = max_params < PEEK_MAX / 2 ? max_params * 2 + 8192 : PEEK_MAX;
    return size < PEEK_MAX ? size : PEEK_MAX;
}

/* One exchange. */
struct exchange {
    struct worker *worker;
    struct server *server;
    const struct ring_job *job;
    struct http_request request;
    unsigned request_id; /* of FastCGI */
    bool keep;           /* the connection, for a next request */
    bool unread;         /* the peer may still be sending */
    char id[33];
};

static const char *request_param(const struct http_request *request, const char *name)
{
    return request->peer != NULL ? intake_param(fcgi_params(request->peer), name) : NULL;
}

static void request_init(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    exchange->request = (struct http_request){
        .method = HTTP_OTHER,
        .path = "/",
        .path_length = 1,
        .query = "",
        .content_type = "",
        .body = "",
        .id = "",
        .remote = "",
        .arena = &worker->arena,
        .scratch = &worker->scratch,
        .worker = worker->number,
        .param = request_param,
    };
    exchange->request.timing.queued = exchange->job->queued;
    exchange->request.timing.started = clock_monotonic_ns();
}

static void set_id(struct exchange *exchange)
{
    if (exchange->request.id != NULL && exchange->request.id[0] != '\0')
        return;
    worker_random_id(exchange->worker, exchange->id);
    exchange->request.id = exchange->id;
}

static void refuse(struct exchange *exchange, int status, const char *sentence)
{
    struct http_response *response = &exchange->worker->response;
    http_response_reset(response, WORKER_KEEP);
    response->status = status;
    if (status == 503)
        http_response_header(response, "Retry-After", RETRY_AFTER);
    const struct server_options *options = &exchange->server->options;
    options->refuse(options->context, &exchange->request, response, status, sentence);
}

static void put_number(struct buf *buf, size_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_put(buf, digits + at, sizeof(digits) - at);
}

static bool has_no_body(int status)
{
    return status == 204 || status == 304;
}

/* Status and header lines. HEAD says the length of the body that it leaves out. */
static void put_head(struct buf *head, const struct http_response *response, const char *id)
{
    buf_reset(head, WORKER_KEEP);
    buf_put_text(head, "Status: ");
    put_number(head, (size_t)response->status);
    buf_put_char(head, ' ');
    buf_put_text(head, http_status_text(response->status));
    if (!has_no_body(response->status)) {
        buf_put_text(head, "\r\nContent-Type: ");
        buf_put_text(head, response->content_type);
        buf_put_text(head, "\r\nContent-Length: ");
        put_number(head, response->body.length);
    }
    buf_put_text(head, "\r\nX-Request-Id: ");
    buf_put_text(head, id);
    buf_put(head, "\r\n", 2);
    buf_put(head, response->headers.data, response->headers.length);
    buf_put(head, "\r\n", 2);
}

/* The bytes of the answer's head and body; 0 when it could not be sent. */
static size_t send_answer(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    struct http_response *response = &worker->response;
    if (response->body.failed || response->headers.failed)
        refuse(exchange, 503, "the answer does not fit into memory");
    put_head(&worker->head, response, exchange->request.id);
    if (worker->head.failed)
        return 0;
    bool bodiless = exchange->request.method == HTTP_HEAD || has_no_body(response->status);
    const struct wire_answer answer = {
        .request_id = exchange->request_id,
        .app_status = response->status >= 500 ? 1 : 0, /* cgi-fcgi's exit code, for probes */
        .head = worker->head.data,
        .head_length = worker->head.length,
        .body = response->body.data,
        .body_length = bodiless ? 0 : response->body.length,
    };
    int64_t timeout = limit_get(&exchange->server->limits.write_timeout);
    return wire_send_answer(exchange->job->fd, &answer, timeout)
               ? answer.head_length + answer.body_length
               : 0;
}

/* A connection closed with bytes unread makes the kernel drop the answer with it (a reset over
 * TCP). What is there is read away; what the peer sends later is its own loss. */
static void read_away(struct exchange *exchange)
{
    int fd = exchange->job->fd;
    shutdown(fd, SHUT_WR);
    for (size_t total = 0; total < DRAIN_MAX;) {
        ssize_t got = recv(fd, exchange->worker->peek, exchange->worker->peek_size, MSG_DONTWAIT);
        if (got <= 0)
            return;
        total += (size_t)got;
    }
}

/* Sends the answer, hands the connection back, then tells whoever counts and logs. */
static void finish(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    struct server *server = exchange->server;
    worker_set_state(worker, WORKER_WRITING, clock_monotonic_ns());
    if (atomic_load(&server->draining))
        exchange->keep = false; /* the web server sees END_REQUEST, then the end */
    size_t sent = send_answer(exchange);
    if (sent > 0 && exchange->keep) {
        connections_park(&server->connections, exchange->job, clock_monotonic_ns());
    } else {
        if (exchange->unread)
            read_away(exchange);
        connections_close(&server->connections, exchange->job);
    }
    /* From here on the descriptor is not ours. */
    if (server->options.done != NULL)
        server->options.done(server->options.context, &exchange->request, &worker->response, sent);
    atomic_fetch_add_explicit(&worker->requests, 1, memory_order_relaxed);
}

static void reset_memory(struct worker *worker)
{
    const struct limits *limits = &worker->server->limits;
    fcgi_release(worker->fcgi);
    arena_reset(&worker->arena, WORKER_KEEP * 2);
    arena_reset(&worker->scratch, WORKER_KEEP * 2);
    worker->arena.limit = worker->scratch.limit = (size_t)limit_get(&limits->arena_limit);
    http_response_reset(&worker->response, WORKER_KEEP);
    buf_reset(&worker->body, WORKER_KEEP);
}

/* Probes and status pages are cheap and most wanted when the queue is long; a liveness probe that
 * is shed would end the process for being busy. */
static bool is_too_late(const struct exchange *exchange)
{
    int64_t budget = limit_get(&exchange->server->limits.queue_budget);
    enum http_method method = exchange->request.method;
    const struct http_timing *timing = &exchange->request.timing;
    return budget > 0 && method != HTTP_GET && method != HTTP_HEAD &&
           timing->started - timing->queued > budget;
}

/* The body, to its end. Returns 0, or the status to refuse with. */
static int receive(struct exchange *exchange, int64_t declared, const char **sentence)
{
    struct worker *worker = exchange->worker;
    const struct fcgi_body_limits limits = {
        .declared = declared,
        .limit = (size_t)limit_get(&exchange->server->limits.max_body),
        .drain = DRAIN_MAX,
    };
    enum fcgi_body result = fcgi_read_body(worker->fcgi, &limits, &worker->body);
    bool timed_out = connections_body_end(&exchange->server->connections, exchange->job);
    bool short_of = declared >= 0 && (uint64_t)declared != worker->body.length;
    exchange->request.timing.received = clock_monotonic_ns();
    if (result == FCGI_BODY_TOO_LARGE || result == FCGI_BODY_UNREAD) {
        exchange->unread = result == FCGI_BODY_UNREAD;
        exchange->keep = exchange->keep && result == FCGI_BODY_TOO_LARGE;
        *sentence = "the body is larger than allowed";
        return 413;
    }
    if (result == FCGI_BODY_COMPLETE && !short_of) {
        exchange->request.body = worker->body.length > 0 ? worker->body.data : "";
        exchange->request.body_length = worker->body.length;
        return 0;
    }
    exchange->keep = false;
    exchange->unread = true;
    *sentence = timed_out                       ? "the request took too long to arrive"
                : result == FCGI_BODY_NO_MEMORY ? "no memory for the body"
                                                : "the body is not what was announced";
    return timed_out ? 408 : result == FCGI_BODY_NO_MEMORY ? 503 : 400;
}

static void run(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    const struct server_options *options = &exchange->server->options;
    const char *sentence = "";
    struct intake intake = intake_fill(&exchange->request, fcgi_params(worker->fcgi));
    exchange->request.peer = worker->fcgi;
    set_id(exchange);
    int status = receive(exchange, intake.content_length, &sentence);
    if (status == 0 && intake.status != 0) {
        status = intake.status;
        sentence = intake.sentence;
    }
    if (status == 0 && is_too_late(exchange)) {
        atomic_fetch_add_explicit(&exchange->server->shed, 1, memory_order_relaxed);
        status = 503;
        sentence = "the server is busy";
    }
    worker_set_state(worker, WORKER_RUNNING, exchange->request.timing.received);
    if (status != 0)
        refuse(exchange, status, sentence);
    else
        options->handle(options->context, &exchange->request, &worker->response);
}

/* Reads exactly `size` bytes that MSG_PEEK has shown to be there. */
static bool consume(struct exchange *exchange, size_t size)
{
    while (size > 0) {
        ssize_t got = recv(exchange->job->fd, exchange->worker->peek, size, MSG_DONTWAIT);
        if (got <= 0)
            return false;
        size -= (size_t)got;
    }
    return true;
}

static void refuse_params(struct exchange *exchange, unsigned request_id)
{
    request_init(exchange);
    set_id(exchange);
    exchange->request_id = request_id;
    exchange->unread = true;
    refuse(exchange, 431, "the parameters are larger than allowed");
    finish(exchange);
    reset_memory(exchange->worker);
}

/* Peeks as much as it takes to see the end of the parameters, or all there is. */
static ssize_t peek(struct exchange *exchange, struct preflight *seen)
{
    struct worker *worker = exchange->worker;
    size_t window = PEEK_FIRST;
    size_t max_params = (size_t)limit_get(&exchange->server->limits.max_params);
    for (;;) {
        ssize_t got = recv(exchange->job->fd, worker->peek, window, MSG_PEEK | MSG_DONTWAIT);
        if (got <= 0)
            return got;
        *seen = preflight_check(worker->peek, (size_t)got, max_params);
        if (seen->verdict != PREFLIGHT_MORE || (size_t)got < window)
            return got;
        if (window == worker->peek_size) {
            seen->verdict = PREFLIGHT_CLOSE; /* more framing than anyone needs */
            return got;
        }
        window = worker->peek_size;
    }
}

/* A management record, or one to pass over. False: the connection is done for. */
static bool answer_record(struct exchange *exchange, const struct preflight *seen)
{
    int fd = exchange->job->fd;
    int64_t timeout = limit_get(&exchange->server->limits.write_timeout);
    if (!consume(exchange, seen->consume))
        return false;
    if (seen->verdict == PREFLIGHT_VALUES)
        return wire_send_values(fd, seen->values, (int64_t)exchange->server->connection_limit,
                                timeout);
    return seen->verdict == PREFLIGHT_SKIP || wire_send_unknown_type(fd, seen->type, timeout);
}

/* True: a request's head is there, whole and harmless. False: the connection was dealt with. */
static bool look(struct exchange *exchange)
{
    struct connections *connections = &exchange->server->connections;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct preflight seen = {.verdict = PREFLIGHT_CLOSE};
        ssize_t got = peek(exchange, &seen);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        switch (seen.verdict) {
        case PREFLIGHT_GO:
            exchange->request_id = seen.request_id;
            return true;
        case PREFLIGHT_MORE:
            connections_park_partial(connections, exchange->job, (int)got);
            return false;
        case PREFLIGHT_TOO_LARGE:
            refuse_params(exchange, seen.request_id);
            return false;
        case PREFLIGHT_SKIP:
        case PREFLIGHT_VALUES:
        case PREFLIGHT_UNKNOWN:
            if (answer_record(exchange, &seen))
                continue;
            break;
        case PREFLIGHT_ROLE:
            wire_send_end(exchange->job->fd, seen.request_id, WIRE_UNKNOWN_ROLE,
                          limit_get(&exchange->server->limits.write_timeout));
            read_away(exchange);
            break;
        case PREFLIGHT_CLOSE:
            break;
        }
        connections_close(connections, exchange->job);
        return false;
    }
    connections_park(connections, exchange->job, clock_monotonic_ns());
    return false;
}

void exchange_serve(struct worker *worker, const struct ring_job *job)
{
    struct exchange exchange = {.worker = worker, .server = worker->server, .job = job};
    struct connections *connections = &worker->server->connections;
    if (!look(&exchange))
        return;
    request_init(&exchange);
    worker_set_state(worker, WORKER_READING, exchange.request.timing.started);
    if (!fcgi_accept(worker->fcgi, job->fd)) {
        connections_lost(connections, job);
        return;
    }
    exchange.keep = fcgi_keep_connection(worker->fcgi);
    connections_body_begin(connections, job, exchange.request.timing.started);
    run(&exchange);
    finish(&exchange);
    reset_memory(worker);
}
