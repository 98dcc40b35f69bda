#include "base/listening.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

bool listening_is(int fd)
{
    int value = 0;
    socklen_t length = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0;
}

int listening_take_input(struct err *err)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool replaced = fd >= 0 && null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO;
    int error = errno;
    if (null >= 0)
        close(null);
    if (replaced)
        return fd;
    if (fd >= 0)
        close(fd);
    err_set_errno(err, ERR_IO, error, "the listener on standard input cannot be taken");
    return -1;
}

static int socket_create(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* A path that exists is either a living server's, a dead one's, or no socket at all. */
static bool clear_path(const struct sockaddr_un *name, struct err *err)
{
    const char *path = name->sun_path;
    struct stat status;
    if (lstat(path, &status) != 0)
        return true;
    if (!S_ISSOCK(status.st_mode))
        return err_set(err, ERR_INVALID, "%s exists and is not a socket", path);
    int probe = socket_create();
    if (probe < 0)
        return err_set_errno(err, ERR_IO, errno, "no socket");
    int connected = connect(probe, (const struct sockaddr *)name, sizeof(*name));
    int error = connected == 0 ? 0 : errno;
    close(probe);
    if (error != ECONNREFUSED && error != ENOENT) /* EAGAIN: its backlog is full, so it lives */
        return err_set(err, ERR_UNAVAILABLE, "another process serves %s", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be replaced", path);
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
            return err_set(err, ERR_NOT_FOUND, "there is no group '%s'", group);
        number = entry.gr_gid;
    }
    if (chown(path, (uid_t)-1, (gid_t)number) != 0)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be given to group '%s'", path, group);
    return true;
}

/* The umask makes the socket right from its first moment. */
static bool bind_path(int fd, const struct sockaddr_un *name, mode_t mode, struct err *err)
{
    mode_t mask = umask(0777 & ~mode);
    int bound = bind(fd, (const struct sockaddr *)name, sizeof(*name));
    int error = errno;
    umask(mask);
    return bound == 0 || err_set_errno(err, ERR_IO, error, "%s cannot be bound", name->sun_path);
}

static bool prepare(int fd, const struct listening_options *options, struct listening_place *place,
                    struct err *err)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct stat status;
    const char *path = options->path;
    memcpy(name.sun_path, path, strlen(path) + 1);
    if (!clear_path(&name, err) || !bind_path(fd, &name, options->mode, err))
        return false;
    if (stat(path, &status) != 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    memcpy(place->path, path, strlen(path) + 1);
    place->device = status.st_dev;
    place->inode = status.st_ino;
    if (!set_group(path, options->group, err))
        return false;
    if (chmod(path, options->mode) != 0) /* a change of group may clear bits */
        return err_set_errno(err, ERR_IO, errno, "mode of %s", path);
    return listen(fd, options->backlog) == 0 || err_set_errno(err, ERR_IO, errno, "%s", path);
}

int listening_open(const struct listening_options *options, struct listening_place *place,
                   struct err *err)
{
    *place = (struct listening_place){.path = ""};
    size_t length = strlen(options->path);
    if (length == 0 || length >= sizeof(place->path)) {
        err_set(err, ERR_LIMIT, "a socket's path has 1 to %zu bytes", sizeof(place->path) - 1);
        return -1;
    }
    int fd = socket_create();
    if (fd < 0) {
        err_set_errno(err, ERR_IO, errno, "no socket for %s", options->path);
        return -1;
    }
    if (prepare(fd, options, place, err))
        return fd;
    listening_remove(place);
    close(fd);
    return -1;
}

void listening_remove(struct listening_place *place)
{
    struct stat status;
    if (place->path[0] != '\0' && lstat(place->path, &status) == 0 &&
        status.st_dev == place->device && status.st_ino == place->inode)
        unlink(place->path);
    place->path[0] = '\0';
}
