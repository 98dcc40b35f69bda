#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct buf *out, const void *data, size_t size, const char *alphabet,
                   bool padded)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)bytes[i + 2] : 0;
        buf_put_char(out, alphabet[group >> 18]);
        buf_put_char(out, alphabet[group >> 12 & 63]);
        if (left > 1 || padded)
            buf_put_char(out, left > 1 ? alphabet[group >> 6 & 63] : '=');
        if (left > 2 || padded)
            buf_put_char(out, left > 2 ? alphabet[group & 63] : '=');
    }
}

void base64_encode(struct buf *out, const void *data, size_t size)
{
    encode(out, data, size, standard, true);
}

void base64_encode_url(struct buf *out, const void *data, size_t size)
{
    encode(out, data, size, for_urls, false);
}

/* The 24 bits of four characters, the last `padding` of which are padding; false if one is none. */
static bool read_group(const char *text, size_t padding, uint32_t *group)
{
    *group = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *found = NULL;
        if (i < 4 - padding) {
            found = text[i] != '\0' ? strchr(standard, text[i]) : NULL;
            if (found == NULL)
                return false;
        }
        *group = *group << 6 | (found != NULL ? (uint32_t)(found - standard) : 0);
    }
    return (*group & ((UINT32_C(1) << 8 * padding) - 1)) == 0;
}

bool base64_decode(const char *text, size_t length, void *data, size_t capacity, size_t *size)
{
    unsigned char *bytes = data;
    *size = 0;
    if (length % 4 != 0)
        return false;
    for (size_t i = 0; i < length; i += 4) {
        size_t padding = 0;
        uint32_t group;
        if (i + 4 == length)
            padding = text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
        if (!read_group(text + i, padding, &group) || capacity - *size < 3 - padding)
            return false;
        for (size_t k = 0; k < 3 - padding; k++)
            bytes[(*size)++] = (unsigned char)(group >> (16 - 8 * k));
    }
    return true;
}
