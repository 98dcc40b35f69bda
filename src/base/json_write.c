#include "base/json_write.h"

#include <string.h>

#include "base/utf8.h"

static void write_escape(struct buf *out, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *which = strchr(from, c);
    if (c != 0 && which != NULL) {
        buf_put_char(out, '\\');
        buf_put_char(out, to[which - from]);
    } else {
        buf_printf(out, "\\u%04x", c);
    }
}

void json_write_string(struct buf *out, const char *text, size_t length)
{
    const char *end = text + length;
    buf_put_char(out, '"');
    while (text < end) {
        const char *run = text;
        size_t step = 1;
        while (run < end && (unsigned char)*run >= 0x20 && *run != '"' && *run != '\\' &&
               (step = utf8_sequence(run, (size_t)(end - run))) > 0)
            run += step;
        buf_put(out, text, (size_t)(run - text));
        text = run;
        if (text == end)
            break;
        if (step == 0)
            buf_put_text(out, "\xEF\xBF\xBD");
        else
            write_escape(out, (unsigned char)*text);
        text++;
    }
    buf_put_char(out, '"');
}

static void write_unsigned(struct buf *out, uint64_t value)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    char *place = buf_reserve(out, count);
    if (place == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        place[i] = digits[count - 1 - i];
    buf_commit(out, count);
}

void json_write_integer(struct buf *out, int64_t value)
{
    if (value < 0)
        buf_put_char(out, '-');
    write_unsigned(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_write_next(struct buf *out)
{
    char last = out->length > 0 ? out->data[out->length - 1] : '{';
    if (last != '{' && last != '[')
        buf_put_char(out, ',');
}

void json_write_key(struct buf *out, const char *key)
{
    json_write_next(out);
    json_write_string(out, key, strlen(key));
    buf_put_char(out, ':');
}

void json_write_open(struct buf *out, const char *key, char bracket)
{
    json_write_key(out, key);
    buf_put_char(out, bracket);
}

void json_write_text(struct buf *out, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_write_key(out, key);
    json_write_string(out, text, strlen(text));
}

void json_write_bool(struct buf *out, const char *key, bool value)
{
    json_write_key(out, key);
    buf_put_text(out, value ? "true" : "false");
}

void json_write_size(struct buf *out, const char *key, uint64_t value)
{
    json_write_key(out, key);
    write_unsigned(out, value);
}

void json_write_fixed(struct buf *out, const char *key, double value, int digits)
{
    json_write_key(out, key);
    buf_printf(out, "%.*f", digits, value);
}
