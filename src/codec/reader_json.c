/* The JSON half of codec/reader, on the scanner, with one token of looking ahead. Arrays of numbers
 * and what is skipped go past the scanner, byte by byte. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/number.h"
#include "codec/reader_source.h"

#define UTF8_MAX 4

static void reader_json_start(struct reader *reader)
{
    scan_init(&reader->scan, reader->text, (size_t)(reader->end - reader->text));
    reader->scan.at = reader->at;
    reader->scan.non_finite = true;
}

static enum scan_token look(struct reader *reader)
{
    if (!reader->looked) {
        reader->token = scan_next(&reader->scan);
        reader->looked = true;
        if (reader->token == SCAN_ERROR) {
            reader->failed = true;
            scan_fail(&reader->scan, reader->err);
        }
    }
    return reader->token;
}

static void take(struct reader *reader)
{
    reader->looked = false;
}

static enum reader_type reader_json_peek(struct reader *reader)
{
    switch (look(reader)) {
    case SCAN_OPEN_OBJECT:
        return READER_OBJECT;
    case SCAN_OPEN_ARRAY:
        return READER_ARRAY;
    case SCAN_STRING:
        return READER_TEXT;
    case SCAN_NUMBER:
        return READER_NUMBER;
    case SCAN_LITERAL:
        return *reader->scan.start == 'n' ? READER_NULL : READER_FLAG;
    default:
        return READER_NOTHING;
    }
}

static bool expect(struct reader *reader, enum reader_type type)
{
    if (reader_json_peek(reader) != type)
        return reader_unexpected(reader, type);
    take(reader);
    return true;
}

static bool reader_json_open(struct reader *reader, bool object)
{
    return expect(reader, object ? READER_OBJECT : READER_ARRAY);
}

/* The last key or string, its escapes undone. */
static bool current_text(struct reader *reader, struct reader_text *text)
{
    const struct scan *scan = &reader->scan;
    *text = (struct reader_text){scan->start, scan->length};
    if (!scan->escaped)
        return true;
    /* A character more, in case that an escape of a mapped file changes while it is undone. */
    if (reader->unescaped_size < scan->length + UTF8_MAX + 1) {
        char *larger = mem_resize(reader->unescaped, scan->length + UTF8_MAX + 1, 1);
        if (larger == NULL)
            return reader_fail(reader, ERR_MEMORY, "no memory for a string");
        reader->unescaped = larger;
        reader->unescaped_size = scan->length + UTF8_MAX + 1;
    }
    text->bytes = reader->unescaped;
    text->length = scan_unescape(scan->start, scan->length, reader->unescaped);
    return true;
}

static bool reader_json_next_key(struct reader *reader, struct reader_text *key)
{
    enum scan_token token = look(reader);
    take(reader);
    return token == SCAN_KEY && current_text(reader, key);
}

static bool reader_json_next_item(struct reader *reader)
{
    enum scan_token token = look(reader);
    if (token == SCAN_CLOSE_ARRAY)
        take(reader);
    return token != SCAN_CLOSE_ARRAY && token != SCAN_ERROR;
}

static bool reader_json_text(struct reader *reader, struct reader_text *text)
{
    return expect(reader, READER_TEXT) && current_text(reader, text);
}

/* at: the first byte of a number that the scanner passed, or anything. NULL: it is none. */
static const char *non_finite(const char *at, const char *end, double *value)
{
    static const struct {
        const char *word;
        double value;
    } names[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(names[i].word);
        if ((size_t)(end - at) >= length && memcmp(at, names[i].word, length) == 0) {
            *value = names[i].value;
            return at + length;
        }
    }
    return NULL;
}

static const char *read_double(const char *at, const char *end, double *value)
{
    const char *after = number_read(at, end, value);
    return after != NULL ? after : non_finite(at, end, value);
}

static const char *read_single(const char *at, const char *end, float *value)
{
    double named;
    const char *after = number_read_single(at, end, value);
    if (after != NULL)
        return after;
    after = non_finite(at, end, &named);
    if (after != NULL)
        *value = (float)named;
    return after;
}

