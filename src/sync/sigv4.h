/* AWS Signature Version 4 in the Authorization header: for S3, and for the STS requests that prove
 * who somebody is. Pure: what is signed comes in, the header's value goes out. */
#ifndef OMEN_SYNC_SIGV4_H
#define OMEN_SYNC_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What stands for a body whose digest is not signed (TLS guards it), and an empty body's digest. */
#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"
#define SIGV4_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define SIGV4_HEADERS_MAX 16
#define SIGV4_DATE_SIZE 17 /* 20130524T000000Z */

struct sigv4_header {
    const char *name;  /* lower case */
    const char *value; /* blanks around it and runs of blanks in it do not count */
};

struct sigv4_request {
    const char *access_key, *secret_key;
    const char *region, *service;
    int64_t time; /* seconds since 1970 in the server's reckoning */
    const char *method;
    const char *path;    /* as sent, encoded by request_encode; begins with '/' */
    const char *query;   /* as sent, written by query_write; may be "" */
    const char *payload; /* the body's SHA-256 in hex, or one of the above */
    /* All that are signed, with host and x-amz-date, in any order. */
    struct sigv4_header headers[SIGV4_HEADERS_MAX];
    size_t header_count;
    /* Services but S3 sign the path encoded once more. */
    bool encode_path_twice;
};

void sigv4_add_header(struct sigv4_request *request, const char *name, const char *value);
/* The value of x-amz-date. */
void sigv4_format_date(int64_t time, char text[SIGV4_DATE_SIZE]);
/* What the signature is of, as the servers that explain refusals show it. */
void sigv4_write_canonical(struct sigv4_request *request, struct buf *out);
/* Appends "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...". */
bool sigv4_sign(struct sigv4_request *request, struct buf *authorization, struct err *err);

#endif
