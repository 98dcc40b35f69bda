/* https:// (and http://, for what is on this machine): no listing, so a pointer tells what there
 * is. Uploads are plain PUTs, as a WebDAV server takes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "sync/name.h"
#include "sync/stores.h"

#define SECRET_SIZE_MAX ((size_t)16384)

struct https_auth {
    struct auth auth;
    char *token_file, *header_file;
};

struct https_store {
    struct store store;
    char *base; /* scheme://host/prefix, without '/' at the end */
};

/* --- credentials --------------------------------------------------------------------------- */

static void line_end(char *text)
{
    text[strcspn(text, "\r\n")] = '\0';
}

static bool add_token(const char *path, struct request *request, struct err *err)
{
    char value[SECRET_SIZE_MAX + 16];
    char *text;
    size_t size;
    if (!file_read(path, SECRET_SIZE_MAX, &text, &size, err))
        return err_prefix(err, "the token file");
    line_end(text);
    snprintf(value, sizeof value, "Bearer %s", text);
    free(text);
    return request_set_header(request, "Authorization", value, err);
}

static bool add_headers(const char *path, struct request *request, struct err *err)
{
    char *text;
    size_t size;
    char *rest = NULL;
    if (!file_read(path, SECRET_SIZE_MAX, &text, &size, err))
        return err_prefix(err, "the header file");
    bool ok = true;
    for (char *line = strtok_r(text, "\r\n", &rest); ok && line != NULL;
         line = strtok_r(NULL, "\r\n", &rest)) {
        char *colon = strchr(line, ':');
        if (colon == NULL) {
            ok = err_set(err, ERR_INVALID, "the header file has a line without a colon");
            break;
        }
        *colon = '\0';
        ok = request_set_header(request, line, colon + 1 + strspn(colon + 1, " \t"), err);
    }
    free(text);
    return ok;
}

/* Read again each time: files of secrets are replaced while we run. */
static bool https_sign(struct auth *auth, struct request *request, struct err *err)
{
    struct https_auth *own = (struct https_auth *)auth;
    return (own->token_file[0] == '\0' || add_token(own->token_file, request, err)) &&
           (own->header_file[0] == '\0' || add_headers(own->header_file, request, err));
}

/* Signing reads the files again, which may have been renewed. */
static bool https_refresh(struct auth *auth, struct err *err)
{
    (void)auth;
    (void)err;
    return true;
}

static void https_forget(struct auth *auth)
{
    struct https_auth *own = (struct https_auth *)auth;
    free(own->token_file);
    free(own->header_file);
    free(own);
}

static const struct auth_type https_auth_type = {.name = "credentials from files",
                                                 .sign = https_sign,
                                                 .refresh = https_refresh,
                                                 .destroy = https_forget};

static bool is_loopback(const char *origin)
{
    static const char *const hosts[] = {"http://127.", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (strncmp(origin, hosts[i], strlen(hosts[i])) == 0)
            return true;
    return false;
}

static bool auth_make(struct https_store *https, const struct store_options *options,
                      struct err *err)
{
    if (options->token_file[0] == '\0' && options->header_file[0] == '\0')
        return true;
    struct https_auth *auth = mem_array(1, sizeof *auth);
    if (auth == NULL)
        return err_set(err, ERR_MEMORY, "no memory for credentials");
    auth->auth.type = &https_auth_type;
    auth->token_file = mem_copy_text(options->token_file, strlen(options->token_file));
    auth->header_file = mem_copy_text(options->header_file, strlen(options->header_file));
    https->store.auth = &auth->auth;
    if (auth->token_file == NULL || auth->header_file == NULL ||
        !request_origin(https->base, auth->auth.origin, sizeof auth->auth.origin))
        return err_set(err, ERR_INVALID, "the source's host is too long");
    if (strncmp(auth->auth.origin, "http:", 5) == 0 && !is_loopback(auth->auth.origin))
        return err_set(err, ERR_INVALID, "credentials are not sent over http, only https");
    return true;
}

/* --- opening ------------------------------------------------------------------------------- */

static void https_close(struct store *store)
{
    struct https_store *https = (struct https_store *)store;
    free(https->base);
    free(https);
}

static bool base_make(struct https_store *https, const struct source_url *url, struct err *err)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s://%s", url->scheme, url->bucket);
    if (url->prefix[0] != '\0')
        buf_printf(&text, "/%s", url->prefix);
    buf_text(&text);
    if (text.failed)
        return err_set(err, ERR_MEMORY, "no memory for a source");
    https->base = text.data;
    return true;
}

static struct store *https_open(const struct source_url *url, const struct store_options *options,
                                struct transfer *transfer, struct err *err)
{
    if (url->bucket[0] == '\0') {
        transfer_set_failure(transfer, FAILURE_USAGE);
        err_set(err, ERR_INVALID, "an https source is https://HOST/PATH");
        return NULL;
    }
    struct https_store *https = mem_array(1, sizeof *https);
    if (https == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a source");
        return NULL;
    }
    if (base_make(https, url, err) && auth_make(https, options, err))
        return &https->store;
    transfer_set_failure(transfer, FAILURE_USAGE);
    auth_destroy(https->store.auth);
    https_close(&https->store);
    return NULL;
}

/* --- requests ------------------------------------------------------------------------------ */

