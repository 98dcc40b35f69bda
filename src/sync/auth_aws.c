/* AWS: keys from the chain, and Signature Version 4 with them. */
#include "sync/auths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "sync/aws_chain.h"
#include "sync/sigv4.h"
#include "sync/timestamp.h"
#include "sync/xml.h"

#define RENEW_BEFORE 300 /* seconds before the end */
#define SKEW_MIN 60      /* seconds of difference that are not the network's */

struct auth_aws {
    struct auth auth;
    struct aws_chain chain;
    struct aws_keys keys;
    int64_t skew; /* the server's clock minus ours, in seconds */
    char region[64];
};

static bool renew(struct auth *auth, struct err *err)
{
    struct auth_aws *aws = (struct auth_aws *)auth;
    struct aws_keys keys = {.access_key = NULL};
    if (!aws_chain_get(&aws->chain, &keys, err))
        return false;
    aws_keys_finish(&aws->keys);
    aws->keys = keys;
    return true;
}

/* The parts of a request's URL that are signed; host and path are cut out of `copy`. */
struct parts {
    char *copy, *host, *path;
    const char *query;
};

static bool take_apart(const char *url, struct parts *parts, struct err *err)
{
    const char *host = strstr(url, "://");
    parts->copy = host != NULL ? mem_copy_text(host + 3, strlen(host + 3)) : NULL;
    if (parts->copy == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a signature");
    parts->host = parts->copy;
    char *query = strchr(parts->copy, '?');
    parts->query = query != NULL ? query + 1 : "";
    if (query != NULL)
        *query = '\0';
    char *path = strchr(parts->copy, '/');
    parts->path = NULL;
    if (path != NULL) {
        parts->path = mem_copy_text(path, strlen(path));
        *path = '\0';
        if (parts->path == NULL) {
            free(parts->copy);
            return err_set(err, ERR_MEMORY, "no memory for a signature");
        }
    }
    return true;
}

/* Signs host, every x-amz- header, content-md5 and range: what a proxy could change to harm. */
static bool add_headers(const struct request *request, struct sigv4_request *signing,
                        char names[][64], struct err *err)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const char *line = request->headers[i];
        size_t length = strcspn(line, ":");
        bool wanted = strncasecmp(line, "x-amz-", 6) == 0 ||
                      strncasecmp(line, "content-md5:", 12) == 0 ||
                      strncasecmp(line, "if-", 3) == 0;
        if (!wanted)
            continue;
        if (length >= 64 || signing->header_count >= SIGV4_HEADERS_MAX)
            return err_set(err, ERR_LIMIT, "a request to sign has too many or too long headers");
        char *name = names[signing->header_count];
        for (size_t k = 0; k < length; k++)
            name[k] = (char)(line[k] >= 'A' && line[k] <= 'Z' ? line[k] + 32 : line[k]);
        name[length] = '\0';
        sigv4_add_header(signing, name, line + length + 1 + strspn(line + length + 1, " "));
    }
    return true;
}

static bool sign_parts(struct auth_aws *aws, struct request *request, const struct parts *parts,
                       struct buf *authorization, struct err *err)
{
    char names[SIGV4_HEADERS_MAX][64];
    struct sigv4_request signing = {.access_key = aws->keys.access_key,
                                    .secret_key = aws->keys.secret_key,
                                    .region = aws->region,
                                    .service = "s3",
                                    .time = timestamp_now() + aws->skew,
                                    .method = request->method,
                                    .path = parts->path != NULL ? parts->path : "/",
                                    .query = parts->query,
                                    .payload = request_header(request, "x-amz-content-sha256")};
    char date[SIGV4_DATE_SIZE];
    sigv4_format_date(signing.time, date);
    if (!request_set_header(request, "x-amz-date", date, err) ||
        (aws->keys.token != NULL &&
         !request_set_header(request, "x-amz-security-token", aws->keys.token, err)))
        return false;
    if (signing.payload == NULL) {
        if (!request_set_header(request, "x-amz-content-sha256", SIGV4_EMPTY, err))
            return false;
        signing.payload = SIGV4_EMPTY;
    }
    if (!add_headers(request, &signing, names, err))
        return false;
    sigv4_add_header(&signing, "host", parts->host);
    return sigv4_sign(&signing, authorization, err);
}

