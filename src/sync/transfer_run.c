/* Many objects at once, in parts, over a few lanes. A lane keeps its part while it waits for
 * another attempt, so that a server that is overloaded sees fewer connections, not more. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sync/retry.h"
#include "sync/transfer_private.h"

#define ERROR_BODY_MAX ((size_t)64 * 1024)
#define COPY_BLOCK ((size_t)256 * 1024)
#define RENEWALS_MAX 2

enum problem {
    PROBLEM_NONE,
    PROBLEM_RANGE,    /* another range than asked */
    PROBLEM_NO_RANGE, /* the whole object instead of a range */
    PROBLEM_CHANGED,  /* not the pinned object */
    PROBLEM_LENGTH,   /* more bytes than there should be */
    PROBLEM_WRITE,    /* the disk */
};

enum lane_state { LANE_IDLE, LANE_BUSY, LANE_WAITING };

struct lane {
    struct exchange exchange;
    struct run *run;
    enum lane_state state;
    size_t job, part;
    int64_t first, end; /* of the part: [first, end) of the object */
    int64_t done;       /* bytes of it that are in the file */
    int64_t before;     /* done when the attempt began */
    int64_t tried;      /* attempts without progress */
    int renewed;
    unsigned epoch; /* of the credentials that signed it */
    bool ranged, accepted, paused, whole;
    enum problem problem;
    int write_errno;
    int64_t restarts; /* from the first byte, of a server that knows no ranges */
    int64_t wait_until;
};

struct job_state {
    size_t parts, next, finished, active;
    bool whole; /* the server knows no ranges: one request, from the start */
};

struct run {
    struct transfer *transfer;
    const struct transfer_source *source;
    struct transfer_job *jobs;
    struct job_state *states;
    size_t count, first_open, finished;
    struct lane *lanes;
    size_t lane_count;
    unsigned epoch;
    struct err *err;
};

int64_t transfer_part_size(const struct transfer *transfer)
{
    return transfer->options.part_size;
}

size_t transfer_part_count(const struct transfer *transfer, int64_t size)
{
    int64_t part = transfer->options.part_size;
    return size > 0 ? (size_t)((size - 1) / part + 1) : 0;
}

/* --- a reply ------------------------------------------------------------------------------- */

static int64_t lane_size(const struct lane *lane)
{
    return lane->run->jobs[lane->job].size;
}

static bool range_is_right(const struct lane *lane)
{
    int64_t first;
    int64_t last;
    int64_t total;
    const char *text = response_header(&lane->exchange.response, "content-range");
    return text != NULL && response_range(text, &first, &last, &total) &&
           first == lane->first + lane->done && last == lane->end - 1 &&
           (total < 0 || total == lane_size(lane));
}

