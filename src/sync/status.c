#include "sync/status.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/strmap.h"

#define RECORD_NS (10 * CLOCK_NS_PER_S)
#define LINE_NS (250 * CLOCK_NS_PER_MS)
#define REQUEST_MAX 4096
#define MIB 1048576.0

enum value {
    VALUE_SUCCESS_TIME,
    VALUE_ATTEMPT_TIME,
    VALUE_PUBLISHED_TIME,
    VALUE_SUCCESS,
    VALUE_NOOP,
    VALUE_ERROR,
    VALUE_SECONDS,
    VALUE_FAILURES,
    VALUE_NO_REPLY, /* and by the hundreds of the status, as transfer_counts has them */
    VALUE_REPLY_1,
    VALUE_REPLY_2,
    VALUE_REPLY_3,
    VALUE_REPLY_4,
    VALUE_REPLY_5,
    VALUE_RETRIES,
    VALUE_THROTTLED,
    VALUE_STALLS,
    VALUE_BYTES,
    VALUE_INTEGRITY,
    VALUE_REFRESHES,
    VALUE_QUARANTINED,
    VALUE_FREE,
    VALUE_COLLECTED,
    VALUE_COLLECT_ERRORS,
    VALUE_WAITING,
    VALUE_UNSERVED,
    VALUE_DISK,
    VALUE_VERSIONS,
    VALUE_COUNT,
};

struct row {
    enum value value;
    enum metrics_type type;
    const char *name, *label, *label_value, *help;
};

/* Rows of one family follow each other. */
static const struct row rows[] = {
    {VALUE_SUCCESS_TIME, METRICS_GAUGE, "omen_sync_last_success_timestamp_seconds", NULL, NULL,
     "When a look at the source last went well, with or without a change."},
    {VALUE_ATTEMPT_TIME, METRICS_GAUGE, "omen_sync_last_attempt_timestamp_seconds", NULL, NULL,
     "When a look at the source last ended."},
    {VALUE_PUBLISHED_TIME, METRICS_GAUGE, "omen_sync_published_timestamp_seconds", NULL, NULL,
     "When a version last became current."},
    {VALUE_SUCCESS, METRICS_COUNTER, "omen_sync_syncs_total", "result", "success",
     "Looks at the source, by what came of them."},
    {VALUE_NOOP, METRICS_COUNTER, "omen_sync_syncs_total", "result", "noop", NULL},
    {VALUE_ERROR, METRICS_COUNTER, "omen_sync_syncs_total", "result", "error", NULL},
    {VALUE_SECONDS, METRICS_GAUGE, "omen_sync_duration_seconds", NULL, NULL,
     "How long the last one took."},
    {VALUE_FAILURES, METRICS_GAUGE, "omen_sync_consecutive_failures", NULL, NULL,
     "Failures since the last success."},
    {VALUE_NO_REPLY, METRICS_COUNTER, "omen_sync_http_requests_total", "code", "none",
     "Requests to the source and for credentials, by the kind of their reply."},
    {VALUE_REPLY_1, METRICS_COUNTER, "omen_sync_http_requests_total", "code", "1xx", NULL},
    {VALUE_REPLY_2, METRICS_COUNTER, "omen_sync_http_requests_total", "code", "2xx", NULL},
    {VALUE_REPLY_3, METRICS_COUNTER, "omen_sync_http_requests_total", "code", "3xx", NULL},
    {VALUE_REPLY_4, METRICS_COUNTER, "omen_sync_http_requests_total", "code", "4xx", NULL},
    {VALUE_REPLY_5, METRICS_COUNTER, "omen_sync_http_requests_total", "code", "5xx", NULL},
    {VALUE_RETRIES, METRICS_COUNTER, "omen_sync_retries_total", "reason", "any",
     "Attempts that were made again."},
    {VALUE_THROTTLED, METRICS_COUNTER, "omen_sync_retries_total", "reason", "throttled", NULL},
    {VALUE_STALLS, METRICS_COUNTER, "omen_sync_retries_total", "reason", "stall", NULL},
    {VALUE_BYTES, METRICS_COUNTER, "omen_sync_bytes_total", NULL, NULL, "Bytes received."},
    {VALUE_INTEGRITY, METRICS_COUNTER, "omen_sync_integrity_failures_total", NULL, NULL,
     "Versions whose bytes or signature were not what was announced."},
    {VALUE_REFRESHES, METRICS_COUNTER, "omen_sync_token_refresh_total", NULL, NULL,
     "Credentials renewed because the source asked for it."},
    {VALUE_QUARANTINED, METRICS_GAUGE, "omen_sync_quarantined", NULL, NULL,
     "Versions that the worker refused."},
    {VALUE_FREE, METRICS_GAUGE, "omen_sync_disk_free_bytes", NULL, NULL,
     "Bytes that are free where the models are."},
    {VALUE_COLLECTED, METRICS_COUNTER, "omen_sync_collected_total", NULL, NULL,
     "Old versions removed."},
    {VALUE_COLLECT_ERRORS, METRICS_COUNTER, "omen_sync_collect_errors_total", NULL, NULL,
     "Old versions and left-overs that could not be removed."},
    {VALUE_WAITING, METRICS_GAUGE, "omen_sync_waiting", NULL, NULL,
     "Versions that are not whole in the source yet."},
    {VALUE_UNSERVED, METRICS_GAUGE, "omen_sync_unserved", NULL, NULL,
     "Models of the source of which no version could be taken so far."},
    {VALUE_DISK, METRICS_GAUGE, "omen_sync_disk_bytes", NULL, NULL,
     "Bytes of the disk that all models take, as of the last change."},
    {VALUE_VERSIONS, METRICS_GAUGE, "omen_sync_versions_on_disk", NULL, NULL,
     "Versions of all models on the disk, as of the last change."},
};

