/* CSV as RFC 4180 has it, in a stream: bytes go in as they come, whole records come out.
 *
 * Lines end in LF or CRLF, the last one also with the input; a byte order mark in front is passed
 * over; quoted fields may hold delimiters, line ends and doubled quotes. Refused, because every
 * guess would be wrong for someone: a quote inside of a field that does not begin with one, text
 * behind a closing quote, a carriage return alone outside of quotes, NUL bytes, what is not UTF-8.
 *
 * It reads no file: the caller brings the bytes, so that it decides when to wait for them. */
#ifndef OMEN_CODEC_CSV_H
#define OMEN_CODEC_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct csv_limits {
    size_t record_bytes; /* of one record, its quotes and line ends included */
    size_t fields;       /* of one record */
};

struct csv_field {
    const char *text; /* without its quotes; not NUL-terminated */
    size_t length;
    bool quoted; /* "" is a field of no characters; nothing at all is a missing one */
};

/* Borrowed from the reader until its next csv_next or csv_reserve. An empty line is a record of one
 * empty field. */
struct csv_record {
    const struct csv_field *fields;
    size_t count;
    uint64_t line; /* where it begins, from 1 */
};

enum csv_status {
    CSV_RECORD,
    CSV_MORE, /* needs more bytes: csv_reserve and csv_commit, or csv_close */
    CSV_END,
    CSV_BAD, /* err says what and at which column, record->line where; the next call goes on behind
                the line. ERR_MEMORY: nothing goes on */
};

struct csv_reader {
    struct csv_limits limits;
    char *data; /* bytes [begin, end) are kept: the record that is read, and what follows */
    size_t begin, at, end, capacity;
    struct csv_span *spans; /* fields of the record so far */
    struct csv_field *fields;
    size_t count, room;
    size_t field_begin;
    uint64_t line, record_line;
    unsigned char state;
    bool escaped; /* a doubled quote in the field */
    bool foreign; /* a byte that is not ASCII in the record */
    bool closed;
    bool started;
    unsigned char classes[256];
};

/* delimiter: one ASCII character, no quote and no line end. Allocates nothing. */
void csv_init(struct csv_reader *reader, char delimiter, const struct csv_limits *limits);
void csv_finish(struct csv_reader *reader);

/* A place for more bytes, *size of them, at least one; NULL (err: ERR_MEMORY) without memory. Call
 * it only after CSV_MORE, so that it never holds more than one record and what came behind it. */
char *csv_reserve(struct csv_reader *reader, size_t *size, struct err *err);
void csv_commit(struct csv_reader *reader, size_t size);
/* No bytes follow. */
void csv_close(struct csv_reader *reader);

enum csv_status csv_next(struct csv_reader *reader, struct csv_record *record, struct err *err);

/* A field as it has to be written: in quotes where it holds one, a delimiter or a line end. */
void csv_write_field(struct buf *out, char delimiter, const char *text, size_t length);

#endif
