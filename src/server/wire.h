/* FastCGI records as we write them. The numbers are those of the specification, section 8. */
#ifndef OMEN_SERVER_WIRE_H
#define OMEN_SERVER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_HEADER ((size_t)8)
#define WIRE_VERSION 1
#define WIRE_CONTENT_MAX ((size_t)65528) /* a multiple of 8, so that no record needs padding */

enum wire_type {
    WIRE_BEGIN = 1,
    WIRE_ABORT = 2,
    WIRE_END = 3,
    WIRE_PARAMS = 4,
    WIRE_STDIN = 5,
    WIRE_STDOUT = 6,
    WIRE_STDERR = 7,
    WIRE_DATA = 8,
    WIRE_GET_VALUES = 9,
    WIRE_GET_VALUES_RESULT = 10,
    WIRE_UNKNOWN_TYPE = 11
};

enum wire_role { WIRE_RESPONDER = 1 };

enum wire_protocol_status { WIRE_REQUEST_COMPLETE = 0, WIRE_UNKNOWN_ROLE = 3 };

struct wire_record {
    unsigned version, type, id;
    size_t length, padding;
};

struct wire_record wire_parse(const unsigned char header[WIRE_HEADER]);
void wire_header(unsigned char header[WIRE_HEADER], enum wire_type type, unsigned id,
                 size_t length);

/* An HTTP answer of one request: header lines with the empty one, then the body. */
struct wire_answer {
    unsigned request_id;
    unsigned app_status;
    const char *head, *body;
    size_t head_length, body_length;
    /* The connection ends behind this answer although the peer wanted to keep it. An empty record
     * then follows END_REQUEST: nginx keeps a connection only if nothing does, and so cannot send
     * its next request in the moment between the answer and the close. Whoever reads no further
     * than END_REQUEST never sees it. */
    bool last;
};

/* All of these write the whole of it within timeout_ns, however slowly the peer reads, or fail. */
bool wire_send(int fd, const void *data, size_t size, int64_t timeout_ns);
bool wire_send_answer(int fd, const struct wire_answer *answer, int64_t timeout_ns);
bool wire_send_end(int fd, unsigned request_id, enum wire_protocol_status status,
                   int64_t timeout_ns);
bool wire_send_values(int fd, unsigned values, int64_t max_connections, int64_t timeout_ns);
bool wire_send_unknown_type(int fd, unsigned type, int64_t timeout_ns);

#endif
