/* One HTTP exchange as data: what a store describes, auth signs and transfer carries out.
 *
 * A store fills a struct request, transfer asks auth to sign a copy of it just before every attempt
 * (so that a token that was renewed in the meantime is used), and never follows a redirect by
 * itself. All texts are owned by the struct. */
#ifndef OMEN_SYNC_REQUEST_H
#define OMEN_SYNC_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define REQUEST_HEADERS_MAX 32

struct request {
    char method[8];                     /* GET, PUT, POST, HEAD */
    char *url;                          /* absolute and encoded: sent byte for byte */
    char *headers[REQUEST_HEADERS_MAX]; /* "Name: value" */
    size_t header_count;
    const void *body; /* borrowed; of POST and of a small PUT */
    size_t body_size;
    int body_fd; /* >= 0: the PUT's body is body_size bytes of this file; borrowed */
    int file_fd; /* >= 0: no HTTP at all, the object is this open local file; owned */
    int64_t range_first, range_last; /* of a ranged GET, inclusive; first < 0: the whole */
    bool link_local; /* a metadata service: never through a proxy, short connect timeout */
};

#define REQUEST_INIT ((struct request){.body_fd = -1, .file_fd = -1, .range_first = -1})

/* Each returns false with ERR_MEMORY, or ERR_LIMIT for too many headers. A header whose value holds
 * a line break is refused (ERR_INVALID). */
bool request_set(struct request *request, const char *method, const char *url, struct err *err);
bool request_add_header(struct request *request, const char *name, const char *value,
                        struct err *err);
/* Replaces a header of that name, or adds it. */
bool request_set_header(struct request *request, const char *name, const char *value,
                        struct err *err);
/* The value of a header, NULL if there is none. */
const char *request_header(const struct request *request, const char *name);
bool request_copy(const struct request *from, struct request *to, struct err *err);
void request_finish(struct request *request);

/* "scheme://host[:port]" of a URL, lower case, for comparing; false if it has none. Secrets are
 * bound to it. */
bool request_origin(const char *url, char *origin, size_t size);
/* For logs: the URL without user info and query. */
void request_describe(const char *url, char *text, size_t size);

/* Whether a text, such as the reason that a server gives, repeats a secret of the request: a token
 * in a header, a signature in the URL. */
bool request_is_repeated(const struct request *request, const char *text);

/* Appends text with everything but A-Z a-z 0-9 - . _ ~ (and '/' if keep_slash) as %XX. */
void request_encode(struct buf *out, const char *text, size_t length, bool keep_slash);
/* Decodes %XX in place (and '+' to a blank if plus). False for a broken escape or a NUL. */
bool request_decode(char *text, bool plus);

#define RESPONSE_HEADERS_MAX 64

struct response {
    int status;                          /* 0: the exchange itself failed */
    char *headers[RESPONSE_HEADERS_MAX]; /* "name: value", name in lower case; the first ones */
    size_t header_count;
    struct buf body; /* of transfer_fetch; of an error reply the first 64 KiB */
};

void response_finish(struct response *response);
/* The value of a header (name in lower case), NULL if there is none. */
const char *response_header(const struct response *response, const char *name);
/* Takes a raw header line. Lines beyond the limits are dropped. */
void response_add_header(struct response *response, const char *line, size_t length);
/* Exactly "bytes FIRST-LAST/TOTAL"; a total of "*" is -1. */
bool response_range(const char *text, int64_t *first, int64_t *last, int64_t *total);

#endif
