#include "supervise/ready.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_SIZE 512

/* The kernel chooses a free name when it is given none (unix(7)). */
static bool choose_name(struct ready *ready, struct err *err)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(sa_family_t);
    const int on = 1;
    if (setsockopt(ready->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        bind(ready->fd, (const struct sockaddr *)&name, length) != 0)
        return err_set_errno(err, ERR_IO, errno, "no socket for what workers say");
    length = sizeof name;
    if (getsockname(ready->fd, (struct sockaddr *)&name, &length) != 0)
        return err_set_errno(err, ERR_IO, errno, "no name for what workers say");
    size_t size = length - offsetof(struct sockaddr_un, sun_path);
    if (size < 2 || size >= sizeof ready->name)
        return err_set(err, ERR_INTERNAL, "the name of an abstract socket has %zu bytes", size);
    memcpy(ready->name, name.sun_path, size);
    ready->name[0] = '@';
    ready->name[size] = '\0';
    return true;
}

bool ready_open(struct ready *ready, struct err *err)
{
    *ready = (struct ready){.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (ready->fd < 0)
        return err_set_errno(err, ERR_IO, errno, "no socket for what workers say");
    if (choose_name(ready, err))
        return true;
    ready_close(ready);
    return false;
}

void ready_close(struct ready *ready)
{
    if (ready->fd >= 0)
        close(ready->fd);
    ready->fd = -1;
}

/* Lines of NAME=VALUE. */
static bool says_ready(const char *text)
{
    static const char wanted[] = "READY=1";
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, wanted, sizeof wanted - 1) == 0 && strcspn(line, "\n") == 7)
            return true;
    }
    return false;
}

static pid_t sender_of(struct msghdr *message)
{
    struct ucred sender = {.pid = 0};
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS)
            memcpy(&sender, CMSG_DATA(part), sizeof sender);
    return sender.pid;
}

pid_t ready_next(const struct ready *ready)
{
    for (;;) {
        char text[MESSAGE_SIZE + 1];
        /* Only credentials fit: descriptors that somebody sends along are closed by the kernel. */
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
        struct iovec part = {.iov_base = text, .iov_len = MESSAGE_SIZE};
        struct msghdr message = {
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = control,
            .msg_controllen = sizeof control,
        };
        ssize_t size = recvmsg(ready->fd, &message, MSG_CMSG_CLOEXEC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return 0;
        text[size] = '\0';
        pid_t sender = sender_of(&message);
        if (sender > 0 && says_ready(text))
            return sender;
    }
}
