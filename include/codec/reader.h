/* Pulls values out of a large document, one after the other, without making a tree of it: JSON
 * (with NaN and Infinity, as model files have them) or UBJSON, which has the same values in binary.
 *
 * The caller asks for what it expects. The first thing that is wrong fills the err that was given
 * at the start, and from then on every function returns false: ask reader_failed once, after a
 * loop. */
#ifndef OMEN_CODEC_READER_H
#define OMEN_CODEC_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct reader;

enum reader_type {
    READER_NOTHING, /* the document has ended, or the reader failed */
    READER_NULL,
    READER_FLAG,
    READER_NUMBER,
    READER_TEXT,
    READER_ARRAY,
    READER_OBJECT,
};

/* A piece of text; valid until the next call. Not NUL-terminated. */
struct reader_text {
    const char *bytes;
    size_t length;
};

/* Where a value was that was skipped. */
struct reader_span {
    const char *data;
    size_t size;
};

/* Growing arrays that are used again: an array's numbers replace what was there. */
struct reader_singles {
    float *values;
    size_t count, capacity;
};
struct reader_integers {
    int32_t *values;
    size_t count, capacity;
};

/* True for the first bytes of a UBJSON object. */
bool reader_is_binary(const char *data, size_t size);

/* **Keeps** data and err. NULL and err without memory. */
struct reader *reader_create(const char *data, size_t size, struct err *err);
/* A reader of a value that `whole` skipped; errors give places in the whole. */
struct reader *reader_create_within(const struct reader *whole, struct reader_span span,
                                    struct err *err);
void reader_destroy(struct reader *reader);

bool reader_failed(const struct reader *reader);
/* The caller found something wrong with a value. Says where. Returns false. */
bool reader_fail(struct reader *reader, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* see err.h */
#define reader_fail(...) err_false(reader_fail(__VA_ARGS__))
#endif

/* What comes next: looks only. */
enum reader_type reader_peek(struct reader *reader);
const char *reader_type_name(enum reader_type type); /* "a number", "an array" ... */

/* while (reader_next_key(reader, &key)) read or skip its value. The last call leaves the object. */
bool reader_open_object(struct reader *reader);
bool reader_next_key(struct reader *reader, struct reader_text *key);
/* while (reader_next_item(reader)) read or skip it. */
bool reader_open_array(struct reader *reader);
bool reader_next_item(struct reader *reader);

/* Valid UTF-8 without U+0000. */
bool reader_text(struct reader *reader, struct reader_text *text);
bool reader_number(struct reader *reader, double *number);
/* Rounded once from the text, or from a double. */
bool reader_single(struct reader *reader, float *number);
/* A whole number, or a flag as 0 and 1. */
bool reader_integer(struct reader *reader, int64_t *number);
/* Arrays of numbers, at most `limit` of them (ERR_LIMIT). */
bool reader_read_singles(struct reader *reader, struct reader_singles *singles, size_t limit);
bool reader_read_integers(struct reader *reader, struct reader_integers *integers, size_t limit);
void reader_singles_finish(struct reader_singles *singles);
void reader_integers_finish(struct reader_integers *integers);

/* Passes over a value. `span` may be NULL. What is in a JSON value is not looked at, but for its
 * strings' ends and its brackets. */
bool reader_skip(struct reader *reader, struct reader_span *span);

/* True if the document has ended. */
bool reader_end(struct reader *reader);

bool reader_text_is(struct reader_text text, const char *word);

#endif
