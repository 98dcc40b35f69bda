#include "sync/listing.h"

#include <string.h>

#include "codec/json.h"

struct text {
    const char *bytes;
    size_t length;
};

/* A member that is a text; false if it is there as something else. bytes NULL: it is not there. */
static bool get_text(const struct json *object, const char *key, struct text *text)
{
    bool found;
    const struct json *value = json_object_get(object, key, &found);
    *text = (struct text){NULL, 0};
    if (!found)
        return true;
    if (json_type(value) != JSON_STRING)
        return false;
    text->bytes = json_string(value, &text->length);
    return true;
}

static bool read_digests(const struct json *item, struct store_object *object, struct err *err)
{
    struct text crc, md5;
    unsigned char sum[4];
    if (!get_text(item, "crc32c", &crc) || !get_text(item, "md5Hash", &md5))
        return err_set(err, ERR_INVALID, "an object's digest is no text");
    object->has_crc32c = crc.bytes != NULL;
    if (crc.bytes != NULL) {
        if (!listing_read_digest(crc.bytes, crc.length, sum, sizeof sum))
            return err_set(err, ERR_INVALID, "an object's crc32c is no base64 of 4 bytes");
        object->crc32c = (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 |
                         (uint32_t)sum[3];
    }
    object->has_md5 = md5.bytes != NULL;
    if (md5.bytes != NULL &&
        !listing_read_digest(md5.bytes, md5.length, object->md5, sizeof object->md5))
        return err_set(err, ERR_INVALID, "an object's md5Hash is no base64 of 16 bytes");
    return true;
}

static bool read_metadata(const struct json *item, struct store_object *object, struct err *err)
{
    struct text size, generation;
    int64_t number;
    if (json_type(item) != JSON_OBJECT)
        return err_set(err, ERR_INVALID, "an object's metadata is no JSON object");
    if (!get_text(item, "size", &size) || size.bytes == NULL ||
        !listing_read_size(size.bytes, size.length, &object->size))
        return err_set(err, ERR_INVALID, "an object's size is no number");
    if (!get_text(item, "generation", &generation) || generation.bytes == NULL ||
        !listing_read_size(generation.bytes, generation.length, &number))
        return err_set(err, ERR_INVALID, "an object's generation is no number");
    return listing_set_revision(object, generation.bytes, generation.length, false, err) &&
           read_digests(item, object, err);
}

static bool read_items(const struct json *root, store_visit_function *visit, void *context,
                       struct err *err)
{
    bool found;
    const struct json *items = json_object_get(root, "items", &found);
    if (found && json_type(items) != JSON_ARRAY)
        return err_set(err, ERR_INVALID, "items is no array");
    for (size_t i = 0; found && i < json_array_length(items); i++) {
        const struct json *item = json_array_at(items, i);
        struct store_object object = {.size = -1};
        struct text name;
        if (json_type(item) != JSON_OBJECT || !get_text(item, "name", &name) || name.length == 0)
            return err_set(err, ERR_INVALID, "item %zu has no name", i);
        object.name = name.bytes;
        object.name_length = name.length;
        if (!read_metadata(item, &object, err))
            return err_prefix(err, "item %zu", i);
        if (!visit(context, &object, err))
            return false;
    }
    return true;
}

bool listing_read_gs(const char *data, size_t size, store_visit_function *visit, void *context,
                     struct buf *next, struct err *err)
{
    struct json *root;
    struct text token;
    buf_reset(next, SIZE_MAX);
    if (!json_parse(data, size, &root, err))
        return err_prefix(err, "listing");
    bool good;
    if (json_type(root) != JSON_OBJECT || !get_text(root, "nextPageToken", &token))
        good = err_set(err, ERR_INVALID, "listing: no JSON object with a nextPageToken of text");
    else
        good = read_items(root, visit, context, err) || err_prefix(err, "listing");
    if (good && token.bytes != NULL) {
        if (strlen(token.bytes) != token.length)
            good = err_set(err, ERR_INVALID, "listing: nextPageToken has a NUL");
        buf_put(next, token.bytes, token.length);
    }
    json_free(root);
    return good;
}

bool listing_read_gs_object(const char *data, size_t size, struct store_object *object,
                            struct err *err)
{
    struct json *root;
    if (!json_parse(data, size, &root, err))
        return false;
    bool good = read_metadata(root, object, err);
    json_free(root);
    return good;
}
