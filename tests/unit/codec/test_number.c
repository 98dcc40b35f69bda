/* Decimal text and binary: both ways exact, shortest, and no slower than it has to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/number.h"

/* splitmix64: the same numbers in every run. */
static uint64_t random_next(void)
{
    static uint64_t random_state = 20260801;
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float single_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- Writing ---- */

static size_t written(double value, char text[NUMBER_TEXT_SIZE + 1])
{
    size_t length = number_write(value, text);
    assert_in_range(length, 1, NUMBER_TEXT_SIZE);
    text[length] = '\0';
    return length;
}

static size_t written_single(float value, char text[NUMBER_TEXT_SIZE + 1])
{
    size_t length = number_write_single(value, text);
    assert_in_range(length, 1, NUMBER_TEXT_SIZE);
    text[length] = '\0';
    return length;
}

static void known_doubles_are_written(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-3, "-3"},
        {10, "10"},
        {0.1, "0.1"},
        {-0.25, "-0.25"},
        {123.456, "123.456"},
        {1e-6, "0.000001"},
        {1.25e-6, "0.00000125"},
        {1e-7, "1e-7"},
        {1.5e-7, "1.5e-7"},
        {1e20, "100000000000000000000"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e21, "1e21"},
        {1.5e21, "1.5e21"},
        {1e300, "1e300"},
        {DBL_MAX, "1.7976931348623157e308"},
        {-DBL_MIN, "-2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {9007199254740991.0, "9007199254740991"},
        {9007199254740993.0, "9007199254740992"},
        {9.5367431640625e-07, "9.5367431640625e-7"},
        {2.2250738585072011e-308, "2.225073858507201e-308"},
        {1.2999999999999998, "1.2999999999999998"},
        {5.0e-323, "5e-323"},
        {4.35, "4.35"},
        {2e-3, "0.002"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[NUMBER_TEXT_SIZE + 1];
        written(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void known_singles_are_written(void **state)
{
    (void)state;
    static const struct {
        float value;
        const char *text;
    } cases[] = {
        {0.0f, "0"},
        {-0.0f, "-0"},
        {0.1f, "0.1"},
        {-1.5f, "-1.5"},
        {16777216.0f, "16777216"},
        {33554432.0f, "33554432"},
        {1e10f, "10000000000"},
        {3.4028235e38f, "3.4028235e38"},
        {1.1754944e-38f, "1.1754944e-38"},
        {1e-45f, "1e-45"},
        {0.3f, "0.3"},
        {8.5e-45f, "8e-45"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[NUMBER_TEXT_SIZE + 1];
        written_single(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* Digits of the significand: without sign, point, exponent, and zeros at either end. */
static size_t significant(const char *text)
{
    size_t count = 0;
    size_t zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9')
            continue;
        if (*text != '0') {
            count += zeros + 1;
            zeros = 0;
        } else if (count > 0) {
            zeros++;
        }
    }
    return count;
}

static bool is_power_of_two(double value)
{
    int exponent;
    return fabs(frexp(value, &exponent)) == 0.5;
}

/* The fewest digits that read back, by trying; below a power of two a shorter one may exist. */
static void check_shortest(double value, const char *text)
{
    char tried[40];
    int precision = 1;
    for (; precision < 17; precision++) {
        snprintf(tried, sizeof tried, "%.*e", precision - 1, value);
        if (strtod(tried, NULL) == value)
            break;
    }
    snprintf(tried, sizeof tried, "%.*e", precision - 1, value);
    size_t expected = significant(tried);
    if (significant(text) > expected)
        fail_msg("%s is not the shortest: %s", text, tried);
    if (!is_power_of_two(value)) {
        assert_int_equal(significant(text), expected);
        /* and the nearest of that length */
        assert_true(strtod(tried, NULL) == strtod(text, NULL));
    }
}

static void check_double(double value, bool search)
{
    char text[NUMBER_TEXT_SIZE + 1];
    double back;
    size_t length = written(value, text);
    const char *after = number_read(text, text + length, &back);
    if (after != text + length || bits_of(back) != bits_of(value))
        fail_msg("%a became %s became %a", value, text, back);
    if (!search)
        return;
    assert_true(bits_of(strtod(text, NULL)) == bits_of(value));
    if (value != 0)
        check_shortest(value, text);
}

static void random_doubles_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 2000000; i++) {
        double value = double_of(random_next());
        if (isfinite(value))
            check_double(value, i % 64 == 0);
    }
}

/* Whole numbers, decimals of few digits, and subnormals: where formats differ most. */
static void everyday_doubles_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 300000; i++) {
        double whole = (double)(int64_t)(random_next() >> (random_next() % 64));
        double scale = exp10((int)(random_next() % 40) - 20);
        check_double(whole, i % 32 == 0);
        check_double(whole / scale, i % 32 == 0);
        check_double(double_of(random_next() >> (12 + random_next() % 52)), i % 32 == 0);
    }
}

static void every_power_of_two_round_trips(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double value = ldexp(1, exponent);
        check_double(value, true);
        check_double(nextafter(value, 0), true);
        check_double(-nextafter(value, INFINITY), exponent < 1023);
    }
}

static void check_single(float value, bool search)
{
    char text[NUMBER_TEXT_SIZE + 1];
    char tried[40];
    size_t length = written_single(value, text);
    double back;
    const char *after = number_read(text, text + length, &back);
    /* Reading as a double first can round twice: strtof judges. */
    if (after != text + length || strtof(text, NULL) != value || !signbit(back) != !signbit(value))
        fail_msg("%a became %s", (double)value, text);
    if (!search || value == 0)
        return;
    int precision = 1;
    do
        snprintf(tried, sizeof tried, "%.*e", precision - 1, (double)value);
    while (strtof(tried, NULL) != value && precision++ < 9);
    assert_true(significant(text) <= significant(tried));
    if (!is_power_of_two((double)value))
        assert_int_equal(significant(text), significant(tried));
}

static void random_singles_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 1000000; i++) {
        float value = single_of((uint32_t)random_next());
        if (isfinite(value))
            check_single(value, i % 16 == 0);
    }
    for (uint32_t exponent = 0; exponent < 255; exponent++) {
        check_single(single_of(exponent << 23), true);
        check_single(single_of((exponent << 23) + 1), true);
        check_single(single_of((exponent << 23) | 0x7FFFFF), true);
    }
}

