/* The UBJSON half of codec/reader (UBJSON draft 12): a marker byte says what a value is, numbers
 * are big-endian, a container may say how many values it has and which type they all are.
 * High-precision numbers and containers of a type without size or with brackets are refused: they
 * let a few bytes claim any number of values, and no writer of models has them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/reader_source.h"

static void ubjson_start(struct reader *reader)
{
    reader->depth = 0;
}

static const char *ubjson_place(const struct reader *reader)
{
    return reader->at;
}

static size_t left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static bool ends_early(struct reader *reader)
{
    return reader_fail(reader, ERR_INVALID, "not valid UBJSON: it ends too early");
}

/* Bytes of a number of that type, 0 for other types. */
static size_t number_size(char type)
{
    switch (type) {
    case 'i':
    case 'U':
    case 'C':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

static uint64_t big_endian(const char *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

static int64_t integer_of(char type, const char *at)
{
    uint64_t bits = big_endian(at, number_size(type));
    switch (type) {
    case 'i':
        return (int8_t)bits;
    case 'I':
        return (int16_t)bits;
    case 'l':
        return (int32_t)bits;
    default: /* L, U, C */
        return (int64_t)bits;
    }
}

static float float_of(const char *at)
{
    uint32_t bits = (uint32_t)big_endian(at, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double double_of(char type, const char *at)
{
    if (type == 'd')
        return float_of(at);
    if (type != 'D')
        return (double)integer_of(type, at);
    uint64_t bits = big_endian(at, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float single_of(char type, const char *at)
{
    if (type == 'd')
        return float_of(at);
    return type == 'D' ? (float)double_of(type, at) : (float)integer_of(type, at);
}

static struct ubjson_frame *top(struct reader *reader)
{
    return reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;
}

/* The type of the value that comes next; 0 at the end, or after a failure. */
static char marker(struct reader *reader)
{
    const struct ubjson_frame *frame = top(reader);
    if (frame != NULL && frame->type != 0)
        return frame->type;
    while (reader->at < reader->end && *reader->at == 'N')
        reader->at++;
    return reader->at < reader->end ? *reader->at : '\0';
}

/* Goes behind the marker and counts the value. */
static void take_marker(struct reader *reader)
{
    struct ubjson_frame *frame = top(reader);
    if (frame == NULL || frame->type == 0)
        reader->at++;
    if (frame != NULL && frame->counted)
        frame->left--;
}

static enum reader_type type_of(char type)
{
    switch (type) {
    case 'Z':
        return READER_NULL;
    case 'T':
    case 'F':
        return READER_FLAG;
    case 'S':
        return READER_TEXT;
    case '[':
        return READER_ARRAY;
    case '{':
        return READER_OBJECT;
    default:
        return number_size(type) > 0 ? READER_NUMBER : READER_NOTHING;
    }
}

static enum reader_type ubjson_peek(struct reader *reader)
{
    char type = marker(reader);
    enum reader_type found = type_of(type);
    if (found == READER_NOTHING && reader->at < reader->end)
        reader_fail(reader, ERR_INVALID, "not valid UBJSON: an unknown type");
    return found;
}

static bool expect(struct reader *reader, enum reader_type type, char *found)
{
    if (ubjson_peek(reader) != type)
        return reader_unexpected(reader, type);
    *found = marker(reader);
    take_marker(reader);
    return true;
}

/* A length or a count: an integer with its own marker, not negative. */
static bool read_length(struct reader *reader, uint64_t *length)
{
    if (left(reader) == 0)
        return ends_early(reader);
    char type = *reader->at;
    size_t size = type == 'd' || type == 'D' || type == 'C' ? 0 : number_size(type);
    if (size == 0)
        return reader_fail(reader, ERR_INVALID, "not valid UBJSON: a length is expected");
    if (left(reader) < 1 + size)
        return ends_early(reader);
    int64_t value = integer_of(type, reader->at + 1);
    if (value < 0)
        return reader_fail(reader, ERR_INVALID, "not valid UBJSON: a negative length");
    reader->at += 1 + size;
    *length = (uint64_t)value;
    return true;
}

/* What may stand after an opening bracket. Nothing claims more values than bytes are left. */
static bool read_header(struct reader *reader, struct ubjson_frame *frame)
{
    size_t each = 1; /* bytes of a value, at least */
    if (left(reader) > 0 && *reader->at == '$') {
        if (left(reader) < 3 || reader->at[2] != '#')
            return reader_fail(reader, ERR_INVALID, "not valid UBJSON: a type without a count");
        frame->type = reader->at[1];
        each = number_size(frame->type);
        if (each == 0)
            return reader_fail(reader, ERR_UNSUPPORTED,
                               "a UBJSON container of a type other than numbers is not read");
        reader->at += 2;
    }
    if (left(reader) == 0 || *reader->at != '#')
        return true;
    reader->at++;
    frame->counted = true;
    if (!read_length(reader, &frame->left))
        return false;
    return frame->left <= left(reader) / each ||
           reader_fail(reader, ERR_LIMIT, "a container claims more values than the file has bytes");
}

static bool ubjson_open(struct reader *reader, bool object)
{
    char type;
    if (!expect(reader, object ? READER_OBJECT : READER_ARRAY, &type))
        return false;
    if (reader->depth == READER_DEPTH_MAX)
        return reader_fail(reader, ERR_LIMIT, "nested more than %d deep", READER_DEPTH_MAX);
    struct ubjson_frame frame = {.object = object};
    if (!read_header(reader, &frame))
        return false;
    reader->frames[reader->depth++] = frame;
    return true;
}

/* True if the open container has another value; else it is left behind. */
static bool goes_on(struct reader *reader)
{
    struct ubjson_frame *frame = top(reader);
    if (frame->counted) {
        if (frame->left == 0)
            reader->depth--;
        return frame->left > 0;
    }
    while (reader->at < reader->end && *reader->at == 'N')
        reader->at++;
    if (reader->at >= reader->end)
        return ends_early(reader);
    if (*reader->at != (frame->object ? '}' : ']'))
        return true;
    reader->at++;
    reader->depth--;
    return false;
}

static bool read_bytes(struct reader *reader, struct reader_text *text)
{
    uint64_t length = 0;
    if (!read_length(reader, &length))
        return false;
    if (length > left(reader))
        return ends_early(reader);
    *text = (struct reader_text){reader->at, (size_t)length};
    reader->at += length;
    return true;
}

static bool ubjson_next_key(struct reader *reader, struct reader_text *key)
{
    return goes_on(reader) && read_bytes(reader, key);
}

static bool ubjson_text(struct reader *reader, struct reader_text *text)
{
    char type;
    return expect(reader, READER_TEXT, &type) && read_bytes(reader, text);
}

/* A number's bytes: *at, and the reader is behind them. */
static bool take_number(struct reader *reader, char *type, const char **at)
{
    if (!expect(reader, READER_NUMBER, type))
        return false;
    size_t size = number_size(*type);
    if (left(reader) < size)
        return ends_early(reader);
    *at = reader->at;
    reader->at += size;
    return true;
}

static bool ubjson_number(struct reader *reader, double *number)
{
    char type;
    const char *at;
    if (!take_number(reader, &type, &at))
        return false;
    *number = double_of(type, at);
    return true;
}

static bool ubjson_single(struct reader *reader, float *number)
{
    char type;
    const char *at;
    if (!take_number(reader, &type, &at))
        return false;
    *number = single_of(type, at);
    return true;
}

static bool ubjson_integer(struct reader *reader, int64_t *number)
{
    char type;
    const char *at;
    if (ubjson_peek(reader) == READER_FLAG) {
        *number = marker(reader) == 'T';
        take_marker(reader);
        return true;
    }
    if (!take_number(reader, &type, &at))
        return false;
    if (type == 'd' || type == 'D')
        return reader_fail(reader, ERR_INVALID, "expected a whole number");
    *number = integer_of(type, at);
    return true;
}

/* An array of one type: its numbers are there and the reader is behind them. */
static void take_typed(struct reader *reader, char *type, const char **at, size_t *count)
{
    const struct ubjson_frame *frame = top(reader);
    *type = frame->type;
    *at = reader->at;
    *count = (size_t)frame->left; /* fits: it was compared with the bytes left */
    reader->at += *count * number_size(*type);
    reader->depth--;
}

static bool untyped_singles(struct reader *reader, struct reader_singles *singles, size_t limit)
{
    while (goes_on(reader)) {
        if (!reader_singles_room(reader, singles, singles->count + 1, limit) ||
            !ubjson_single(reader, &singles->values[singles->count]))
            return false;
        singles->count++;
    }
    return !reader->failed;
}

static bool ubjson_singles(struct reader *reader, struct reader_singles *singles, size_t limit)
{
    if (!ubjson_open(reader, false))
        return false;
    if (top(reader)->type == 0)
        return untyped_singles(reader, singles, limit);
    char type;
    const char *at;
    size_t count;
    take_typed(reader, &type, &at, &count);
    if (!reader_singles_room(reader, singles, count, limit))
        return false;
    size_t size = number_size(type);
    for (size_t i = 0; i < count; i++)
        singles->values[i] = single_of(type, at + i * size);
    singles->count = count;
    return true;
}

static bool small(struct reader *reader, int64_t number, int32_t *value)
{
    *value = (int32_t)number;
    return (number >= INT32_MIN && number <= INT32_MAX) ||
           reader_fail(reader, ERR_INVALID, "expected a whole number of 32 bits");
}

static bool untyped_integers(struct reader *reader, struct reader_integers *integers, size_t limit)
{
    while (goes_on(reader)) {
        int64_t number;
        if (!reader_integers_room(reader, integers, integers->count + 1, limit) ||
            !ubjson_integer(reader, &number) ||
            !small(reader, number, &integers->values[integers->count]))
            return false;
        integers->count++;
    }
    return !reader->failed;
}

static bool ubjson_integers(struct reader *reader, struct reader_integers *integers, size_t limit)
{
    if (!ubjson_open(reader, false))
        return false;
    if (top(reader)->type == 0)
        return untyped_integers(reader, integers, limit);
    char type;
    const char *at;
    size_t count;
    take_typed(reader, &type, &at, &count);
    if (type == 'd' || type == 'D')
        return reader_fail(reader, ERR_INVALID, "expected whole numbers");
    if (!reader_integers_room(reader, integers, count, limit))
        return false;
    size_t size = number_size(type);
    for (size_t i = 0; i < count; i++) {
        if (!small(reader, integer_of(type, at + i * size), &integers->values[i]))
            return false;
    }
    integers->count = count;
    return true;
}

/* Behind the next value, or into it if it is a container. */
static bool step(struct reader *reader)
{
    char type;
    const char *at;
    struct reader_text text;
    switch (ubjson_peek(reader)) {
    case READER_NOTHING:
        return reader->failed ? false : ends_early(reader);
    case READER_NUMBER:
        return take_number(reader, &type, &at);
    case READER_TEXT:
        return ubjson_text(reader, &text);
    case READER_ARRAY:
        return ubjson_open(reader, false);
    case READER_OBJECT:
        return ubjson_open(reader, true);
    default:
        take_marker(reader);
        return true;
    }
}

/* Steps until the containers that `step` opened are closed again. */
static bool step_out(struct reader *reader, size_t depth)
{
    struct reader_text key;
    while (!reader->failed && reader->depth > depth) {
        const struct ubjson_frame *frame = top(reader);
        bool object = frame->object;
        if (frame->type != 0 && !object) {
            reader->at += frame->left * number_size(frame->type);
            reader->depth--;
        } else if (object ? ubjson_next_key(reader, &key) : goes_on(reader)) {
            step(reader);
        }
        reader_pass(reader, reader->at);
    }
    return !reader->failed;
}

static bool ubjson_skip(struct reader *reader, struct reader_span *span)
{
    size_t depth = reader->depth;
    marker(reader); /* goes behind what stands for nothing */
    span->data = reader->at;
    if (!step(reader) || !step_out(reader, depth))
        return false;
    span->size = (size_t)(reader->at - span->data);
    return true;
}

static bool ubjson_end(struct reader *reader)
{
    return reader->depth == 0 && marker(reader) == '\0' && reader->at >= reader->end;
}

const struct reader_source reader_ubjson = {
    .start = ubjson_start,
    .peek = ubjson_peek,
    .open = ubjson_open,
    .next_key = ubjson_next_key,
    .next_item = goes_on,
    .text = ubjson_text,
    .number = ubjson_number,
    .single = ubjson_single,
    .integer = ubjson_integer,
    .singles = ubjson_singles,
    .integers = ubjson_integers,
    .skip = ubjson_skip,
    .end = ubjson_end,
    .place = ubjson_place,
};
