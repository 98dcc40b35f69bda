/* Buckets' listings: the first byte chooses the cloud. Whatever a page says, its names have their
 * length, sizes are no less than nothing, and revisions can stand in a header. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sync/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool visit(void *context, const struct store_object *object, struct err *err)
{
    size_t *seen = context;
    (void)err;
    check(object->name[object->name_length] == '\0' && object->name_length > 0);
    check(object->size >= 0);
    size_t length = strlen(object->revision);
    check(length > 0 && length < sizeof object->revision);
    for (size_t i = 0; i < length; i++)
        check(object->revision[i] >= 0x20 && object->revision[i] < 0x7f);
    return ++*seen < 10000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static listing_function *const readers[] = {listing_read_gs, listing_read_s3, listing_read_az};
    struct buf next = BUF_INIT;
    struct err err = ERR_INIT;
    struct store_object object = {.name = ""};
    size_t seen = 0;
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    if (data[0] % 4 == 3) {
        if (listing_read_gs_object(text, size - 1, &object, &err))
            check(object.size >= 0 && object.revision[0] != '\0');
    } else if (!readers[data[0] % 4](text, size - 1, visit, &seen, &next, &err)) {
        check(err.code != ERR_NONE || seen == 10000);
    }
    buf_finish(&next);
    return 0;
}
