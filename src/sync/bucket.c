#include "sync/bucket.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Bytes of one page: a thousand objects of the longest names, encoded, take less. */
#define PAGE_SIZE_MAX ((size_t)16 << 20)
/* Pages without an object that come in a row. */
#define EMPTY_PAGES_MAX 1000

bool bucket_init(struct bucket *bucket, const char *url, const char *prefix,
                 const struct store_options *options, struct transfer *transfer, struct err *err)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s%s", prefix, prefix[0] != '\0' ? "/" : "");
    bucket->store.transfer = transfer;
    bucket->max_objects = options->max_objects;
    bucket->url = mem_copy_text(url, strlen(url));
    bucket->prefix = mem_copy_text(buf_text(&text), text.length);
    bool good = !text.failed && bucket->url != NULL && bucket->prefix != NULL;
    buf_finish(&text);
    return good || err_set(err, ERR_MEMORY, "no memory for a source");
}

void bucket_finish(struct bucket *bucket)
{
    free(bucket->url);
    free(bucket->prefix);
}

bool bucket_bind(struct bucket *bucket, struct err *err)
{
    struct auth *auth = bucket->store.auth;
    return auth == NULL || request_origin(bucket->url, auth->origin, sizeof auth->origin) ||
           err_set(err, ERR_INVALID, "the endpoint is no URL of a host");
}

bool bucket_request(struct bucket *bucket, const char *method, const char *middle, const char *name,
                    bool keep_slash, struct query *query, struct request *request, struct err *err)
{
    struct buf url = BUF_INIT;
    buf_printf(&url, "%s%s", bucket->url, middle);
    if (name != NULL) {
        request_encode(&url, bucket->prefix, strlen(bucket->prefix), keep_slash);
        request_encode(&url, name, strlen(name), keep_slash);
    }
    if (query != NULL && query->count > 0) {
        buf_put_char(&url, '?');
        query_write(query, &url);
    }
    bool good = !url.failed ? request_set(request, method, buf_text(&url), err)
                            : err_set(err, ERR_MEMORY, "no memory for a URL");
    buf_finish(&url);
    return good;
}

bool bucket_fail(struct store *store)
{
    if (transfer_failure(store->transfer) == FAILURE_NONE)
        transfer_set_failure(store->transfer, FAILURE_OTHER);
    return false;
}

bool bucket_was_put(struct store *store, const struct store_object *object)
{
    struct store_object stored = {.name = object->name, .name_length = object->name_length};
    if (transfer_failure(store->transfer) != FAILURE_CHANGED)
        return bucket_fail(store);
    bool same =
        store->type->look(store, object->name, &stored, NULL) && stored.size == object->size;
    bool md5 = object->has_md5 && stored.has_md5, crc = object->has_crc32c && stored.has_crc32c;
    if (same && (md5 || crc) &&
        (!md5 || memcmp(stored.md5, object->md5, sizeof object->md5) == 0) &&
        (!crc || stored.crc32c == object->crc32c))
        return true;
    transfer_set_failure(store->transfer, FAILURE_CHANGED);
    return false;
}

bool bucket_add_range(struct request *request, int64_t first, int64_t last, struct err *err)
{
    char text[64];
    if (first < 0)
        return true;
    request->range_first = first;
    request->range_last = last;
    snprintf(text, sizeof text, "bytes=%" PRId64 "-%" PRId64, first, last);
    return request_add_header(request, "Range", text, err);
}

/* A visit on its way from a page to who asked. */
struct passing {
    const struct bucket *bucket;
    const char *prefix; /* that was asked for */
    store_visit_function *visit;
    void *context;
    int64_t seen;
    bool refused; /* by whoever is visited, or for a limit: not the page's form */
};

static bool pass_on(struct passing *passing, const struct store_object *object, struct err *err)
{
    size_t length = strlen(passing->prefix), cut = strlen(passing->bucket->prefix);
    if (object->name_length < length || memcmp(object->name, passing->prefix, length) != 0)
        return err_set(err, ERR_INVALID, "the listing has a name that was not asked for");
    if (++passing->seen > passing->bucket->max_objects)
        return err_set(err, ERR_LIMIT, "the source has more than %" PRId64 " objects",
                       passing->bucket->max_objects);
    if (object->name_length == cut ||
        (object->size == 0 && object->name[object->name_length - 1] == '/'))
        return true;
    struct store_object inner = *object;
    inner.name += cut;
    inner.name_length -= cut;
    return passing->visit(passing->context, &inner, err);
}

static bool pass(void *context, const struct store_object *object, struct err *err)
{
    struct passing *passing = context;
    passing->refused = !pass_on(passing, object, err);
    return !passing->refused;
}

static bool read_page(struct bucket *bucket, const char *token, bucket_page_function *describe,
                      listing_function *read, struct passing *passing, struct buf *next,
                      struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    const struct store *store = &bucket->store;
    bool fetched = describe(bucket, passing->prefix, token, &request, err) &&
                   transfer_fetch(store->transfer, &request, store->auth, store->type->judge,
                                  PAGE_SIZE_MAX, &response, err);
    bool good = fetched && read(response.body.data != NULL ? response.body.data : "",
                                response.body.length, pass, passing, next, err);
    /* A page that was cut on its way may come whole the next time. */
    if (fetched && !good && !passing->refused)
        transfer_set_failure(store->transfer, FAILURE_TRANSIENT);
    request_finish(&request);
    response_finish(&response);
    return good;
}

static bool read_pages(struct bucket *bucket, bucket_page_function *describe,
                       listing_function *read, struct passing *passing, struct err *err)
{
    struct buf token = BUF_INIT, next = BUF_INIT;
    int empty = 0;
    bool good = true;
    do {
        int64_t before = passing->seen;
        good = read_page(bucket, buf_text(&token), describe, read, passing, &next, err);
        empty = passing->seen > before ? 0 : empty + 1;
        if (good && next.length > 0 &&
            (empty > EMPTY_PAGES_MAX ||
             (next.length == token.length && memcmp(next.data, token.data, next.length) == 0)))
            good = err_set(err, ERR_INVALID, "the listing does not come to an end");
        struct buf swap = token;
        token = next;
        next = swap;
    } while (good && token.length > 0 && !token.failed);
    if (good && token.failed)
        good = err_set(err, ERR_MEMORY, "no memory for a listing");
    buf_finish(&token);
    buf_finish(&next);
    return good;
}

bool bucket_list(struct bucket *bucket, const char *under, bucket_page_function *describe,
                 listing_function *read, store_visit_function *visit, void *context,
                 struct err *err)
{
    struct buf prefix = BUF_INIT;
    buf_printf(&prefix, "%s%s", bucket->prefix, under);
    struct passing passing = {
        .bucket = bucket, .prefix = buf_text(&prefix), .visit = visit, .context = context};
    bool good = !prefix.failed ? read_pages(bucket, describe, read, &passing, err)
                               : err_set(err, ERR_MEMORY, "no memory for a listing");
    buf_finish(&prefix);
    return good || bucket_fail(&bucket->store);
}
