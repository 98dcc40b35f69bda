#include "sync/metadata.h"

#include <time.h>

#include "base/clock.h"

#define PAUSE_FIRST (CLOCK_NS_PER_S / 8)
#define PAUSE_MAX CLOCK_NS_PER_S /* a signal is noticed after it at the latest */

static enum verdict judge(const struct response *response)
{
    if (response->status == 200)
        return VERDICT_GOOD;
    if (response->status == 0 || response->status == 404 || response->status == 429 ||
        response->status >= 500)
        return VERDICT_RETRY;
    return VERDICT_DENIED;
}

bool metadata_fetch(struct transfer *transfer, const struct request *request, int64_t patience,
                    struct response *response, struct err *err)
{
    int64_t end = clock_monotonic_ns() + patience, pause = PAUSE_FIRST;
    while (
        !transfer_fetch_once(transfer, request, NULL, judge, METADATA_REPLY_MAX, response, err)) {
        enum failure failure = transfer_failure(transfer);
        int64_t left = end - clock_monotonic_ns();
        if (judge(response) != VERDICT_RETRY || failure == FAILURE_STOPPED ||
            failure == FAILURE_TIMEOUT || left <= 0)
            return false;
        int64_t wait = pause < left ? pause : left;
        nanosleep(&(struct timespec){wait / CLOCK_NS_PER_S, wait % CLOCK_NS_PER_S}, NULL);
        pause = pause < PAUSE_MAX / 2 ? 2 * pause : PAUSE_MAX;
        response_finish(response);
    }
    return true;
}
