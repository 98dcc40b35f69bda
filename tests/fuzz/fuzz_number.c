/* Numbers: reading agrees with strtod and with the JSON scanner, writing comes back the same. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "codec/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool same_bits(double a, double b)
{
    return bits_of(a) == bits_of(b);
}

/* text is followed by a NUL that does not belong to it. */
static void read_text(const char *text, size_t size)
{
    double value;
    const char *after = number_read(text, text + size, &value);
    struct json *root;
    bool alone =
        size > 0 && strchr(" \t\r\n", text[0]) == NULL && strchr(" \t\r\n", text[size - 1]) == NULL;
    if (alone && json_parse(text, size, &root, NULL)) {
        check((json_type(root) == JSON_NUMBER) == (after == text + size));
        check(after != text + size || same_bits(json_number(root), value));
        json_free(root);
    } else {
        check(!alone || after != text + size);
    }
    if (after == NULL)
        return;
    char *copy = strndup(text, (size_t)(after - text));
    if (copy != NULL)
        check(same_bits(strtod(copy, NULL), value));
    free(copy);
}

static void write_double(double value)
{
    char text[NUMBER_TEXT_SIZE + 1];
    double back;
    size_t length = number_write(value, text);
    check(length > 0 && length < NUMBER_TEXT_SIZE);
    check(number_read(text, text + length, &back) == text + length);
    check(same_bits(value, back));
}

static void write_single(float value)
{
    char text[NUMBER_TEXT_SIZE + 1];
    size_t length = number_write_single(value, text);
    check(length > 0 && length < NUMBER_TEXT_SIZE);
    text[length] = '\0';
    float back = strtof(text, NULL);
    check(back == value && !signbit(back) == !signbit(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    read_text(text, size);
    double value;
    float single;
    if (size >= sizeof value) {
        memcpy(&value, data, sizeof value);
        memcpy(&single, data, sizeof single);
        if (isfinite(value))
            write_double(value);
        if (isfinite(single))
            write_single(single);
    }
    free(text);
    return 0;
}
