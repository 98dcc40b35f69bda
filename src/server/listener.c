#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define INHERITED_FIRST 3 /* SD_LISTEN_FDS_START */

static bool resolve_unix(const char *path, struct listener_address *address, struct err *err)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    if (path[0] != '/' && path[0] != '.')
        return err_set(err, ERR_INVALID, "listen: the path behind 'unix:' must begin with '/'");
    if (strlen(path) >= sizeof(name.sun_path))
        return err_set(err, ERR_LIMIT, "listen: the socket's path is longer than %zu bytes",
                       sizeof(name.sun_path) - 1);
    memcpy(name.sun_path, path, strlen(path) + 1);
    memcpy(&address->storage, &name, sizeof(name));
    address->length = sizeof(name);
    return true;
}

/* getaddrinfo takes the lower 16 bits of any number. */
static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 5 && text[digits] == '\0' && strtol(text, NULL, 10) <= 65535;
}

/* Splits "HOST:PORT"; a v6 host stands in brackets. */
static bool split_host(const char *text, char *host, size_t host_size, const char **port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !is_port(colon + 1))
        return false;
    size_t length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    } else if (memchr(text, ':', length) != NULL) {
        return false;
    }
    if (length >= host_size)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    *port = colon + 1;
    return true;
}

bool listener_resolve(const char *text, bool passive, struct listener_address *address,
                      struct err *err)
{
    char host[256];
    const char *port;
    *address = (struct listener_address){0};
    if (text == NULL || text[0] == '\0')
        return err_set(err, ERR_MISSING, "listen: no address is given");
    if (strncmp(text, "unix:", 5) == 0)
        return resolve_unix(text + 5, address, err);
    if (text[0] == '/')
        return resolve_unix(text, address, err);
    if (!split_host(text, host, sizeof(host), &port))
        return err_set(err, ERR_INVALID,
                       "listen: '%s' is neither unix:PATH nor HOST:PORT nor [ADDRESS]:PORT", text);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
    struct addrinfo *found = NULL;
    bool any = host[0] == '\0' || strcmp(host, "*") == 0;
    int status = getaddrinfo(any ? NULL : host, port, &hints, &found);
    if (status != 0)
        return err_set(err, ERR_INVALID, "listen: '%s': %s", text, gai_strerror(status));
    memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
    address->length = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* Blocking accept could wait for a connection that another process has just taken. */
static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool take(struct listener *listener, int fd, const char *source, struct err *err)
{
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof(name);
    if (getsockname(fd, (struct sockaddr *)&name, &length) != 0 || !set_flags(fd)) {
        err_set_errno(err, ERR_IO, errno, "the inherited listener cannot be used");
        close(fd);
        return false;
    }
    listener->fd = fd;
    listener->family = name.ss_family;
    listener->inherited = true;
    listener->source = source;
    return true;
}

/* systemd's protocol: the variables are for the process they name, and for it only. */
static bool has_listen_fds(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    bool ours = pid != NULL && count != NULL && strtol(pid, NULL, 10) == (long)getpid() &&
                strtol(count, NULL, 10) >= 1;
    if (ours) {
        unsetenv("LISTEN_PID");
        unsetenv("LISTEN_FDS");
        unsetenv("LISTEN_FDNAMES");
    }
    return ours;
}

static bool open_unix(struct listener *listener, const struct listener_address *address,
                      const struct listener_options *options, struct err *err)
{
    struct sockaddr_un name;
    memcpy(&name, &address->storage, sizeof(name));
    const struct listening_options own = {
        .path = name.sun_path,
        .group = options->group,
        .mode = options->mode,
        .backlog = options->backlog,
    };
    listener->fd = listening_open(&own, &listener->place, err);
    return listener->fd >= 0 || err_prefix(err, "listen");
}

static bool open_tcp(struct listener *listener, const struct listener_address *address,
                     const struct listener_options *options, struct err *err)
{
    const char *text = options->address;
    const int on = 1;
    listener->fd = socket(listener->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0)
        return err_set_errno(err, ERR_IO, errno, "listen: no socket for %s", text);
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener->fd, (const struct sockaddr *)&address->storage, address->length) != 0)
        return err_set_errno(err, ERR_IO, errno, "listen: %s cannot be bound", text);
    return listen(listener->fd, options->backlog) == 0 ||
           err_set_errno(err, ERR_IO, errno, "listen: %s", text);
}

static bool open_own(struct listener *listener, const struct listener_options *options,
                     struct err *err)
{
    struct listener_address address;
    if (!listener_resolve(options->address, true, &address, err))
        return false;
    listener->family = address.storage.ss_family;
    bool opened = listener->family == AF_UNIX ? open_unix(listener, &address, options, err)
                                              : open_tcp(listener, &address, options, err);
    if (!opened)
        listener_close(listener);
    return opened;
}

bool listener_open(struct listener *listener, const struct listener_options *options,
                   struct err *err)
{
    *listener = (struct listener){.fd = -1, .source = options->address};
    if (has_listen_fds()) {
        if (!listening_is(INHERITED_FIRST))
            return err_set(err, ERR_INVALID, "LISTEN_FDS: descriptor %d does not listen",
                           INHERITED_FIRST);
        return take(listener, INHERITED_FIRST, "LISTEN_FDS", err);
    }
    if (listening_is(STDIN_FILENO)) {
        int fd = listening_take_input(err);
        return fd >= 0 && take(listener, fd, "standard input", err);
    }
    return open_own(listener, options, err);
}

void listener_unlink(struct listener *listener)
{
    listening_remove(&listener->place);
}

void listener_close(struct listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}
