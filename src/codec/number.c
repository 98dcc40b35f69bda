/* Writing: the shortest decimal that reads back to the same value, by Giulietti's Schubfach. */
#include "codec/number.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "codec/powers.h"

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* floor(log2(10^e)), |e| <= 1233 */
static int floor_log2_pow10(int e)
{
    return (int)(((int64_t)e * 1741647) >> 19);
}

/* The highest 64 of the 192 bits of factor * value, the lowest of them set if bits below were. */
static uint64_t scale_to_odd(const struct power *factor, uint64_t value)
{
    uint128 low = (uint128)factor->low * value;
    uint128 high = (uint128)factor->high * value + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The shortest decimal in the interval that rounds to c * 2^q, the nearest to it of that length.
 * closer: the value below is only half as far away (c is the least of its binade). The numbers are
 * those of Giulietti, section 9: everything is kept times four, so that the interval's ends are
 * integers too. */
static struct decimal shortest(uint64_t c, int q, bool closer)
{
    bool odd = (c & 1) != 0; /* then the ends of the interval round away */
    int k = (int)(((int64_t)q * 1262611 - (closer ? 524031 : 0)) >> 22);
    int h = q + floor_log2_pow10(-k) + 1;
    const struct power *factor = power_of_ten(-k);
    uint64_t lower = scale_to_odd(factor, (4 * c - 2 + closer) << h) + odd;
    uint64_t value = scale_to_odd(factor, (4 * c) << h);
    uint64_t upper = scale_to_odd(factor, (4 * c + 2) << h) - odd;
    uint64_t s = value / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool below = lower <= 40 * tens;
        bool above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct decimal){tens + above, k + 1};
    }
    bool below = lower <= 4 * s;
    bool above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct decimal){s + above, k};
    uint64_t middle = 4 * s + 2;
    return (struct decimal){s + (value > middle || (value == middle && (s & 1) != 0)), k};
}

/* The last bytes of `end`'s buffer become the digits; returns the first. */
static char *digits_write(uint64_t digits, char *end)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "68697071727374757677787980818283848586878889909192939495969798"
        "99";
    while (digits >= 100) {
        end -= 2;
        memcpy(end, pairs + digits % 100 * 2, 2);
        digits /= 100;
    }
    if (digits >= 10) {
        end -= 2;
        memcpy(end, pairs + digits * 2, 2);
    } else {
        *--end = (char)('0' + digits);
    }
    return end;
}

static char *exponent_write(int exponent, char *out)
{
    char buffer[8];
    *out++ = 'e';
    if (exponent < 0)
        *out++ = '-';
    char *first = digits_write((uint64_t)(exponent < 0 ? -exponent : exponent), buffer + 8);
    size_t length = (size_t)(buffer + 8 - first);
    memcpy(out, first, length);
    return out + length;
}

/* As JavaScript lays numbers out: plain from 1e-6 to 1e21, else with an exponent. */
static char *lay_out(struct decimal decimal, char *out)
{
    char buffer[20];
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    const char *digits = digits_write(decimal.digits, buffer + sizeof buffer);
    int count = (int)(buffer + sizeof buffer - digits);
    int point = count + decimal.exponent; /* digits before the point */
    if (point > 21 || point < -5) {
        *out++ = digits[0];
        if (count > 1) {
            *out++ = '.';
            memcpy(out, digits + 1, (size_t)count - 1);
            out += count - 1;
        }
        return exponent_write(point - 1, out);
    }
    if (point <= 0) {
        memset(out, '0', 7);
        out[1] = '.';
        out += 2 - point;
        memcpy(out, digits, (size_t)count);
        return out + count;
    }
    if (point >= count) {
        memcpy(out, digits, (size_t)count);
        memset(out + count, '0', (size_t)(point - count));
        return out + point;
    }
    memcpy(out, digits, (size_t)point);
    out[point] = '.';
    memcpy(out + point + 1, digits + point, (size_t)(count - point));
    return out + count + 1;
}

/* field and fraction: of the binary format that has `bits` bits of fraction and this bias. */
static size_t write_parts(bool negative, uint64_t fraction, int field, int bits, int bias,
                          char *text)
{
    char *out = text;
    if (negative)
        *out++ = '-';
    if (field == 0 && fraction == 0) {
        *out++ = '0';
        return (size_t)(out - text);
    }
    uint64_t c = field != 0 ? fraction | UINT64_C(1) << bits : fraction;
    int q = (field != 0 ? field : 1) - bias - bits;
    struct decimal decimal;
    if (q <= 0 && q > -64 && c >> -q << -q == c && c >> -q != 0)
        decimal = (struct decimal){c >> -q, 0}; /* an integer that c holds exactly */
    else
        decimal = shortest(c, q, fraction == 0 && field > 1);
    return (size_t)(lay_out(decimal, out) - text);
}

size_t number_write(double value, char text[NUMBER_TEXT_SIZE])
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return write_parts(bits >> 63 != 0, bits & ((UINT64_C(1) << 52) - 1), (int)(bits >> 52 & 0x7FF),
                       52, 1023, text);
}

size_t number_write_single(float value, char text[NUMBER_TEXT_SIZE])
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return write_parts(bits >> 31 != 0, bits & ((UINT32_C(1) << 23) - 1), (int)(bits >> 23 & 0xFF),
                       23, 127, text);
}
