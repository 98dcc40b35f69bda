#include "sync/shared_key.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/mem.h"
#include "base/signing.h"

#define KEY_SIZE_MAX 256

static void write_headers(const struct request *request, struct buf *out)
{
    static const char *const after_length[] = {
        "Content-MD5",   "Content-Type",        "Date", "If-Modified-Since", "If-Match",
        "If-None-Match", "If-Unmodified-Since", "Range"};
    buf_printf(out, "%s\n\n\n", request->method); /* no Content-Encoding, no Content-Language */
    if (request->body_size > 0)
        buf_printf(out, "%zu", request->body_size);
    for (size_t i = 0; i < sizeof after_length / sizeof after_length[0]; i++) {
        const char *value = request_header(request, after_length[i]);
        buf_printf(out, "\n%s", value != NULL ? value : "");
    }
    buf_put_char(out, '\n');
}

static int compare_lines(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

static void write_own_headers(const struct request *request, struct buf *out)
{
    const char *lines[REQUEST_HEADERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        if (strncasecmp(request->headers[i], "x-ms-", 5) == 0)
            lines[count++] = request->headers[i];
    qsort(lines, count, sizeof lines[0], compare_lines);
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(lines[i], ":");
        for (size_t k = 0; k < length; k++)
            buf_put_char(out, (char)(lines[i][k] >= 'A' && lines[i][k] <= 'Z' ? lines[i][k] + 32
                                                                              : lines[i][k]));
        const char *value = lines[i] + length + 1;
        buf_printf(out, ":%s\n", value + strspn(value, " "));
    }
}

/* "/account/path", and a line "name:value" for each part of the query, decoded. */
static bool write_resource(const char *url, const char *account, struct buf *out, struct err *err)
{
    const char *host = strstr(url, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    if (path == NULL)
        return err_set(err, ERR_INTERNAL, "a URL to sign has no path");
    size_t length = strcspn(path, "?");
    buf_printf(out, "/%s%.*s", account, (int)length, path);
    const char *rest = path[length] == '?' ? path + length + 1 : "";
    while (*rest != '\0') {
        size_t size = strcspn(rest, "&");
        char *item = mem_copy_text(rest, size);
        char *value = item != NULL ? strchr(item, '=') : NULL;
        if (value == NULL || !request_decode(value, false)) {
            free(item);
            return err_set(err, ERR_INTERNAL, "a URL to sign has a query of another form");
        }
        *value = '\0';
        buf_printf(out, "\n%s:%s", item, value + 1);
        free(item);
        rest += size + (rest[size] == '&');
    }
    return true;
}

bool shared_key_write_text(const struct request *request, const char *account, struct buf *out,
                           struct err *err)
{
    write_headers(request, out);
    write_own_headers(request, out);
    return write_resource(request->url, account, out, err) &&
           (!out->failed || err_set(err, ERR_MEMORY, "no memory for a signature"));
}

bool shared_key_sign(const struct request *request, const char *account, const char *key,
                     struct buf *authorization, struct err *err)
{
    unsigned char bytes[KEY_SIZE_MAX], mac[SIGNING_HMAC_SIZE];
    struct buf text = BUF_INIT;
    size_t size;
    if (!base64_decode(key, strlen(key), bytes, sizeof bytes, &size) || size == 0)
        return err_set(err, ERR_INVALID, "the storage account's key is no base64");
    bool good = shared_key_write_text(request, account, &text, err) &&
                signing_hmac_sha256(bytes, size, text.data, text.length, mac, err);
    if (good) {
        buf_printf(authorization, "SharedKey %s:", account);
        base64_encode(authorization, mac, sizeof mac);
        good = !authorization->failed || err_set(err, ERR_MEMORY, "no memory for a signature");
    }
    explicit_bzero(bytes, sizeof bytes);
    buf_finish(&text);
    return good;
}
