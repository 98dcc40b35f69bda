#include "sync/listing.h"

#include <string.h>

#include "base/base64.h"

bool listing_read_digest(const char *text, size_t length, unsigned char *digest, size_t wanted)
{
    size_t size;
    return base64_decode(text, length, digest, wanted, &size) && size == wanted;
}

bool listing_set_revision(struct store_object *object, const char *text, size_t length, bool quoted,
                          struct err *err)
{
    bool bare = quoted && length > 0 && text[0] != '"';
    for (size_t i = 0; i < length; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return err_set(err, ERR_INVALID, "a listing names a revision of no plain characters");
    if (length == 0 || length > sizeof object->revision - 3)
        return err_set(err, ERR_LIMIT, "a listing names a revision that has not 1 to %zu bytes",
                       sizeof object->revision - 3);
    char *to = object->revision;
    if (bare)
        *to++ = '"';
    memcpy(to, text, length);
    to += length;
    if (bare)
        *to++ = '"';
    *to = '\0';
    return true;
}

bool listing_read_size(const char *text, size_t length, int64_t *size)
{
    int64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || value > (INT64_MAX - (text[i] - '0')) / 10)
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *size = value;
    return length > 0;
}