static bool reader_json_number(struct reader *reader, double *number)
{
    const struct scan *scan = &reader->scan;
    return expect(reader, READER_NUMBER) &&
           (read_double(scan->start, scan->start + scan->length, number) != NULL ||
            reader_fail(reader, ERR_INVALID, "not a number"));
}

static bool reader_json_single(struct reader *reader, float *number)
{
    const struct scan *scan = &reader->scan;
    return expect(reader, READER_NUMBER) &&
           (read_single(scan->start, scan->start + scan->length, number) != NULL ||
            reader_fail(reader, ERR_INVALID, "not a number"));
}

/* Digits alone, within 64 bits. Returns the byte after them or NULL. */
static const char *read_digits(const char *at, const char *end, int64_t *value)
{
    bool negative = at < end && *at == '-';
    at += negative;
    const char *first = at;
    int64_t sum = 0;
    for (; at < end && (unsigned char)(*at - '0') < 10; at++) {
        int digit = *at - '0';
        if (sum < (INT64_MIN + digit) / 10)
            return NULL;
        sum = sum * 10 - digit; /* the negative side reaches further */
    }
    if (at == first || (!negative && sum == INT64_MIN))
        return NULL;
    if (at < end && (*at == '.' || *at == 'e' || *at == 'E'))
        return NULL;
    *value = negative ? sum : -sum;
    return at;
}

static bool reader_json_integer(struct reader *reader, int64_t *number)
{
    const struct scan *scan = &reader->scan;
    if (reader_json_peek(reader) == READER_FLAG) {
        *number = *scan->start == 't';
        take(reader);
        return true;
    }
    return expect(reader, READER_NUMBER) &&
           (read_digits(scan->start, scan->start + scan->length, number) != NULL ||
            reader_fail(reader, ERR_INVALID, "expected a whole number"));
}

/* The scanner goes on at a closing bracket that was found without it. */
static bool close_at(struct reader *reader, const char *at, bool object)
{
    reader->scan.at = at;
    reader->scan.state = object ? SCAN_WANT_KEY_OR_CLOSE : SCAN_WANT_VALUE_OR_CLOSE;
    look(reader);
    take(reader);
    return !reader->failed;
}

static bool wrong_item(struct reader *reader, const char *at, const char *expected)
{
    reader->scan.at = at;
    if (at >= reader->end)
        return reader_fail(reader, ERR_INVALID, "an array is not closed");
    return reader_fail(reader, ERR_INVALID, "expected %s", expected);
}

/* Behind an item: true, *at at the next item or at the bracket that ends the array, *more says
 * which. */
static bool separator(struct reader *reader, const char **at, bool *more)
{
    *at = scan_skip_space(*at, reader->end);
    if (*at >= reader->end || (**at != ',' && **at != ']'))
        return wrong_item(reader, *at, "a comma or ]");
    *more = **at == ',';
    if (*more)
        *at = scan_skip_space(*at + 1, reader->end);
    return true;
}

static bool reader_json_singles(struct reader *reader, struct reader_singles *singles, size_t limit)
{
    if (!expect(reader, READER_ARRAY))
        return false;
    const char *at = scan_skip_space(reader->scan.at, reader->end);
    bool more = at >= reader->end || *at != ']';
    while (more) {
        if (!reader_singles_room(reader, singles, singles->count + 1, limit))
            return false;
        const char *after = read_single(at, reader->end, &singles->values[singles->count]);
        if (after == NULL)
            return wrong_item(reader, at, "a number");
        singles->count++;
        at = after;
        if (!separator(reader, &at, &more))
            return false;
    }
    return close_at(reader, at, false);
}

static const char *read_small(const char *at, const char *end, int32_t *value)
{
    int64_t number;
    const char *after = read_digits(at, end, &number);
    if (after != NULL && number >= INT32_MIN && number <= INT32_MAX) {
        *value = (int32_t)number;
        return after;
    }
    if (end - at >= 4 && memcmp(at, "true", 4) == 0) {
        *value = 1;
        return at + 4;
    }
    if (end - at >= 5 && memcmp(at, "false", 5) == 0) {
        *value = 0;
        return at + 5;
    }
    return NULL;
}

