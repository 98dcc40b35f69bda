#include "codec/compress.h"

#include <stdint.h>
#include <zlib.h>

#define WINDOW 15      /* the largest that either coding may use */
#define WINDOW_GZIP 31 /* zlib's way to say "the same, and it is gzip" */
#define WINDOW_BARE (-15)
#define LEVEL 1 /* answers are made once and read once: the level that costs least */
#define MEMORY 8
#define STEP_FIRST ((size_t)16 * 1024)
#define STEP_MAX ((size_t)1 << 20)

/* The zlib of RFC 1950 begins with a header whose two bytes are a multiple of 31. */
static bool has_zlib_header(const unsigned char *data, size_t length)
{
    return length >= 2 && (data[0] & 0x0f) == Z_DEFLATED && (data[0] << 8 | data[1]) % 31 == 0;
}

static int window_of(enum compress_coding coding, const void *data, size_t length)
{
    if (coding == COMPRESS_GZIP)
        return WINDOW_GZIP;
    return has_zlib_header(data, length) ? WINDOW : WINDOW_BARE;
}

/* zlib counts in unsigned int. */
static void give_input(z_stream *stream, const unsigned char **at, size_t *left)
{
    if (stream->avail_in > 0 || *left == 0)
        return;
    size_t part = *left < UINT32_MAX ? *left : UINT32_MAX;
    stream->next_in = (z_const Bytef *)*at;
    stream->avail_in = (uInt)part;
    *at += part;
    *left -= part;
}

static size_t step_of(size_t have)
{
    return have < STEP_FIRST ? STEP_FIRST : have < STEP_MAX ? have : STEP_MAX;
}

/* One byte more than the limit is asked for, which tells a text of its size from a longer one. */
static bool unpack_all(z_stream *stream, enum compress_coding coding, const unsigned char *at,
                       size_t left, size_t limit, struct buf *out, struct err *err)
{
    for (size_t total = 0;;) {
        size_t room = limit - total < SIZE_MAX ? limit - total + 1 : SIZE_MAX;
        size_t step = step_of(total) < room ? step_of(total) : room;
        char *place = buf_reserve(out, step);
        if (place == NULL)
            return err_set(err, ERR_MEMORY, "no memory for the unpacked body");
        give_input(stream, &at, &left);
        stream->next_out = (Bytef *)place;
        stream->avail_out = (uInt)step;
        int status = inflate(stream, Z_NO_FLUSH);
        size_t got = step - stream->avail_out;
        total += got;
        if (total > limit)
            return err_set(err, ERR_LIMIT, "the body unpacks to more than %zu bytes", limit);
        buf_commit(out, got);
        bool more = left > 0 || stream->avail_in > 0;
        if (status == Z_STREAM_END && !more)
            return true;
        if (status == Z_STREAM_END && coding == COMPRESS_GZIP)
            status = inflateReset(stream);
        else if (status == Z_STREAM_END)
            return err_set(err, ERR_INVALID, "bytes are left behind the packed body's end");
        if (status != Z_OK)
            return err_set(err, ERR_INVALID,
                           status == Z_BUF_ERROR ? "the packed body is cut short"
                                                 : "the packed body is damaged");
    }
}

bool compress_unpack(enum compress_coding coding, const void *data, size_t length, size_t limit,
                     struct buf *out, struct err *err)
{
    z_stream stream = {.next_in = NULL};
    if (inflateInit2(&stream, window_of(coding, data, length)) != Z_OK)
        return err_set(err, ERR_MEMORY, "no memory to unpack the body");
    bool ok = unpack_all(&stream, coding, data, length, limit, out, err);
    inflateEnd(&stream);
    return ok;
}

/* In one step: zlib knows how long it can become at most. */
bool compress_pack(enum compress_coding coding, const void *data, size_t length, struct buf *out,
                   struct err *err)
{
    z_stream stream = {.next_in = (z_const Bytef *)data, .avail_in = (uInt)length};
    int window = coding == COMPRESS_GZIP ? WINDOW_GZIP : WINDOW;
    if (length > UINT32_MAX / 2)
        return err_set(err, ERR_LIMIT, "%zu bytes are more than are packed at once", length);
    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, window, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(err, ERR_MEMORY, "no memory to pack the answer");
    size_t bound = deflateBound(&stream, length);
    char *place = buf_reserve(out, bound);
    stream.next_out = (Bytef *)place;
    stream.avail_out = (uInt)bound;
    bool ok = place != NULL && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    if (ok)
        buf_commit(out, bound - stream.avail_out);
    deflateEnd(&stream);
    return ok || err_set(err, ERR_MEMORY, "no memory for the packed answer");
}
