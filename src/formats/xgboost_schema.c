#include "formats/xgboost_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WORDS_MAX ((size_t)1 << 24) /* of one feature; codes are below it */
#define WORD_BYTES_MAX ((size_t)1 << 30)

/* One feature's entry in "enc": words as offsets into bytes, or numbers. */
struct encoding {
    struct reader_integers offsets, bytes;
    struct reader_span values; /* read once it is known what they are */
};

static void encoding_finish(struct encoding *encoding)
{
    reader_integers_finish(&encoding->offsets);
    reader_integers_finish(&encoding->bytes);
}

static bool make_words(struct field *field, size_t count, struct err *err)
{
    field->type = FIELD_CATEGORY;
    field->word_count = 0;
    field->words = mem_array(count, sizeof *field->words);
    field->word_is_number = mem_array(count, sizeof *field->word_is_number);
    return (field->words != NULL && field->word_is_number != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for %zu categories", count);
}

static bool add_word(struct field *field, const char *text, size_t length, bool is_number,
                     struct err *err)
{
    char *word = mem_copy_text(text, length);
    if (word == NULL)
        return err_set(err, ERR_MEMORY, "no memory for categories");
    field->words[field->word_count] = word;
    field->word_is_number[field->word_count] = is_number;
    field->word_count++;
    return true;
}

/* Until 3.3 offsets count characters and the bytes are cut at as many: where a word is not ASCII,
 * the last words are lost. */
static bool words_are_lost(const struct xgboost_document *document, const char *text, size_t length)
{
    bool ascii = true;
    for (size_t i = 0; i < length; i++)
        ascii = ascii && (unsigned char)text[i] < 0x80;
    return !ascii && !xgboost_document_since(document, 3, 4, 0);
}

/* bytes: UTF-8, one number each, which some releases write with a sign. */
static bool text_words(const struct xgboost_document *document, const struct encoding *encoding,
                       struct field *field, struct err *err)
{
    const struct reader_integers *offsets = &encoding->offsets, *bytes = &encoding->bytes;
    if (offsets->count <= 1)
        return true; /* no category: not a category's feature */
    char *text = mem_array(bytes->count + 1, 1);
    if (text == NULL)
        return err_set(err, ERR_MEMORY, "no memory for categories");
    bool ok = true;
    for (size_t i = 0; i < bytes->count; i++) {
        text[i] = (char)(unsigned char)(bytes->values[i] & 0xFF);
        ok = ok && (text[i] != '\0' || err_set(err, ERR_INVALID, "a category contains U+0000"));
    }
    if (words_are_lost(document, text, bytes->count)) {
        free(text);
        return ok;
    }
    ok = ok && make_words(field, offsets->count - 1, err);
    for (size_t i = 0; ok && i + 1 < offsets->count; i++) {
        int32_t begin = offsets->values[i], end = offsets->values[i + 1];
        ok = begin >= 0 && begin <= end && (size_t)end <= bytes->count;
        if (!ok)
            err_set(err, ERR_INVALID, "offsets do not lead into values");
        else
            ok = add_word(field, text + begin, (size_t)(end - begin), false, err);
    }
    free(text);
    return ok;
}

static bool number_words(struct reader *reader, struct field *field, struct err *err)
{
    size_t capacity = 0, count = 0;
    double *numbers = NULL, number;
    bool ok = reader_open_array(reader);
    while (ok && reader_next_item(reader)) {
        ok = reader_number(reader, &number);
        if (ok && count == capacity) {
            capacity = capacity * 2 + 16;
            double *larger = mem_resize(numbers, capacity, sizeof *numbers);
            ok = (larger != NULL && count < WORDS_MAX) ||
                 reader_fail(reader, ERR_LIMIT, "too many categories");
            numbers = larger != NULL ? larger : numbers;
        }
        if (ok)
            numbers[count++] = number;
    }
    ok = ok && !reader_failed(reader) && (count == 0 || make_words(field, count, err));
    for (size_t i = 0; ok && i < count; i++) {
        char text[32];
        size_t length = schema_normal_number(numbers[i], text, sizeof text);
        ok = add_word(field, text, length, true, err);
    }
    free(numbers);
    return ok;
}

static bool read_encoding(const struct xgboost_document *document, struct reader *reader,
                          struct field *field, struct err *err)
{
    struct encoding encoding = {0};
    struct reader_text key;
    bool is_text = false;
    bool ok = reader_open_object(reader);
    while (ok && reader_next_key(reader, &key)) {
        if (reader_text_is(key, "offsets"))
            is_text = ok = reader_read_integers(reader, &encoding.offsets, WORDS_MAX);
        else if (reader_text_is(key, "values"))
            ok = reader_skip(reader, &encoding.values);
        else
            ok = reader_skip(reader, NULL);
    }
    ok = ok && !reader_failed(reader);
    if (ok && encoding.values.data != NULL) {
        struct reader *values = reader_create_within(document->reader, encoding.values, err);
        ok = values != NULL;
        if (ok && is_text)
            ok = reader_read_integers(values, &encoding.bytes, WORD_BYTES_MAX) &&
                 text_words(document, &encoding, field, err);
        else if (ok)
            ok = number_words(values, field, err);
        reader_destroy(values);
    }
    encoding_finish(&encoding);
    return ok;
}

/* {"enc": [one per feature], "feature_segments": .., "sorted_idx": ..}, or nothing in it. */
static bool read_cats(const struct xgboost_document *document, struct schema *schema,
                      struct err *err)
{
    if (document->cats.data == NULL)
        return true;
    struct reader *reader = reader_create_within(document->reader, document->cats, err);
    struct reader_text key;
    bool ok = reader != NULL && reader_open_object(reader);
    while (ok && reader_next_key(reader, &key)) {
        if (!reader_text_is(key, "enc")) {
            ok = reader_skip(reader, NULL);
            continue;
        }
        size_t feature = 0;
        for (ok = reader_open_array(reader); ok && reader_next_item(reader); feature++) {
            if (feature == schema->field_count || schema->fields[feature].word_count > 0)
                ok = reader_fail(reader, ERR_INVALID, "more encodings than features");
            else
                ok = read_encoding(document, reader, &schema->fields[feature], err);
        }
    }
    ok = ok && !reader_failed(reader);
    reader_destroy(reader);
    return ok || err_prefix(err, "cats");
}

static bool name_field(const struct xgboost_document *document, size_t index, struct field *field,
                       struct err *err)
{
    char usual[32];
    const char *name = usual;
    snprintf(usual, sizeof usual, "f%zu", index);
    if (document->names.count > 0)
        name = document->names.items[index];
    field->name = mem_copy_text(name, strlen(name));
    field->on_missing = POLICY_NAN;
    field->on_out_of_range = POLICY_ACCEPT; /* infinities */
    field->single = true;
    return field->name != NULL || err_set(err, ERR_MEMORY, "no memory for names");
}

bool xgboost_schema_make(const struct xgboost_document *document, struct schema *schema,
                         struct err *err)
{
    size_t count = (size_t)document->features;
    if ((document->names.count != 0 && document->names.count != count) ||
        (document->types.count != 0 && document->types.count != count))
        return err_set(err, ERR_INVALID,
                       "feature_names or feature_types has not one for each of %zu features",
                       count);
    if (!schema_init(schema, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!name_field(document, i, &schema->fields[i], err))
            return false;
    }
    return read_cats(document, schema, err) && schema_seal(schema, err);
}
