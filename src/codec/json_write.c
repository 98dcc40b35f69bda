/* The writing half of codec/json.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "codec/number.h"
#include "codec/utf8.h"

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

void json_write_number(struct buf *out, double value)
{
    char *place = buf_reserve(out, NUMBER_TEXT_SIZE);
    if (place == NULL)
        return;
    if (isfinite(value))
        buf_commit(out, number_write(value, place));
    else
        buf_put_text(out, "null");
}

void json_write_single(struct buf *out, double value)
{
    char *place = buf_reserve(out, NUMBER_TEXT_SIZE);
    if (place == NULL)
        return;
    if (isfinite((float)value))
        buf_commit(out, number_write_single((float)value, place));
    else
        buf_put_text(out, "null");
}

void json_write_integer(struct buf *out, int64_t value)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    char *place = buf_reserve(out, sizeof digits + 1);
    if (place == NULL)
        return;
    char *at = place;
    if (value < 0)
        *at++ = '-';
    while (count > 0)
        *at++ = digits[--count];
    buf_commit(out, (size_t)(at - place));
}

/* ---- Places ---- */

static bool is_plain_word(const char *key)
{
    if (*key >= '0' && *key <= '9')
        return false;
    size_t length = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return length > 0 && key[length] == '\0';
}

static void write_place(struct buf *out, const struct json_place *place)
{
    if (place->parent == NULL) {
        buf_put_char(out, '$');
        return;
    }
    write_place(out, place->parent); /* as deep as the document: JSON_DEPTH_MAX */
    if (place->key == NULL) {
        buf_printf(out, "[%zu]", place->index);
    } else if (is_plain_word(place->key)) {
        buf_put_char(out, '.');
        buf_put_text(out, place->key);
    } else {
        buf_put_char(out, '[');
        json_write_string(out, place->key, strlen(place->key));
        buf_put_char(out, ']');
    }
}

void json_place_format(const struct json_place *place, char *text, size_t size)
{
    struct buf out = BUF_INIT;
    write_place(&out, place);
    const char *whole = buf_text(&out);
    size_t length = strlen(whole);
    if (length >= size) { /* cut, but not inside of a character */
        length = size - 1;
        while (length > 0 && ((unsigned char)whole[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(text, whole, length);
    text[length] = '\0';
    buf_finish(&out);
}

void json_write_key(struct buf *out, const char *key)
{
    char last = out->length > 0 ? out->data[out->length - 1] : '{';
    if (last != '{' && last != '[')
        buf_put_char(out, ',');
    json_write_string(out, key, strlen(key));
    buf_put_char(out, ':');
}

void json_write_text(struct buf *out, const char *key, const char *text)
{
    if (text == NULL)
        return;
    json_write_key(out, key);
    json_write_string(out, text, strlen(text));
}

void json_write_size(struct buf *out, const char *key, size_t value)
{
    json_write_key(out, key);
    json_write_integer(out, (int64_t)value);
}
