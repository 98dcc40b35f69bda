/* libfcgi, as far as we let it: it reads one request's parameters and body from a descriptor that
 * we accepted, armed and looked into (preflight.h). It never accepts, never writes an answer and
 * never closes, but for one case, which fcgi_accept reports. fcgi.c is the only file that includes
 * fcgiapp.h. */
#ifndef OMEN_SERVER_FCGI_H
#define OMEN_SERVER_FCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct fcgi; /* one per worker thread */

/* Once, before threads: starts libfcgi and takes its signal handlers away again. */
bool fcgi_prepare(struct err *err);

struct fcgi *fcgi_create(void);
void fcgi_destroy(struct fcgi *fcgi);

enum fcgi_accepted {
    FCGI_ACCEPTED,
    FCGI_REFUSED, /* the descriptor is as it was */
    FCGI_LOST     /* libfcgi has closed the descriptor, whose number may be in use again */
};

/* A head as preflight saw it. */
struct fcgi_head {
    const void *bytes; /* NULL: it is still in the socket */
    size_t size;
    unsigned padding; /* of the record that ends the parameters: libfcgi forgets to skip it */
};

/* Reads BEGIN and the parameters. */
enum fcgi_accepted fcgi_accept(struct fcgi *fcgi, int fd, const struct fcgi_head *head);

bool fcgi_keep_connection(const struct fcgi *fcgi); /* what the peer asked for */
unsigned fcgi_request_id(const struct fcgi *fcgi);
/* "NAME=value", NULL-terminated, until fcgi_release. */
char **fcgi_params(const struct fcgi *fcgi);

struct fcgi_body_limits {
    int64_t declared; /* CONTENT_LENGTH, or -1 */
    size_t limit;     /* bytes to keep */
    size_t drain;     /* bytes beyond the limit to read and drop */
};

enum fcgi_body {
    FCGI_BODY_COMPLETE,  /* read to its end */
    FCGI_BODY_TOO_LARGE, /* read to its end, but not kept */
    FCGI_BODY_UNREAD,    /* larger than limit and drain: the connection must be closed */
    FCGI_BODY_BROKEN,    /* aborted, cut off, or not FastCGI: the connection must be closed */
    FCGI_BODY_NO_MEMORY  /* as UNREAD */
};

/* Reads stdin to its end, not to CONTENT_LENGTH: what is left would be taken for a request. */
enum fcgi_body fcgi_read_body(struct fcgi *fcgi, const struct fcgi_body_limits *limits,
                              struct buf *body);

/* Frees the request's memory. The descriptor is left alone. */
void fcgi_release(struct fcgi *fcgi);

#endif
