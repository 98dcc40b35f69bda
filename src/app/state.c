#include "app/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "base/log.h"

#define PAUSE_NS CLOCK_NS_PER_S

static bool write_whole(const char *path, const struct buf *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool ok = write(fd, text->data, text->length) == (ssize_t)text->length;
    return close(fd) == 0 && ok;
}

static bool state_write(struct registry *registry, const char *path, struct err *err)
{
    struct buf text = BUF_INIT;
    char temporary[PATH_MAX];
    char now[CLOCK_TEXT_SIZE];
    if (snprintf(temporary, sizeof temporary, "%s.tmp-%ld", path, (long)getpid()) >=
        (int)sizeof temporary)
        return err_set(err, ERR_LIMIT, "the path of state-file is too long");
    clock_format(clock_wall_ns(), now);
    buf_put_char(&text, '{');
    json_write_text(&text, "format", "omen-state/1");
    json_write_text(&text, "written_at", now);
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

static void state_replace(struct state *state, struct registry *registry)
{
    struct err err = ERR_INIT;
    state->is_due = false;
    if (!state_write(registry, state->path, &err))
        LOG(LOG_WARNING, err.text, LOG_TEXT("code", err_code_name(err.code)));
    state->written_ns = clock_monotonic_ns();
}

void state_change(struct state *state, struct registry *registry)
{
    if (state->path[0] == '\0' || registry == NULL)
        return;
    state->is_due = true;
    if (state->written_ns == 0 || clock_monotonic_ns() - state->written_ns >= PAUSE_NS)
        state_replace(state, registry);
}

void state_settle(struct state *state, struct registry *registry)
{
    if (state->is_due && registry != NULL)
        state_replace(state, registry);
}
