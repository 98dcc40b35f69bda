/* Powers of ten as 128-bit numbers whose highest bit is set, rounded up where they do not fit.
 * 10^0 to 10^55 are exact: 5^55 has 128 bits. */
#ifndef OMEN_CODEC_POWERS_H
#define OMEN_CODEC_POWERS_H

#include <stdint.h>

__extension__ typedef unsigned __int128 uint128; /* gcc and clang, every 64-bit target */

struct power {
    uint64_t high, low;
};

#define POWER_LEAST (-342) /* below, any 19 digits are 0 as a double */
#define POWER_MOST 324     /* the reciprocal of the smallest double's decimal exponent */
#define POWER_EXACT_MOST 55

extern const struct power powers_of_ten[POWER_MOST - POWER_LEAST + 1];

static inline const struct power *power_of_ten(int exponent)
{
    return &powers_of_ten[exponent - POWER_LEAST];
}

#endif
