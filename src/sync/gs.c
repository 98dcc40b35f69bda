/* gs://BUCKET/PREFIX: Google Cloud Storage by its JSON API, every object pinned by its generation.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "codec/json.h"
#include "sync/auths.h"
#include "sync/bucket.h"
#include "sync/stores.h"

#define METADATA_SIZE_MAX ((size_t)1 << 20)
#define FIELDS "name,size,generation,crc32c,md5Hash"
#define BOUNDARY "omen-sync-7c1f0a9e5d2b4c68"

struct gs_store {
    struct bucket bucket;
    char *name;    /* of the bucket, encoded */
    char *project; /* that pays, or "" */
};

/* "https://host/storage/v1": what is said without a path gets that of the API. */
static bool write_base(const struct source_url *url, const char *endpoint, struct buf *out)
{
    if (strstr(endpoint, "://") == NULL)
        buf_put_text(out, "http://");
    buf_put_text(out, endpoint);
    while (out->length > 0 && out->data[out->length - 1] == '/')
        out->length--;
    const char *host = strstr(buf_text(out), "://");
    if (host != NULL && strchr(host + 3, '/') == NULL)
        buf_put_text(out, "/storage/v1");
    buf_put_text(out, "/b/");
    request_encode(out, url->bucket, strlen(url->bucket), false);
    return !out->failed;
}

static void gs_close(struct store *store)
{
    struct gs_store *gs = (struct gs_store *)store;
    bucket_finish(&gs->bucket);
    free(gs->name);
    free(gs->project);
    free(gs);
}

static bool open_bucket(struct gs_store *gs, const struct source_url *url,
                        const struct store_options *options, struct transfer *transfer,
                        struct err *err)
{
    struct buf base = BUF_INIT;
    const char *endpoint = options->endpoint, *emulator = getenv("STORAGE_EMULATOR_HOST");
    bool emulated = endpoint[0] == '\0' && emulator != NULL && emulator[0] != '\0';
    if (emulated)
        endpoint = emulator;
    else if (endpoint[0] == '\0')
        endpoint = "https://storage.googleapis.com";
    bool good =
        write_base(url, endpoint, &base) || err_set(err, ERR_MEMORY, "no memory for a source");
    good = good && bucket_init(&gs->bucket, buf_text(&base), url->prefix, options, transfer, err);
    gs->project = mem_copy_text(options->billing_project, strlen(options->billing_project));
    if (good && gs->project == NULL)
        good = err_set(err, ERR_MEMORY, "no memory for a source");
    buf_finish(&base);
    if (!good || options->anonymous || emulated)
        return good;
    gs->bucket.store.auth =
        auth_google_create(options->writable, options->metadata_patience, transfer, err);
    if (gs->bucket.store.auth == NULL)
        transfer_set_failure(transfer, FAILURE_AUTH);
    return gs->bucket.store.auth != NULL && bucket_bind(&gs->bucket, err);
}

static struct store *gs_open(const struct source_url *url, const struct store_options *options,
                             struct transfer *transfer, struct err *err)
{
    struct gs_store *gs = mem_array(1, sizeof *gs);
    if (gs == NULL || url->bucket[0] == '\0') {
        transfer_set_failure(transfer, FAILURE_USAGE);
        err_set(err, gs != NULL ? ERR_INVALID : ERR_MEMORY, "a source is gs://BUCKET/PREFIX");
        free(gs);
        return NULL;
    }
    if (open_bucket(gs, url, options, transfer, err))
        return &gs->bucket.store;
    auth_destroy(gs->bucket.store.auth);
    gs_close(&gs->bucket.store);
    return NULL;
}

static void add_project(const struct gs_store *gs, struct query *query)
{
    if (gs->project[0] != '\0')
        query_add(query, "userProject", gs->project);
}

