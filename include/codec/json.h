/* JSON: json-c reads it and is the judge of what is JSON; this module is its only home.
 *
 * Strict (no comments, no trailing commas or bytes, no bare NaN, valid UTF-8), with a depth limit.
 * Duplicate keys: the last one wins (json-c); json_parse_document refuses them instead. */
#ifndef OMEN_CODEC_JSON_H
#define OMEN_CODEC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json_write.h"

/* A value in a parsed text; borrowed from its root, which the caller frees. NULL is JSON null. */
struct json;

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_NUMBERS, /* only where codec/envelope.h was asked for it */
};

#define JSON_DEPTH_MAX 100 /* Triton's, whose clients see it in an error */

/* A request body. err->text says what is wrong and at which byte, without quoting it. Top-level
 * scalars are accepted; *root may be NULL (null). */
bool json_parse(const char *text, size_t length, struct json **root, struct err *err);
void json_free(struct json *root);
/* Each thread keeps one json-c tokener, freed when the thread ends. This gives it back sooner: for
 * the main thread before exit, where leak checkers look. */
void json_thread_finish(void);

enum json_type json_type(const struct json *value);
const char *json_type_name(enum json_type type); /* "null", "a string", "a number" ... */

bool json_bool(const struct json *value);
double json_number(const struct json *value);
/* True, with the exact value, if the number was written without point and exponent and fits. */
bool json_integer(const struct json *value, int64_t *integer);
const char *json_string(const struct json *value, size_t *length); /* NUL-terminated besides */
size_t json_array_length(const struct json *value);
const struct json *json_array_at(const struct json *value, size_t index);
/* *found says whether the key is there (its value may be null = NULL). */
const struct json *json_object_member(const struct json *value, const char *key, bool *found);
/* The same. Inline, because json-c exports a function of this name that ours must not replace. */
static inline const struct json *json_object_get(const struct json *value, const char *key,
                                                 bool *found)
{
    return json_object_member(value, key, found);
}
size_t json_object_size(const struct json *value);

/* for (struct json_iterator it = json_begin(object); json_next(&it);) use it.key, it.value */
struct json_iterator {
    const void *entry;
    const char *key;
    size_t key_length;
    const struct json *value;
};
struct json_iterator json_begin(const struct json *object);
bool json_next(struct json_iterator *iterator);

/* A place in a document, kept on the stack while walking it. */
struct json_place {
    const struct json_place *parent; /* NULL: the root, "$" */
    const char *key;                 /* NULL: an array element */
    size_t index;
};
/* "$.steps[2].mean_"; cut to size. Keys that are no plain words are quoted: $["a b"]. */
void json_place_format(const struct json_place *place, char *text, size_t size);

/* A document of ours (a model): as json_parse, and refuses duplicate keys, naming the place, and
 * with ERR_LIMIT one whose tree would take more than JSON_DOCUMENT_MEMORY_MAX bytes, about: half a
 * gigabyte of "{}" would take a hundred. */
#define JSON_DOCUMENT_MEMORY_MAX ((size_t)1 << 30)
bool json_parse_document(const char *text, size_t length, struct json **root, struct err *err);

/* Writing, beside base/json_write.h. */
void json_write_number(struct buf *out, double value); /* NaN, infinities: null */
void json_write_single(struct buf *out, double value); /* value was computed in float32 */

#endif
