#include "codec/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

#define CHUNK ((size_t)65536) /* asked for at a time */

/* What a byte can mean to an unquoted field. */
enum byte_class {
    BYTE_PLAIN,
    BYTE_FOREIGN, /* of a character beyond ASCII */
    BYTE_DELIMITER,
    BYTE_QUOTE,
    BYTE_LINE_FEED,
    BYTE_RETURN,
    BYTE_NUL,
};

enum state {
    STATE_RECORD,  /* nothing of the record was seen */
    STATE_FIELD,   /* at the first byte of a field */
    STATE_PLAIN,   /* in an unquoted field */
    STATE_QUOTED,  /* between quotes */
    STATE_CLOSING, /* behind a quote that closes the field or is the first of two */
    STATE_SKIP,    /* behind a fault: all up to the line's end is passed over */
};

/* A field's place, from the record's first byte: the block may move while it is read. */
struct csv_span {
    size_t begin, end;
    bool quoted, escaped;
};

void csv_init(struct csv_reader *reader, char delimiter, const struct csv_limits *limits)
{
    *reader = (struct csv_reader){.limits = *limits, .line = 1};
    memset(reader->classes + 128, BYTE_FOREIGN, 128);
    reader->classes[(unsigned char)delimiter] = BYTE_DELIMITER;
    reader->classes['"'] = BYTE_QUOTE;
    reader->classes['\n'] = BYTE_LINE_FEED;
    reader->classes['\r'] = BYTE_RETURN;
    reader->classes[0] = BYTE_NUL;
}

void csv_finish(struct csv_reader *reader)
{
    free(reader->data);
    free(reader->spans);
    free(reader->fields);
    *reader = (struct csv_reader){0};
}

char *csv_reserve(struct csv_reader *reader, size_t *size, struct err *err)
{
    size_t kept = reader->end - reader->begin;
    if (reader->begin > 0 && kept > 0)
        memmove(reader->data, reader->data + reader->begin, kept);
    reader->at -= reader->begin;
    reader->field_begin -=
        reader->field_begin > reader->begin ? reader->begin : reader->field_begin;
    reader->begin = 0;
    reader->end = kept;
    if (reader->capacity - kept < CHUNK) {
        size_t capacity = (kept + CHUNK) * 2;
        char *data = mem_resize(reader->data, capacity, 1);
        if (data == NULL) {
            err_set(err, ERR_MEMORY, "no memory for a record of %zu bytes", kept);
            return NULL;
        }
        reader->data = data;
        reader->capacity = capacity;
    }
    *size = reader->capacity - kept;
    return reader->data + kept;
}

void csv_commit(struct csv_reader *reader, size_t size)
{
    reader->end += size;
}

void csv_close(struct csv_reader *reader)
{
    reader->closed = true;
}

/* --- faults -------------------------------------------------------------------------------- */

static enum csv_status fault(struct csv_reader *reader)
{
    reader->state = STATE_SKIP;
    return CSV_BAD;
}

static enum csv_status fault_column(struct csv_reader *reader, struct err *err, const char *what)
{
    err_set(err, ERR_INVALID, "column %zu %s", reader->count + 1, what);
    return fault(reader);
}

/* Up to the line's end. True when it was there. */
static bool skip_line(struct csv_reader *reader)
{
    char *from = reader->data + reader->at;
    size_t left = reader->end - reader->at;
    char *feed = left > 0 ? memchr(from, '\n', left) : NULL;
    reader->at = feed != NULL ? (size_t)(feed - reader->data) + 1 : reader->end;
    reader->begin = reader->at;
    if (feed == NULL)
        return false;
    reader->line++;
    reader->state = STATE_RECORD;
    return true;
}

/* How far the bytes may be looked at: one beyond the longest record, so that what is refused does
 * not depend on how the bytes came. */
static size_t visible_end(const struct csv_reader *reader)
{
    size_t left = reader->end - reader->begin;
    return left > reader->limits.record_bytes ? reader->begin + reader->limits.record_bytes + 1
                                              : reader->end;
}

static bool is_too_long(const struct csv_reader *reader)
{
    return reader->state != STATE_RECORD &&
           reader->at - reader->begin > reader->limits.record_bytes;
}

static enum csv_status fault_length(struct csv_reader *reader, struct err *err)
{
    err_set(err, ERR_LIMIT, "the line has more than %zu bytes", reader->limits.record_bytes);
    return fault(reader);
}

/* --- fields -------------------------------------------------------------------------------- */

