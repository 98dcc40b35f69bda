/* What a connection's first bytes would make libfcgi do, decided before libfcgi reads them.
 *
 * libfcgi trusts its peer: a declared parameter length of 1 GB is allocated, two of 2 GB end the
 * process, a GET_VALUES with repeated names writes past its buffer, padding behind a BEGIN is read
 * as records, a role it does not know is closed without a word. So the bytes are looked at with
 * MSG_PEEK and walked record by record until the parameters are complete; only then does libfcgi
 * get the connection. Pure: bytes in, verdict out.
 *
 * What stays out of reach: records behind the end of the parameters. A management record between
 * the body's records is libfcgi's to answer, with the fault above. Only a peer of the FastCGI
 * socket can send it, never an HTTP client behind a web server, and the socket is 0660 or local to
 * the pod. */
#ifndef OMEN_SERVER_PREFLIGHT_H
#define OMEN_SERVER_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREFLIGHT_BUFFER ((size_t)8192) /* what libfcgi reads at once */
#define PREFLIGHT_PARAMS_MAX 512 /* parameters; nginx's own list and headers come to some 40 */

enum preflight_verdict {
    PREFLIGHT_GO,        /* one whole head of a request for a responder */
    PREFLIGHT_MORE,      /* fine so far, not complete */
    PREFLIGHT_SKIP,      /* a record of no consequence: read `consume` bytes away, look again */
    PREFLIGHT_VALUES,    /* GET_VALUES: the same, and answer `values` */
    PREFLIGHT_UNKNOWN,   /* a management record of unknown `type`: the same, and say so */
    PREFLIGHT_ROLE,      /* not a responder's role: END_REQUEST for request_id, close */
    PREFLIGHT_TOO_LARGE, /* parameters beyond the limits: 431 for request_id, close */
    PREFLIGHT_CLOSE      /* no FastCGI 1, or something that libfcgi must not see */
};

enum preflight_value { PREFLIGHT_MAX_CONNS = 1, PREFLIGHT_MAX_REQS = 2, PREFLIGHT_MPXS_CONNS = 4 };

struct preflight {
    enum preflight_verdict verdict;
    unsigned request_id;
    unsigned type;
    unsigned values;  /* of enum preflight_value */
    unsigned padding; /* of the record that ends the parameters; libfcgi forgets to skip it */
    size_t consume;   /* GO: the head's bytes, padding and all */
};

/* max_params bounds the bytes of names and values together. */
struct preflight preflight_check(const unsigned char *bytes, size_t size, size_t max_params);

/* Of a head that may GO: the bytes of the body that it announces, as far as a look at the first
 * record of its parameters shows, else 0. A hint for who should serve it, and nothing else. */
size_t preflight_body_length(const unsigned char *bytes, size_t size);

#endif
