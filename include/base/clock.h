/* Time: monotonic for durations, wall for what people read. */
#ifndef OMEN_BASE_CLOCK_H
#define OMEN_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S INT64_C(1000000000)

int64_t clock_monotonic_ns(void);
int64_t clock_wall_ns(void);

#define CLOCK_TEXT_SIZE 32
/* RFC 3339 in UTC with milliseconds: "2026-03-01T12:00:00.123Z". */
void clock_format(int64_t wall_ns, char text[CLOCK_TEXT_SIZE]);

#endif
