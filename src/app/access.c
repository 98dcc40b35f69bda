#include "app/access.h"

#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"

void access_configure(struct access *access, double fraction, int64_t slow_ns)
{
    atomic_store_explicit(&access->sampled, (uint32_t)(fraction * (double)UINT32_MAX),
                          memory_order_relaxed);
    atomic_store_explicit(&access->slow_ns, slow_ns, memory_order_relaxed);
}

/* Evenly spread and without a pattern that a client could keep step with: the finaliser of
 * SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014)
 * over a counter. */
static bool is_sampled(struct access *access)
{
    uint32_t sampled = atomic_load_explicit(&access->sampled, memory_order_relaxed);
    if (sampled == 0 || sampled == UINT32_MAX)
        return sampled != 0;
    uint64_t z = atomic_fetch_add_explicit(&access->counter, UINT64_C(0x9E3779B97F4A7C15),
                                           memory_order_relaxed);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ (z >> 31)) >> 32) < sampled;
}

static double milliseconds(int64_t begin, int64_t end)
{
    int64_t microseconds = (end - begin) / 1000; /* a log needs no more digits */
    return begin > 0 && end >= begin ? (double)microseconds / 1e3 : 0;
}

void access_log(struct access *access, const struct http_request *request,
                const struct http_response *response, size_t bytes_sent)
{
    int64_t slow = atomic_load_explicit(&access->slow_ns, memory_order_relaxed);
    const struct http_timing *t = &request->timing;
    bool sampled = is_sampled(access);
    if (!sampled && slow == 0)
        return;
    int64_t now = clock_monotonic_ns();
    bool is_slow = slow > 0 && t->queued > 0 && now - t->queued > slow;
    if (!sampled && !is_slow)
        return;
    LOG(is_slow ? LOG_WARNING : LOG_INFO, is_slow ? "slow request" : "request",
        LOG_TEXT("id", request->id), LOG_TEXT("method", http_method_name(request->method)),
        LOG_TEXT("route", response->route), LOG_INT("status", response->status),
        LOG_INT("received", request->body_length), LOG_INT("sent", bytes_sent),
        LOG_INT("rows", response->rows), LOG_TEXT("model", response->model),
        LOG_TEXT("version", response->version), LOG_REAL("total_ms", milliseconds(t->queued, now)),
        LOG_REAL("queue_ms", milliseconds(t->queued, t->started)),
        LOG_REAL("read_ms", milliseconds(t->started, t->received)),
        LOG_REAL("decode_ms", milliseconds(t->received, t->decoded)),
        LOG_REAL("compute_ms", milliseconds(t->decoded, t->computed)),
        LOG_REAL("encode_ms", milliseconds(t->computed, t->encoded)));
}