struct status {
    struct metrics *metrics;
    struct metrics_series *series[VALUE_COUNT];
    struct metrics_family *versions;
    struct version_series *current; /* of each model, and where: there may be tens of thousands */
    size_t current_count;
    struct strmap places;
    char *textfile;
    bool progress, terminal;
    int64_t period;
    const struct transfer *transfer;
    int64_t started, next_line, next_record, shown_bytes;
    bool line_open, looked;
    atomic_llong beat;
    atomic_bool published;
    int listen_fd, stop_fd;
    pthread_t thread;
    bool threaded;
};

/* The series that says which version of a model is current. */
struct version_series {
    char *model;
    struct metrics_series *series;
};

/* --- metrics ------------------------------------------------------------------------------- */

static bool metrics_make(struct status *status)
{
    static const char *const version_labels[] = {"model", "version", "id"};
    struct metrics_family *family = NULL;
    status->metrics = metrics_create();
    for (size_t i = 0; status->metrics != NULL && i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (row->help != NULL)
            family = metrics_family_add(status->metrics, row->type, row->name, row->help,
                                        &row->label, row->label != NULL, NULL, 0);
        if (family == NULL)
            return false;
        status->series[row->value] = metrics_series_create(family, &row->label_value);
    }
    if (status->metrics == NULL)
        return false;
    status->versions =
        metrics_family_add(status->metrics, METRICS_GAUGE, "omen_sync_version_info",
                           "Which version of a model is current.", version_labels, 3, NULL, 0);
    return status->versions != NULL;
}

static void raise_to(struct status *status, enum value value, int64_t to)
{
    double now = metrics_value(status->series[value]);
    if ((double)to > now)
        metrics_add(status->series[value], (double)to - now);
}

static void textfile_write(const struct status *status)
{
    struct buf text = BUF_INIT;
    char temporary[4096];
    if (status->textfile[0] == '\0')
        return;
    metrics_render(status->metrics, &text);
    snprintf(temporary, sizeof temporary, "%s.tmp-%ld", status->textfile, (long)getpid());
    FILE *file = text.failed ? NULL : fopen(temporary, "we");
    bool ok = file != NULL && fwrite(text.data, 1, text.length, file) == text.length;
    ok = file != NULL && fclose(file) == 0 && ok && rename(temporary, status->textfile) == 0;
    if (!ok) {
        unlink(temporary);
        LOG(LOG_WARNING, "the metrics' textfile cannot be written",
            LOG_TEXT("err", strerror(errno)));
    }
    buf_finish(&text);
}

