/* The listings of S3 and of Azure: XML that differs in names only. */
#include "sync/listing.h"

#include <stdlib.h>
#include <string.h>

#include "sync/request.h"
#include "sync/xml.h"

/* What an element's end means. */
enum meaning {
    IS_NAME,
    IS_SIZE,
    IS_TAG,
    IS_MD5,
    IS_NEXT,
    IS_MORE,     /* there is a next page */
    IS_ENCODING, /* of names */
};

struct element {
    const char *name;
    enum meaning meaning;
    bool of_entry; /* inside an entry, else outside of all */
};

struct dialect {
    const char *root, *entry;
    const struct element *elements;
    size_t count;
    bool says_more; /* IS_MORE decides, else whether IS_NEXT has a text */
};

static const struct element s3_elements[] = {
    {"Key", IS_NAME, true},          {"Size", IS_SIZE, true},
    {"ETag", IS_TAG, true},          {"NextContinuationToken", IS_NEXT, false},
    {"IsTruncated", IS_MORE, false}, {"EncodingType", IS_ENCODING, false},
};
static const struct dialect s3_dialect = {"ListBucketResult", "Contents", s3_elements, 6, true};

static const struct element az_elements[] = {
    {"Name", IS_NAME, true},       {"Content-Length", IS_SIZE, true}, {"Etag", IS_TAG, true},
    {"Content-MD5", IS_MD5, true}, {"NextMarker", IS_NEXT, false},
};
static const struct dialect az_dialect = {"EnumerationResults", "Blob", az_elements, 5, false};

struct reading {
    const struct dialect *dialect;
    store_visit_function *visit;
    void *context;
    struct buf *next, *name;
    struct store_object object;
    bool more, encoded, name_encoded;
    bool in_entry, has_name, has_size, has_tag;
};

static bool on_open(void *context, const char *name, unsigned depth, const char **attributes,
                    struct err *err)
{
    struct reading *reading = context;
    if (depth == 1 && strcmp(name, reading->dialect->root) != 0)
        return err_set(err, ERR_INVALID, "the reply is no %s", reading->dialect->root);
    if (strcmp(name, reading->dialect->entry) == 0) {
        reading->in_entry = true;
        reading->has_name = reading->has_size = reading->has_tag = false;
        reading->object = (struct store_object){.size = -1};
        buf_reset(reading->name, STORE_NAME_MAX);
    }
    /* Azure's names that XML cannot express are percent-encoded, each saying so. */
    if (strcmp(name, "Name") == 0) {
        reading->name_encoded = false;
        for (; attributes[0] != NULL; attributes += 2)
            if (strcmp(attributes[0], "Encoded") == 0 && strcmp(attributes[1], "true") == 0)
                reading->name_encoded = true;
    }
    return true;
}

static bool take_name(struct reading *reading, const char *text, size_t length, struct err *err)
{
    buf_reset(reading->name, STORE_NAME_MAX);
    buf_put(reading->name, text, length);
    if (buf_text(reading->name)[0] == '\0' || reading->name->failed)
        return err_set(err, ERR_INVALID, "an entry has an empty name");
    reading->has_name = true;
    return true;
}

static bool take(struct reading *reading, enum meaning meaning, const char *text, size_t length,
                 struct err *err)
{
    struct store_object *object = &reading->object;
    switch (meaning) {
    case IS_NAME:
        return take_name(reading, text, length, err);
    case IS_SIZE:
        reading->has_size = listing_read_size(text, length, &object->size);
        return reading->has_size || err_set(err, ERR_INVALID, "an entry's size is no number");
    case IS_TAG:
        reading->has_tag = true;
        return listing_set_revision(object, text, length, true, err);
    case IS_MD5:
        object->has_md5 = length > 0;
        if (length > 0 && !listing_read_digest(text, length, object->md5, sizeof object->md5))
            return err_set(err, ERR_INVALID, "an entry's md5 is no base64 of 16 bytes");
        return true;
    case IS_NEXT:
        buf_reset(reading->next, SIZE_MAX);
        buf_put(reading->next, text, length);
        return true;
    case IS_MORE:
        reading->more = strcmp(text, "true") == 0;
        return true;
    case IS_ENCODING:
        reading->encoded = strcmp(text, "url") == 0;
        return true;
    }
    return true;
}

static bool end_entry(struct reading *reading, struct err *err)
{
    reading->in_entry = false;
    if (!reading->has_name || !reading->has_size || !reading->has_tag)
        return err_set(err, ERR_MISSING, "an entry has no name, no size or no ETag");
    bool url = reading->dialect->says_more;
    char *name = reading->name->data;
    if ((url ? reading->encoded : reading->name_encoded) && !request_decode(name, url))
        return err_set(err, ERR_INVALID, "an entry's name is badly encoded or has a NUL");
    reading->object.name = name;
    reading->object.name_length = strlen(name);
    return reading->visit(reading->context, &reading->object, err);
}

static bool on_close(void *context, const char *name, unsigned depth, const char *text,
                     size_t length, struct err *err)
{
    struct reading *reading = context;
    const struct dialect *dialect = reading->dialect;
    (void)depth;
    if (reading->in_entry && strcmp(name, dialect->entry) == 0)
        return end_entry(reading, err);
    for (size_t i = 0; i < dialect->count; i++)
        if (dialect->elements[i].of_entry == reading->in_entry &&
            strcmp(name, dialect->elements[i].name) == 0)
            return take(reading, dialect->elements[i].meaning, text, length, err);
    return true;
}

static bool read_listing(const struct dialect *dialect, const char *data, size_t size,
                         store_visit_function *visit, void *context, struct buf *next,
                         struct err *err)
{
    struct buf name = BUF_INIT;
    struct reading reading = {
        .dialect = dialect, .visit = visit, .context = context, .next = next, .name = &name};
    const struct xml_handler handler = {&reading, on_open, on_close};
    static const char encoding[] = "<EncodingType>url</EncodingType>";
    buf_reset(next, SIZE_MAX);
    /* Some servers say only behind the entries that keys are encoded. */
    reading.encoded = memmem(data, size, encoding, sizeof encoding - 1) != NULL;
    bool good = xml_parse(data, size, &handler, err) || err_prefix(err, "listing");
    if (good && dialect->says_more && !reading.more)
        buf_reset(next, SIZE_MAX);
    if (good && dialect->says_more && reading.more && next->length == 0)
        good = err_set(err, ERR_INVALID, "listing: more is to come, but not from where");
    buf_finish(&name);
    return good;
}

bool listing_read_s3(const char *data, size_t size, store_visit_function *visit, void *context,
                     struct buf *next, struct err *err)
{
    return read_listing(&s3_dialect, data, size, visit, context, next, err);
}

bool listing_read_az(const char *data, size_t size, store_visit_function *visit, void *context,
                     struct buf *next, struct err *err)
{
    return read_listing(&az_dialect, data, size, visit, context, next, err);
}