static bool describe_page(struct bucket *bucket, const char *prefix, const char *token,
                          struct request *request, struct err *err)
{
    struct query query = {.count = 0};
    query_add(&query, "fields", "items(" FIELDS "),nextPageToken");
    query_add(&query, "maxResults", "1000");
    query_add(&query, "prettyPrint", "false");
    query_add(&query, "projection", "noAcl");
    if (prefix[0] != '\0')
        query_add(&query, "prefix", prefix);
    if (token[0] != '\0')
        query_add(&query, "pageToken", token);
    add_project((struct gs_store *)bucket, &query);
    return bucket_request(bucket, "GET", "/o", NULL, false, &query, request, err);
}

static bool gs_list(struct store *store, const char *under, store_visit_function *visit,
                    void *context, struct err *err)
{
    return bucket_list((struct bucket *)store, under, describe_page, listing_read_gs, visit,
                       context, err);
}

static bool gs_look(struct store *store, const char *name, struct store_object *object,
                    struct err *err)
{
    struct query query = {.count = 0};
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    query_add(&query, "fields", FIELDS);
    add_project((struct gs_store *)store, &query);
    bool good =
        bucket_request((struct bucket *)store, "GET", "/o/", name, false, &query, &request, err) &&
        transfer_fetch(store->transfer, &request, store->auth, store->type->judge,
                       METADATA_SIZE_MAX, &response, err) &&
        listing_read_gs_object(buf_text(&response.body), response.body.length, object, err);
    request_finish(&request);
    response_finish(&response);
    return good;
}

static bool gs_get(struct store *store, const struct store_object *object, int64_t first,
                   int64_t last, struct request *request, struct err *err)
{
    struct query query = {.count = 0};
    query_add(&query, "alt", "media");
    if (object->revision[0] != '\0')
        query_add(&query, "generation", object->revision);
    add_project((struct gs_store *)store, &query);
    /* Without it, an object that was stored compressed is sent as another. */
    return bucket_add_range(request, first, last, err) &&
           bucket_request((struct bucket *)store, "GET", "/o/", object->name, false, &query,
                          request, err) &&
           request_add_header(request, "Accept-Encoding", "gzip", err);
}

static bool gs_is_pinned(struct store_object *object, const struct response *response)
{
    const char *generation = response_header(response, "x-goog-generation");
    return generation == NULL || object->revision[0] == '\0' ||
           strcmp(generation, object->revision) == 0;
}

/* Too many requests of one user are told as 403. */
static enum verdict gs_judge(const struct response *response)
{
    static const char word[] = "ateLimitExceeded\"";
    if (response->status == 403 && response->body.length > 0 &&
        memmem(response->body.data, response->body.length, word, sizeof word - 1) != NULL)
        return VERDICT_RETRY;
    return transfer_judge(response);
}

/* --- upload --------------------------------------------------------------------------------- */

/* "crc32c=...,md5=...": the server refuses other bytes. */
static void write_hash(const struct store_object *object, struct buf *out)
{
    if (object->has_crc32c) {
        const unsigned char sum[] = {
            (unsigned char)(object->crc32c >> 24), (unsigned char)(object->crc32c >> 16),
            (unsigned char)(object->crc32c >> 8), (unsigned char)object->crc32c};
        buf_put_text(out, "crc32c=");
        base64_encode(out, sum, sizeof sum);
    }
    if (object->has_md5) {
        buf_put_text(out, object->has_crc32c ? ",md5=" : "md5=");
        base64_encode(out, object->md5, sizeof object->md5);
    }
}

/* A small object goes with its metadata: a manifest that a cache kept would hide the next. */
static void write_multipart(const struct bucket *bucket, const struct store_object *object,
                            const void *body, struct buf *out)
{
    struct buf name = BUF_INIT;
    buf_printf(&name, "%s%s", bucket->prefix, object->name);
    buf_put_text(out, "--" BOUNDARY "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
                      "{\"cacheControl\":\"no-store\",\"name\":");
    json_write_string(out, buf_text(&name), name.length);
    buf_put_text(out, "}\r\n--" BOUNDARY "\r\nContent-Type: application/octet-stream\r\n\r\n");
    buf_put(out, body, (size_t)object->size);
    buf_put_text(out, "\r\n--" BOUNDARY "--\r\n");
    if (name.failed)
        out->failed = true;
    buf_finish(&name);
}