void status_pass(struct status *status, const struct mirror_report *report, bool ok, double seconds,
                 const struct transfer *transfer, const struct publish *publish)
{
    const struct transfer_counts *counts = transfer_counts(transfer);
    double now = (double)clock_wall_ns() / 1e9;
    struct statvfs disk;
    metrics_set(status->series[VALUE_ATTEMPT_TIME], now);
    if (ok)
        metrics_set(status->series[VALUE_SUCCESS_TIME], now);
    metrics_add(status->series[!ok                     ? VALUE_ERROR
                               : report->published > 0 ? VALUE_SUCCESS
                                                       : VALUE_NOOP],
                1);
    metrics_set(status->series[VALUE_SECONDS], seconds);
    metrics_set(status->series[VALUE_FAILURES],
                ok ? 0 : metrics_value(status->series[VALUE_FAILURES]) + 1);
    for (int i = 0; i < 6; i++)
        raise_to(status, (enum value)(VALUE_NO_REPLY + i), counts->replies[i]);
    raise_to(status, VALUE_RETRIES, counts->retries);
    raise_to(status, VALUE_THROTTLED, counts->throttled);
    raise_to(status, VALUE_STALLS, counts->stalls);
    raise_to(status, VALUE_BYTES, counts->bytes);
    raise_to(status, VALUE_REFRESHES, counts->token_refreshes);
    raise_to(status, VALUE_COLLECTED, publish->collected);
    raise_to(status, VALUE_COLLECT_ERRORS, publish->collect_errors);
    if (report->failure == FAILURE_INTEGRITY)
        metrics_add(status->series[VALUE_INTEGRITY], 1);
    metrics_add(status->series[VALUE_INTEGRITY], (double)report->damaged);
    metrics_set(status->series[VALUE_UNSERVED], (double)report->unserved);
    if (!status->looked || report->published > 0 || report->damaged > 0) {
        metrics_set(status->series[VALUE_DISK], (double)publish_disk_bytes(publish));
        metrics_set(status->series[VALUE_VERSIONS], (double)publish_version_count(publish));
        status->looked = true;
    }
    metrics_set(status->series[VALUE_WAITING], (double)report->waiting);
    metrics_set(status->series[VALUE_QUARANTINED],
                (double)publish_mark_count(publish, "quarantine"));
    if (fstatvfs(publish->root_fd, &disk) == 0)
        metrics_set(status->series[VALUE_FREE], (double)disk.f_bavail * (double)disk.f_frsize);
    if (ok && report->models > report->unserved)
        atomic_store(&status->published, true);
    status_beat(status);
    if (status->line_open)
        fputs("\r\033[K", stderr);
    status->line_open = false;
    textfile_write(status);
}

void status_beat(struct status *status)
{
    atomic_store(&status->beat, clock_monotonic_ns());
}

void status_published(struct status *status)
{
    metrics_set(status->series[VALUE_PUBLISHED_TIME], (double)clock_wall_ns() / 1e9);
}

/* The model's entry, NULL without memory. */
static struct version_series *version_entry(struct status *status, const char *model)
{
    size_t count = status->current_count;
    uint32_t place = strmap_get(&status->places, model, strlen(model));
    if (place != STRMAP_NONE)
        return &status->current[place];
    if ((count & (count - 1)) == 0) { /* full: 0, 1, 2, 4, 8 ... */
        struct version_series *more =
            mem_resize(status->current, count > 0 ? 2 * count : 1, sizeof *more);
        if (more == NULL)
            return NULL;
        status->current = more;
    }
    struct version_series *entry = &status->current[count];
    *entry = (struct version_series){.model = mem_copy_text(model, strlen(model))};
    if (count >= STRMAP_NONE || entry->model == NULL ||
        !strmap_add(&status->places, entry->model, strlen(model), (uint32_t)count, &place)) {
        free(entry->model);
        return NULL;
    }
    status->current_count++;
    return entry;
}