/* At the end of the header: are the bytes that follow the ones that were asked for? */
static void judge_header(struct lane *lane)
{
    const struct transfer_source *source = lane->run->source;
    const struct response *response = &lane->exchange.response;
    int status = response->status;
    if (status != 200 && status != 206)
        return;
    if (source->is_pinned != NULL && !source->is_pinned(source->context, lane->job, response)) {
        lane->problem = PROBLEM_CHANGED;
    } else if (lane->ranged && status == 200) {
        lane->problem = PROBLEM_NO_RANGE;
    } else if (lane->ranged && !range_is_right(lane)) {
        lane->problem = PROBLEM_RANGE;
    } else if (!lane->ranged && status == 206) {
        lane->problem = PROBLEM_RANGE;
    } else {
        const char *length = response_header(response, "content-length");
        if (length != NULL && strtoll(length, NULL, 10) != lane->end - lane->first - lane->done)
            lane->problem = lane->ranged ? PROBLEM_RANGE : PROBLEM_CHANGED;
    }
    lane->accepted = lane->problem == PROBLEM_NONE;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct lane *lane = context;
    size_t length = size * count;
    long status = 0;
    if (length > 5 && strncmp(data, "HTTP/", 5) == 0)
        response_finish(&lane->exchange.response);
    response_add_header(&lane->exchange.response, data, length);
    if (length > 2)
        return length;
    curl_easy_getinfo(lane->exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    lane->exchange.response.status = (int)status;
    judge_header(lane);
    return lane->problem == PROBLEM_NONE ? length : 0;
}

static bool bytes_write(struct lane *lane, const char *data, size_t size)
{
    struct transfer_job *job = &lane->run->jobs[lane->job];
    int64_t offset = lane->first + lane->done;
    if ((int64_t)size > lane->end - offset) {
        lane->problem = PROBLEM_LENGTH;
        return false;
    }
    for (size_t at = 0; at < size;) {
        ssize_t written = pwrite(job->fd, data + at, size - at, offset + (int64_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            lane->write_errno = written < 0 ? errno : EIO;
            lane->problem = PROBLEM_WRITE;
            return false;
        }
        at += (size_t)written;
    }
    lane->done += (int64_t)size;
    lane->run->transfer->counts.bytes += (int64_t)size;
    if (job->on_bytes != NULL)
        job->on_bytes(job->context, lane->job, offset, data, size);
    return true;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct lane *lane = context;
    size_t length = size * count;
    struct buf *body = &lane->exchange.response.body;
    if (!lane->accepted) {
        if (body->length + length <= ERROR_BODY_MAX)
            buf_put(body, data, length);
        return length;
    }
    if (!transfer_take_allowance(lane->run->transfer, (int64_t)length)) {
        lane->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    return bytes_write(lane, data, length) ? length : 0;
}

/* --- an attempt ---------------------------------------------------------------------------- */

static bool run_fail(struct run *run, enum failure failure)
{
    return transfer_fail(run->transfer, failure);
}

static bool lane_finish_part(struct lane *lane);
static bool lane_wait(struct lane *lane, int64_t asked);

static bool write_failed(struct lane *lane)
{
    int reason = lane->write_errno;
    run_fail(lane->run, reason == ENOSPC || reason == EDQUOT ? FAILURE_SPACE : FAILURE_OTHER);
    return err_set_errno(lane->run->err, ERR_IO, reason, "cannot write what is downloaded");
}

/* A local file takes no lane's time but its own: it is copied at once. */
static bool copy_file(struct lane *lane, int fd)
{
    struct run *run = lane->run;
    char *block = mem_array(COPY_BLOCK, 1);
    bool ok = block != NULL || err_set(run->err, ERR_MEMORY, "no memory to copy a file");
    while (ok && lane->first + lane->done < lane->end) {
        int64_t left = lane->end - lane->first - lane->done;
        size_t most = left < (int64_t)COPY_BLOCK ? (size_t)left : COPY_BLOCK;
        ok = transfer_may_go_on(run->transfer, run->err);
        if (!ok)
            break;
        if (!transfer_take_allowance(run->transfer, (int64_t)most)) {
            usleep(5000);
            continue;
        }
        ssize_t got = pread(fd, block, most, lane->first + lane->done);
        if (got <= 0) {
            run_fail(run, FAILURE_CHANGED);
            ok = err_set(run->err, ERR_UNAVAILABLE, "a file of the source is shorter than it was");
        } else if (!bytes_write(lane, block, (size_t)got)) {
            ok = write_failed(lane);
        }
    }
    free(block);
    return ok && lane_finish_part(lane);
}

static bool lane_start(struct lane *lane, struct request *request)
{
    struct run *run = lane->run;
    struct transfer *transfer = run->transfer;
    transfer->failure = FAILURE_NONE;
    lane->epoch = run->epoch;
    if (!exchange_prepare(transfer, &lane->exchange, request, run->source->auth, run->err)) {
        if (transfer->failure == FAILURE_NONE)
            transfer->failure = FAILURE_AUTH;
        return false;
    }
    CURL *easy = lane->exchange.easy;
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, lane);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, lane);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, lane);
    if (curl_multi_add_handle(transfer->parallel, easy) != CURLM_OK)
        return err_set(run->err, ERR_MEMORY, "no memory for a request");
    lane->state = LANE_BUSY;
    return true;
}