/* The bucket's URL with /upload before the API's path. */
static bool describe_upload(struct gs_store *gs, const struct store_object *object, bool multipart,
                            struct request *request, struct err *err)
{
    struct query query = {.count = 0};
    struct buf url = BUF_INIT, name = BUF_INIT, hash = BUF_INIT;
    const char *host = strstr(gs->bucket.url, "://") + 3;
    const char *path = host + strcspn(host, "/");
    query_add(&query, "uploadType", multipart ? "multipart" : "media");
    query_add(&query, "fields", FIELDS);
    buf_printf(&name, "%s%s", gs->bucket.prefix, object->name);
    if (!multipart)
        query_add(&query, "name", buf_text(&name));
    if (strcmp(object->revision, STORE_ANY) != 0)
        query_add(&query, "ifGenerationMatch",
                  object->revision[0] != '\0' ? object->revision : "0");
    add_project(gs, &query);
    buf_printf(&url, "%.*s/upload%s/o?", (int)(path - gs->bucket.url), gs->bucket.url, path);
    query_write(&query, &url);
    write_hash(object, &hash);
    bool good = !url.failed && !name.failed && !hash.failed;
    if (!good)
        err_set(err, ERR_MEMORY, "no memory for a URL");
    good = good && request_set(request, "POST", buf_text(&url), err) &&
           request_add_header(request, "Content-Type",
                              multipart ? "multipart/related; boundary=" BOUNDARY
                                        : "application/octet-stream",
                              err) &&
           (hash.length == 0 || request_add_header(request, "x-goog-hash", buf_text(&hash), err));
    buf_finish(&url);
    buf_finish(&name);
    buf_finish(&hash);
    return good;
}

/* The same bytes, as far as both sides say. */
static bool is_same(const struct store_object *sent, const struct store_object *stored)
{
    return sent->size == stored->size &&
           (!sent->has_crc32c || !stored->has_crc32c || sent->crc32c == stored->crc32c) &&
           (!sent->has_md5 || !stored->has_md5 ||
            memcmp(sent->md5, stored->md5, sizeof sent->md5) == 0);
}

static bool check_stored(struct store *store, const struct store_object *object,
                         const struct response *response, struct err *err)
{
    struct store_object stored = {.name = object->name};
    if (!listing_read_gs_object(response->body.data != NULL ? response->body.data : "",
                                response->body.length, &stored, err))
        return err_prefix(err, "the reply to an upload");
    if (is_same(object, &stored))
        return true;
    transfer_set_failure(store->transfer, FAILURE_INTEGRITY);
    return err_set(err, ERR_INVALID, "the bucket has other bytes than were sent");
}

static bool gs_put(struct store *store, const struct store_object *object, int body_fd,
                   const void *body, struct err *err)
{
    struct gs_store *gs = (struct gs_store *)store;
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    struct buf parts = BUF_INIT;
    bool good = describe_upload(gs, object, body != NULL, &request, err);
    if (body != NULL)
        write_multipart(&gs->bucket, object, body, &parts);
    if (good && parts.failed)
        good = err_set(err, ERR_MEMORY, "no memory for an upload");
    request.body = body != NULL ? parts.data : NULL;
    request.body_size = body != NULL ? parts.length : (size_t)object->size;
    request.body_fd = body != NULL ? -1 : body_fd;
    if (good && transfer_fetch(store->transfer, &request, store->auth, store->type->judge,
                               METADATA_SIZE_MAX, &response, err))
        good = check_stored(store, object, &response, err);
    else if (good)
        good = bucket_was_put(store, object);
    buf_finish(&parts);
    request_finish(&request);
    response_finish(&response);
    return good || bucket_fail(store);
}

static const char *const schemes[] = {"gs", NULL};
const struct store_type store_gs = {
    .schemes = schemes,
    .lists = true,
    .pins = true,
    .open = gs_open,
    .close = gs_close,
    .list = gs_list,
    .look = gs_look,
    .get = gs_get,
    .is_pinned = gs_is_pinned,
    .judge = gs_judge,
    .put = gs_put,
};