void status_version(struct status *status, const char *model, const char *version, const char *id)
{
    struct version_series *entry = version_entry(status, model);
    if (entry == NULL)
        return;
    metrics_series_destroy(entry->series);
    const char *at = strrchr(id, '@');
    entry->series = metrics_series_create(
        status->versions, (const char *const[]){model, version, at != NULL ? at + 1 : id});
    metrics_set(entry->series, 1);
}

/* --- progress ------------------------------------------------------------------------------ */

void status_watch(struct status *status, const struct transfer *transfer)
{
    status->transfer = transfer;
}

void status_tick(void *context)
{
    struct status *status = context;
    int64_t now = clock_monotonic_ns();
    status_beat(status);
    if (!status->progress || status->transfer == NULL)
        return;
    const struct transfer_counts *counts = transfer_counts(status->transfer);
    if (status->terminal && now >= status->next_line) {
        double passed = (double)(now - status->next_line + LINE_NS) / 1e9;
        double rate = status->line_open && passed < 2
                          ? (double)(counts->bytes - status->shown_bytes) / passed
                          : 0;
        double left = (double)(counts->expected - counts->bytes);
        fprintf(stderr, "\r\033[Komen-sync: %.1f of %.1f MiB, %.1f MiB/s",
                (double)counts->bytes / MIB,
                (double)(left > 0 ? counts->expected : counts->bytes) / MIB, rate / MIB);
        if (left > 0 && rate > 0)
            fprintf(stderr, ", %.0f s left", left / rate);
        status->shown_bytes = counts->bytes;
        status->next_line = now + LINE_NS;
        status->line_open = true;
    } else if (!status->terminal && status->next_record == 0) {
        status->next_record = now + RECORD_NS;
    } else if (!status->terminal && now >= status->next_record) {
        if (counts->bytes != status->shown_bytes)
            LOG(LOG_INFO, "downloading", LOG_INT("bytes", counts->bytes),
                LOG_INT("expected", counts->expected), LOG_INT("requests", counts->requests),
                LOG_INT("retries", counts->retries));
        status->shown_bytes = counts->bytes;
        status->next_record = now + RECORD_NS;
    }
}

/* --- endpoints ----------------------------------------------------------------------------- */

static bool is_alive(struct status *status)
{
    int64_t age = clock_monotonic_ns() - (int64_t)atomic_load(&status->beat);
    int64_t most = 3 * status->period;
    return age < (most > 30 * CLOCK_NS_PER_S ? most : 30 * CLOCK_NS_PER_S);
}

static void answer(struct status *status, const char *path, struct buf *out)
{
    struct buf body = BUF_INIT;
    int code = 200;
    if (strcmp(path, "/metrics") == 0)
        metrics_render(status->metrics, &body);
    else if (strcmp(path, "/healthz") == 0)
        code = is_alive(status) ? 200 : 503;
    else if (strcmp(path, "/readyz") == 0)
        code = atomic_load(&status->published) ? 200 : 503;
    else
        code = 404;
    if (body.length == 0)
        buf_put_text(&body, code == 200 ? "ok\n" : code == 404 ? "not here\n" : "not yet\n");
    buf_printf(out,
               "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
               "Content-Length: %zu\r\nConnection: close\r\n\r\n",
               code, code == 200 ? "OK" : "Not", body.length);
    buf_put(out, body.data, body.length);
    buf_finish(&body);
}

static void serve(struct status *status, int fd)
{
    const struct timeval patience = {.tv_sec = 2};
    char request[REQUEST_MAX + 1];
    char path[64] = "";
    size_t length = 0;
    struct buf out = BUF_INIT;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (length < REQUEST_MAX) {
        ssize_t got = recv(fd, request + length, REQUEST_MAX - length, 0);
        if (got <= 0)
            return;
        length += (size_t)got;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") != NULL || strstr(request, "\n\n") != NULL)
            break;
    }
    if (sscanf(request, "GET %63s", path) != 1)
        path[0] = '\0';
    answer(status, path, &out);
    for (size_t at = 0; !out.failed && at < out.length;) {
        ssize_t sent = send(fd, out.data + at, out.length - at, MSG_NOSIGNAL);
        if (sent <= 0)
            break;
        at += (size_t)sent;
    }
    shutdown(fd, SHUT_WR);
    buf_finish(&out);
}

