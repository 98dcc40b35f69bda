/* s3://BUCKET/PREFIX: Amazon S3 and what speaks like it, every object pinned by its ETag. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/mem.h"
#include "sync/auths.h"
#include "sync/aws_chain.h"
#include "sync/bucket.h"
#include "sync/s3_address.h"
#include "sync/sigv4.h"
#include "sync/stores.h"
#include "sync/xml.h"

#define REPLY_SIZE_MAX ((size_t)1 << 20)
#define PUT_SIZE_MAX (INT64_C(5) << 30) /* of one request */

struct s3_store {
    struct bucket bucket;
    char *name;     /* of the bucket */
    char *template; /* of its address */
    char region[64];
};

static void s3_close(struct store *store)
{
    struct s3_store *s3 = (struct s3_store *)store;
    bucket_finish(&s3->bucket);
    free(s3->name);
    free(s3->template);
    free(s3);
}

/* The address as it is in the region that is known now. */
static bool set_address(struct s3_store *s3, struct err *err)
{
    struct buf url = BUF_INIT;
    s3_address_write(s3->template, s3->name, s3->region, &url);
    char *copy = !url.failed ? mem_copy_text(buf_text(&url), url.length) : NULL;
    buf_finish(&url);
    if (copy == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a URL");
    free(s3->bucket.url);
    s3->bucket.url = copy;
    return bucket_bind(&s3->bucket, err);
}

static bool set_template(struct s3_store *s3, const struct source_url *url,
                         const struct store_options *options, const struct aws_chain *chain,
                         struct err *err)
{
    struct buf text = BUF_INIT;
    const char *endpoint = options->endpoint;
    if (endpoint[0] == '\0' && chain->endpoint != NULL)
        endpoint = chain->endpoint;
    snprintf(s3->region, sizeof s3->region, "%s",
             chain->region[0] != '\0' || options->anonymous ? chain->region : "us-east-1");
    s3_address_write_template(endpoint, url->bucket, s3->region, options->path_style, &text);
    s3->name = mem_copy_text(url->bucket, strlen(url->bucket));
    s3->template = !text.failed ? mem_copy_text(buf_text(&text), text.length) : NULL;
    buf_finish(&text);
    return (s3->name != NULL && s3->template != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for a source");
}

static bool open_bucket(struct s3_store *s3, const struct source_url *url,
                        const struct store_options *options, struct transfer *transfer,
                        struct err *err)
{
    struct aws_chain chain = {.transfer = transfer, .patience = options->metadata_patience};
    bool found = options->anonymous
                     ? aws_chain_find_place(&chain, options->profile, options->region, err)
                     : aws_chain_find(&chain, options->profile, options->region, err);
    if (!found)
        transfer_set_failure(transfer, FAILURE_AUTH);
    bool good = found && set_template(s3, url, options, &chain, err) &&
                bucket_init(&s3->bucket, "", url->prefix, options, transfer, err);
    if (good && !options->anonymous) {
        s3->bucket.store.auth = auth_aws_create(&chain, transfer, err);
        good = s3->bucket.store.auth != NULL;
    }
    aws_chain_finish(&chain);
    return good && set_address(s3, err);
}

static struct store *s3_open(const struct source_url *url, const struct store_options *options,
                             struct transfer *transfer, struct err *err)
{
    struct s3_store *s3 = mem_array(1, sizeof *s3);
    if (s3 == NULL || url->bucket[0] == '\0') {
        transfer_set_failure(transfer, FAILURE_USAGE);
        err_set(err, s3 != NULL ? ERR_INVALID : ERR_MEMORY, "a source is s3://BUCKET/PREFIX");
        free(s3);
        return NULL;
    }
    if (open_bucket(s3, url, options, transfer, err))
        return &s3->bucket.store;
    auth_destroy(s3->bucket.store.auth);
    s3_close(&s3->bucket.store);
    return NULL;
}

/* A reply told the signer of another region, whose address is another too: once more there. */
static bool has_moved(struct s3_store *s3, struct err *err)
{
    if (s3->bucket.store.auth == NULL || strstr(s3->template, "{region}") == NULL)
        return false;
    const char *region = auth_aws_region(s3->bucket.store.auth);
    if (strcmp(region, s3->region) == 0)
        return false;
    snprintf(s3->region, sizeof s3->region, "%s", region);
    return set_address(s3, err);
}

/* --- listing --------------------------------------------------------------------------------- */

static bool describe_page(struct bucket *bucket, const char *prefix, const char *token,
                          struct request *request, struct err *err)
{
    struct query query = {.count = 0};
    query_add(&query, "list-type", "2");
    query_add(&query, "encoding-type", "url"); /* else names that XML cannot say come broken */
    query_add(&query, "max-keys", "1000");
    if (prefix[0] != '\0')
        query_add(&query, "prefix", prefix);
    if (token[0] != '\0')
        query_add(&query, "continuation-token", token);
    return bucket_request(bucket, "GET", "/", NULL, false, &query, request, err);
}

/* "32 hex digits" in quotes: the md5 of what was put in one piece, unless it is encrypted by a key
 * of its own (is_pinned sees that). */
static void take_md5(struct store_object *object, const char *tag)
{
    object->has_md5 = strlen(tag) == 34 && tag[0] == '"' && tag[33] == '"' &&
                      digest_from_hex(tag + 1, 32, object->md5, sizeof object->md5);
}

struct passing {
    store_visit_function *visit;
    void *context;
};

static bool pass(void *context, const struct store_object *object, struct err *err)
{
    const struct passing *passing = context;
    struct store_object inner = *object;
    take_md5(&inner, inner.revision);
    return passing->visit(passing->context, &inner, err);
}

static bool s3_list(struct store *store, const char *under, store_visit_function *visit,
                    void *context, struct err *err)
{
    struct s3_store *s3 = (struct s3_store *)store;
    struct passing passing = {visit, context};
    if (bucket_list(&s3->bucket, under, describe_page, listing_read_s3, pass, &passing, err))
        return true;
    return has_moved(s3, err) &&
           bucket_list(&s3->bucket, under, describe_page, listing_read_s3, pass, &passing, err);
}

/* --- one object ------------------------------------------------------------------------------- */

/* The ETag is no digest of what is read where the server encrypted it by another key than its own.
 */
static bool is_sealed(const struct response *response)
{
    const char *kind = response_header(response, "x-amz-server-side-encryption");
    return (kind != NULL && strncmp(kind, "aws:kms", 7) == 0) ||
           response_header(response, "x-amz-server-side-encryption-customer-algorithm") != NULL;
}

/* Digests of the whole that were stored with the object; those of parts end in "-N". */
static void take_checksums(struct store_object *object, const struct response *response)
{
    unsigned char sum[4];
    const char *crc = response_header(response, "x-amz-checksum-crc32c");
    const char *sha = response_header(response, "x-amz-checksum-sha256");
    const char *type = response_header(response, "x-amz-checksum-type");
    if (type != NULL && strcmp(type, "FULL_OBJECT") != 0)
        return;
    if (crc != NULL && listing_read_digest(crc, strlen(crc), sum, sizeof sum)) {
        object->has_crc32c = true;
        object->crc32c = (uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 |
                         (uint32_t)sum[3];
    }
    object->has_sha256 =
        sha != NULL && listing_read_digest(sha, strlen(sha), object->sha256, sizeof object->sha256);
}

static bool take_head(struct store_object *object, const struct response *response, struct err *err)
{
    const char *length = response_header(response, "content-length");
    const char *tag = response_header(response, "etag");
    object->has_crc32c = object->has_md5 = object->has_sha256 = false;
    if (length == NULL || !listing_read_size(length, strlen(length), &object->size))
        return err_set(err, ERR_INVALID, "the reply does not tell the object's size");
    if (tag == NULL)
        return err_set(err, ERR_INVALID, "the reply has no ETag");
    if (!listing_set_revision(object, tag, strlen(tag), true, err))
        return false;
    if (!is_sealed(response))
        take_md5(object, object->revision);
    take_checksums(object, response);
    return true;
}

static bool look_once(struct store *store, const char *name, struct store_object *object,
                      struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool good =
        bucket_request((struct bucket *)store, "HEAD", "/", name, true, NULL, &request, err) &&
        request_add_header(&request, "x-amz-checksum-mode", "ENABLED", err) &&
        transfer_fetch(store->transfer, &request, store->auth, store->type->judge, REPLY_SIZE_MAX,
                       &response, err) &&
        take_head(object, &response, err);
    request_finish(&request);
    response_finish(&response);
    return good;
}

static bool s3_look(struct store *store, const char *name, struct store_object *object,
                    struct err *err)
{
    return look_once(store, name, object, err) ||
           (has_moved((struct s3_store *)store, err) && look_once(store, name, object, err)) ||
           bucket_fail(store);
}

static bool s3_get(struct store *store, const struct store_object *object, int64_t first,
                   int64_t last, struct request *request, struct err *err)
{
    /* Some servers compress on the way unless they are told not to. */
    return bucket_add_range(request, first, last, err) &&
           bucket_request((struct bucket *)store, "GET", "/", object->name, true, NULL, request,
                          err) &&
           request_add_header(request, "Accept-Encoding", "identity", err) &&
           (object->revision[0] == '\0' ||
            request_add_header(request, "If-Match", object->revision, err));
}

static bool s3_is_pinned(struct store_object *object, const struct response *response)
{
    const char *tag = response_header(response, "etag");
    if (is_sealed(response))
        object->has_md5 = false;
    return object->revision[0] == '\0' || (tag != NULL && strcmp(tag, object->revision) == 0);
}

static enum verdict judge_code(const char *code)
{
    static const struct {
        const char *code;
        enum verdict verdict;
    } known[] = {
        {"ExpiredToken", VERDICT_AUTH},
        {"InvalidToken", VERDICT_AUTH},
        {"TokenRefreshRequired", VERDICT_AUTH},
        {"RequestTimeTooSkewed", VERDICT_AUTH},
        {"RequestExpired", VERDICT_AUTH},
        {"AuthorizationHeaderMalformed", VERDICT_AUTH},
        {"InvalidAccessKeyId", VERDICT_AUTH},
        {"RequestTimeout", VERDICT_RETRY},
        {"SlowDown", VERDICT_RETRY},
        {"Throttling", VERDICT_RETRY},
        {"OperationAborted", VERDICT_RETRY},
        {"ConditionalRequestConflict", VERDICT_RETRY},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(code, known[i].code) == 0)
            return known[i].verdict;
    return VERDICT_BAD;
}

static enum verdict s3_judge(const struct response *response)
{
    char code[64];
    if (response->status == 301 || response->status == 307)
        return VERDICT_AUTH; /* it is in another region: the signer learns of it */
    if (response->status >= 400 && response->status < 500 && response->body.length > 0 &&
        xml_find(response->body.data, response->body.length, "Code", code, sizeof code)) {
        enum verdict verdict = judge_code(code);
        if (verdict != VERDICT_BAD)
            return verdict;
    }
    return transfer_judge(response);
}

/* --- upload --------------------------------------------------------------------------------- */

static bool add_digests(const struct store_object *object, struct request *request, struct err *err)
{
    struct buf md5 = BUF_INIT;
    char sha[65] = SIGV4_UNSIGNED;
    if (object->has_sha256)
        digest_hex(object->sha256, sizeof object->sha256, sha);
    bool good = request_add_header(request, "x-amz-content-sha256", sha, err);
    if (good && object->has_md5) {
        base64_encode(&md5, object->md5, sizeof object->md5);
        good = request_add_header(request, "Content-MD5", buf_text(&md5), err);
        buf_finish(&md5);
    }
    return good;
}

/* What was there before: nothing, one revision, or whatever. */
static bool add_condition(const struct store_object *object, struct request *request,
                          struct err *err)
{
    if (strcmp(object->revision, STORE_ANY) == 0)
        return true;
    if (object->revision[0] == '\0')
        return request_add_header(request, "If-None-Match", "*", err);
    return request_add_header(request, "If-Match", object->revision, err);
}

/* What the server says that it has stored, where its ETag tells. */
static bool check_stored(struct store *store, const struct store_object *object,
                         const struct response *response, struct err *err)
{
    struct store_object stored = {.name = object->name};
    const char *tag = response_header(response, "etag");
    if (tag != NULL && !is_sealed(response))
        take_md5(&stored, tag);
    if (!object->has_md5 || !stored.has_md5 ||
        memcmp(object->md5, stored.md5, sizeof stored.md5) == 0)
        return true;
    transfer_set_failure(store->transfer, FAILURE_INTEGRITY);
    return err_set(err, ERR_INVALID, "the bucket has other bytes than were sent");
}

static bool put_once(struct store *store, const struct store_object *object, int body_fd,
                     const void *body, bool conditional, int *status, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool good = bucket_request((struct bucket *)store, "PUT", "/", object->name, true, NULL,
                               &request, err) &&
                request_add_header(&request, "Content-Type", "application/octet-stream", err) &&
                add_digests(object, &request, err) &&
                (!conditional || add_condition(object, &request, err));
    request.body = body;
    request.body_size = (size_t)object->size;
    request.body_fd = body != NULL ? -1 : body_fd;
    good = good &&
           transfer_fetch(store->transfer, &request, store->auth, store->type->judge,
                          REPLY_SIZE_MAX, &response, err) &&
           check_stored(store, object, &response, err);
    *status = response.status;
    request_finish(&request);
    response_finish(&response);
    return good;
}

/* A server that knows no conditions for an upload: it is looked at before, which leaves a moment.
 */
static bool put_unconditional(struct store *store, const struct store_object *object, int body_fd,
                              const void *body, int *status, struct err *err)
{
    struct store_object stored = {.name = object->name};
    bool there = s3_look(store, object->name, &stored, err);
    if (!there && transfer_failure(store->transfer) != FAILURE_GONE)
        return false;
    if (strcmp(there ? stored.revision : "", object->revision) != 0) {
        transfer_set_failure(store->transfer, FAILURE_CHANGED);
        return err_set(err, ERR_UNAVAILABLE, "somebody else has put another object there");
    }
    return put_once(store, object, body_fd, body, false, status, err);
}

static bool s3_put(struct store *store, const struct store_object *object, int body_fd,
                   const void *body, struct err *err)
{
    int status;
    if (object->size > PUT_SIZE_MAX)
        return bucket_fail(store) ||
               err_set(err, ERR_LIMIT, "an object has more than %lld bytes, which S3 takes at once",
                       (long long)PUT_SIZE_MAX);
    if (put_once(store, object, body_fd, body, true, &status, err) || bucket_was_put(store, object))
        return true;
    if (status == 501)
        return put_unconditional(store, object, body_fd, body, &status, err);
    return has_moved((struct s3_store *)store, err) &&
           put_once(store, object, body_fd, body, true, &status, err);
}

static const char *const schemes[] = {"s3", NULL};
const struct store_type store_s3 = {
    .schemes = schemes,
    .lists = true,
    .pins = true,
    .open = s3_open,
    .close = s3_close,
    .list = s3_list,
    .look = s3_look,
    .get = s3_get,
    .is_pinned = s3_is_pinned,
    .judge = s3_judge,
    .put = s3_put,
};
