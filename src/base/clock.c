#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t clock_read(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int64_t clock_monotonic_ns(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
    return clock_read(CLOCK_REALTIME);
}

void clock_format(int64_t wall_ns, char text[CLOCK_TEXT_SIZE])
{
    int64_t rest = wall_ns % CLOCK_NS_PER_S;
    if (rest < 0)
        rest += CLOCK_NS_PER_S; /* before 1970 the seconds round down, too */
    time_t seconds = (time_t)((wall_ns - rest) / CLOCK_NS_PER_S);
    int milliseconds = (int)(rest / CLOCK_NS_PER_MS);
    struct tm parts;
    char date[24];
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        snprintf(date, sizeof date, "1970-01-01T00:00:00");
    snprintf(text, CLOCK_TEXT_SIZE, "%s.%03dZ", date, milliseconds % 1000);
}