/* ---- Reading ---- */

static void check_read(const char *text)
{
    size_t length = strlen(text);
    double value = 0;
    const char *after = number_read(text, text + length, &value);
    double expected = strtod(text, NULL);
    if (after != text + length)
        fail_msg("%.60s: %td bytes read", text, after != NULL ? after - text : -1);
    if (bits_of(value) != bits_of(expected))
        fail_msg("%.60s: %a, strtod says %a", text, value, expected);
}

static void known_texts_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "-0.0e5",
        "0e999999999999999999999",
        "1e-999999999999999999999",
        "1e999999999999999999999",
        "-1e309",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.797693134862315807e308",
        "1.7976931348623159e308",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.5e-324",
        "9007199254740993",
        "9007199254740993.0000000000000000000000000001",
        "9007199254740992.9999999999999999999999999999",
        "9223372036854775808",
        "18446744073709551616",
        "99999999999999999999999999",
        "1e22",
        "1e23",
        "8.5e22",
        "6.0221408e+23",
        "3.141592653589793238462643383279502884197",
        "1448997445238699",
        "0.000000000000000000000000000000000000000000000000000012345678901234567890123",
        "5708990770823839524233143877797980545530986496e0",
        "100000000000000016777215",
        "100000000000000016777216",
        "0.1e1",
        "1234567812345678.87654321",
        "12345678.12345678e-8",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_read(texts[i]);
}

static void malformed_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",   "-",   ".",    "+1",   ".5",  "-.5", "1.",
                                        "1e", "1e+", "1.e5", "1.5e", "01",  "-01", "00.5",
                                        "x",  "NaN", "-I",   "1.-5", "1e-", "e5",  "--1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value;
        if (number_read(texts[i], texts[i] + strlen(texts[i]), &value) != NULL)
            fail_msg("accepted %s", texts[i]);
    }
}

