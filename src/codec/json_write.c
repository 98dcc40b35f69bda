/* What codec/json.h writes: doubles, places. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "codec/number.h"

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
