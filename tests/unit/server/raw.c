#include "raw.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 5000

void raw_record(struct buf *out, unsigned type, unsigned id, const void *content, size_t size,
                unsigned padding)
{
    static const char zeros[256];
    const unsigned char header[8] = {1,
                                     (unsigned char)type,
                                     (unsigned char)(id >> 8),
                                     (unsigned char)id,
                                     (unsigned char)(size >> 8),
                                     (unsigned char)size,
                                     (unsigned char)padding,
                                     0};
    buf_put(out, header, sizeof(header));
    buf_put(out, content, size);
    buf_put(out, zeros, padding);
}

void raw_begin(struct buf *out, unsigned id, unsigned role, bool keep)
{
    const unsigned char body[8] = {(unsigned char)(role >> 8), (unsigned char)role, keep};
    raw_record(out, 1, id, body, sizeof(body), 0);
}

static void put_length(struct buf *pairs, size_t length)
{
    const unsigned char four[4] = {(unsigned char)(0x80 | length >> 24),
                                   (unsigned char)(length >> 16), (unsigned char)(length >> 8),
                                   (unsigned char)length};
    if (length < 128)
        buf_put_char(pairs, (char)length);
    else
        buf_put(pairs, four, sizeof(four));
}

void raw_param(struct buf *pairs, const char *name, const char *value)
{
    put_length(pairs, strlen(name));
    put_length(pairs, strlen(value));
    buf_put_text(pairs, name);
    buf_put_text(pairs, value);
}

void raw_params(struct buf *out, unsigned id, const struct buf *pairs)
{
    raw_record(out, 4, id, pairs->data, pairs->length, 0);
    raw_record(out, 4, id, NULL, 0, 0);
}

void raw_request(struct buf *out, unsigned id, bool keep, const char *uri, const char *body,
                 const char *content_length)
{
    struct buf pairs = BUF_INIT;
    char length[24];
    snprintf(length, sizeof(length), "%zu", strlen(body));
    raw_param(&pairs, "REQUEST_METHOD", body[0] != '\0' ? "POST" : "GET");
    raw_param(&pairs, "REQUEST_URI", uri);
    raw_param(&pairs, "CONTENT_LENGTH", content_length != NULL ? content_length : length);
    raw_begin(out, id, 1, keep);
    raw_params(out, id, &pairs);
    for (size_t at = 0; at < strlen(body); at += 60000) {
        size_t left = strlen(body) - at;
        raw_record(out, 5, id, body + at, left < 60000 ? left : 60000, 0);
    }
    raw_record(out, 5, id, NULL, 0, 0);
    buf_finish(&pairs);
}

int raw_connect(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
        return fd;
    close(fd);
    return -1;
}

void raw_send(int fd, struct buf *bytes)
{
    for (size_t done = 0; done < bytes->length;) {
        ssize_t sent = send(fd, bytes->data + done, bytes->length - done, MSG_NOSIGNAL);
        if (sent <= 0)
            break; /* the server closed: the test sees it in what it receives */
        done += (size_t)sent;
    }
    buf_finish(bytes);
}

static bool receive(int fd, void *out, size_t size)
{
    for (size_t done = 0; done < size;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, PATIENCE_MS) <= 0)
            return false;
        ssize_t got = recv(fd, (char *)out + done, size - done, 0);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

bool raw_receive(int fd, struct raw_answer *answer)
{
    static unsigned char content[65536 + 256];
    unsigned char header[8];
    *answer = (struct raw_answer){0};
    do {
        if (!receive(fd, header, sizeof(header)))
            return false;
        size_t size = (size_t)header[4] << 8 | header[5];
        if (!receive(fd, content, size + header[6]))
            return false;
        answer->type = header[1];
        answer->request_id = (unsigned)header[2] << 8 | header[3];
        if (header[1] == 6) {
            size_t room = sizeof(answer->text) - 1;
            if (answer->text_length < room) {
                size_t keep = room - answer->text_length;
                memcpy(answer->text + answer->text_length, content, size < keep ? size : keep);
            }
            answer->text_length += size;
        } else {
            memcpy(answer->end, content, size < sizeof(answer->end) ? size : sizeof(answer->end));
        }
    } while (header[1] == 6);
    if (strncmp(answer->text, "Status: ", 8) == 0)
        answer->status = atoi(answer->text + 8);
    return true;
}

bool raw_is_closed(int fd)
{
    static const unsigned char last[] = {1, 6, 0}; /* an empty STDOUT may say that it ends */
    unsigned char bytes[9];
    size_t size = 0;
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, PATIENCE_MS) <= 0)
            return false;
        ssize_t got = recv(fd, bytes + size, sizeof(bytes) - size, MSG_DONTWAIT);
        if (got <= 0)
            return (size == 0 || size == 8) && (got == 0 || errno == ECONNRESET);
        size += (size_t)got;
        if (size > 8 || memcmp(bytes, last, size < sizeof(last) ? size : sizeof(last)) != 0)
            return false;
    }
}