static void *serve_all(void *context)
{
    struct status *status = context;
    for (;;) {
        struct pollfd fds[] = {{.fd = status->listen_fd, .events = POLLIN},
                               {.fd = status->stop_fd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[1].revents != 0)
            return NULL;
        int fd = fds[0].revents != 0 ? accept4(status->listen_fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        serve(status, fd);
        close(fd);
    }
}

static bool listen_on(struct status *status, const char *listen_text, struct err *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    char host[256];
    const char *colon = strrchr(listen_text, ':');
    size_t length = colon != NULL ? (size_t)(colon - listen_text) : sizeof host;
    bool bracketed = length > 1 && listen_text[0] == '[' && listen_text[length - 1] == ']';
    if (length >= sizeof host)
        return err_set(err, ERR_INVALID, "listen is HOST:PORT");
    snprintf(host, sizeof host, "%.*s", (int)(length - 2 * bracketed), listen_text + bracketed);
    if (getaddrinfo(host[0] != '\0' ? host : NULL, colon + 1, &hints, &found) != 0)
        return err_set(err, ERR_INVALID, "listen names no address");
    int one = 1;
    status->listen_fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = status->listen_fd >= 0 &&
              setsockopt(status->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
              bind(status->listen_fd, found->ai_addr, found->ai_addrlen) == 0 &&
              listen(status->listen_fd, 16) == 0;
    freeaddrinfo(found);
    return ok || err_set_errno(err, ERR_IO, errno, "cannot listen");
}

static bool thread_start(struct status *status, struct err *err)
{
    sigset_t all;
    sigset_t before;
    status->stop_fd = eventfd(0, EFD_CLOEXEC);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code =
        status->stop_fd >= 0 ? pthread_create(&status->thread, NULL, serve_all, status) : errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    status->threaded = code == 0;
    return code == 0 || err_set_errno(err, ERR_IO, code, "cannot serve metrics");
}

/* --- life ---------------------------------------------------------------------------------- */

struct status *status_create(const char *listen_text, const char *textfile, bool progress,
                             int64_t period, struct err *err)
{
    struct status *status = mem_array(1, sizeof *status);
    if (status == NULL || (status->textfile = mem_copy_text(textfile, strlen(textfile))) == NULL) {
        free(status);
        err_set(err, ERR_MEMORY, "no memory for metrics");
        return NULL;
    }
    status->progress = progress;
    status->terminal = isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    status->period = period;
    status->started = clock_monotonic_ns();
    status->listen_fd = status->stop_fd = -1;
    status_beat(status);
    bool ok = metrics_make(status) || err_set(err, ERR_MEMORY, "no memory for metrics");
    if (ok && listen_text[0] != '\0')
        ok = listen_on(status, listen_text, err) && thread_start(status, err);
    if (ok)
        return status;
    status_destroy(status);
    return NULL;
}

void status_destroy(struct status *status)
{
    if (status == NULL)
        return;
    if (status->threaded) {
        eventfd_write(status->stop_fd, 1);
        pthread_join(status->thread, NULL);
    }
    if (status->listen_fd >= 0)
        close(status->listen_fd);
    if (status->stop_fd >= 0)
        close(status->stop_fd);
    for (size_t i = 0; i < status->current_count; i++) {
        metrics_series_destroy(status->current[i].series);
        free(status->current[i].model);
    }
    free(status->current);
    strmap_finish(&status->places);
    for (size_t i = 0; i < VALUE_COUNT; i++)
        metrics_series_destroy(status->series[i]);
    metrics_destroy(status->metrics);
    free(status->textfile);
    free(status);
}
