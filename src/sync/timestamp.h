/* Times as clouds write them, in seconds since 1970. */
#ifndef OMEN_SYNC_TIMESTAMP_H
#define OMEN_SYNC_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-03-01T12:00:00Z", with a fraction that does not count or an offset "+01:00". */
bool timestamp_read_rfc3339(const char *text, int64_t *seconds);
/* The Date header: "Sun, 06 Nov 1994 08:49:37 GMT". */
bool timestamp_read_http(const char *text, int64_t *seconds);
/* Such a Date of ours. */
#define TIMESTAMP_HTTP_SIZE 32
void timestamp_write_http(int64_t seconds, char text[TIMESTAMP_HTTP_SIZE]);
int64_t timestamp_now(void);

#endif
