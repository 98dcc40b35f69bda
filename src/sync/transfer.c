#include "sync/transfer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sync/retry.h"
#include "sync/transfer_private.h"

#define ERROR_BODY_MAX ((size_t)64 * 1024)
#define STEP_MS 100
#define RECEIVE_BUFFER (256L * 1024)

/* --- options ------------------------------------------------------------------------------- */

static const char *first_text(const char *const *texts)
{
    while (*texts != NULL && (*texts)[0] == '\0')
        texts++;
    return *texts != NULL ? *texts : "";
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

/* libcurl leaves these variables to its command line tool. */
static void options_complete(struct transfer_options *options)
{
    const char *const files[] = {options->ca_file, environment("AWS_CA_BUNDLE"),
                                 environment("CURL_CA_BUNDLE"), environment("SSL_CERT_FILE"), NULL};
    const char *const paths[] = {options->ca_path, environment("SSL_CERT_DIR"), NULL};
    options->ca_file = first_text(files);
    options->ca_path = first_text(paths);
}

struct transfer *transfer_create(const struct transfer_options *options, struct err *err)
{
    struct transfer *transfer = mem_array(1, sizeof *transfer);
    if (transfer != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        transfer->options = *options;
        options_complete(&transfer->options);
        transfer->small = curl_multi_init();
        transfer->parallel = curl_multi_init();
        transfer->allowance_time = clock_monotonic_ns();
    }
    if (transfer != NULL && transfer->small != NULL && transfer->parallel != NULL) {
        long most = (long)options->connections;
        curl_multi_setopt(transfer->parallel, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
        curl_multi_setopt(transfer->parallel, CURLMOPT_MAXCONNECTS, most);
        return transfer;
    }
    transfer_destroy(transfer);
    err_set(err, ERR_MEMORY, "no memory for transfers");
    return NULL;
}

void transfer_destroy(struct transfer *transfer)
{
    if (transfer == NULL)
        return;
    curl_multi_cleanup(transfer->small);
    curl_multi_cleanup(transfer->parallel);
    free(transfer);
    curl_global_cleanup();
}

void transfer_set_stop(struct transfer *transfer, const volatile int *stop)
{
    transfer->stop = stop;
}

const volatile int *transfer_stop(const struct transfer *transfer)
{
    return transfer->stop;
}

void transfer_set_deadline(struct transfer *transfer, int64_t deadline)
{
    transfer->deadline = deadline;
}

void transfer_set_tick(struct transfer *transfer, void (*tick)(void *context), void *context)
{
    transfer->tick = tick;
    transfer->tick_context = context;
}

enum failure transfer_failure(const struct transfer *transfer)
{
    return transfer->failure;
}

void transfer_set_failure(struct transfer *transfer, enum failure failure)
{
    transfer->failure = failure;
}

bool transfer_fail(struct transfer *transfer, enum failure failure)
{
    transfer->failure = failure;
    return false;
}

void transfer_expect(struct transfer *transfer, int64_t bytes)
{
    transfer->counts.expected = transfer->counts.bytes + bytes;
}

const struct transfer_counts *transfer_counts(const struct transfer *transfer)
{
    return &transfer->counts;
}

/* --- what may go on ------------------------------------------------------------------------ */

bool transfer_may_go_on(struct transfer *transfer, struct err *err)
{
    int64_t now = clock_monotonic_ns();
    if (transfer->stop != NULL && *transfer->stop != 0) {
        transfer_fail(transfer, FAILURE_STOPPED);
        return err_set(err, ERR_UNAVAILABLE, "stopped");
    }
    if (transfer->deadline > 0 && now >= transfer->deadline) {
        transfer_fail(transfer, FAILURE_TIMEOUT);
        return err_set(err, ERR_UNAVAILABLE, "the time for it is over");
    }
    if (transfer->tick != NULL && now >= transfer->next_tick) {
        transfer->next_tick = now + STEP_MS * CLOCK_NS_PER_MS;
        transfer->tick(transfer->tick_context);
    }
    return true;
}

int transfer_poll_ms(int64_t until)
{
    int64_t left = until - clock_monotonic_ns();
    if (left <= 0)
        return 0;
    return left < STEP_MS * CLOCK_NS_PER_MS ? (int)(left / CLOCK_NS_PER_MS) + 1 : STEP_MS;
}

bool transfer_take_allowance(struct transfer *transfer, int64_t bytes)
{
    int64_t rate = transfer->options.bandwidth;
    if (rate <= 0)
        return true;
    int64_t now = clock_monotonic_ns();
    int64_t passed = now - transfer->allowance_time;
    if (passed > CLOCK_NS_PER_S / 4) /* a burst is a quarter of a second's bytes */
        passed = CLOCK_NS_PER_S / 4;
    int64_t more = (int64_t)((double)rate * (double)passed / 1e9);
    if (more > 0) {
        transfer->allowance_time = now;
        transfer->allowance += more;
        if (transfer->allowance > rate / 4 + 1)
            transfer->allowance = rate / 4 + 1;
    }
    if (transfer->allowance <= 0)
        return false;
    transfer->allowance -= bytes; /* may go below: the next ones wait for it */
    return true;
}

/* --- one exchange -------------------------------------------------------------------------- */

static size_t read_body(char *to, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    int64_t left = (int64_t)exchange->request.body_size - exchange->sent;
    size_t most = left < (int64_t)(size * count) ? (size_t)left : size * count;
    ssize_t got = (ssize_t)most;
    if (exchange->request.body_fd >= 0)
        got = pread(exchange->request.body_fd, to, most, exchange->sent);
    else if (most > 0)
        memcpy(to, (const char *)exchange->request.body + exchange->sent, most);
    if (got < 0 || (got == 0 && most > 0))
        return CURL_READFUNC_ABORT;
    exchange->sent += got;
    return (size_t)got;
}

static int seek_body(void *context, curl_off_t offset, int origin)
{
    struct exchange *exchange = context;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    exchange->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static void set_body(struct exchange *exchange)
{
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
}

static void set_method(struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    CURL *easy = exchange->easy;
    if (strcmp(request->method, "PUT") == 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size);
        set_body(exchange);
    } else if (strcmp(request->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        set_body(exchange);
    } else if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
}

static void set_trust(const struct transfer_options *options, CURL *easy)
{
    if (options->ca_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    if (options->ca_path[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAPATH, options->ca_path);
    if (options->client_cert[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_SSLCERT, options->client_cert);
    if (options->client_key[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_SSLKEY, options->client_key);
}

static void set_route(const struct transfer_options *options, const struct request *request,
                      CURL *easy)
{
    if (request->link_local) {
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); /* a proxy has its own metadata service */
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 1000L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
        return;
    }
    if (options->proxy[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_PROXY, options->proxy);
    if (options->no_proxy[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_NOPROXY, options->no_proxy);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(options->connect_timeout / CLOCK_NS_PER_MS));
}

static void set_manners(const struct transfer_options *options, struct exchange *exchange)
{
    CURL *easy = exchange->easy;
    int64_t stall = options->stall_timeout / CLOCK_NS_PER_S;
    curl_easy_setopt(easy, CURLOPT_URL, exchange->request.url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    /* Two faults of HTTP/2 in 7.88 report bodies as complete that are not. */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* headers of ours would go along */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1024L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, stall > 0 ? (long)stall : 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "omen-sync/" OMEN_VERSION);
}

static bool set_headers(struct exchange *exchange, struct err *err)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; list != NULL && i < exchange->request.header_count; i++) {
        struct curl_slist *longer = curl_slist_append(list, exchange->request.headers[i]);
        if (longer == NULL)
            curl_slist_free_all(list);
        list = longer;
    }
    exchange->headers = list;
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, list);
    return list != NULL || err_set(err, ERR_MEMORY, "no memory for a request");
}

bool exchange_prepare(struct transfer *transfer, struct exchange *exchange,
                      const struct request *request, struct auth *auth, struct err *err)
{
    exchange_reset(exchange);
    if (!request_copy(request, &exchange->request, err) ||
        !auth_sign(auth, &exchange->request, err))
        return false;
    if (exchange->easy == NULL)
        exchange->easy = curl_easy_init();
    if (exchange->easy == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a request");
    curl_easy_reset(exchange->easy);
    set_manners(&transfer->options, exchange);
    set_trust(&transfer->options, exchange->easy);
    set_route(&transfer->options, &exchange->request, exchange->easy);
    set_method(exchange);
    transfer->counts.requests++;
    return set_headers(exchange, err);
}

void exchange_reset(struct exchange *exchange)
{
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
    if (exchange->request.url != NULL)
        request_finish(&exchange->request);
    exchange->request = REQUEST_INIT;
    response_finish(&exchange->response);
    exchange->error[0] = '\0';
    exchange->sent = 0;
}

void exchange_finish(struct exchange *exchange)
{
    if (exchange->easy != NULL)
        curl_easy_cleanup(exchange->easy);
    exchange->easy = NULL;
    exchange_reset(exchange);
}

/* The first plain words of an error reply, on one line. */
static void reason_write(const struct response *response, char *text, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < response->body.length && length + 1 < size; i++) {
        unsigned char c = (unsigned char)response->body.data[i];
        if (c > 0x20 && c < 0x7f)
            text[length++] = (char)c;
        else if (length > 0 && text[length - 1] != ' ')
            text[length++] = ' ';
    }
    text[length] = '\0';
}

bool exchange_tell(const struct exchange *exchange, CURLcode code, struct err *err)
{
    char where[160];
    char reason[200] = "";
    request_describe(exchange->request.url != NULL ? exchange->request.url : "", where,
                     sizeof where);
    if (code != CURLE_OK)
        return err_set(err, ERR_IO, "%s: %s", where,
                       exchange->error[0] != '\0' ? exchange->error : curl_easy_strerror(code));
    reason_write(&exchange->response, reason, sizeof reason);
    if (request_is_repeated(&exchange->request, reason))
        reason[0] = '\0';
    return err_set(err, exchange->response.status == 404 ? ERR_NOT_FOUND : ERR_IO,
                   "%s: the server answers %d%s%s", where, exchange->response.status,
                   reason[0] != '\0' ? ": " : "", reason);
}

/* --- small exchanges ----------------------------------------------------------------------- */

struct fetch {
    struct exchange exchange;
    size_t limit;
    bool too_long;
};

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    if (strncmp(data, "HTTP/", 5) == 0 && size * count > 5)
        response_finish(&fetch->exchange.response); /* of a reply before: 100, a proxy's */
    response_add_header(&fetch->exchange.response, data, size * count);
    return size * count;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    struct buf *body = &fetch->exchange.response.body;
    long status = 0;
    curl_easy_getinfo(fetch->exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    size_t limit = status >= 200 && status < 300 ? fetch->limit : ERROR_BODY_MAX;
    if (size * count > limit - body->length) {
        fetch->too_long = status >= 200 && status < 300;
        return fetch->too_long ? 0 : size * count;
    }
    buf_put(body, data, size * count);
    return body->failed ? 0 : size * count;
}

/* Runs the handle to its end; false when it must not go on. */
static bool drive(struct transfer *transfer, CURL *easy, CURLcode *code, struct err *err)
{
    int running = 1;
    bool ok = true;
    *code = CURLE_FAILED_INIT;
    if (curl_multi_add_handle(transfer->small, easy) != CURLM_OK)
        return err_set(err, ERR_MEMORY, "no memory for a request");
    while (ok && running > 0) {
        if (curl_multi_perform(transfer->small, &running) != CURLM_OK)
            break;
        if (running > 0)
            curl_multi_poll(transfer->small, NULL, 0, STEP_MS, NULL);
        ok = transfer_may_go_on(transfer, err);
    }
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(transfer->small, &left)) != NULL)
        if (message->easy_handle == easy && message->msg == CURLMSG_DONE)
            *code = message->data.result;
    curl_multi_remove_handle(transfer->small, easy);
    return ok;
}

static bool attempt(struct transfer *transfer, struct fetch *fetch, const struct request *request,
                    struct auth *auth, CURLcode *code, struct err *err)
{
    long status = 0;
    fetch->too_long = false;
    if (!exchange_prepare(transfer, &fetch->exchange, request, auth, err)) {
        if (transfer->failure == FAILURE_NONE)
            transfer->failure = FAILURE_AUTH;
        return false;
    }
    CURL *easy = fetch->exchange.easy;
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    if (!drive(transfer, easy, code, err))
        return false;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    fetch->exchange.response.status = *code == CURLE_OK ? (int)status : 0;
    transfer_count_reply(transfer, *code, status);
    transfer->counts.bytes += (int64_t)fetch->exchange.response.body.length;
    return true;
}

static bool pause_for(struct transfer *transfer, int64_t ns, struct err *err)
{
    int64_t until = clock_monotonic_ns() + ns;
    bool ok = true;
    while (ok && clock_monotonic_ns() < until) {
        curl_multi_poll(transfer->small, NULL, 0, transfer_poll_ms(until), NULL);
        ok = transfer_may_go_on(transfer, err);
    }
    return ok;
}

/* What an attempt came to; *again says that another may do. */
static bool settle(struct transfer *transfer, struct fetch *fetch, struct auth *auth,
                   enum verdict verdict, CURLcode code, int *renewed, bool *again, struct err *err)
{
    *again = false;
    if (fetch->too_long) {
        transfer_fail(transfer, FAILURE_OTHER);
        return err_set(err, ERR_LIMIT, "a reply is longer than %zu bytes", fetch->limit);
    }
    if (verdict == VERDICT_GOOD || verdict == VERDICT_UNCHANGED)
        return true;
    exchange_tell(&fetch->exchange, code, err);
    transfer_fail(transfer, code == CURLE_OK            ? transfer_failure_of(verdict)
                            : transfer_is_passing(code) ? FAILURE_TRANSIENT
                                                        : FAILURE_OTHER);
    if (code != CURLE_OK)
        *again = transfer_is_passing(code);
    else if (verdict == VERDICT_RETRY)
        *again = true;
    else if (*renewed < 2 && auth_learn(auth, &fetch->exchange.response))
        *again = ++*renewed <= 2;
    else if (verdict == VERDICT_AUTH && *renewed < 1 && auth != NULL) {
        *renewed = 2;
        transfer->counts.token_refreshes++;
        *again = auth_refresh(auth, err);
    }
    return false;
}

static bool fetch_run(struct transfer *transfer, const struct request *request, struct auth *auth,
                      judge_function *judge, int64_t attempts, struct fetch *fetch, struct err *err)
{
    int renewed = 0;
    for (int64_t tried = 0;;) {
        CURLcode code;
        bool again;
        int before = renewed;
        transfer->failure = FAILURE_NONE;
        if (!transfer_may_go_on(transfer, err) ||
            !attempt(transfer, fetch, request, auth, &code, err))
            return false;
        const struct response *response = &fetch->exchange.response;
        enum verdict verdict = code != CURLE_OK ? VERDICT_BAD
                               : judge != NULL  ? judge(response)
                                                : transfer_judge(response);
        if (settle(transfer, fetch, auth, verdict, code, &renewed, &again, err))
            return true;
        if (renewed != before && again)
            continue;
        if (!again || ++tried >= attempts)
            return false;
        transfer->counts.retries++;
        transfer->counts.throttled += response->status == 429 || response->status == 503;
        int64_t asked =
            retry_after_parse(response_header(response, "retry-after"), clock_wall_ns());
        enum failure failure = transfer->failure;
        if (!pause_for(transfer,
                       retry_pause(transfer->options.retry_pause, tried - 1, asked, retry_random()),
                       err))
            return false;
        transfer->failure = failure;
    }
}

static bool fetch_with(struct transfer *transfer, const struct request *request, struct auth *auth,
                       judge_function *judge, size_t limit, int64_t attempts,
                       struct response *response, struct err *err)
{
    struct fetch fetch = {.exchange.request = REQUEST_INIT, .limit = limit};
    bool ok = fetch_run(transfer, request, auth, judge, attempts, &fetch, err);
    *response = fetch.exchange.response;
    fetch.exchange.response = (struct response){.status = 0};
    exchange_finish(&fetch.exchange);
    return ok;
}

bool transfer_fetch(struct transfer *transfer, const struct request *request, struct auth *auth,
                    judge_function *judge, size_t limit, struct response *response, struct err *err)
{
    return fetch_with(transfer, request, auth, judge, limit, transfer->options.retries + 1,
                      response, err);
}

bool transfer_fetch_once(struct transfer *transfer, const struct request *request,
                         struct auth *auth, judge_function *judge, size_t limit,
                         struct response *response, struct err *err)
{
    return fetch_with(transfer, request, auth, judge, limit, 1, response, err);
}