static void reading_stops_where_the_number_ends(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        double value;
    } cases[] = {
        {"1,2", 1, 1},        {"-2.5]", 4, -2.5},         {"3 ", 1, 3},
        {"1e5e5", 3, 1e5},    {"1.2.3", 3, 1.2},          {"0x10", 1, 0},
        {"1-2", 1, 1},        {"12345678:", 8, 12345678}, {"1E+2,", 4, 100.0},
        {"0.125\n", 5, .125}, {"1234567/8", 7, 1234567},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value;
        const char *text = cases[i].text;
        assert_ptr_equal(number_read(text, text + strlen(text), &value), text + cases[i].length);
        assert_true(value == cases[i].value);
    }
    double value; /* never beyond the end */
    assert_true(number_read("123", &"123"[2], &value) != NULL);
}

static void random_texts_are_read(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 500000; i++) {
        uint64_t bits = random_next();
        uint64_t digits = bits >> (random_next() % 60);
        int exponent = (int)(random_next() % 700) - 360;
        if (i % 2 == 0)
            exponent /= 20;
        uint64_t fraction = random_next() >> (random_next() % 64);
        switch (random_next() % 3) {
        case 0:
            snprintf(text, sizeof text, "%" PRIu64 "e%d", digits, exponent);
            break;
        case 1:
            snprintf(text, sizeof text, "-%" PRIu64 ".%" PRIu64, digits, fraction);
            break;
        default:
            snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64 "E%+d", digits, fraction, exponent);
        }
        check_read(text);
    }
}

/* The exact decimal of the point between two neighbours, and the same a touch above and below. */
static void halfway_points_are_decided(void **state)
{
    (void)state;
    static char text[2000];
    for (int i = 0; i < 3000; i++) {
        double value = fabs(double_of(random_next()));
        if (i % 3 == 0)
            value = ldexp(1 + (double)(random_next() >> 12) * 0x1p-52, (int)(random_next() % 60));
        if (i % 3 == 1)
            value = double_of(random_next() >> (12 + random_next() % 40));
        double next = nextafter(value, INFINITY);
        if (!isfinite(next))
            continue;
        long double middle = ((long double)value + (long double)next) / 2;
        int length = snprintf(text, sizeof text, "%.1100Lf", middle);
        while (text[length - 1] == '0')
            text[--length] = '\0';
        if (text[length - 1] == '.')
            text[--length] = '\0';
        check_read(text);
        if (strchr(text, '.') == NULL)
            strcat(text, ".0");
        strcat(text, "0000000000000000000000000000001");
        check_read(text);
        length = (int)strlen(text);
        text[length - 31] = '\0';
        length -= 32;
        if (text[length] > '0') {
            text[length]--;
            strcat(text, "9999999999999999999999");
            check_read(text);
        }
    }
}

static void long_texts_are_read(void **state)
{
    (void)state;
    static char text[3000];
    for (int i = 0; i < 2000; i++) {
        size_t count = 700 + random_next() % 1800;
        size_t point = random_next() % count;
        size_t zeros = i % 2 == 0 ? random_next() % 700 : 0;
        char *at = text;
        *at++ = '0';
        *at++ = '.';
        if (i % 3 == 0)
            at = text;
        for (size_t j = 0; j < count; j++) {
            bool zero = j < zeros && at > text;
            *at++ = (char)(zero ? '0' : '1' + random_next() % 9);
            if (i % 3 == 0 && j == point && j + 1 < count)
                *at++ = '.';
        }
        snprintf(at, 16, "e%d", (int)(random_next() % 1500) - 700);
        check_read(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_doubles_are_written),
        cmocka_unit_test(known_singles_are_written),
        cmocka_unit_test(random_doubles_round_trip),
        cmocka_unit_test(everyday_doubles_round_trip),
        cmocka_unit_test(every_power_of_two_round_trips),
        cmocka_unit_test(random_singles_round_trip),
        cmocka_unit_test(known_texts_are_read),
        cmocka_unit_test(malformed_texts_are_refused),
        cmocka_unit_test(reading_stops_where_the_number_ends),
        cmocka_unit_test(random_texts_are_read),
        cmocka_unit_test(halfway_points_are_decided),
        cmocka_unit_test(long_texts_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