static bool lane_begin(struct lane *lane)
{
    struct run *run = lane->run;
    const struct transfer_source *source = run->source;
    struct request request = REQUEST_INIT;
    int64_t first = lane->first + lane->done;
    bool all = first == 0 && lane->end == lane_size(lane);
    lane->before = lane->done;
    lane->problem = PROBLEM_NONE;
    lane->accepted = lane->paused = false;
    lane->ranged = !all;
    run->transfer->failure = FAILURE_NONE;
    struct transfer_job *job = &run->jobs[lane->job];
    bool ok =
        job->fd >= 0 || job->on_begin == NULL || job->on_begin(job->context, lane->job, run->err);
    ok = ok && source->describe(source->context, lane->job, all ? -1 : first,
                                all ? -1 : lane->end - 1, &request, run->err);
    if (ok)
        ok = request.file_fd >= 0 ? copy_file(lane, request.file_fd) : lane_start(lane, &request);
    else if (run->transfer->failure == FAILURE_NONE)
        run_fail(run, FAILURE_OTHER);
    request_finish(&request);
    return ok;
}

static bool lane_finish_part(struct lane *lane)
{
    struct run *run = lane->run;
    struct transfer_job *job = &run->jobs[lane->job];
    struct job_state *state = &run->states[lane->job];
    size_t from = lane->whole ? 0 : lane->part;
    size_t to = lane->whole ? state->parts : lane->part + 1;
    lane->state = LANE_IDLE;
    state->active--;
    for (size_t part = from; part < to; part++) {
        job->map[part] = 1;
        state->finished++;
        if (job->on_part != NULL)
            job->on_part(job->context, lane->job, part);
    }
    if (state->finished < state->parts)
        return true;
    run->finished++;
    if (job->on_done == NULL || job->on_done(job->context, lane->job, run->err))
        return true;
    if (run->transfer->failure == FAILURE_NONE)
        run_fail(run, FAILURE_OTHER);
    return false;
}

/* --- after an attempt ---------------------------------------------------------------------- */

static bool lane_wait(struct lane *lane, int64_t asked)
{
    struct transfer *transfer = lane->run->transfer;
    bool progress = lane->done > lane->before;
    if (progress)
        lane->tried = lane->renewed = 0;
    else if (++lane->tried > transfer->options.retries)
        return false;
    transfer->counts.retries++;
    lane->state = LANE_WAITING;
    lane->wait_until =
        clock_monotonic_ns() + retry_pause(transfer->options.retry_pause,
                                           progress ? 0 : lane->tried - 1, asked, retry_random());
    return true;
}

/* The other lanes of a job whose server knows no ranges stop; this one begins from the start. */
static bool take_whole(struct lane *lane)
{
    struct run *run = lane->run;
    struct job_state *state = &run->states[lane->job];
    if (++lane->restarts > run->transfer->options.retries) {
        run_fail(run, FAILURE_TRANSIENT);
        return err_set(run->err, ERR_IO, "the server knows no ranges and ends each attempt early");
    }
    for (size_t i = 0; i < run->lane_count; i++) {
        struct lane *other = &run->lanes[i];
        if (other == lane || other->state == LANE_IDLE || other->job != lane->job)
            continue;
        if (other->state == LANE_BUSY)
            curl_multi_remove_handle(run->transfer->parallel, other->exchange.easy);
        exchange_reset(&other->exchange);
        other->state = LANE_IDLE;
        state->active--;
    }
    memset(run->jobs[lane->job].map, 0, state->parts);
    state->whole = true;
    state->next = state->parts;
    state->finished = 0;
    lane->whole = true;
    lane->first = lane->done = 0;
    lane->end = lane_size(lane);
    return lane_begin(lane);
}

static bool lane_problem(struct lane *lane)
{
    struct run *run = lane->run;
    switch (lane->problem) {
    case PROBLEM_WRITE:
        return write_failed(lane);
    case PROBLEM_NO_RANGE:
        return take_whole(lane);
    case PROBLEM_RANGE:
        run_fail(run, FAILURE_INTEGRITY);
        err_set(run->err, ERR_INVALID, "the server sends another range than it was asked for");
        return lane_wait(lane, 0);
    case PROBLEM_LENGTH:
        run_fail(run, FAILURE_INTEGRITY);
        return err_set(run->err, ERR_INVALID, "the server sends more bytes than it announced");
    case PROBLEM_CHANGED:
    case PROBLEM_NONE:
        break;
    }
    run_fail(run, FAILURE_CHANGED);
    return err_set(run->err, ERR_UNAVAILABLE, "an object was replaced while it was downloaded");
}

