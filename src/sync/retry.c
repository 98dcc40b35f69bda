#include "sync/retry.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"

int64_t retry_pause(int64_t pause, int64_t attempt, int64_t retry_after, uint64_t random)
{
    int64_t most = pause;
    for (int64_t i = 0; i < attempt && i < RETRY_DOUBLINGS_MAX; i++)
        most = most < INT64_MAX / 2 ? most * 2 : most;
    int64_t wait = most > 0 ? (int64_t)(random % (uint64_t)(most + 1)) : 0;
    if (retry_after > RETRY_AFTER_MAX)
        retry_after = RETRY_AFTER_MAX;
    return wait < retry_after ? retry_after : wait;
}

int64_t retry_after_parse(const char *value, int64_t now)
{
    struct tm date;
    if (value == NULL)
        return 0;
    char *end;
    long long seconds = strtoll(value, &end, 10);
    if (end != value && *end == '\0' && value[0] >= '0' && value[0] <= '9')
        return seconds < RETRY_AFTER_MAX / CLOCK_NS_PER_S ? seconds * CLOCK_NS_PER_S
                                                          : RETRY_AFTER_MAX;
    memset(&date, 0, sizeof date);
    end = strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (end == NULL || *end != '\0')
        return 0;
    int64_t left = (int64_t)timegm(&date) - now / CLOCK_NS_PER_S;
    if (left <= 0)
        return 0;
    return left < RETRY_AFTER_MAX / CLOCK_NS_PER_S ? left * CLOCK_NS_PER_S : RETRY_AFTER_MAX;
}

int64_t retry_jitter(int64_t period, uint64_t random)
{
    int64_t fifth = period / 5;
    return fifth > 0 ? period - fifth + (int64_t)(random % (uint64_t)(2 * fifth + 1)) : period;
}

uint64_t retry_random(void)
{
    uint64_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        value = (uint64_t)clock_monotonic_ns() * UINT64_C(0x9e3779b97f4a7c15);
    return value;
}
