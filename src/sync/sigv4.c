#include "sync/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/signing.h"
#include "sync/request.h"

void sigv4_add_header(struct sigv4_request *request, const char *name, const char *value)
{
    if (request->header_count < SIGV4_HEADERS_MAX)
        request->headers[request->header_count] = (struct sigv4_header){name, value};
    request->header_count++; /* one too many is refused when it is signed */
}

void sigv4_format_date(int64_t time, char text[SIGV4_DATE_SIZE])
{
    struct tm parts;
    time_t seconds = (time_t)time;
    text[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL)
        strftime(text, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &parts);
}

static int compare_headers(const void *a, const void *b)
{
    return strcmp(((const struct sigv4_header *)a)->name, ((const struct sigv4_header *)b)->name);
}

/* Without blanks around it, and one for each run of blanks. */
static void write_trimmed(struct buf *out, const char *value)
{
    bool blank = false, begun = false;
    for (; *value != '\0'; value++) {
        if (*value == ' ' || *value == '\t') {
            blank = begun;
            continue;
        }
        if (blank)
            buf_put_char(out, ' ');
        buf_put_char(out, *value);
        blank = false;
        begun = true;
    }
}

static void write_names(const struct sigv4_request *request, struct buf *out)
{
    for (size_t i = 0; i < request->header_count; i++)
        buf_printf(out, "%s%s", i > 0 ? ";" : "", request->headers[i].name);
}

void sigv4_write_canonical(struct sigv4_request *request, struct buf *out)
{
    if (request->header_count > SIGV4_HEADERS_MAX) {
        out->failed = true;
        return;
    }
    qsort(request->headers, request->header_count, sizeof request->headers[0], compare_headers);
    buf_printf(out, "%s\n", request->method);
    if (request->encode_path_twice)
        request_encode(out, request->path, strlen(request->path), true);
    else
        buf_put_text(out, request->path);
    buf_printf(out, "\n%s\n", request->query);
    for (size_t i = 0; i < request->header_count; i++) {
        buf_printf(out, "%s:", request->headers[i].name);
        write_trimmed(out, request->headers[i].value);
        buf_put_char(out, '\n');
    }
    buf_put_char(out, '\n');
    write_names(request, out);
    buf_printf(out, "\n%s", request->payload);
}

/* HMAC over HMAC over ...: the key of one day, region and service. */
static bool derive_key(const struct sigv4_request *request, const char *date,
                       unsigned char key[SIGNING_HMAC_SIZE], struct err *err)
{
    struct buf first = BUF_INIT;
    buf_printf(&first, "AWS4%s", request->secret_key);
    bool good = first.failed ? err_set(err, ERR_MEMORY, "no memory for a signing key")
                             : signing_hmac_sha256(first.data, first.length, date, 8, key, err);
    if (first.data != NULL)
        explicit_bzero(first.data, first.length);
    buf_finish(&first);
    const char *const steps[] = {request->region, request->service, "aws4_request"};
    for (size_t i = 0; good && i < sizeof steps / sizeof steps[0]; i++) {
        unsigned char next[SIGNING_HMAC_SIZE];
        good = signing_hmac_sha256(key, SIGNING_HMAC_SIZE, steps[i], strlen(steps[i]), next, err);
        if (good)
            memcpy(key, next, sizeof next);
    }
    return good;
}

static bool write_text_to_sign(struct sigv4_request *request, const char *date, struct buf *out,
                               struct err *err)
{
    struct buf canonical = BUF_INIT;
    char digest[DIGEST_TEXT_SIZE];
    sigv4_write_canonical(request, &canonical);
    bool good = !canonical.failed
                    ? digest_sha256(canonical.data, canonical.length, digest, err)
                    : err_set(err, ERR_LIMIT, "a request to sign has more than %d headers",
                              SIGV4_HEADERS_MAX);
    if (good)
        buf_printf(out, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/%s/aws4_request\n%s", date, date,
                   request->region, request->service, digest);
    buf_finish(&canonical);
    return good;
}

bool sigv4_sign(struct sigv4_request *request, struct buf *authorization, struct err *err)
{
    char date[SIGV4_DATE_SIZE], signature[2 * SIGNING_HMAC_SIZE + 1];
    struct buf text = BUF_INIT;
    unsigned char key[SIGNING_HMAC_SIZE], mac[SIGNING_HMAC_SIZE];
    sigv4_format_date(request->time, date);
    bool good = date[0] != '\0' || err_set(err, ERR_RANGE, "the time to sign for has no date");
    good = good && write_text_to_sign(request, date, &text, err) &&
           derive_key(request, date, key, err) &&
           signing_hmac_sha256(key, sizeof key, text.data, text.length, mac, err);
    if (good) {
        buf_printf(authorization,
                   "AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=",
                   request->access_key, date, request->region, request->service);
        write_names(request, authorization);
        digest_hex(mac, sizeof mac, signature);
        buf_printf(authorization, ", Signature=%s", signature);
        if (authorization->failed)
            good = err_set(err, ERR_MEMORY, "no memory for a signature");
    }
    explicit_bzero(key, sizeof key);
    buf_finish(&text);
    return good;
}