static bool spans_grow(struct csv_reader *reader)
{
    size_t room = reader->room > 0 ? reader->room * 2 : 64;
    struct csv_span *spans = mem_resize(reader->spans, room, sizeof *spans);
    if (spans != NULL)
        reader->spans = spans;
    struct csv_field *fields = mem_resize(reader->fields, room, sizeof *fields);
    if (fields != NULL)
        reader->fields = fields;
    if (spans == NULL || fields == NULL)
        return false;
    reader->room = room;
    return true;
}

/* The field that ends before `end`. False: err says why. */
static bool add_field(struct csv_reader *reader, size_t end, bool quoted, struct err *err)
{
    if (reader->count >= reader->limits.fields)
        return err_set(err, ERR_LIMIT, "more than %zu columns", reader->limits.fields);
    if (reader->count >= reader->room && !spans_grow(reader))
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", reader->count + 1);
    reader->spans[reader->count++] = (struct csv_span){
        .begin = reader->field_begin - reader->begin,
        .end = end - reader->begin,
        .quoted = quoted,
        .escaped = reader->escaped,
    };
    return true;
}

/* Two quotes become one, in place. Returns the new length. */
static size_t undouble(char *text, size_t length)
{
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        text[kept++] = text[i];
        i += text[i] == '"';
    }
    return kept;
}

static enum csv_status finish_record(struct csv_reader *reader, struct csv_record *record,
                                     struct err *err)
{
    char *base = reader->data + reader->begin;
    for (size_t i = 0; i < reader->count; i++) {
        const struct csv_span *span = &reader->spans[i];
        char *text = base + span->begin;
        size_t length = span->end - span->begin;
        if (reader->foreign && !utf8_is_valid(text, length)) {
            err_set(err, ERR_INVALID, "column %zu is not UTF-8", i + 1);
            return CSV_BAD;
        }
        if (span->escaped)
            length = undouble(text, length);
        reader->fields[i] = (struct csv_field){text, length, span->quoted};
    }
    record->fields = reader->fields;
    record->count = reader->count;
    return CSV_RECORD;
}

/* --- records ------------------------------------------------------------------------------- */

static void begin_record(struct csv_reader *reader)
{
    reader->begin = reader->field_begin = reader->at;
    reader->count = 0;
    reader->escaped = reader->foreign = false;
    reader->record_line = reader->line;
    reader->state = STATE_FIELD;
}

/* The field, and the record with it, ends before `end`; `next` is behind the line's end. */
static enum csv_status end_record(struct csv_reader *reader, size_t end, size_t next,
                                  struct csv_record *record, struct err *err)
{
    if (!add_field(reader, end, reader->state == STATE_CLOSING, err))
        return fault(reader);
    enum csv_status status = finish_record(reader, record, err);
    reader->line += next > reader->at;
    reader->begin = reader->at = next;
    reader->state = STATE_RECORD;
    return status;
}

/* A byte that is special to an unquoted field, or to one whose quote was closed. CSV_MORE: go on
 * with the next byte, or, when reader->at did not move, nothing more can be said yet. */
static enum csv_status take_special(struct csv_reader *reader, enum byte_class kind,
                                    struct csv_record *record, struct err *err)
{
    size_t at = reader->at;
    size_t end = reader->state == STATE_CLOSING ? at - 1 : at;
    switch (kind) {
    case BYTE_DELIMITER:
        if (!add_field(reader, end, reader->state == STATE_CLOSING, err))
            return fault(reader);
        reader->at = reader->field_begin = at + 1;
        reader->escaped = false;
        reader->state = STATE_FIELD;
        return CSV_MORE;
    case BYTE_LINE_FEED:
        return end_record(reader, end, at + 1, record, err);
    case BYTE_RETURN:
        if (at + 1 < reader->end && reader->data[at + 1] == '\n')
            return end_record(reader, end, at + 2, record, err);
        if (at + 1 < reader->end)
            return fault_column(reader, err, "has a carriage return that no line feed follows");
        return reader->closed ? end_record(reader, end, at + 1, record, err) : CSV_MORE;
    case BYTE_NUL:
        return fault_column(reader, err, "holds a NUL byte");
    case BYTE_QUOTE:
        return fault_column(reader, err,
                            "has a quote inside, which must be doubled in a quoted field");
    default:
        return fault_column(reader, err, "has text behind its closing quote");
    }
}

