/* Bytes over the network: the only module that knows curl.
 *
 * HTTP/1.1 only, no redirects, certificates checked, stalls ended, and every attempt that made no
 * progress counted against `retries` with a growing pause between. Not for several threads. */
#ifndef OMEN_SYNC_TRANSFER_H
#define OMEN_SYNC_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sync/auth.h"
#include "sync/request.h"

struct transfer_options {
    int64_t connections;        /* at a time */
    int64_t object_connections; /* of them for one object */
    int64_t part_size;          /* bytes of one ranged request */
    int64_t bandwidth;          /* bytes per second for all together; 0: no limit */
    int64_t retries;            /* attempts without progress before giving up */
    int64_t connect_timeout;    /* ns */
    int64_t stall_timeout;      /* ns without 1 KiB/s: the attempt has failed */
    int64_t retry_pause;        /* ns before the second attempt; doubles up to 32 times it */
    const char *proxy;          /* "": from the environment */
    const char *no_proxy;
    const char *ca_file, *ca_path; /* "": from the environment, else the system's */
    const char *client_cert, *client_key;
};

/* What a reply means, as a store's judge tells it. */
enum verdict {
    VERDICT_GOOD,
    VERDICT_UNCHANGED, /* 304 */
    VERDICT_RETRY,     /* 408, 429, 5xx: later, as Retry-After says */
    VERDICT_AUTH,      /* credentials are spent or missing: renew once, then it is VERDICT_DENIED */
    VERDICT_DENIED,
    VERDICT_GONE,    /* there is no such object */
    VERDICT_CHANGED, /* the pinned object was replaced: list again */
    VERDICT_BAD,     /* anything else: final */
};

/* Why the last call failed, beside err: what the exit code and the state machine need. */
enum failure {
    FAILURE_NONE,
    FAILURE_USAGE,
    FAILURE_AUTH,
    FAILURE_GONE,
    FAILURE_CHANGED,
    FAILURE_INTEGRITY,
    FAILURE_SPACE,
    FAILURE_TIMEOUT,
    FAILURE_LOCKED,
    FAILURE_TRANSIENT,
    FAILURE_STOPPED, /* SIGTERM */
    FAILURE_OTHER,
};

typedef enum verdict judge_function(const struct response *response);
/* 2xx good, 304, 401 auth, 403 denied, 404 and 410 gone, 412 changed, 408, 429, 5xx retry. */
enum verdict transfer_judge(const struct response *response);

struct transfer;
struct transfer *transfer_create(const struct transfer_options *options, struct err *err);
void transfer_destroy(struct transfer *transfer);

/* Set by signal handlers: what is under way ends soon with FAILURE_STOPPED. **Kept**. */
void transfer_set_stop(struct transfer *transfer, const volatile int *stop);
const volatile int *transfer_stop(const struct transfer *transfer);
/* Nothing goes on beyond this clock_monotonic_ns; 0: no end. FAILURE_TIMEOUT. */
void transfer_set_deadline(struct transfer *transfer, int64_t deadline);
enum failure transfer_failure(const struct transfer *transfer);
/* For stores and auth, whose own findings belong there too (no credentials: FAILURE_AUTH). */
void transfer_set_failure(struct transfer *transfer, enum failure failure);

/* One exchange whose reply fits in memory: listings, tokens, manifests, and uploads (body or
 * body_fd). Signs, retries, renews once. True when the verdict is good or unchanged; the response
 * is filled (and to be finished) in any case. auth, judge may be NULL. */
bool transfer_fetch(struct transfer *transfer, const struct request *request, struct auth *auth,
                    judge_function *judge, size_t limit, struct response *response,
                    struct err *err);
/* As above with one attempt, for who has its own patience (metadata services). */
bool transfer_fetch_once(struct transfer *transfer, const struct request *request,
                         struct auth *auth, judge_function *judge, size_t limit,
                         struct response *response, struct err *err);

/* --- objects into files -------------------------------------------------------------------- */

/* Describes the request for bytes first..last of an object (first < 0: the whole). */
struct transfer_source {
    void *context;
    bool (*describe)(void *context, size_t job, int64_t first, int64_t last,
                     struct request *request, struct err *err);
    /* Tells from the reply's header whether it is the pinned object. May be NULL. */
    bool (*is_pinned)(void *context, size_t job, const struct response *response);
    judge_function *judge;
    struct auth *auth;
};

struct transfer_job {
    int fd;             /* where the bytes go; borrowed */
    int64_t size;       /* as listed: anything else is a failure */
    unsigned char *map; /* one byte per part, not 0: it is there already; borrowed, updated */
    /* Before the first part: sets the job's fd. May be NULL. */
    bool (*on_begin)(void *context, size_t job, struct err *err);
    /* These bytes are in the file from offset on; they may come again after a failure. May be NULL.
     */
    void (*on_bytes)(void *context, size_t job, int64_t offset, const void *data, size_t size);
    /* A part is in the file: the caller's place for the journal. May be NULL. */
    void (*on_part)(void *context, size_t job, size_t part);
    /* All parts are there: false stops everything. May be NULL. Called for jobs that had nothing
     * to do as well. */
    bool (*on_done)(void *context, size_t job, struct err *err);
    void *context;
};

int64_t transfer_part_size(const struct transfer *transfer);
size_t transfer_part_count(const struct transfer *transfer, int64_t size);
bool transfer_run(struct transfer *transfer, const struct transfer_source *source,
                  struct transfer_job *jobs, size_t count, struct err *err);

struct transfer_counts {
    int64_t bytes;
    int64_t expected; /* of downloads that were begun, as transfer_expect was told */
    int64_t requests;
    int64_t replies[6]; /* by the hundreds of their status; 0: requests that got none */
    int64_t retries, throttled, stalls;
    int64_t token_refreshes;
};
/* So many bytes more are about to be downloaded: for who tells how far it is. */
void transfer_expect(struct transfer *transfer, int64_t bytes);
const struct transfer_counts *transfer_counts(const struct transfer *transfer);

/* Called at least every 100 ms while something is under way. */
void transfer_set_tick(struct transfer *transfer, void (*tick)(void *context), void *context);

#endif
