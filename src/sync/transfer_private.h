/* What transfer's sources share: one exchange on one curl handle. */
#ifndef OMEN_SYNC_TRANSFER_PRIVATE_H
#define OMEN_SYNC_TRANSFER_PRIVATE_H

#include <curl/curl.h>

#include "sync/transfer.h"

struct transfer {
    struct transfer_options options;
    CURLM *small;    /* for transfer_fetch */
    CURLM *parallel; /* for transfer_run */
    const volatile int *stop;
    int64_t deadline;
    int64_t next_tick;
    void (*tick)(void *context);
    void *tick_context;
    enum failure failure;
    struct transfer_counts counts;
    int64_t allowance; /* bytes that the bandwidth leaves now */
    int64_t allowance_time;
};

/* One attempt. The callbacks of who runs it get its context. */
struct exchange {
    CURL *easy; /* kept for the next attempt */
    struct curl_slist *headers;
    struct request request; /* the signed copy */
    struct response response;
    char error[CURL_ERROR_SIZE];
    int64_t sent; /* of the request's body */
};

/* Signs a copy of the request and makes the handle ready. */
bool exchange_prepare(struct transfer *transfer, struct exchange *exchange,
                      const struct request *request, struct auth *auth, struct err *err);
/* Gives back all but the handle. */
void exchange_reset(struct exchange *exchange);
void exchange_finish(struct exchange *exchange);
/* "GET http://host/path: what happened", with the reply's own words if it has some. */
bool exchange_tell(const struct exchange *exchange, CURLcode code, struct err *err);

/* Between two steps of a loop: false when stopped or beyond the deadline. */
bool transfer_may_go_on(struct transfer *transfer, struct err *err);
/* How long poll may wait until `until` (clock_monotonic_ns), at most 100 ms. */
int transfer_poll_ms(int64_t until);
bool transfer_fail(struct transfer *transfer, enum failure failure);
enum failure transfer_failure_of(enum verdict verdict);
/* False: the bandwidth is used up for the moment. */
bool transfer_take_allowance(struct transfer *transfer, int64_t bytes);
void transfer_count_reply(struct transfer *transfer, CURLcode code, long status);
/* An attempt that may succeed when it is made again. */
bool transfer_is_passing(CURLcode code);

#endif
