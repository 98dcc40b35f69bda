#include "sync/timestamp.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* Exactly `count` digits; -1 if they are not there. */
static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static bool make(int year, int month, int day, int hour, int minute, int second, int64_t *seconds)
{
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    struct tm parts = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second};
    *seconds = (int64_t)timegm(&parts);
    return true;
}

bool timestamp_read_rfc3339(const char *text, int64_t *seconds)
{
    if (strlen(text) < 20 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':' ||
        !make(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2), digits(text + 11, 2),
              digits(text + 14, 2), digits(text + 17, 2), seconds))
        return false;
    text += 19;
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    if ((*text != '+' && *text != '-') || strlen(text) != 6 || text[3] != ':' ||
        digits(text + 1, 2) < 0 || digits(text + 4, 2) < 0)
        return false;
    int64_t offset = digits(text + 1, 2) * 3600 + digits(text + 4, 2) * 60;
    *seconds += *text == '+' ? -offset : offset;
    return true;
}

bool timestamp_read_http(const char *text, int64_t *seconds)
{
    if (strlen(text) != 29 || strcmp(text + 25, " GMT") != 0)
        return false;
    for (int month = 0; month < 12; month++)
        if (memcmp(text + 8, months[month], 3) == 0)
            return make(digits(text + 12, 4), month + 1, digits(text + 5, 2), digits(text + 17, 2),
                        digits(text + 20, 2), digits(text + 23, 2), seconds);
    return false;
}

void timestamp_write_http(int64_t seconds, char text[TIMESTAMP_HTTP_SIZE])
{
    struct tm parts;
    time_t time = (time_t)seconds;
    text[0] = '\0';
    if (gmtime_r(&time, &parts) != NULL && parts.tm_year < 8100)
        snprintf(text, TIMESTAMP_HTTP_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                 days[parts.tm_wday], parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900,
                 parts.tm_hour, parts.tm_min, parts.tm_sec);
}

int64_t timestamp_now(void)
{
    return clock_wall_ns() / CLOCK_NS_PER_S;
}
