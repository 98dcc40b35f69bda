#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef err_set
#undef err_set_errno
#undef err_prefix

/* Drops a UTF-8 sequence that a cut left incomplete at the end of text. */
static void text_trim(char *text)
{
    size_t length = strlen(text);
    size_t tail = 0;
    while (tail < 3 && tail < length && ((unsigned char)text[length - 1 - tail] & 0xC0) == 0x80)
        tail++;
    if (tail == length)
        return;
    unsigned char lead = (unsigned char)text[length - 1 - tail];
    size_t want = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (lead >= 0xC0 && tail < want)
        text[length - 1 - tail] = '\0';
}

__attribute__((format(printf, 3, 0))) static void text_format(char *text, size_t size,
                                                              const char *format, va_list arguments)
{
    int length = vsnprintf(text, size, format, arguments);
    if (length < 0)
        text[0] = '\0';
    else if ((size_t)length >= size)
        text_trim(text);
}

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    if (err == NULL)
        return false;
    char text[ERR_TEXT_SIZE]; /* format may read err->text */
    va_list arguments;
    va_start(arguments, format);
    text_format(text, sizeof text, format, arguments);
    va_end(arguments);
    err->code = code;
    err->row = ERR_NO_ROW;
    err->field[0] = '\0';
    memcpy(err->text, text, sizeof text);
    return false;
}

bool err_set_errno(struct err *err, enum err_code code, int errno_value, const char *format, ...)
{
    if (err == NULL)
        return false;
    char text[ERR_TEXT_SIZE];
    char buffer[128];
    va_list arguments;
    va_start(arguments, format);
    text_format(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *reason = strerror_r(errno_value, buffer, sizeof buffer); /* GNU: never NULL */
    return err_set(err, code, "%s: %s", text, reason);
}

bool err_prefix(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    char where[ERR_TEXT_SIZE];
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    text_format(where, sizeof where, format, arguments);
    va_end(arguments);
    if ((size_t)snprintf(text, sizeof text, "%s: %s", where, err->text) >= sizeof text)
        text_trim(text);
    memcpy(err->text, text, sizeof text);
    return false;
}

bool err_at(struct err *err, int64_t row, const char *field)
{
    if (err == NULL)
        return false;
    err->row = row;
    err->field[0] = '\0';
    if (field != NULL &&
        (size_t)snprintf(err->field, sizeof err->field, "%s", field) >= sizeof err->field)
        text_trim(err->field);
    return false;
}

const char *err_code_name(enum err_code code)
{
    static const char *const names[] = {
        [ERR_NONE] = "none",
        [ERR_INVALID] = "invalid",
        [ERR_MISSING] = "missing",
        [ERR_CATEGORY] = "unknown_category",
        [ERR_RANGE] = "out_of_range",
        [ERR_NOT_FOUND] = "not_found",
        [ERR_LIMIT] = "limit",
        [ERR_UNSUPPORTED] = "unsupported",
        [ERR_UNAVAILABLE] = "unavailable",
        [ERR_IO] = "io",
        [ERR_MEMORY] = "memory",
        [ERR_INTERNAL] = "internal",
    };
    return (size_t)code < sizeof names / sizeof names[0] ? names[code] : "internal";
}
