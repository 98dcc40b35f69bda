#include "app/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

static bool write_whole(const char *path, const struct buf *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool ok = write(fd, text->data, text->length) == (ssize_t)text->length;
    return close(fd) == 0 && ok;
}

bool state_write(struct registry *registry, const char *path, struct err *err)
{
    struct buf text = BUF_INIT;
    char temporary[PATH_MAX];
    char now[CLOCK_TEXT_SIZE];
    if (snprintf(temporary, sizeof temporary, "%s.tmp-%ld", path, (long)getpid()) >=
        (int)sizeof temporary)
        return err_set(err, ERR_LIMIT, "the path of state-file is too long");
    clock_format(clock_wall_ns(), now);
    buf_printf(&text, "{\"format\":\"omen-state/1\",\"written_at\":\"%s\",", now);
    registry_describe(registry, &text);
    buf_put_text(&text, "}\n");
    bool ok = !text.failed && write_whole(temporary, &text) && rename(temporary, path) == 0;
    int reason = errno;
    buf_finish(&text);
    if (ok)
        return true;
    unlink(temporary);
    return err_set_errno(err, ERR_IO, reason, "cannot write the state-file");
}
