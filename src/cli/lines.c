#include "cli/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK ((size_t)65536)

void lines_init(struct lines *lines, size_t limit)
{
    *lines = (struct lines){.limit = limit};
}

void lines_finish(struct lines *lines)
{
    free(lines->data);
    *lines = (struct lines){0};
}

char *lines_reserve(struct lines *lines, size_t *size, struct err *err)
{
    size_t kept = lines->end - lines->begin;
    if (lines->begin > 0 && kept > 0)
        memmove(lines->data, lines->data + lines->begin, kept);
    lines->at -= lines->begin;
    lines->begin = 0;
    lines->end = kept;
    if (lines->capacity - kept < CHUNK) {
        size_t capacity = (kept + CHUNK) * 2;
        char *data = mem_resize(lines->data, capacity, 1);
        if (data == NULL) {
            err_set(err, ERR_MEMORY, "no memory for a line of %zu bytes", kept);
            return NULL;
        }
        lines->data = data;
        lines->capacity = capacity;
    }
    *size = lines->capacity - kept;
    return lines->data + kept;
}

void lines_commit(struct lines *lines, size_t size)
{
    lines->end += size;
}

void lines_close(struct lines *lines)
{
    lines->closed = true;
}

static void pass_mark(struct lines *lines)
{
    if (lines->started || lines->end - lines->begin < 3)
        return;
    if (memcmp(lines->data + lines->begin, "\xef\xbb\xbf", 3) == 0)
        lines->begin += 3;
    lines->at = lines->begin;
    lines->started = true;
}

/* The line ends before `end`, the next one begins at `next`. */
static enum lines_status take(struct lines *lines, size_t end, size_t next, const char **text,
                              size_t *length)
{
    const char *line = lines->data + lines->begin;
    bool skipped = lines->skipping;
    *text = line;
    *length = end - lines->begin;
    if (*length > 0 && line[*length - 1] == '\r')
        --*length;
    lines->begin = lines->at = next;
    lines->skipping = false;
    lines->number += !skipped;
    if (skipped)
        return LINES_MORE;
    return *length <= lines->limit ? LINES_LINE : LINES_TOO_LONG;
}

static enum lines_status next(struct lines *lines, const char **text, size_t *length)
{
    size_t left = lines->end - lines->at;
    const char *feed = left > 0 ? memchr(lines->data + lines->at, '\n', left) : NULL;
    if (feed != NULL) {
        size_t end = (size_t)(feed - lines->data);
        return take(lines, end, end + 1, text, length);
    }
    lines->at = lines->end;
    if (lines->closed && lines->end > lines->begin)
        return take(lines, lines->end, lines->end, text, length);
    if (lines->closed)
        return LINES_END;
    if (lines->skipping) {
        lines->begin = lines->end;
    } else if (lines->end - lines->begin > lines->limit + 1) {
        lines->skipping = true;
        lines->begin = lines->end;
        lines->number++;
        return LINES_TOO_LONG;
    }
    return LINES_MORE;
}

enum lines_status lines_next(struct lines *lines, const char **text, size_t *length)
{
    pass_mark(lines);
    if (!lines->started && !lines->closed)
        return LINES_MORE;
    for (;;) {
        bool was_skipping = lines->skipping;
        enum lines_status status = next(lines, text, length);
        if (status != LINES_MORE || !was_skipping || lines->skipping)
            return status;
    }
}
