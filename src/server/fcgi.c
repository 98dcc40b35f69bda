#include "server/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define BODY_FIRST ((size_t)16 * 1024) /* room for a body whose length nobody said */
#define READ_MAX ((size_t)1 << 30)     /* FCGX_GetStr counts in int */

/* We set fields that the header calls private; they are the same in 2.4.2 to 2.4.7. */
_Static_assert(sizeof(void *) != 8 || sizeof(FCGX_Request) == 80, "another FCGX_Request");

struct fcgi {
    FCGX_Request request;
};

bool fcgi_prepare(struct err *err)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    int status = FCGX_Init();
    if (status != 0)
        return err_set(err, ERR_INTERNAL, "libfcgi does not start: code %d", status);
    /* FCGX_Init installs handlers that set a flag which only its own accept looks at. */
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    return true;
}

struct fcgi *fcgi_create(void)
{
    struct fcgi *fcgi = mem_array(1, sizeof(*fcgi));
    if (fcgi == NULL)
        return NULL;
    FCGX_InitRequest(&fcgi->request, -1, 0); /* no listener: it cannot accept by itself */
    return fcgi;
}

void fcgi_destroy(struct fcgi *fcgi)
{
    if (fcgi == NULL)
        return;
    fcgi_release(fcgi);
    free(fcgi);
}

/* At the end of the parameters libfcgi starts the next stream without skipping their padding. It is
 * in the buffer: preflight saw to that. */
static void skip_padding(FCGX_Stream *stream, unsigned padding)
{
    stream->rdNext += padding;
    stream->stop = stream->wrNext = stream->rdNext;
}

static bool accept_from(FCGX_Request *request, int fd)
{
    request->ipcFd = fd;
    request->keepConnection = 1; /* 0: it closes fd before it reads */
    request->detached = 1;       /* 0: it waits up to 2 s for the peer when it closes */
    request->isBeginProcessed = 0;
    request->appStatus = 0;
    bool accepted = FCGX_Accept_r(request) == 0;
    if (!accepted)
        request->ipcFd = -1;
    return accepted;
}

/* A head that came in pieces, each of which was taken out of the socket to make room for the next:
 * libfcgi reads it from a pair of our own. Bodies do come from the socket. */
static bool accept_from_memory(FCGX_Request *request, const struct fcgi_head *head)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    ssize_t sent = send(pair[1], head->bytes, head->size, MSG_DONTWAIT | MSG_NOSIGNAL);
    bool accepted = sent == (ssize_t)head->size && shutdown(pair[1], SHUT_WR) == 0;
    if (!accepted) {
        close(pair[0]);
    } else {
        accepted = accept_from(request, pair[0]); /* closes it when it fails */
        if (accepted)
            close(pair[0]);
    }
    close(pair[1]);
    return accepted;
}

enum fcgi_accepted fcgi_accept(struct fcgi *fcgi, int fd, const struct fcgi_head *head)
{
    FCGX_Request *request = &fcgi->request;
    if (head->bytes != NULL) {
        if (!accept_from_memory(request, head))
            return FCGI_REFUSED;
        request->ipcFd = fd;
    } else if (!accept_from(request, fd)) {
        return FCGI_LOST;
    }
    if (head->padding > 0)
        skip_padding(request->in, head->padding);
    return FCGI_ACCEPTED;
}

bool fcgi_keep_connection(const struct fcgi *fcgi)
{
    return fcgi->request.keepConnection != 0;
}

unsigned fcgi_request_id(const struct fcgi *fcgi)
{
    return (unsigned)fcgi->request.requestId;
}

char **fcgi_params(const struct fcgi *fcgi)
{
    return fcgi->request.envp;
}

static size_t read_some(struct fcgi *fcgi, char *out, size_t size)
{
    int got = FCGX_GetStr(out, (int)(size < READ_MAX ? size : READ_MAX), fcgi->request.in);
    return got > 0 ? (size_t)got : 0;
}

static bool at_end(const struct fcgi *fcgi)
{
    return FCGX_HasSeenEOF(fcgi->request.in) != 0;
}

static bool is_broken(const struct fcgi *fcgi)
{
    return FCGX_GetError(fcgi->request.in) != 0;
}

static enum fcgi_body drain(struct fcgi *fcgi, size_t size)
{
    char trash[8192];
    while (!at_end(fcgi)) {
        if (size == 0)
            return FCGI_BODY_UNREAD;
        size_t got = read_some(fcgi, trash, size < sizeof(trash) ? size : sizeof(trash));
        size -= got;
        if (got == 0)
            break;
    }
    return is_broken(fcgi) ? FCGI_BODY_BROKEN : FCGI_BODY_TOO_LARGE;
}

/* How much to ask for next: one byte more than declared shows the end in the same call. */
static size_t next_read(const struct fcgi_body_limits *limits, size_t have)
{
    size_t want = have > BODY_FIRST ? have : BODY_FIRST;
    if (limits->declared >= 0 && (uint64_t)limits->declared >= have)
        want = (size_t)limits->declared - have + 1;
    size_t room = limits->limit + 1 - have;
    return want < room ? want : room;
}

enum fcgi_body fcgi_read_body(struct fcgi *fcgi, const struct fcgi_body_limits *limits,
                              struct buf *body)
{
    if (limits->declared > 0 && (uint64_t)limits->declared > limits->limit)
        return drain(fcgi, limits->limit + limits->drain);
    for (;;) {
        size_t want = next_read(limits, body->length);
        char *place = buf_reserve(body, want + 1);
        if (place == NULL)
            return FCGI_BODY_NO_MEMORY;
        size_t got = read_some(fcgi, place, want);
        buf_commit(body, got);
        if (got < want && got < READ_MAX)
            break;
        if (body->length > limits->limit)
            return drain(fcgi, limits->drain);
    }
    buf_text(body);
    return is_broken(fcgi) ? FCGI_BODY_BROKEN : FCGI_BODY_COMPLETE;
}

void fcgi_release(struct fcgi *fcgi)
{
    FCGX_Free(&fcgi->request, 0);
    fcgi->request.ipcFd = -1;
    fcgi->request.envp = NULL;
}
