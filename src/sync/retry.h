/* How long to wait before another attempt. */
#ifndef OMEN_SYNC_RETRY_H
#define OMEN_SYNC_RETRY_H

#include <stdint.h>

#define RETRY_DOUBLINGS_MAX 5
#define RETRY_AFTER_MAX (300 * INT64_C(1000000000))

/* Full jitter: anywhere between nothing and pause * 2^attempt (at most 2^5), so that many that
 * failed together do not come back together; never less than what the server asked for.
 * random: any 64 bits; retry_after: ns, 0 for none, trusted up to five minutes. */
int64_t retry_pause(int64_t pause, int64_t attempt, int64_t retry_after, uint64_t random);
/* A Retry-After header in ns: seconds, or a date against now (wall clock, ns). 0: none. */
int64_t retry_after_parse(const char *value, int64_t now);
/* A period with 20 % of jitter to either side. */
int64_t retry_jitter(int64_t period, uint64_t random);
uint64_t retry_random(void);

#endif
