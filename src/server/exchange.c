#include "server/exchange.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
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
    struct fcgi_head head;
    bool asked;  /* the peer wants to keep the connection for a next request */
    bool keep;   /* and so do we */
    bool unread; /* the peer may still be sending */
    char id[33];
};

static const char *request_param(const struct http_request *request, const char *name)
{
    return request->peer != NULL ? intake_param(fcgi_params(request->peer), name) : NULL;
}

/* A web server whose client has gone closes the connection. Over TCP that shows only once something
 * was sent; half a close may be a peer that has said all it had to say. */
static bool request_is_abandoned(const struct http_request *request)
{
    const void *whole = (const char *)request - offsetof(struct exchange, request);
    const struct exchange *exchange = whole;
    struct pollfd poll_fd = {.fd = exchange->job->fd};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR)) != 0;
}

static void request_yield(struct http_request *request)
{
    void *whole = (char *)request - offsetof(struct exchange, request);
    struct exchange *exchange = whole;
    int64_t began = clock_monotonic_ns();
    worker_serve_guest(exchange->worker);
    if (request->deadline > 0)
        request->deadline += clock_monotonic_ns() - began;
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
        .is_abandoned = request_is_abandoned,
        .yield = request_yield,
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
        .last = exchange->asked && !exchange->keep,
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
    int64_t now = clock_monotonic_ns();
    worker_set_state(worker, WORKER_WRITING, now);
    if (atomic_load(&server->draining))
        exchange->keep = false; /* the web server sees END_REQUEST, then the end */
    size_t sent = send_answer(exchange);
    if (sent > 0 && exchange->keep) {
        connections_park(&server->connections, exchange->job, now);
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
    exchange->request.timing.received = clock_monotonic_ns();
    /* The reaper ended it, or the socket's own timeout was first. */
    timed_out = timed_out || exchange->request.timing.received - exchange->request.timing.started >=
                                 limit_get(&exchange->server->limits.read_timeout);
    bool short_of = declared >= 0 && (uint64_t)declared != worker->body.length;
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
    if (worker->takes_large)
        sched_yield(); /* reading woke the web server here, and the kernel looks only then whether
                          it may interrupt */
    if (status == 0 && intake.status != 0) {
        status = intake.status;
        sentence = intake.sentence;
    }
    if (status == 0 && is_too_late(exchange)) {
        atomic_fetch_add_explicit(&exchange->server->shed, 1, memory_order_relaxed);
        status = 503;
        sentence = "the server is busy";
    }
    int64_t compute_timeout = limit_get(&exchange->server->limits.compute_timeout);
    if (compute_timeout > 0)
        exchange->request.deadline = exchange->request.timing.received + compute_timeout;
    worker_set_state(worker, WORKER_RUNNING, exchange->request.timing.received);
    if (status != 0)
        refuse(exchange, status, sentence);
    else
        options->handle(options->context, &exchange->request, &worker->response);
}

/* Reads exactly `size` bytes that MSG_PEEK has shown to be there, to `out`. */
static bool consume(int fd, unsigned char *out, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = recv(fd, out + done, size - done, MSG_DONTWAIT);
        if (got <= 0)
            return false;
        done += (size_t)got;
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

/* What is known of the head, at the worker's peek buffer: bytes taken out of the socket before,
 * then bytes still in it. */
struct view {
    struct buf *taken;
    size_t size;
    struct preflight seen;
};

/* Peeks as much as it takes to see the end of the parameters, or all there is. 0: nothing new. */
static ssize_t peek(struct exchange *exchange, struct view *view)
{
    struct worker *worker = exchange->worker;
    size_t max_params = (size_t)limit_get(&exchange->server->limits.max_params);
    size_t taken = view->taken->length;
    size_t window = taken > 0 ? worker->peek_size : PEEK_FIRST;
    if (taken > 0)
        memcpy(worker->peek, view->taken->data, taken);
    for (;; window = worker->peek_size) {
        ssize_t got =
            recv(exchange->job->fd, worker->peek + taken, window - taken, MSG_PEEK | MSG_DONTWAIT);
        if (got <= 0)
            return got;
        view->size = taken + (size_t)got;
        view->seen = preflight_check(worker->peek, view->size, max_params);
        if (view->seen.verdict != PREFLIGHT_MORE || view->size < window)
            return got;
        if (window == worker->peek_size) {
            view->seen.verdict = PREFLIGHT_CLOSE; /* more framing than anyone needs */
            return got;
        }
    }
}

/* Takes everything up to `size` out of the socket; the bytes are at the peek buffer already. */
static bool take(struct exchange *exchange, const struct view *view, size_t size)
{
    size_t taken = view->taken->length;
    return consume(exchange->job->fd, exchange->worker->peek + taken, size - taken);
}

/* A head comes in pieces. They are taken out of the socket, for a peer that writes byte by byte
 * fills its send buffer with some dozens of them; and no thread waits for the next. */
static bool wait_for_more(struct exchange *exchange, struct view *view)
{
    size_t taken = view->taken->length;
    if (!take(exchange, view, view->size))
        return false;
    buf_put(view->taken, exchange->worker->peek + taken, view->size - taken);
    if (view->taken->failed)
        return false;
    connections_park_partial(&exchange->server->connections, exchange->job);
    return true;
}

/* A management record, or one to pass over. False: the connection is done for. */
static bool answer_record(struct exchange *exchange, struct view *view)
{
    int fd = exchange->job->fd;
    int64_t timeout = limit_get(&exchange->server->limits.write_timeout);
    if (!take(exchange, view, view->seen.consume))
        return false;
    buf_finish(view->taken);
    if (view->seen.verdict == PREFLIGHT_VALUES)
        return wire_send_values(fd, view->seen.values, (int64_t)exchange->server->connection_limit,
                                timeout);
    return view->seen.verdict == PREFLIGHT_SKIP ||
           wire_send_unknown_type(fd, view->seen.type, timeout);
}

/* A large request is for those who serve nothing else. They look at the head again, so that it has
 * to be in the socket still, as nearly always. */
static bool leave_to_others(struct exchange *exchange, const struct view *view)
{
    struct worker *worker = exchange->worker;
    return !worker->takes_large && view->taken->length == 0 &&
           preflight_body_length(worker->peek, view->size) >= LARGE_BODY &&
           large_push(&exchange->server->large, exchange->job);
}

/* The head is whole. In one piece it stays in the socket for libfcgi. */
static bool take_head(struct exchange *exchange, struct view *view)
{
    exchange->request_id = view->seen.request_id;
    exchange->head = (struct fcgi_head){.size = view->seen.consume, .padding = view->seen.padding};
    if (view->taken->length == 0)
        return true;
    if (!take(exchange, view, view->seen.consume))
        return false;
    exchange->head.bytes = exchange->worker->peek;
    buf_finish(view->taken);
    return true;
}

enum look { LOOK_REQUEST, LOOK_AGAIN, LOOK_PARKED, LOOK_CLOSE };

static enum look look_once(struct exchange *exchange)
{
    struct view view = {.taken = connections_head(&exchange->server->connections, exchange->job)};
    ssize_t got = peek(exchange, &view);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (view.taken->length > 0)
            connections_park_partial(&exchange->server->connections, exchange->job);
        else
            connections_park(&exchange->server->connections, exchange->job, clock_monotonic_ns());
        return LOOK_PARKED;
    }
    if (got <= 0)
        return LOOK_CLOSE;
    switch (view.seen.verdict) {
    case PREFLIGHT_GO:
        if (leave_to_others(exchange, &view))
            return LOOK_PARKED;
        return take_head(exchange, &view) ? LOOK_REQUEST : LOOK_CLOSE;
    case PREFLIGHT_MORE:
        return wait_for_more(exchange, &view) ? LOOK_PARKED : LOOK_CLOSE;
    case PREFLIGHT_SKIP:
    case PREFLIGHT_VALUES:
    case PREFLIGHT_UNKNOWN:
        return answer_record(exchange, &view) ? LOOK_AGAIN : LOOK_CLOSE;
    case PREFLIGHT_TOO_LARGE:
        refuse_params(exchange, view.seen.request_id);
        return LOOK_PARKED;
    case PREFLIGHT_ROLE:
        wire_send_end(exchange->job->fd, view.seen.request_id, WIRE_UNKNOWN_ROLE,
                      limit_get(&exchange->server->limits.write_timeout));
        read_away(exchange);
        break;
    case PREFLIGHT_CLOSE:
        break;
    }
    return LOOK_CLOSE;
}

/* True: a request's head is there, whole and harmless. False: the connection was dealt with. */
static bool look(struct exchange *exchange)
{
    struct connections *connections = &exchange->server->connections;
    enum look result = LOOK_AGAIN;
    for (int round = 0; round < ROUNDS_MAX && result == LOOK_AGAIN; round++)
        result = look_once(exchange);
    if (result == LOOK_AGAIN)
        connections_park(connections, exchange->job, clock_monotonic_ns());
    else if (result == LOOK_CLOSE)
        connections_close(connections, exchange->job);
    return result == LOOK_REQUEST;
}

void exchange_serve(struct worker *worker, const struct ring_job *job)
{
    struct exchange exchange = {.worker = worker, .server = worker->server, .job = job};
    struct connections *connections = &worker->server->connections;
    if (!look(&exchange))
        return;
    request_init(&exchange);
    worker_set_state(worker, WORKER_READING, exchange.request.timing.started);
    enum fcgi_accepted accepted = fcgi_accept(worker->fcgi, job->fd, &exchange.head);
    if (accepted != FCGI_ACCEPTED) {
        if (accepted == FCGI_LOST)
            connections_lost(connections, job);
        else
            connections_close(connections, job);
        return;
    }
    exchange.keep = exchange.asked = fcgi_keep_connection(worker->fcgi);
    connections_body_begin(connections, job, exchange.request.timing.started);
    run(&exchange);
    finish(&exchange);
    reset_memory(worker);
}
