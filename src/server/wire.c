#include "server/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "server/preflight.h"

#define BATCH_RECORDS 16
#define END_SIZE (WIRE_HEADER + WIRE_HEADER + 8) /* an empty STDOUT, then END_REQUEST */
#define LAST_SIZE (END_SIZE + WIRE_HEADER)       /* and an empty STDOUT again */

struct wire_record wire_parse(const unsigned char header[WIRE_HEADER])
{
    return (struct wire_record){
        .version = header[0],
        .type = header[1],
        .id = (unsigned)header[2] << 8 | header[3],
        .length = (size_t)header[4] << 8 | header[5],
        .padding = header[6],
    };
}

void wire_header(unsigned char header[WIRE_HEADER], enum wire_type type, unsigned id, size_t length)
{
    header[0] = WIRE_VERSION;
    header[1] = (unsigned char)type;
    header[2] = (unsigned char)(id >> 8);
    header[3] = (unsigned char)id;
    header[4] = (unsigned char)(length >> 8);
    header[5] = (unsigned char)length;
    header[6] = 0;
    header[7] = 0;
}

/* Most answers go out at once: the clock is asked only when the first one does not. */
struct limit {
    int64_t timeout, deadline;
};

/* The descriptor stays blocking (libfcgi takes EAGAIN for the end), each send does not: the
 * deadline is for all of it, so a peer that reads a byte now and then gains nothing. */
static bool wait_writable(int fd, struct limit *limit)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    int64_t now = clock_monotonic_ns();
    if (limit->deadline == 0)
        limit->deadline = now + limit->timeout;
    int64_t left = limit->deadline - now;
    if (left <= 0)
        return false;
    int64_t milliseconds = left / CLOCK_NS_PER_MS + 1;
    int ready = poll(&poll_fd, 1, milliseconds < 1000 ? (int)milliseconds : 1000);
    return ready >= 0 || errno == EINTR;
}

static bool send_all(int fd, struct iovec *parts, size_t count, struct limit *limit)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    while (message.msg_iovlen > 0) {
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            if ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_writable(fd, limit))
                return false;
            continue;
        }
        while (message.msg_iovlen > 0 && (size_t)sent >= message.msg_iov->iov_len) {
            sent -= (ssize_t)message.msg_iov->iov_len;
            message.msg_iov++;
            message.msg_iovlen--;
        }
        if (message.msg_iovlen > 0) {
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
            message.msg_iov->iov_len -= (size_t)sent;
        }
    }
    return true;
}

/* struct iovec has no const; sendmsg changes nothing. */
static void *writable(const void *data)
{
    union {
        const void *in;
        void *out;
    } pointer = {.in = data};
    return pointer.out;
}

bool wire_send(int fd, const void *data, size_t size, int64_t timeout_ns)
{
    struct iovec part = {.iov_base = writable(data), .iov_len = size};
    struct limit limit = {.timeout = timeout_ns};
    return send_all(fd, &part, 1, &limit);
}

/* Up to BATCH_RECORDS records, written with one call. */
struct batch {
    unsigned char headers[BATCH_RECORDS][WIRE_HEADER];
    struct iovec parts[BATCH_RECORDS * 3 + 1];
    size_t records, count;
};

static void batch_part(struct batch *batch, const void *data, size_t size)
{
    if (size > 0)
        batch->parts[batch->count++] = (struct iovec){.iov_base = writable(data), .iov_len = size};
}

/* One STDOUT record of head and body from offset on; returns the offset behind it. */
static size_t batch_record(struct batch *batch, const struct wire_answer *answer, size_t offset)
{
    size_t left = answer->head_length + answer->body_length - offset;
    size_t length = left < WIRE_CONTENT_MAX ? left : WIRE_CONTENT_MAX;
    size_t head = offset < answer->head_length ? answer->head_length - offset : 0;
    if (head > length)
        head = length;
    unsigned char *header = batch->headers[batch->records++];
    wire_header(header, WIRE_STDOUT, answer->request_id, length);
    batch_part(batch, header, WIRE_HEADER);
    if (head > 0)
        batch_part(batch, answer->head + offset, head);
    if (length > head)
        batch_part(batch, answer->body + (offset + head - answer->head_length), length - head);
    return offset + length;
}

static void end_put(unsigned char *out, unsigned id, unsigned app_status,
                    enum wire_protocol_status status)
{
    wire_header(out, WIRE_END, id, 8);
    for (int i = 0; i < 4; i++)
        out[8 + i] = (unsigned char)(app_status >> (24 - 8 * i));
    out[12] = (unsigned char)status;
    memset(out + 13, 0, 3);
}

bool wire_send_answer(int fd, const struct wire_answer *answer, int64_t timeout_ns)
{
    unsigned char end[LAST_SIZE];
    size_t total = answer->head_length + answer->body_length, offset = 0;
    struct limit limit = {.timeout = timeout_ns};
    wire_header(end, WIRE_STDOUT, answer->request_id, 0);
    end_put(end + WIRE_HEADER, answer->request_id, answer->app_status, WIRE_REQUEST_COMPLETE);
    wire_header(end + END_SIZE, WIRE_STDOUT, answer->request_id, 0);
    do {
        struct batch batch;
        batch.records = batch.count = 0; /* not the whole: it is large */
        while (offset < total && batch.records < BATCH_RECORDS)
            offset = batch_record(&batch, answer, offset);
        if (offset == total)
            batch_part(&batch, end, answer->last ? LAST_SIZE : END_SIZE);
        if (!send_all(fd, batch.parts, batch.count, &limit))
            return false;
    } while (offset < total);
    return true;
}

bool wire_send_end(int fd, unsigned request_id, enum wire_protocol_status status,
                   int64_t timeout_ns)
{
    unsigned char record[WIRE_HEADER + 8];
    end_put(record, request_id, 0, status);
    return wire_send(fd, record, sizeof(record), timeout_ns);
}

static size_t value_put(unsigned char *out, const char *name, int64_t number)
{
    char text[48];
    int length = snprintf(text, sizeof(text), "%s%lld", name, (long long)number);
    out[0] = (unsigned char)strlen(name);
    out[1] = (unsigned char)((size_t)length - strlen(name));
    memcpy(out + 2, text, (size_t)length);
    return 2 + (size_t)length;
}

bool wire_send_values(int fd, unsigned values, int64_t max_connections, int64_t timeout_ns)
{
    unsigned char record[WIRE_HEADER + 3 * (2 + 16 + 24)];
    unsigned char *at = record + WIRE_HEADER;
    if ((values & PREFLIGHT_MAX_CONNS) != 0)
        at += value_put(at, "FCGI_MAX_CONNS", max_connections);
    if ((values & PREFLIGHT_MAX_REQS) != 0)
        at += value_put(at, "FCGI_MAX_REQS", max_connections);
    if ((values & PREFLIGHT_MPXS_CONNS) != 0)
        at += value_put(at, "FCGI_MPXS_CONNS", 0);
    wire_header(record, WIRE_GET_VALUES_RESULT, 0, (size_t)(at - record) - WIRE_HEADER);
    return wire_send(fd, record, (size_t)(at - record), timeout_ns);
}

bool wire_send_unknown_type(int fd, unsigned type, int64_t timeout_ns)
{
    unsigned char record[WIRE_HEADER + 8] = {0};
    wire_header(record, WIRE_UNKNOWN_TYPE, 0, 8);
    record[WIRE_HEADER] = (unsigned char)type;
    return wire_send(fd, record, sizeof(record), timeout_ns);
}
