/* Reading: Clinger's fast path, then the method of Eisel and Lemire, then strtod. */
#include "codec/number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/powers.h"

#define DIGITS_MAX 19 /* always fit into 64 bits */
/* No text has as many digits before the exponent, so that more of its own change nothing. */
#define EXPONENT_CLAMP INT64_C(10000000000)
#define STRTOD_DIGITS 800 /* no double's half-way point has more than 767 */
#define SPELLED_SIZE (STRTOD_DIGITS + 32)

/* A decimal number taken apart: (significand, or a bit more) * 10^exponent. */
struct decimal {
    uint64_t significand; /* the first DIGITS_MAX digits */
    int64_t exponent;
    bool negative;
    bool more;          /* digits were left out of the significand */
    bool whole;         /* neither point nor exponent */
    const char *digits; /* the first one that is not 0 */
    const char *mantissa_end;
    int64_t last_exponent; /* of the last digit */
};

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Eight digits, each a byte of its own value, the first one lowest: each step adds neighbours, ten,
 * a hundred and ten thousand apart. */
static uint32_t add_eight(uint64_t word)
{
    const uint64_t mask = UINT64_C(0x000000FF000000FF);
    word = word * 10 + (word >> 8);
    uint64_t low = (word & mask) * (100 + (UINT64_C(1000000) << 32));
    uint64_t rest = ((word >> 16) & mask) * (1 + (UINT64_C(10000) << 32));
    return (uint32_t)((low + rest) >> 32);
}

/* Adds digits to the significand; more than 19 of them overflow it, which the caller repairs. */
static inline const char *add_digits(const char *at, const char *end, uint64_t *significand)
{
    static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        word ^= UINT64_C(0x3030303030303030);
        /* The highest bit of each byte that is more than 9. */
        uint64_t others =
            (((word & UINT64_C(0x7F7F7F7F7F7F7F7F)) + UINT64_C(0x7676767676767676)) | word) &
            UINT64_C(0x8080808080808080);
        if (others != 0) {
            unsigned count = (unsigned)__builtin_ctzll(others) / 8;
            /* As many zeros in front as there are bytes behind. */
            word = count > 0 ? word << (64 - 8 * count) : 0;
            *significand = *significand * powers[count] + add_eight(word);
            return at + count;
        }
        *significand = *significand * 100000000 + add_eight(word);
        at += 8;
    }
    for (; at < end && is_digit(*at); at++)
        *significand = *significand * 10 + (uint64_t)(*at - '0');
    return at;
}

static const char *read_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '+' || *at == '-'))
        at++;
    if (at >= end || !is_digit(*at))
        return NULL;
    int64_t value = 0;
    for (; at < end && is_digit(*at); at++) {
        if (value < EXPONENT_CLAMP)
            value = value * 10 + (*at - '0');
    }
    *exponent = negative ? -value : value;
    return at;
}

/* The significand again, from the first 19 of `count` digits. */
static void cut_digits(struct decimal *decimal, int64_t count)
{
    const char *at = decimal->digits;
    int64_t taken = 0;
    decimal->significand = 0;
    for (; taken < DIGITS_MAX; at++) {
        if (*at == '.')
            continue;
        decimal->significand = decimal->significand * 10 + (uint64_t)(*at - '0');
        taken++;
    }
    decimal->exponent = decimal->last_exponent + count - DIGITS_MAX;
    decimal->more = true;
}

static const char *read_decimal(const char *text, const char *end, struct decimal *decimal)
{
    const char *at = text;
    decimal->negative = at < end && *at == '-';
    at += decimal->negative;
    const char *integer = at;
    decimal->digits = at;
    decimal->significand = 0;
    if (end - at > 1 && is_digit(*at) && !is_digit(at[1])) /* the part before the point, mostly */
        decimal->significand = (uint64_t)(*at++ - '0');
    else
        at = add_digits(at, end, &decimal->significand);
    const char *point = at;
    if (at == integer || (*integer == '0' && point - integer > 1))
        return NULL;
    int64_t fraction_digits = 0;
    if (at < end && *at == '.') {
        at = add_digits(at + 1, end, &decimal->significand);
        fraction_digits = at - point - 1;
        if (fraction_digits == 0)
            return NULL;
    }
    decimal->mantissa_end = at;
    int64_t written = 0;
    if (at < end && (*at == 'e' || *at == 'E')) {
        at = read_exponent(at + 1, end, &written);
        if (at == NULL)
            return NULL;
    }
    decimal->whole = at == point;
    decimal->exponent = written - fraction_digits;
    decimal->last_exponent = decimal->exponent;
    decimal->more = false;
    if (point - integer + fraction_digits <= DIGITS_MAX)
        return at;
    const char *first = integer;
    while (first < decimal->mantissa_end && (*first == '0' || *first == '.'))
        first++;
    decimal->digits = first;
    int64_t count = decimal->mantissa_end - first; /* digits from the first one on */
    if (first < point && fraction_digits > 0)
        count--; /* the point */
    if (count > DIGITS_MAX)
        cut_digits(decimal, count);
    return at;
}

static double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Between 10^-27 and 10^55 the factor is exact or has to be the rounded up one; elsewhere the
 * method wants it cut off. */
static uint64_t factor_low(int exponent, uint64_t *high)
{
    const struct power *power = power_of_ten(exponent);
    bool up = exponent >= -27 && exponent <= POWER_EXACT_MOST;
    *high = power->high - (!up && power->low == 0);
    return power->low - !up;
}