static enum csv_status take_plain(struct csv_reader *reader, struct csv_record *record,
                                  struct err *err)
{
    const unsigned char *data = (const unsigned char *)reader->data;
    size_t at = reader->at;
    size_t end = visible_end(reader);
    unsigned char kind = BYTE_PLAIN;
    for (; at < end; at++) {
        kind = reader->classes[data[at]];
        if (kind > BYTE_FOREIGN)
            break;
        reader->foreign = reader->foreign || kind == BYTE_FOREIGN;
    }
    reader->at = at;
    return at < end ? take_special(reader, kind, record, err) : CSV_MORE;
}

/* Between quotes: up to the next quote. */
static enum csv_status take_quoted(struct csv_reader *reader, struct err *err)
{
    size_t end = visible_end(reader);
    for (; reader->at < end; reader->at++) {
        unsigned char byte = (unsigned char)reader->data[reader->at];
        if (byte == '"') {
            reader->at++;
            reader->state = STATE_CLOSING;
            break;
        }
        if (byte == 0)
            return fault_column(reader, err, "holds a NUL byte");
        reader->foreign = reader->foreign || byte >= 128;
        reader->line += byte == '\n';
    }
    return CSV_MORE;
}

static enum csv_status take(struct csv_reader *reader, struct csv_record *record, struct err *err)
{
    unsigned char kind = reader->classes[(unsigned char)reader->data[reader->at]];
    switch (reader->state) {
    case STATE_RECORD:
        begin_record(reader);
        return take(reader, record, err);
    case STATE_FIELD:
        reader->state = kind == BYTE_QUOTE ? STATE_QUOTED : STATE_PLAIN;
        if (kind == BYTE_QUOTE)
            reader->field_begin = ++reader->at;
        return kind == BYTE_QUOTE ? CSV_MORE : take_plain(reader, record, err);
    case STATE_PLAIN:
        return take_plain(reader, record, err);
    case STATE_QUOTED:
        return take_quoted(reader, err);
    default: /* STATE_CLOSING */
        if (kind != BYTE_QUOTE)
            return take_special(reader, kind, record, err);
        reader->escaped = true;
        reader->state = STATE_QUOTED;
        reader->at++;
        return CSV_MORE;
    }
}

/* What there is when no byte follows. */
static enum csv_status take_end(struct csv_reader *reader, struct csv_record *record,
                                struct err *err)
{
    switch (reader->state) {
    case STATE_RECORD:
    case STATE_SKIP:
        return CSV_END;
    case STATE_QUOTED:
        return fault_column(reader, err, "begins with a quote that is never closed");
    default:
        return end_record(reader, reader->state == STATE_CLOSING ? reader->at - 1 : reader->at,
                          reader->at, record, err);
    }
}

/* Passes over a byte order mark. False: it cannot be told yet. */
static bool start(struct csv_reader *reader)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t there = reader->end - reader->at;
    size_t compared = there < 3 ? there : 3;
    bool same = compared == 0 || memcmp(reader->data + reader->at, mark, compared) == 0;
    if (same && there < 3 && !reader->closed)
        return false;
    if (same && there >= 3)
        reader->at = reader->begin = reader->at + 3;
    reader->started = true;
    return true;
}

enum csv_status csv_next(struct csv_reader *reader, struct csv_record *record, struct err *err)
{
    enum csv_status status = CSV_MORE;
    if (!reader->started && !start(reader))
        return CSV_MORE;
    if (reader->state == STATE_SKIP && !skip_line(reader))
        return reader->closed ? CSV_END : CSV_MORE;
    while (status == CSV_MORE && reader->at < reader->end) {
        size_t before = reader->at;
        unsigned char state = reader->state;
        status = is_too_long(reader) ? fault_length(reader, err) : take(reader, record, err);
        if (status == CSV_MORE && reader->at == before && reader->state == state)
            break;
    }
    if (status == CSV_MORE && is_too_long(reader))
        status = fault_length(reader, err);
    if (status == CSV_MORE && reader->closed)
        status = take_end(reader, record, err);
    record->line = reader->record_line;
    return status;
}

void csv_write_field(struct buf *out, char delimiter, const char *text, size_t length)
{
    bool plain = true;
    for (size_t i = 0; i < length && plain; i++)
        plain = text[i] != delimiter && text[i] != '"' && text[i] != '\n' && text[i] != '\r';
    if (plain) {
        buf_put(out, text, length);
        return;
    }
    buf_put_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            buf_put_char(out, '"');
        buf_put_char(out, text[i]);
    }
    buf_put_char(out, '"');
}
