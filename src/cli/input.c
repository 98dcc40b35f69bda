#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool input_open(struct input *input, const char *path, struct err *err)
{
    struct stat status;
    *input = (struct input){.fd = STDIN_FILENO, .name = "standard input"};
    if (strcmp(path, "-") != 0) {
        input->name = path;
        input->fd = open(path, O_RDONLY | O_CLOEXEC);
        input->owned = input->fd >= 0;
    }
    if (input->fd < 0 || fstat(input->fd, &status) != 0)
        return err_set_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "%s", path);
    if (S_ISDIR(status.st_mode))
        return err_set(err, ERR_INVALID, "%s: is a directory", path);
    off_t at = S_ISREG(status.st_mode) ? lseek(input->fd, 0, SEEK_CUR) : -1;
    input->seekable = at >= 0;
    if (at >= 0 && status.st_size > at)
        input->size = (uint64_t)(status.st_size - at);
    return true;
}

void input_close(struct input *input)
{
    if (input->owned)
        close(input->fd);
    input->owned = false;
}

static bool read_some(struct input *input, char *place, size_t size, size_t *got, struct err *err)
{
    for (;;) {
        ssize_t n = read(input->fd, place, size);
        if (n >= 0) {
            *got = (size_t)n;
            return true;
        }
        if (errno == EAGAIN) /* someone else's non-blocking pipe */
            poll(&(struct pollfd){.fd = input->fd, .events = POLLIN}, 1, -1);
        else if (errno != EINTR)
            return err_set_errno(err, ERR_IO, errno, "cannot read %s", input->name);
    }
}

bool input_read(struct input *input, char *place, size_t size, size_t *got, struct err *err)
{
    size_t left = input->head_size - input->head_at;
    if (left > 0) {
        *got = left < size ? left : size;
        memcpy(place, input->head + input->head_at, *got);
        input->head_at += *got;
    } else if (!read_some(input, place, size, got, err)) {
        return false;
    }
    input->consumed += *got;
    return true;
}

bool input_is_ready(const struct input *input)
{
    if (input->seekable || input->head_at < input->head_size)
        return true;
    struct pollfd poller = {.fd = input->fd, .events = POLLIN};
    return poll(&poller, 1, 0) > 0;
}

/* The first byte that says something, behind white space and a byte order mark; NUL for none. */
static char telling_byte(const struct input *input)
{
    for (size_t i = 0; i < input->head_size; i++)
        if (strchr(" \t\r\n\xef\xbb\xbf", input->head[i]) == NULL)
            return input->head[i];
    return '\0';
}

bool input_look(struct input *input, enum input_kind *kind, struct err *err)
{
    size_t got = 1;
    while (telling_byte(input) == '\0' && input->head_size < sizeof input->head && got > 0) {
        if (!read_some(input, input->head + input->head_size, sizeof input->head - input->head_size,
                       &got, err))
            return false;
        input->head_size += got;
    }
    char byte = telling_byte(input);
    if (input->head_size == 0)
        *kind = INPUT_EMPTY;
    else if (byte == '\x93')
        *kind = INPUT_NPY;
    else
        *kind = byte == '{' || byte == '[' ? INPUT_JSONL : INPUT_CSV;
    return true;
}