static bool lane_renew(struct lane *lane, enum verdict verdict)
{
    struct run *run = lane->run;
    struct auth *auth = run->source->auth;
    if (auth == NULL || lane->renewed >= RENEWALS_MAX)
        return false;
    if (verdict != VERDICT_AUTH) {
        lane->renewed++;
        return auth_learn(auth, &lane->exchange.response) && lane_begin(lane);
    }
    if (auth_learn(auth, &lane->exchange.response)) {
        lane->renewed++;
    } else if (lane->epoch == run->epoch) { /* else another lane has done it already */
        if (lane->renewed > 0)
            return false;
        lane->renewed = RENEWALS_MAX;
        run->transfer->counts.token_refreshes++;
        if (!auth_refresh(auth, run->err))
            return false;
        run->epoch++;
    }
    return lane_begin(lane);
}

static bool lane_refused(struct lane *lane)
{
    struct run *run = lane->run;
    const struct response *response = &lane->exchange.response;
    enum verdict verdict = run->source->judge(response);
    int64_t asked = retry_after_parse(response_header(response, "retry-after"), clock_wall_ns());
    exchange_tell(&lane->exchange, CURLE_OK, run->err);
    run_fail(run, transfer_failure_of(verdict));
    run->transfer->counts.throttled += response->status == 429 || response->status == 503;
    if (verdict == VERDICT_RETRY)
        return lane_wait(lane, asked);
    enum failure failure = run->transfer->failure;
    if (lane_renew(lane, verdict))
        return true;
    if (run->transfer->failure == FAILURE_NONE)
        run->transfer->failure = failure;
    return false;
}

/* What an attempt came to; false ends the run. */
static bool lane_end(struct lane *lane, CURLcode code)
{
    struct run *run = lane->run;
    transfer_count_reply(run->transfer, code, lane->exchange.response.status);
    if (lane->problem != PROBLEM_NONE)
        return lane_problem(lane);
    if (code == CURLE_OK && !lane->accepted)
        return lane_refused(lane);
    if (lane->first + lane->done == lane->end)
        return lane_finish_part(lane);
    if (code == CURLE_OK) { /* closed early, which without a length looks like the end */
        run_fail(run, FAILURE_TRANSIENT);
        err_set(run->err, ERR_IO, "the server ended an object too early");
        return lane_wait(lane, 0);
    }
    exchange_tell(&lane->exchange, code, run->err);
    run_fail(run, transfer_is_passing(code) ? FAILURE_TRANSIENT : FAILURE_OTHER);
    run->transfer->counts.stalls += code == CURLE_OPERATION_TIMEDOUT;
    return transfer_is_passing(code) && lane_wait(lane, 0);
}

/* --- all of them --------------------------------------------------------------------------- */

static bool state_open(const struct run *run, size_t job)
{
    return run->states[job].next < run->states[job].parts;
}

/* The next part that nobody has; false when there is none for now. */
static bool part_take(struct run *run, struct lane *lane)
{
    while (run->first_open < run->count && !state_open(run, run->first_open))
        run->first_open++;
    for (size_t i = run->first_open; i < run->count; i++) {
        struct job_state *state = &run->states[i];
        if (!state_open(run, i) ||
            state->active >= (size_t)run->transfer->options.object_connections)
            continue;
        int64_t size = run->transfer->options.part_size;
        lane->job = i;
        lane->part = state->next;
        lane->first = (int64_t)lane->part * size;
        lane->end = run->jobs[i].size - lane->first > size ? lane->first + size : run->jobs[i].size;
        lane->done = lane->tried = 0;
        lane->renewed = 0;
        lane->restarts = 0;
        lane->whole = false;
        state->active++;
        do
            state->next++;
        while (state_open(run, i) && run->jobs[i].map[state->next] != 0);
        return true;
    }
    return false;
}

