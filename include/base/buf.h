/* A growing byte buffer with a sticky failure: write without checking, ask once at the end. */
#ifndef OMEN_BASE_BUF_H
#define OMEN_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data; /* not NUL-terminated unless buf_text() was called */
    size_t length;
    size_t capacity;
    bool failed;  /* an allocation failed or the limit was passed; later writes do nothing */
    size_t limit; /* 0: none */
};

#define BUF_INIT ((struct buf){0})

void buf_finish(struct buf *buf);
/* Empties it and clears the failure, keeping the memory (up to `keep` bytes of it). */
void buf_reset(struct buf *buf, size_t keep);

/* Room for `size` more bytes at the returned place, or NULL; buf_commit says how many were used. */
char *buf_reserve(struct buf *buf, size_t size);
void buf_commit(struct buf *buf, size_t size);

void buf_put(struct buf *buf, const void *data, size_t size);
void buf_put_text(struct buf *buf, const char *text);
void buf_put_char(struct buf *buf, char c);
/* In decimal and in lower-case hex, for texts whose printf would be what they cost. */
void buf_put_integer(struct buf *buf, int64_t value);
void buf_put_hex(struct buf *buf, uint64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* NUL-terminates in place; "" when failed. */
const char *buf_text(struct buf *buf);

#endif