static bool sign(struct auth *auth, struct request *request, struct err *err)
{
    struct auth_aws *aws = (struct auth_aws *)auth;
    struct parts parts;
    struct buf authorization = BUF_INIT;
    int64_t now = timestamp_now() + aws->skew;
    if (aws->keys.access_key == NULL ||
        (aws->keys.expires != 0 && aws->keys.expires - RENEW_BEFORE <= now)) {
        /* Keys that are still good for a moment are better than none. */
        bool good = aws->keys.access_key != NULL && aws->keys.expires > now;
        if (!renew(auth, err) && !good)
            return false;
    }
    if (!take_apart(request->url, &parts, err))
        return false;
    bool good = sign_parts(aws, request, &parts, &authorization, err) &&
                request_set_header(request, "Authorization", buf_text(&authorization), err);
    free(parts.copy);
    free(parts.path);
    buf_finish(&authorization);
    return good;
}

/* The clock that the server goes by, when it says that ours is wrong. */
static bool learn_skew(struct auth_aws *aws, const struct response *response)
{
    int64_t date;
    const char *header = response_header(response, "date");
    if (header == NULL || !timestamp_read_http(header, &date))
        return false;
    int64_t skew = date - timestamp_now();
    int64_t change = skew - aws->skew;
    if (change > -SKEW_MIN && change < SKEW_MIN)
        return false;
    aws->skew = skew;
    return true;
}

bool auth_aws_set_region(struct auth *auth, const char *region)
{
    struct auth_aws *aws = (struct auth_aws *)auth;
    size_t length = strlen(region);
    if (length == 0 || length >= sizeof aws->region || strcmp(region, aws->region) == 0 ||
        strspn(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != length)
        return false;
    snprintf(aws->region, sizeof aws->region, "%s", region);
    return true;
}

const char *auth_aws_region(const struct auth *auth)
{
    return ((const struct auth_aws *)auth)->region;
}

static bool learn(struct auth *auth, const struct response *response)
{
    struct auth_aws *aws = (struct auth_aws *)auth;
    const char *body = response->body.data, *header;
    char text[64] = "";
    xml_find(body, response->body.length, "Code", text, sizeof text);
    /* The reply to HEAD has no body: a date that is far from ours is reason enough. */
    if (strcmp(text, "RequestTimeTooSkewed") == 0 || strcmp(text, "RequestExpired") == 0 ||
        (response->status == 403 && response->body.length == 0))
        return learn_skew(aws, response);
    if ((header = response_header(response, "x-amz-bucket-region")) != NULL)
        return auth_aws_set_region(auth, header);
    return xml_find(body, response->body.length, "Region", text, sizeof text) &&
           auth_aws_set_region(auth, text);
}

static void destroy(struct auth *auth)
{
    struct auth_aws *aws = (struct auth_aws *)auth;
    aws_keys_finish(&aws->keys);
    aws_chain_finish(&aws->chain);
    free(aws);
}

static const struct auth_type type = {"AWS", sign, renew, learn, destroy};

struct auth *auth_aws_create(struct aws_chain *chain, struct transfer *transfer, struct err *err)
{
    struct auth_aws *aws = mem_array(1, sizeof *aws);
    if (aws == NULL) {
        err_set(err, ERR_MEMORY, "no memory for credentials");
        return NULL;
    }
    aws->auth = (struct auth){.type = &type, .transfer = transfer};
    aws->chain = *chain;
    *chain = (struct aws_chain){.origin = AWS_FIXED};
    snprintf(aws->region, sizeof aws->region, "%s",
             aws->chain.region[0] != '\0' ? aws->chain.region : "us-east-1");
    return &aws->auth;
}
