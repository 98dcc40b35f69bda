#include "math/exponential.h"

#include <stdint.h>
#include <string.h>

#include "math/clones.h"

/* exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2, and a Taylor polynomial for exp(r). */

enum { EXPONENTIAL_BLOCK = 16 };

/* Adding this rounds to a whole number, which then lies in the low bits (for |x| < 2^51). */
static const double rounder = 0x1.8p52;
static const double log2_e = 0x1.71547652b82fep0;
/* ln 2 in two parts; the product of the first with a whole number below 2^11 is exact. */
static const double ln2_high = 0x1.62e42fefa3800p-1;
static const double ln2_low = 0x1.ef35793c76730p-45;

static inline __attribute__((always_inline)) double clamp(double x, double low, double high)
{
    /* In this form NaN stays NaN. */
    x = x < low ? low : x;
    return x > high ? high : x;
}

/* 2^whole, given whole + rounder. */
static inline __attribute__((always_inline)) double power_of_two(double rounded)
{
    uint64_t bits;
    memcpy(&bits, &rounded, sizeof(bits));
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof(power));
    return power;
}

static inline __attribute__((always_inline)) float exp_single(float argument)
{
    double x = clamp((double)argument, -110.0, 100.0);
    double rounded = x * log2_e + rounder;
    double n = rounded - rounder;
    double r = x - n * 0x1.62e42fefa39efp-1;
    double p = 0x1.71de3a556c734p-19;
    p = p * r + 0x1.a01a01a01a01ap-16;
    p = p * r + 0x1.a01a01a01a01ap-13;
    p = p * r + 0x1.6c16c16c16c17p-10;
    p = p * r + 0x1.1111111111111p-7;
    p = p * r + 0x1.5555555555555p-5;
    p = p * r + 0x1.5555555555555p-3;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    return (float)(p * power_of_two(rounded));
}

static inline __attribute__((always_inline)) double exp_double(double argument)
{
    double x = clamp(argument, -746.0, 710.0);
    double n = (x * log2_e + rounder) - rounder;
    double r = (x - n * ln2_high) - n * ln2_low;
    double p = 0x1.6124613a86d09p-33;
    p = p * r + 0x1.1eed8eff8d898p-29;
    p = p * r + 0x1.ae64567f544e4p-26;
    p = p * r + 0x1.27e4fb7789f5cp-22;
    p = p * r + 0x1.71de3a556c734p-19;
    p = p * r + 0x1.a01a01a01a01ap-16;
    p = p * r + 0x1.a01a01a01a01ap-13;
    p = p * r + 0x1.6c16c16c16c17p-10;
    p = p * r + 0x1.1111111111111p-7;
    p = p * r + 0x1.5555555555555p-5;
    p = p * r + 0x1.5555555555555p-3;
    p = p * r + 0.5;
    p = 1.0 + (r + r * r * p);
    /* In two steps, as 2^n itself may lie outside of what a double can be. */
    double half = n * 0.5 + rounder;
    return p * power_of_two(half) * power_of_two((n - (half - rounder)) + rounder);
}

MATH_CLONES void exponential_single(float *x, size_t count)
{
    size_t i = 0;
    for (; count - i >= EXPONENTIAL_BLOCK; i += EXPONENTIAL_BLOCK)
        for (size_t lane = 0; lane < EXPONENTIAL_BLOCK; lane++)
            x[i + lane] = exp_single(x[i + lane]);
    for (; i < count; i++)
        x[i] = exp_single(x[i]);
}

MATH_CLONES void exponential_double(double *x, size_t count)
{
    size_t i = 0;
    for (; count - i >= EXPONENTIAL_BLOCK; i += EXPONENTIAL_BLOCK)
        for (size_t lane = 0; lane < EXPONENTIAL_BLOCK; lane++)
            x[i + lane] = exp_double(x[i + lane]);
    for (; i < count; i++)
        x[i] = exp_double(x[i]);
}
