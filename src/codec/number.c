#include "codec/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void number_init(void)
{
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* The end of the JSON number at text, or NULL. */
static const char *number_end(const char *text, const char *end)
{
    const char *at = text < end && *text == '-' ? text + 1 : text;
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return NULL;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        at = skip_digits(at, end);
        if (at == fraction)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        const char *exponent = at;
        at = skip_digits(at, end);
        if (at == exponent)
            return NULL;
    }
    return at;
}

const char *number_read(const char *text, const char *end, double *value)
{
    const char *after = number_end(text, end);
    if (after == NULL)
        return NULL;
    char small[128];
    size_t length = (size_t)(after - text);
    char *copy = length < sizeof small ? small : malloc(length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *value = strtod(copy, NULL);
    if (copy != small)
        free(copy);
    return after;
}

/* "-d.ddde-xx" to the plain forms. */
static size_t lay_out(const char *scientific, char text[NUMBER_TEXT_SIZE])
{
    char digits[32];
    int count = 0;
    char *out = text;
    const char *at = scientific;
    if (*at == '-')
        *out++ = *at++;
    for (; *at != 'e'; at++) {
        if (*at != '.')
            digits[count++] = *at;
    }
    int point = atoi(at + 1) + 1; /* digits before the point */
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (point > 21 || point <= -6) {
        *out++ = digits[0];
        if (count > 1)
            *out++ = '.';
        memcpy(out, digits + 1, (size_t)count - 1);
        out += count - 1;
        out += sprintf(out, "e%d", point - 1);
        return (size_t)(out - text);
    }
    if (point <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = point; i < 0; i++)
            *out++ = '0';
    }
    for (int i = 0; i < count || i < point; i++) {
        if (i == point && i > 0)
            *out++ = '.';
        *out++ = i < count ? digits[i] : '0';
    }
    return (size_t)(out - text);
}

size_t number_write(double value, char text[NUMBER_TEXT_SIZE])
{
    char scientific[40];
    if (value == 0.0) {
        memcpy(text, "-0", 2);
        if (signbit(value))
            return 2;
        text[0] = '0';
        return 1;
    }
    for (int precision = 0; precision < 17; precision++) {
        snprintf(scientific, sizeof scientific, "%.*e", precision, value);
        if (strtod(scientific, NULL) == value)
            break;
    }
    return lay_out(scientific, text);
}

size_t number_write_single(float value, char text[NUMBER_TEXT_SIZE])
{
    char scientific[40];
    if (value == 0.0f)
        return number_write(value, text);
    for (int precision = 0; precision < 9; precision++) {
        snprintf(scientific, sizeof scientific, "%.*e", precision, (double)value);
        if (strtof(scientific, NULL) == value)
            break;
    }
    return lay_out(scientific, text);
}
