#include "base/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_length(const char *text)
{
    size_t length = 0;
    while (is_digit(text[length]))
        length++;
    return length;
}

/* Compares the numbers that a and b begin with and moves both behind them. */
static int numbers_compare(const char **a, const char **b)
{
    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    size_t a_length = digits_length(*a);
    size_t b_length = digits_length(*b);
    int order = a_length != b_length ? (a_length < b_length ? -1 : 1) : memcmp(*a, *b, a_length);
    *a += a_length;
    *b += b_length;
    return order;
}

int version_compare(const char *a, const char *b)
{
    const char *a_at = a;
    const char *b_at = b;
    while (*a_at != '\0' && *b_at != '\0') {
        int order;
        if (is_digit(*a_at) && is_digit(*b_at)) {
            order = numbers_compare(&a_at, &b_at);
        } else {
            order = (unsigned char)*a_at - (unsigned char)*b_at;
            a_at++;
            b_at++;
        }
        if (order != 0)
            return order;
    }
    if (*a_at != *b_at)
        return *a_at == '\0' ? -1 : 1;
    return strcmp(a, b); /* "01" and "1" are two directories */
}