static bool reader_json_integers(struct reader *reader, struct reader_integers *integers,
                                 size_t limit)
{
    if (!expect(reader, READER_ARRAY))
        return false;
    const char *at = scan_skip_space(reader->scan.at, reader->end);
    bool more = at >= reader->end || *at != ']';
    while (more) {
        if (!reader_integers_room(reader, integers, integers->count + 1, limit))
            return false;
        const char *after = read_small(at, reader->end, &integers->values[integers->count]);
        if (after == NULL)
            return wrong_item(reader, at, "a whole number of 32 bits");
        integers->count++;
        at = after;
        if (!separator(reader, &at, &more))
            return false;
    }
    return close_at(reader, at, false);
}

/* The byte after a string whose first byte after the quote is at `at`, or NULL. */
static const char *string_end(const char *at, const char *end)
{
    for (;;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL)
            return NULL;
        size_t slashes = 0;
        while (quote - slashes > at && quote[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        at = quote + 1;
        if (slashes % 2 == 0)
            return at;
    }
}

static bool is_bracket_or_quote(char c)
{
    return c == '"' || c == '[' || c == ']' || c == '{' || c == '}';
}

/* at: inside of a container. Returns the bracket that ends it, or NULL with *at where it failed. */
static const char *container_end(struct reader *reader, const char **at, bool object)
{
    const char *end = reader->end;
    uint64_t objects = object; /* bit d: the container at that depth is an object */
    size_t depth = 0;
    while (*at != NULL && *at < end) {
        char c = **at;
        if (!is_bracket_or_quote(c)) {
            (*at)++;
        } else if (c == '"') {
            *at = string_end(*at + 1, end);
        } else if (c == '[' || c == '{') {
            if (++depth == READER_DEPTH_MAX)
                return NULL;
            uint64_t bit = UINT64_C(1) << depth;
            objects = c == '{' ? objects | bit : objects & ~bit;
            reader_pass(reader, *at);
            (*at)++;
        } else if ((c == '}') != (objects >> depth & 1)) {
            return NULL;
        } else if (depth == 0) {
            return *at;
        } else {
            depth--;
            (*at)++;
        }
    }
    if (*at == NULL)
        *at = end;
    return NULL;
}

static bool reader_json_skip(struct reader *reader, struct reader_span *span)
{
    enum reader_type type = reader_json_peek(reader);
    if (type == READER_NOTHING)
        return reader->failed
                   ? false
                   : reader_fail(reader, ERR_INVALID, "not valid JSON: expected a value");
    bool container = type == READER_ARRAY || type == READER_OBJECT;
    span->data = reader->scan.start - (type == READER_TEXT);
    take(reader);
    if (container) {
        const char *at = reader->scan.at;
        const char *close = container_end(reader, &at, type == READER_OBJECT);
        reader->scan.at = at;
        if (close == NULL)
            return reader_fail(reader, ERR_INVALID,
                               "not valid JSON: %s is not closed, or nested too deeply",
                               reader_type_name(type));
        if (!close_at(reader, close, type == READER_OBJECT))
            return false;
    }
    span->size = (size_t)(reader->scan.at - span->data);
    return true;
}

static bool reader_json_end(struct reader *reader)
{
    return look(reader) == SCAN_END;
}

static const char *reader_json_place(const struct reader *reader)
{
    bool ahead = reader->looked && reader->token != SCAN_END && reader->token != SCAN_ERROR;
    return ahead ? reader->scan.start : reader->scan.at;
}

const struct reader_source reader_json = {
    .start = reader_json_start,
    .peek = reader_json_peek,
    .open = reader_json_open,
    .next_key = reader_json_next_key,
    .next_item = reader_json_next_item,
    .text = reader_json_text,
    .number = reader_json_number,
    .single = reader_json_single,
    .integer = reader_json_integer,
    .singles = reader_json_singles,
    .integers = reader_json_integers,
    .skip = reader_json_skip,
    .end = reader_json_end,
    .place = reader_json_place,
};