static bool begin(const struct https_store *https, const char *method, const char *name,
                  struct request *request, struct err *err)
{
    struct buf url = BUF_INIT;
    buf_printf(&url, "%s/", https->base);
    request_encode(&url, name, strlen(name), true);
    const char *text = buf_text(&url);
    bool ok = url.failed ? err_set(err, ERR_MEMORY, "no memory for a request")
                         : request_set(request, method, text, err);
    buf_finish(&url);
    return ok;
}

/* Weak tags (W/) promise only that a reader would not mind. */
static bool is_strong(const char *tag)
{
    return tag[0] == '"';
}

static bool https_get(struct store *store, const struct store_object *object, int64_t first,
                      int64_t last, struct request *request, struct err *err)
{
    char range[64];
    bool ok = begin((struct https_store *)store, "GET", object->name, request, err) &&
              request_add_header(request, "Accept-Encoding", "identity", err);
    if (ok && is_strong(object->revision))
        ok = request_add_header(request, "If-Match", object->revision, err);
    if (ok && first >= 0) {
        snprintf(range, sizeof range, "bytes=%lld-%lld", (long long)first, (long long)last);
        ok = request_add_header(request, "Range", range, err);
        request->range_first = first;
        request->range_last = last;
    }
    return ok;
}

static bool https_is_pinned(struct store_object *object, const struct response *response)
{
    const char *tag = response_header(response, "etag");
    return !is_strong(object->revision) || tag == NULL || strcmp(tag, object->revision) == 0;
}

/* ETag, or the date where there is none. */
static void revision_take(const struct response *response, struct store_object *object)
{
    const char *tag = response_header(response, "etag");
    const char *date = response_header(response, "last-modified");
    const char *text = tag != NULL ? tag : date != NULL ? date : "";
    object->revision[0] = '\0';
    if (strlen(text) < sizeof object->revision)
        memcpy(object->revision, text, strlen(text) + 1);
}

static int64_t date_of(const struct response *response, const char *name)
{
    const char *text = response_header(response, name);
    struct tm date = {0};
    const char *end = text != NULL ? strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date) : NULL;
    return end != NULL && *end == '\0' ? (int64_t)timegm(&date) : 0;
}

/* Tags made of a time in seconds and a size (nginx's are) do not see a second change within the
 * second: what is that young is asked for again in full. */
static bool is_young(const struct response *response)
{
    int64_t modified = date_of(response, "last-modified");
    return modified > 0 && date_of(response, "date") - modified < 2;
}

static bool https_look(struct store *store, const char *name, struct store_object *object,
                       struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool ok =
        begin((struct https_store *)store, "HEAD", name, &request, err) &&
        transfer_fetch(store->transfer, &request, store->auth, transfer_judge, 0, &response, err);
    if (ok) {
        const char *length = response_header(&response, "content-length");
        *object = (struct store_object){.name = name, .name_length = strlen(name), .size = -1};
        if (length != NULL)
            object->size = strtoll(length, NULL, 10);
        revision_take(&response, object);
    }
    response_finish(&response);
    request_finish(&request);
    return ok;
}

static bool add_condition(const char *known, struct request *request, struct err *err)
{
    if (known[0] == '\0')
        return true;
    bool tag = known[0] == '"' || strncmp(known, "W/", 2) == 0;
    return request_add_header(request, tag ? "If-None-Match" : "If-Modified-Since", known, err);
}

static bool https_read(struct store *store, struct store_object *object, const char *known,
                       size_t limit, char **data, size_t *size, bool *unchanged, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool ok = begin((struct https_store *)store, "GET", object->name, &request, err) &&
              request_add_header(&request, "Accept-Encoding", "identity", err) &&
              add_condition(known, &request, err) &&
              transfer_fetch(store->transfer, &request, store->auth, transfer_judge, limit,
                             &response, err);
    *unchanged = ok && response.status == 304;
    if (ok && !*unchanged) {
        revision_take(&response, object);
        if (is_young(&response))
            object->revision[0] = '\0';
        buf_text(&response.body);
        ok = !response.body.failed || err_set(err, ERR_MEMORY, "no memory for an object");
        *data = response.body.data;
        *size = response.body.length;
        response.body = BUF_INIT;
    }
    response_finish(&response);
    request_finish(&request);
    return ok;
}

static bool https_put(struct store *store, const struct store_object *object, int body_fd,
                      const void *body, struct err *err)
{
    struct request request = REQUEST_INIT;
    struct response response = {.status = 0};
    bool ok = name_is_path(object->name, object->name_length, err) &&
              begin((struct https_store *)store, "PUT", object->name, &request, err);
    if (ok && object->revision[0] == '\0')
        ok = request_add_header(&request, "If-None-Match", "*", err);
    else if (ok && is_strong(object->revision))
        ok = request_add_header(&request, "If-Match", object->revision, err);
    request.body = body;
    request.body_fd = body != NULL ? -1 : body_fd;
    request.body_size = (size_t)object->size;
    ok = ok && transfer_fetch(store->transfer, &request, store->auth, transfer_judge, 65536,
                              &response, err);
    response_finish(&response);
    request_finish(&request);
    return ok;
}

static const char *const schemes[] = {"https", "http", NULL};

const struct store_type store_https = {
    .schemes = schemes,
    .lists = false,
    .pins = true,
    .open = https_open,
    .close = https_close,
    .look = https_look,
    .get = https_get,
    .is_pinned = https_is_pinned,
    .judge = transfer_judge,
    .read = https_read,
    .put = https_put,
};
