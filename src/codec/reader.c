#include "codec/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mapping.h"
#include "base/mem.h"
#include "codec/reader_source.h"
#include "base/utf8.h"

#define KEPT_MAX ((ptrdiff_t)1 << 20)
#define GROW_FROM ((size_t)64)

bool reader_is_binary(const char *data, size_t size)
{
    return size >= 2 && data[0] == '{' && strchr("iUIlL$#}", data[1]) != NULL && data[1] != '\0';
}

static struct reader *make(const struct reader_source *source, const char *text, const char *at,
                           const char *end, struct err *err)
{
    struct reader *reader = mem_array(1, sizeof *reader);
    if (reader == NULL) {
        err_set(err, ERR_MEMORY, "no memory to read with");
        return NULL;
    }
    reader->source = source;
    reader->text = text;
    reader->at = at;
    reader->end = end;
    reader->kept = at;
    reader->err = err;
    source->start(reader);
    return reader;
}

struct reader *reader_create(const char *data, size_t size, struct err *err)
{
    bool binary = reader_is_binary(data, size);
    return make(binary ? &reader_ubjson : &reader_json, data, data, data + size, err);
}

struct reader *reader_create_within(const struct reader *whole, struct reader_span span,
                                    struct err *err)
{
    return make(whole->source, whole->text, span.data, span.data + span.size, err);
}

void reader_destroy(struct reader *reader)
{
    if (reader == NULL)
        return;
    free(reader->unescaped);
    free(reader);
}

bool reader_failed(const struct reader *reader)
{
    return reader->failed;
}

#undef reader_fail
#undef reader_unexpected

bool reader_fail(struct reader *reader, enum err_code code, const char *format, ...)
{
    char text[ERR_TEXT_SIZE];
    if (reader->failed)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reader->failed = true;
    size_t place = (size_t)(reader->source->place(reader) - reader->text);
    return err_set(reader->err, code, "%s, at byte %zu", text, place);
}

bool reader_unexpected(struct reader *reader, enum reader_type expected)
{
    enum reader_type found = reader_peek(reader);
    if (reader->failed)
        return false;
    return reader_fail(reader, ERR_INVALID, "expected %s, not %s", reader_type_name(expected),
                       reader_type_name(found));
}

const char *reader_type_name(enum reader_type type)
{
    static const char *const names[] = {
        [READER_NOTHING] = "the end",  [READER_NULL] = "null",     [READER_FLAG] = "true or false",
        [READER_NUMBER] = "a number",  [READER_TEXT] = "a string", [READER_ARRAY] = "an array",
        [READER_OBJECT] = "an object",
    };
    return names[type];
}

enum reader_type reader_peek(struct reader *reader)
{
    return reader->failed ? READER_NOTHING : reader->source->peek(reader);
}

bool reader_open_object(struct reader *reader)
{
    return !reader->failed && reader->source->open(reader, true);
}

bool reader_open_array(struct reader *reader)
{
    return !reader->failed && reader->source->open(reader, false);
}

void reader_pass(struct reader *reader, const char *at)
{
    if (at - reader->kept < KEPT_MAX)
        return;
    mapping_release(reader->kept, at);
    reader->kept = at;
}

bool reader_next_key(struct reader *reader, struct reader_text *key)
{
    if (reader->failed)
        return false;
    reader_pass(reader, reader->source->place(reader));
    return reader->source->next_key(reader, key);
}

bool reader_next_item(struct reader *reader)
{
    if (reader->failed)
        return false;
    reader_pass(reader, reader->source->place(reader));
    return reader->source->next_item(reader);
}

static bool is_plain_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = utf8_sequence(text + i, length - i);
        if (step == 0 || text[i] == '\0')
            return false;
        i += step;
    }
    return true;
}

bool reader_text(struct reader *reader, struct reader_text *text)
{
    if (reader->failed || !reader->source->text(reader, text))
        return false;
    return is_plain_text(text->bytes, text->length) ||
           reader_fail(reader, ERR_INVALID, "a string is not valid UTF-8 or contains U+0000");
}

bool reader_number(struct reader *reader, double *number)
{
    return !reader->failed && reader->source->number(reader, number);
}

bool reader_single(struct reader *reader, float *number)
{
    return !reader->failed && reader->source->single(reader, number);
}

bool reader_integer(struct reader *reader, int64_t *number)
{
    return !reader->failed && reader->source->integer(reader, number);
}

bool reader_read_singles(struct reader *reader, struct reader_singles *singles, size_t limit)
{
    singles->count = 0;
    return !reader->failed && reader->source->singles(reader, singles, limit);
}

bool reader_read_integers(struct reader *reader, struct reader_integers *integers, size_t limit)
{
    integers->count = 0;
    return !reader->failed && reader->source->integers(reader, integers, limit);
}

bool reader_skip(struct reader *reader, struct reader_span *span)
{
    struct reader_span unused;
    return !reader->failed && reader->source->skip(reader, span != NULL ? span : &unused);
}

bool reader_end(struct reader *reader)
{
    return !reader->failed && reader->source->end(reader);
}

bool reader_text_is(struct reader_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.bytes, word, text.length) == 0;
}

/* *block grows by half, to at least `count` and at most `limit` values. */
static bool grow(struct reader *reader, void **block, size_t *capacity, size_t count, size_t size,
                 size_t limit)
{
    if (count <= *capacity)
        return true;
    if (count > limit)
        return reader_fail(reader, ERR_LIMIT, "an array has more than %zu values", limit);
    size_t wanted = *capacity + *capacity / 2;
    wanted = wanted < GROW_FROM ? GROW_FROM : wanted;
    wanted = wanted > limit ? limit : wanted;
    wanted = wanted < count ? count : wanted;
    void *larger = mem_resize(*block, wanted, size);
    if (larger == NULL)
        return reader_fail(reader, ERR_MEMORY, "no memory for %zu values", wanted);
    *block = larger;
    *capacity = wanted;
    return true;
}

bool reader_singles_room(struct reader *reader, struct reader_singles *singles, size_t count,
                         size_t limit)
{
    void *block = singles->values;
    bool ok = grow(reader, &block, &singles->capacity, count, sizeof *singles->values, limit);
    singles->values = block;
    return ok;
}

bool reader_integers_room(struct reader *reader, struct reader_integers *integers, size_t count,
                          size_t limit)
{
    void *block = integers->values;
    bool ok = grow(reader, &block, &integers->capacity, count, sizeof *integers->values, limit);
    integers->values = block;
    return ok;
}

void reader_singles_finish(struct reader_singles *singles)
{
    free(singles->values);
    *singles = (struct reader_singles){0};
}

void reader_integers_finish(struct reader_integers *integers)
{
    free(integers->values);
    *integers = (struct reader_integers){0};
}