static bool lanes_begin(struct run *run)
{
    int64_t now = clock_monotonic_ns();
    for (size_t i = 0; i < run->lane_count; i++) {
        struct lane *lane = &run->lanes[i];
        if (lane->state == LANE_WAITING && now >= lane->wait_until) {
            if (!lane_begin(lane))
                return false;
        } else if (lane->state == LANE_BUSY && lane->paused &&
                   transfer_take_allowance(run->transfer, 0)) {
            lane->paused = false;
            curl_easy_pause(lane->exchange.easy, CURLPAUSE_CONT);
        }
        while (lane->state == LANE_IDLE && part_take(run, lane))
            if (!lane_begin(lane))
                return false;
    }
    return true;
}

/* *ended: a lane is free again, so there is no time to wait. */
static bool lanes_collect(struct run *run, bool *ended)
{
    const CURLMsg *message;
    int left;
    *ended = false;
    while ((message = curl_multi_info_read(run->transfer->parallel, &left)) != NULL) {
        char *private = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct lane *lane = (struct lane *)(void *)private;
        curl_multi_remove_handle(run->transfer->parallel, lane->exchange.easy);
        *ended = true;
        if (!lane_end(lane, code))
            return false;
    }
    return true;
}

/* A paused lane wakes up by the clock, not by its socket. */
static int pause_ms(const struct run *run)
{
    int64_t until = clock_monotonic_ns() + CLOCK_NS_PER_S;
    for (size_t i = 0; i < run->lane_count; i++) {
        const struct lane *lane = &run->lanes[i];
        if (lane->state == LANE_WAITING && lane->wait_until < until)
            until = lane->wait_until;
        if (lane->state == LANE_BUSY && lane->paused)
            return 5;
    }
    return transfer_poll_ms(until);
}

static bool run_loop(struct run *run)
{
    struct transfer *transfer = run->transfer;
    while (run->finished < run->count) {
        int running;
        bool ended;
        if (!transfer_may_go_on(transfer, run->err) || !lanes_begin(run))
            return false;
        if (run->finished >= run->count)
            break;
        if (curl_multi_perform(transfer->parallel, &running) != CURLM_OK)
            return err_set(run->err, ERR_INTERNAL, "libcurl cannot go on");
        if (!lanes_collect(run, &ended))
            return false;
        if (!ended)
            curl_multi_poll(transfer->parallel, NULL, 0, pause_ms(run), NULL);
    }
    return true;
}

static bool states_init(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct transfer_job *job = &run->jobs[i];
        struct job_state *state = &run->states[i];
        state->parts = transfer_part_count(run->transfer, job->size);
        for (size_t part = 0; part < state->parts; part++)
            state->finished += job->map[part] != 0;
        while (state_open(run, i) && job->map[state->next] != 0)
            state->next++;
        if (state->finished < state->parts)
            continue;
        run->finished++;
        if (job->on_done != NULL && !job->on_done(job->context, i, run->err))
            return false;
    }
    return true;
}

static void lanes_end(struct run *run)
{
    for (size_t i = 0; run->lanes != NULL && i < run->lane_count; i++) {
        struct lane *lane = &run->lanes[i];
        if (lane->state == LANE_BUSY)
            curl_multi_remove_handle(run->transfer->parallel, lane->exchange.easy);
        exchange_finish(&lane->exchange);
    }
    free(run->lanes);
    free(run->states);
}

bool transfer_run(struct transfer *transfer, const struct transfer_source *source,
                  struct transfer_job *jobs, size_t count, struct err *err)
{
    struct run run = {.transfer = transfer, .source = source, .jobs = jobs, .count = count};
    struct err own = ERR_INIT;
    run.err = err != NULL ? err : &own;
    run.lane_count = (size_t)transfer->options.connections;
    run.states = mem_array(count, sizeof *run.states);
    run.lanes = mem_array(run.lane_count, sizeof *run.lanes);
    transfer->failure = FAILURE_NONE;
    bool ok = run.states != NULL && run.lanes != NULL;
    if (!ok)
        err_set(run.err, ERR_MEMORY, "no memory for transfers");
    for (size_t i = 0; ok && i < run.lane_count; i++) {
        run.lanes[i].run = &run;
        run.lanes[i].exchange.request = REQUEST_INIT;
    }
    ok = ok && states_init(&run) && run_loop(&run);
    lanes_end(&run);
    if (ok)
        transfer->failure = FAILURE_NONE;
    else if (transfer->failure == FAILURE_NONE)
        transfer->failure = FAILURE_OTHER;
    return ok;
}
