#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static bool descriptor_read(int fd, char *data, size_t size, size_t *got, struct err *err)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = read(fd, data + *got, size - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, ERR_IO, errno, "cannot read");
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return true;
}

static bool descriptor_measure(int fd, size_t limit, size_t *size, struct err *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return err_set_errno(err, ERR_IO, errno, "cannot stat");
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_INVALID, "not a regular file");
    if (status.st_size < 0 || (unsigned long long)status.st_size > limit)
        return err_set(err, ERR_LIMIT, "%lld bytes, the limit is %zu", (long long)status.st_size,
                       limit);
    *size = (size_t)status.st_size;
    return true;
}

static bool descriptor_load(int fd, size_t limit, char **data, size_t *size, struct err *err)
{
    size_t expected;
    if (!descriptor_measure(fd, limit, &expected, err))
        return false;
    char *block = mem_array(expected + 1, 1);
    if (block == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu bytes", expected);
    if (!descriptor_read(fd, block, expected, size, err)) {
        free(block);
        return false;
    }
    block[*size] = '\0';
    *data = block;
    return true;
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
static int descriptor_open(int directory_fd, const char *name, struct err *err)
{
    int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "%s", name);
    return fd;
}

bool file_read_at(int directory_fd, const char *name, size_t limit, char **data, size_t *size,
                  struct err *err)
{
    *data = NULL;
    *size = 0;
    int fd = descriptor_open(directory_fd, name, err);
    if (fd < 0)
        return false;
    bool ok = descriptor_load(fd, limit, data, size, err);
    close(fd);
    return ok || err_prefix(err, "%s", name);
}

bool file_map_at(int directory_fd, const char *name, size_t limit, struct mapping *mapping,
                 struct err *err)
{
    size_t size;
    *mapping = (struct mapping){0};
    int fd = descriptor_open(directory_fd, name, err);
    if (fd < 0)
        return false;
    bool ok = descriptor_measure(fd, limit, &size, err) && mapping_open(fd, size, mapping, err);
    close(fd);
    return ok || err_prefix(err, "%s", name);
}

bool file_read(const char *path, size_t limit, char **data, size_t *size, struct err *err)
{
    return file_read_at(AT_FDCWD, path, limit, data, size, err);
}

bool file_name_is_safe(const char *name, size_t length)
{
    if (length == 0 || length > 128 || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '+' || c == '-'))
            return false;
    }
    return true;
}

bool file_open_standard(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}
