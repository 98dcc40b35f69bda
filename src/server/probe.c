/* server_probe(): a FastCGI client of one request, for `omen-worker --check`. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/listener.h"
#include "server/server.h"
#include "server/wire.h"

#define PATH_LIMIT ((size_t)1024)
#define HEAD_LIMIT ((size_t)256) /* of the answer: its first line says it all */
#define REQUEST_ID 1

struct probe {
    int fd;
    int64_t deadline;
    char head[HEAD_LIMIT + 1];
    size_t head_length;
};

static bool wait_for(const struct probe *probe, short events)
{
    struct pollfd poll_fd = {.fd = probe->fd, .events = events};
    int64_t left = probe->deadline - clock_monotonic_ns();
    if (left <= 0)
        return false;
    int ready;
    do
        ready = poll(&poll_fd, 1, (int)(left / CLOCK_NS_PER_MS) + 1);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static bool probe_connect(struct probe *probe, const char *listen, struct err *err)
{
    struct listener_address address;
    int error = 0;
    socklen_t length = sizeof(error);
    if (!listener_resolve(listen, false, &address, err))
        return false;
    probe->fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe->fd < 0)
        return err_set_errno(err, ERR_IO, errno, "no socket");
    if (connect(probe->fd, (const struct sockaddr *)&address.storage, address.length) == 0)
        return true;
    if (errno != EINPROGRESS)
        return err_set_errno(err, ERR_UNAVAILABLE, errno, "cannot connect to %s", listen);
    if (!wait_for(probe, POLLOUT))
        return err_set(err, ERR_UNAVAILABLE, "cannot connect to %s in time", listen);
    getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0)
        return err_set_errno(err, ERR_UNAVAILABLE, error, "cannot connect to %s", listen);
    return true;
}

static void put_param(struct buf *out, const char *name, const char *value)
{
    size_t length = strlen(value);
    buf_put_char(out, (char)strlen(name));
    if (length < 128) {
        buf_put_char(out, (char)length);
    } else {
        const char four[] = {(char)0x80, 0, (char)(length >> 8), (char)length};
        buf_put(out, four, sizeof(four));
    }
    buf_put_text(out, name);
    buf_put(out, value, length);
}

static void put_record(struct buf *out, enum wire_type type, const void *content, size_t length)
{
    unsigned char header[WIRE_HEADER];
    wire_header(header, type, REQUEST_ID, length);
    buf_put(out, header, sizeof(header));
    buf_put(out, content, length);
}

static bool probe_send(struct probe *probe, const char *path, struct err *err)
{
    static const unsigned char begin[8] = {0, WIRE_RESPONDER};
    struct buf params = BUF_INIT, request = BUF_INIT;
    put_param(&params, "REQUEST_METHOD", "GET");
    put_param(&params, "REQUEST_URI", path);
    put_param(&params, "SCRIPT_NAME", path);
    put_param(&params, "SERVER_PROTOCOL", "HTTP/1.1");
    put_record(&request, WIRE_BEGIN, begin, sizeof(begin));
    put_record(&request, WIRE_PARAMS, params.data, params.length);
    put_record(&request, WIRE_PARAMS, NULL, 0);
    put_record(&request, WIRE_STDIN, NULL, 0);
    bool sent =
        !params.failed && !request.failed &&
        wire_send(probe->fd, request.data, request.length, probe->deadline - clock_monotonic_ns());
    buf_finish(&params);
    buf_finish(&request);
    return sent || err_set(err, ERR_UNAVAILABLE, "the request could not be sent");
}

static bool receive(struct probe *probe, void *out, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t count = recv(probe->fd, (char *)out + got, size - got, 0);
        if (count > 0) {
            got += (size_t)count;
            continue;
        }
        if (count == 0 || (errno != EAGAIN && errno != EINTR) || !wait_for(probe, POLLIN))
            return false;
    }
    return true;
}

/* Reads a record's content and padding; keeps the beginning of the standard output. */
static bool receive_content(struct probe *probe, const struct wire_record *record)
{
    char content[4096];
    size_t left = record->length + record->padding, text = record->length;
    while (left > 0) {
        size_t size = left < sizeof(content) ? left : sizeof(content);
        if (!receive(probe, content, size))
            return false;
        size_t useful = size < text ? size : text;
        size_t room = HEAD_LIMIT - probe->head_length;
        if (record->type == WIRE_STDOUT && useful > 0 && room > 0) {
            size_t keep = useful < room ? useful : room;
            memcpy(probe->head + probe->head_length, content, keep);
            probe->head_length += keep;
        }
        text -= useful;
        left -= size;
    }
    return true;
}

static int parse_status(const char *head)
{
    if (strncasecmp(head, "Status:", 7) != 0)
        return head[0] != '\0' ? 200 : 0; /* CGI: no Status is 200 */
    long status = strtol(head + 7, NULL, 10);
    return status >= 100 && status <= 999 ? (int)status : 0;
}

static int probe_receive(struct probe *probe, struct err *err)
{
    unsigned char header[WIRE_HEADER];
    struct wire_record record;
    do {
        if (!receive(probe, header, sizeof(header))) {
            err_set(err, ERR_UNAVAILABLE, "no answer came in time");
            return 0;
        }
        record = wire_parse(header);
        if (record.version != WIRE_VERSION || !receive_content(probe, &record)) {
            err_set(err, ERR_INVALID, "the answer is not whole or not FastCGI");
            return 0;
        }
    } while (record.type != WIRE_END);
    probe->head[probe->head_length] = '\0';
    int status = parse_status(probe->head);
    if (status == 0)
        err_set(err, ERR_INVALID, "the answer has no status");
    return status;
}

int server_probe(const char *listen, const char *path, int64_t timeout_ns, struct err *err)
{
    struct probe probe = {.fd = -1, .deadline = clock_monotonic_ns() + timeout_ns};
    int status = 0;
    if (strlen(path) > PATH_LIMIT)
        err_set(err, ERR_LIMIT, "the probe's path is longer than %zu bytes", PATH_LIMIT);
    else if (probe_connect(&probe, listen, err) && probe_send(&probe, path, err))
        status = probe_receive(&probe, err);
    if (probe.fd >= 0)
        close(probe.fd);
    return status;
}
