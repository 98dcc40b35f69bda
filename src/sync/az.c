/* az://CONTAINER/PREFIX or az://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX: Azure's blobs,
 * every one pinned by its ETag. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "sync/auths.h"
#include "sync/azure_settings.h"
#include "sync/bucket.h"
#include "sync/stores.h"

#define REPLY_SIZE_MAX ((size_t)1 << 20)
#define PUT_SIZE_MAX (INT64_C(5000) << 20) /* of one request */
#define API_VERSION "2021-12-02"

struct az_store {
    struct bucket bucket;
};

static void az_close(struct store *store)
{
    struct az_store *az = (struct az_store *)store;
    bucket_finish(&az->bucket);
    free(az);
}

/* The parts of a source: container and prefix, and the endpoint if its host was named. */
struct place {
    struct buf endpoint, container, prefix;
};

static bool find_place(const struct source_url *url, struct place *place, struct err *err)
{
    if (strchr(url->bucket, '.') == NULL) {
        buf_put_text(&place->container, url->bucket);
        buf_put_text(&place->prefix, url->prefix);
    } else {
        size_t length = strcspn(url->prefix, "/");
        buf_printf(&place->endpoint, "https://%s", url->bucket);
        buf_put(&place->container, url->prefix, length);
        buf_put_text(&place->prefix, url->prefix + length + (url->prefix[length] == '/'));
    }
    if (buf_text(&place->container)[0] == '\0')
        return err_set(err, ERR_INVALID,
                       "a source is az://CONTAINER/PREFIX or "
                       "az://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX");
    return true;
}

/* "ACCOUNT.blob..." names the account too. */
static void write_account(const struct source_url *url, const struct store_options *options,
                          struct buf *out)
{
    if (options->account[0] != '\0')
        buf_put_text(out, options->account);
    else if (strchr(url->bucket, '.') != NULL)
        buf_put(out, url->bucket, strcspn(url->bucket, "."));
}

static bool open_at(struct az_store *az, struct place *place, const struct store_options *options,
                    struct azure_settings *settings, struct transfer *transfer, struct err *err)
{
    struct buf url = BUF_INIT;
    buf_printf(&url, "%s/", settings->endpoint);
    request_encode(&url, place->container.data, place->container.length, false);
    bool good = !url.failed || err_set(err, ERR_MEMORY, "no memory for a source");
    good = good && bucket_init(&az->bucket, buf_text(&url), buf_text(&place->prefix), options,
                               transfer, err);
    buf_finish(&url);
    if (!good || options->anonymous)
        return good;
    az->bucket.store.auth = auth_azure_create(settings, options->metadata_patience, transfer, err);
    return az->bucket.store.auth != NULL && bucket_bind(&az->bucket, err);
}

static bool open_bucket(struct az_store *az, const struct source_url *url,
                        const struct store_options *options, struct transfer *transfer,
                        struct err *err)
{
    struct place place = {BUF_INIT, BUF_INIT, BUF_INIT};
    struct buf account = BUF_INIT;
    struct azure_settings settings = {.account = NULL};
    write_account(url, options, &account);
    bool good = find_place(url, &place, err);
    const char *endpoint = options->endpoint;
    if (endpoint[0] == '\0')
        endpoint = buf_text(&place.endpoint);
    good = good && azure_settings_find(buf_text(&account), endpoint, &settings, err);
    if (!good)
        transfer_set_failure(transfer, FAILURE_USAGE);
    good = good && open_at(az, &place, options, &settings, transfer, err);
    azure_settings_finish(&settings);
    buf_finish(&account);
    buf_finish(&place.endpoint);
    buf_finish(&place.container);
    buf_finish(&place.prefix);
    return good;
}

static struct store *az_open(const struct source_url *url, const struct store_options *options,
                             struct transfer *transfer, struct err *err)
{
    struct az_store *az = mem_array(1, sizeof *az);
    if (az == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a source");
        return NULL;
    }
    if (open_bucket(az, url, options, transfer, err))
        return &az->bucket.store;
    auth_destroy(az->bucket.store.auth);
    az_close(&az->bucket.store);
    return NULL;
}

static bool describe_page(struct bucket *bucket, const char *prefix, const char *token,
                          struct request *request, struct err *err)
{
    struct query query = {.count = 0};
    query_add(&query, "comp", "list");
    query_add(&query, "restype", "container");
    query_add(&query, "maxresults", "5000");
    if (prefix[0] != '\0')
        query_add(&query, "prefix", prefix);
    if (token[0] != '\0')
        query_add(&query, "marker", token);
    return bucket_request(bucket, "GET", "", NULL, false, &query, request, err) &&
           request_add_header(request, "x-ms-version", API_VERSION, err);
}

static bool az_list(struct store *store, const char *under, store_visit_function *visit,
                    void *context, struct err *err)
{
    return bucket_list((struct bucket *)store, under, describe_page, listing_read_az, visit,
                       context, err);
}

