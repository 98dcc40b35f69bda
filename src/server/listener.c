#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static bool is_listening(int fd)
{
    int value = 0;
    socklen_t length = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0;
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

static bool take_standard_input(struct listener *listener, struct err *err)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, INHERITED_FIRST);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool replaced = fd >= 0 && null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO;
    int error = errno;
    if (null >= 0)
        close(null);
    if (replaced)
        return take(listener, fd, "standard input", err);
    if (fd >= 0)
        close(fd);
    return err_set_errno(err, ERR_IO, error, "the listener on standard input cannot be taken");
}

/* A path that exists is either a living server's, a dead one's, or no socket at all. */
static bool clear_path(const char *path, const struct listener_address *address, struct err *err)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT || err_set_errno(err, ERR_IO, errno, "listen: %s", path);
    if (!S_ISSOCK(status.st_mode))
        return err_set(err, ERR_INVALID, "listen: %s exists and is not a socket", path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return err_set_errno(err, ERR_IO, errno, "listen: no socket");
    int connected = connect(probe, (const struct sockaddr *)&address->storage, address->length);
    int error = connected == 0 ? 0 : errno;
    close(probe);
    if (error != ECONNREFUSED && error != ENOENT) /* EAGAIN: its backlog is full, so it lives */
        return err_set(err, ERR_UNAVAILABLE, "listen: another process serves %s", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set_errno(err, ERR_IO, errno, "listen: %s cannot be replaced", path);
    return true;
}

static bool set_group(const char *path, const char *group, struct err *err)
{
    struct group entry, *found = NULL;
    char memory[4096], *end;
    if (group == NULL || group[0] == '\0')
        return true;
    unsigned long number = strtoul(group, &end, 10);
    if (*end != '\0') {
        if (getgrnam_r(group, &entry, memory, sizeof(memory), &found) != 0 || found == NULL)
            return err_set(err, ERR_NOT_FOUND, "listen: there is no group '%s'", group);
        number = entry.gr_gid;
    }
    if (chown(path, (uid_t)-1, (gid_t)number) != 0)
        return err_set_errno(err, ERR_IO, errno, "listen: %s cannot be given to group '%s'", path,
                             group);
    return true;
}

static bool bind_unix(struct listener *listener, const struct listener_address *address,
                      const struct listener_options *options, struct err *err)
{
    struct sockaddr_un name;
    struct stat status;
    memcpy(&name, &address->storage, sizeof(name));
    if (!clear_path(name.sun_path, address, err))
        return false;
    /* The umask makes the socket right from its first moment; no other thread runs yet. */
    mode_t mask = umask(0777 & ~options->mode);
    int bound = bind(listener->fd, (const struct sockaddr *)&name, sizeof(name));
    int error = errno;
    umask(mask);
    if (bound != 0)
        return err_set_errno(err, ERR_IO, error, "listen: %s cannot be bound", name.sun_path);
    memcpy(listener->path, name.sun_path, sizeof(listener->path));
    if (stat(name.sun_path, &status) != 0)
        return err_set_errno(err, ERR_IO, errno, "listen: %s", name.sun_path);
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    if (!set_group(name.sun_path, options->group, err))
        return false;
    if (chmod(name.sun_path, options->mode) != 0) /* a change of group may clear bits */
        return err_set_errno(err, ERR_IO, errno, "listen: mode of %s", name.sun_path);
    return true;
}

static bool bind_tcp(struct listener *listener, const struct listener_address *address,
                     const char *text, struct err *err)
{
    const int on = 1;
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener->fd, (const struct sockaddr *)&address->storage, address->length) != 0)
        return err_set_errno(err, ERR_IO, errno, "listen: %s cannot be bound", text);
    return true;
}

static bool bind_own(struct listener *listener, const struct listener_options *options,
                     struct err *err)
{
    struct listener_address address;
    if (!listener_resolve(options->address, true, &address, err))
        return false;
    listener->family = address.storage.ss_family;
    listener->fd = socket(listener->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0)
        return err_set_errno(err, ERR_IO, errno, "listen: no socket for %s", options->address);
    bool bound = listener->family == AF_UNIX ? bind_unix(listener, &address, options, err)
                                             : bind_tcp(listener, &address, options->address, err);
    if (bound && listen(listener->fd, options->backlog) != 0)
        bound = err_set_errno(err, ERR_IO, errno, "listen: %s", options->address);
    if (!bound) {
        listener_unlink(listener);
        listener_close(listener);
    }
    return bound;
}

bool listener_open(struct listener *listener, const struct listener_options *options,
                   struct err *err)
{
    *listener = (struct listener){.fd = -1, .source = options->address};
    if (has_listen_fds()) {
        if (!is_listening(INHERITED_FIRST))
            return err_set(err, ERR_INVALID, "LISTEN_FDS: descriptor %d does not listen",
                           INHERITED_FIRST);
        return take(listener, INHERITED_FIRST, "LISTEN_FDS", err);
    }
    if (is_listening(STDIN_FILENO))
        return take_standard_input(listener, err);
    return bind_own(listener, options, err);
}

void listener_unlink(struct listener *listener)
{
    /* While our socket is open nobody else's can have its inode number. */
    struct stat status;
    if (listener->path[0] != '\0' && lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        unlink(listener->path);
    listener->path[0] = '\0';
}

void listener_close(struct listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}