/* The double nearest to significand * 10^exponent; false if this method cannot tell. Lemire 2021,
 * algorithm 1, with the remarks of Mushtak and Lemire, "Fast number parsing without fallback",
 * 2023. */
static bool eisel_lemire(uint64_t significand, int64_t exponent, double *value)
{
    *value = 0;
    if (significand == 0 || exponent < POWER_LEAST)
        return true;
    *value = INFINITY;
    if (exponent > 308)
        return true;
    int q = (int)exponent;
    int zeros = __builtin_clzll(significand);
    uint64_t high;
    uint64_t low = factor_low(q, &high);
    uint128 product = (uint128)(significand << zeros) * high;
    if (((uint64_t)(product >> 64) & 0x1FF) == 0x1FF) /* a carry from below would matter */
        product += (uint64_t)((uint128)(significand << zeros) * low >> 64);
    uint64_t upper = (uint64_t)(product >> 64);
    uint64_t lower = (uint64_t)product;
    if (lower == UINT64_MAX && (q < -27 || q > POWER_EXACT_MOST))
        return false;
    int top = (int)(upper >> 63);
    uint64_t mantissa = upper >> (top + 9); /* 54 bits: one to round by */
    /* floor(log2(10^q)) + 63, and the double's bias */
    int64_t power = (((152170 + 65536) * (int64_t)q) >> 16) + 63 + top - zeros + 1023;
    if (power <= 0) {
        if (-power + 1 >= 64) {
            *value = 0;
            return true;
        }
        mantissa >>= -power + 1;
        mantissa = (mantissa + (mantissa & 1)) >> 1;
        *value = double_of_bits(mantissa); /* 2^52 is the exponent field's 1 by itself */
        return true;
    }
    bool may_be_halfway = lower <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1;
    if (may_be_halfway && mantissa << (top + 9) == upper)
        mantissa &= ~UINT64_C(1); /* to even */
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if (mantissa >= UINT64_C(1) << 53) {
        mantissa = UINT64_C(1) << 52;
        power++;
    }
    if (power < 0x7FF)
        *value = double_of_bits((mantissa & ~(UINT64_C(1) << 52)) | (uint64_t)power << 52);
    return true;
}

/* The same number as digits and an exponent, without a point: strtod then gives the same whatever
 * the locale. A 1 stands for all digits beyond STRTOD_DIGITS. */
static void spell(const struct decimal *decimal, char text[SPELLED_SIZE])
{
    size_t count = 0;
    int64_t exponent = decimal->last_exponent;
    bool rest = false;
    for (const char *at = decimal->digits; at < decimal->mantissa_end; at++) {
        if (*at == '.')
            continue;
        bool taken = count < STRTOD_DIGITS;
        if (taken)
            text[count++] = *at;
        rest = rest || (!taken && *at != '0');
        exponent += !taken;
    }
    if (rest) {
        text[count++] = '1';
        exponent--;
    }
    if (count == 0)
        text[count++] = '0';
    snprintf(text + count, SPELLED_SIZE - count, "e%lld", (long long)exponent);
}

static double slow(const struct decimal *decimal)
{
    char text[SPELLED_SIZE];
    spell(decimal, text);
    return strtod(text, NULL);
}

static double value_of(const struct decimal *decimal)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t significand = decimal->significand;
    int64_t exponent = decimal->exponent;
    /* Both exact as doubles: one operation rounds correctly (Clinger 1990). */
    if (!decimal->more && significand <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22)
        return exponent < 0 ? (double)significand / exact[-exponent]
                            : (double)significand * exact[exponent];
    double value, above;
    if (eisel_lemire(significand, exponent, &value)) {
        if (!decimal->more)
            return value;
        /* The number lies between this one and the next. */
        if (eisel_lemire(significand + 1, exponent, &above) && above == value)
            return value;
    }
    return slow(decimal);
}

static unsigned notes_of(const struct decimal *decimal, double magnitude)
{
    bool wide = decimal->more || decimal->significand > UINT64_C(1) << 53;
    unsigned note = decimal->whole ? wide * (unsigned)NUMBER_WIDE : (unsigned)NUMBER_FRACTION;
    return note | (magnitude > DBL_MAX) * (unsigned)NUMBER_OVERFLOW;
}

const char *number_read_noting(const char *text, const char *end, double *value, unsigned *notes)
{
    struct decimal decimal;
    const char *after = read_decimal(text, end, &decimal);
    if (after == NULL)
        return NULL;
    double magnitude = value_of(&decimal);
    *value = decimal.negative ? -magnitude : magnitude;
    *notes |= notes_of(&decimal, magnitude);
    return after;
}

const char *number_read(const char *text, const char *end, double *value)
{
    return number_read_noting(text, end, value, &(unsigned){0});
}

/* Rounding twice, to a double and then to a float, errs only where the double lies half-way between
 * two floats; below the normal floats half-way points look otherwise. */
static bool rounds_once(double magnitude)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return magnitude == 0 || (magnitude >= FLT_MIN && (bits & 0x1FFFFFFF) != 0x10000000);
}

const char *number_read_single(const char *text, const char *end, float *value)
{
    struct decimal decimal;
    const char *after = read_decimal(text, end, &decimal);
    if (after == NULL)
        return NULL;
    double magnitude = value_of(&decimal);
    float rounded = (float)magnitude;
    if (!rounds_once(magnitude)) {
        char spelled[SPELLED_SIZE];
        spell(&decimal, spelled);
        rounded = strtof(spelled, NULL);
    }
    *value = decimal.negative ? -rounded : rounded;
    return after;
}