static bool take_head(struct store_object *object, const struct response *response, struct err *err)
{
    const char *length = response_header(response, "content-length");
    const char *tag = response_header(response, "etag");
    const char *md5 = response_header(response, "content-md5");
    object->has_crc32c = object->has_sha256 = false;
    if (length == NULL || !listing_read_size(length, strlen(length), &object->size))
        return err_set(err, ERR_INVALID, "the reply does not tell the blob's size");
    object->has_md5 =
        md5 != NULL && listing_read_digest(md5, strlen(md5), object->md5, sizeof object->md5);
    return tag != NULL ? listing_set_revision(object, tag, strlen(tag), true, err)
                       : err_set(err, ERR_INVALID, "the reply has no ETag");
}

static bool az_look(struct store *store, const char *name, struct store_object *object,
                    struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool good =
        bucket_request((struct bucket *)store, "HEAD", "/", name, true, NULL, &request, err) &&
        request_add_header(&request, "x-ms-version", API_VERSION, err) &&
        transfer_fetch(store->transfer, &request, store->auth, store->type->judge, REPLY_SIZE_MAX,
                       &response, err) &&
        take_head(object, &response, err);
    request_finish(&request);
    response_finish(&response);
    return good || bucket_fail(store);
}

static bool az_get(struct store *store, const struct store_object *object, int64_t first,
                   int64_t last, struct request *request, struct err *err)
{
    return bucket_add_range(request, first, last, err) &&
           bucket_request((struct bucket *)store, "GET", "/", object->name, true, NULL, request,
                          err) &&
           request_add_header(request, "x-ms-version", API_VERSION, err) &&
           (object->revision[0] == '\0' ||
            request_add_header(request, "If-Match", object->revision, err));
}

static bool az_is_pinned(struct store_object *object, const struct response *response)
{
    const char *tag = response_header(response, "etag");
    return object->revision[0] == '\0' || (tag != NULL && strcmp(tag, object->revision) == 0);
}

/* A token that has ended is told as 403, or as 401. */
static enum verdict az_judge(const struct response *response)
{
    const char *code = response_header(response, "x-ms-error-code");
    if (response->status == 403 && code != NULL && strcmp(code, "AuthenticationFailed") == 0)
        return VERDICT_AUTH;
    if (response->status == 409 && code != NULL && strcmp(code, "BlobAlreadyExists") == 0)
        return VERDICT_CHANGED; /* If-None-Match: * was not met */
    return transfer_judge(response);
}

static bool describe_put(struct store *store, const struct store_object *object,
                         struct request *request, struct err *err)
{
    struct buf md5 = BUF_INIT;
    bool any = strcmp(object->revision, STORE_ANY) == 0, none = object->revision[0] == '\0';
    bool good = bucket_request((struct bucket *)store, "PUT", "/", object->name, true, NULL,
                               request, err) &&
                request_add_header(request, "Content-Type", "application/octet-stream", err) &&
                request_add_header(request, "x-ms-version", API_VERSION, err) &&
                request_add_header(request, "x-ms-blob-type", "BlockBlob", err) &&
                (any || request_add_header(request, none ? "If-None-Match" : "If-Match",
                                           none ? "*" : object->revision, err));
    if (good && object->has_md5) {
        base64_encode(&md5, object->md5, sizeof object->md5);
        good = request_add_header(request, "Content-MD5", buf_text(&md5), err);
        buf_finish(&md5);
    }
    return good;
}

/* What the server says that it has stored. */
static bool check_stored(struct store *store, const struct store_object *object,
                         const struct response *response, struct err *err)
{
    unsigned char md5[sizeof object->md5];
    const char *text = response_header(response, "content-md5");
    if (!object->has_md5 || text == NULL ||
        !listing_read_digest(text, strlen(text), md5, sizeof md5) ||
        memcmp(md5, object->md5, sizeof md5) == 0)
        return true;
    transfer_set_failure(store->transfer, FAILURE_INTEGRITY);
    return err_set(err, ERR_INVALID, "the container has other bytes than were sent");
}

static bool az_put(struct store *store, const struct store_object *object, int body_fd,
                   const void *body, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    if (object->size > PUT_SIZE_MAX)
        return bucket_fail(store) ||
               err_set(err, ERR_LIMIT, "a blob has more than %lld bytes, which Azure takes at once",
                       (long long)PUT_SIZE_MAX);
    bool good = describe_put(store, object, &request, err);
    request.body = body;
    request.body_size = (size_t)object->size;
    request.body_fd = body != NULL ? -1 : body_fd;
    if (good && transfer_fetch(store->transfer, &request, store->auth, store->type->judge,
                               REPLY_SIZE_MAX, &response, err))
        good = check_stored(store, object, &response, err);
    else if (good)
        good = bucket_was_put(store, object);
    request_finish(&request);
    response_finish(&response);
    return good || bucket_fail(store);
}

static const char *const schemes[] = {"az", NULL};
const struct store_type store_az = {
    .schemes = schemes,
    .lists = true,
    .pins = true,
    .open = az_open,
    .close = az_close,
    .list = az_list,
    .look = az_look,
    .get = az_get,
    .is_pinned = az_is_pinned,
    .judge = az_judge,
    .put = az_put,
};
