#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST ((size_t)256)

void buf_finish(struct buf *buf)
{
    if (buf == NULL)
        return;
    free(buf->data);
    *buf = BUF_INIT;
}

void buf_reset(struct buf *buf, size_t keep)
{
    buf->length = 0;
    buf->failed = false;
    if (buf->capacity <= keep)
        return;
    free(buf->data);
    buf->data = NULL;
    buf->capacity = 0;
}

static bool buf_grow(struct buf *buf, size_t want)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : BUF_FIRST;
    while (capacity < want)
        capacity = capacity > SIZE_MAX / 2 ? want : capacity * 2;
    char *data = realloc(buf->data, capacity);
    if (data == NULL)
        return false;
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

/* Room for size bytes and a NUL, which the limit does not count. */
static char *buf_room(struct buf *buf, size_t size, size_t nul)
{
    size_t want;
    if (buf->failed)
        return NULL;
    if (__builtin_add_overflow(buf->length, size, &want) ||
        (buf->limit != 0 && want > buf->limit) || __builtin_add_overflow(want, nul, &want) ||
        (want > buf->capacity && !buf_grow(buf, want))) {
        buf->failed = true;
        return NULL;
    }
    return buf->data + buf->length;
}

char *buf_reserve(struct buf *buf, size_t size)
{
    return buf_room(buf, size, 0);
}

void buf_commit(struct buf *buf, size_t size)
{
    buf->length += size;
}

void buf_put(struct buf *buf, const void *data, size_t size)
{
    if (size == 0)
        return;
    char *place = buf_reserve(buf, size);
    if (place == NULL)
        return;
    memcpy(place, data, size);
    buf->length += size;
}

void buf_put_text(struct buf *buf, const char *text)
{
    buf_put(buf, text, strlen(text));
}

void buf_put_char(struct buf *buf, char c)
{
    buf_put(buf, &c, 1);
}

static void put_digits(struct buf *buf, uint64_t value, unsigned base)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    buf_put(buf, digits + at, sizeof digits - at);
}

void buf_put_integer(struct buf *buf, int64_t value)
{
    if (value < 0)
        buf_put_char(buf, '-');
    put_digits(buf, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void buf_put_hex(struct buf *buf, uint64_t value)
{
    put_digits(buf, value, 16);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *place = length >= 0 ? buf_room(buf, (size_t)length, 1) : NULL;
    if (place == NULL) {
        buf->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(place, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->length += (size_t)length;
}

const char *buf_text(struct buf *buf)
{
    char *place = buf_room(buf, 0, 1);
    if (place == NULL)
        return "";
    *place = '\0';
    return buf->data;
}
