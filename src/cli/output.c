#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUCH ((size_t)65536)

/* Two descriptors of one regular file. */
static bool is_same_file(int fd, int other)
{
    struct stat one, two;
    return other >= 0 && fstat(fd, &one) == 0 && fstat(other, &two) == 0 && S_ISREG(one.st_mode) &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

bool output_open(struct output *output, const char *path, int input_fd, struct err *err)
{
    *output = (struct output){.fd = STDOUT_FILENO, .name = "standard output", .buf = BUF_INIT};
    if (strcmp(path, "-") == 0)
        return true;
    output->name = path;
    output->owned = true;
    /* Emptied only once it is known not to be what is read. */
    output->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (output->fd < 0)
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    if (is_same_file(output->fd, input_fd))
        return err_set(err, ERR_INVALID, "%s: is read and would be written at the same time", path);
    if (ftruncate(output->fd, 0) != 0 && errno != EINVAL) /* a pipe has no length */
        return err_set_errno(err, ERR_IO, errno, "%s", path);
    return true;
}

bool output_flush(struct output *output, struct err *err)
{
    const char *at = output->buf.data;
    size_t left = output->buf.length;
    bool ok = !output->buf.failed || err_set(err, ERR_MEMORY, "no memory for the answers");
    while (ok && left > 0 && !output->gone) {
        ssize_t written = write(output->fd, at, left);
        if (written > 0) {
            at += written;
            left -= (size_t)written;
        } else if (written < 0 && errno == EPIPE) {
            output->gone = true;
        } else if (written < 0 && errno != EINTR) {
            ok = err_set_errno(err, ERR_IO, errno, "cannot write to %s", output->name);
        }
    }
    buf_reset(&output->buf, 4 * MUCH);
    return ok && !output->gone;
}

bool output_settle(struct output *output, struct err *err)
{
    return (output->buf.length < MUCH && !output->buf.failed) || output_flush(output, err);
}

bool output_close(struct output *output, struct err *err)
{
    bool ok = output->fd < 0 || output_flush(output, err);
    if (output->owned && output->fd >= 0 && close(output->fd) != 0 && ok)
        ok = err_set_errno(err, ERR_IO, errno, "cannot write to %s", output->name);
    buf_finish(&output->buf);
    output->fd = -1;
    return ok;
}
