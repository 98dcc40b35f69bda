#include "formats/lightgbm_schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "codec/json.h"
#include "formats/lightgbm_match.h"

#define PANDAS "pandas_categorical:"

/* A parameter's line: "[name: value]". */
static bool parameter(struct lightgbm_text line, const char *head, struct lightgbm_text *value)
{
    if (!lightgbm_text_begins(line, head, value) || value->length == 0 ||
        value->at[value->length - 1] != ']')
        return false;
    value->length--;
    return true;
}

/* Python appends its line behind everything else, so that only the last line can be it. */
bool lightgbm_trailer_read(struct lightgbm_trailer *trailer, struct lightgbm_lines *lines,
                           struct err *err)
{
    struct lightgbm_text line, last = {lines->at, 0};
    bool in_parameters = false;
    *trailer = (struct lightgbm_trailer){.pandas = {lines->at, 0}};
    trailer->categorical = trailer->boosting = trailer->pandas;
    while (lightgbm_lines_next(lines, &line)) {
        if (line.length == 0)
            continue;
        last = line;
        if (lightgbm_text_is(line, "parameters:"))
            in_parameters = true;
        else if (lightgbm_text_is(line, "end of parameters"))
            in_parameters = false;
        else if (in_parameters && !parameter(line, "[categorical_feature: ", &trailer->categorical))
            parameter(line, "[boosting: ", &trailer->boosting);
    }
    if (in_parameters)
        return err_set(err, ERR_INVALID,
                       "there is no \"end of parameters\": the file is not whole");
    lightgbm_text_begins(last, PANDAS, &trailer->pandas);
    return true;
}

/* The lists of words by feature. */
struct words {
    struct json *root;
    size_t *sizes;     /* of each list */
    uint32_t *list_of; /* of each feature */
    struct lightgbm_feature *features;
};

static void words_finish(struct words *words)
{
    json_free(words->root);
    free(words->sizes);
    free(words->list_of);
    free(words->features);
}

static bool read_features(struct words *words, const struct lightgbm_header *header,
                          struct err *err)
{
    struct lightgbm_text word, rest = header->ranges;
    for (size_t i = 0; header->has_ranges && i < header->features; i++) {
        lightgbm_text_word(&rest, &word);
        if (!lightgbm_feature_read(&words->features[i], word, err))
            return err_prefix(err, "feature_infos: word %zu", i);
    }
    return true;
}

static bool measure_lists(struct words *words, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct json *list = json_array_at(words->root, i);
        if (json_type(list) != JSON_ARRAY)
            return err_set(err, ERR_INVALID, "expected a list of lists");
        words->sizes[i] = json_array_length(list);
    }
    return true;
}

/* "null": there were no category columns. */
static bool match_lists(struct words *words, const struct lightgbm_header *header,
                        const struct lightgbm_trailer *trailer, struct err *err)
{
    if (trailer->pandas.length == 0 || lightgbm_text_is(trailer->pandas, "null"))
        return true;
    if (!json_parse_document(trailer->pandas.at, trailer->pandas.length, &words->root, err))
        return false;
    size_t count = json_type(words->root) == JSON_ARRAY ? json_array_length(words->root) : 0;
    if (json_type(words->root) != JSON_ARRAY || count > header->features)
        return err_set(err, ERR_INVALID, "expected a list of lists, at most one for each feature");
    words->sizes = mem_array(count, sizeof *words->sizes);
    if (words->sizes == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu lists", count);
    return measure_lists(words, count, err) &&
           lightgbm_match(words->features, header->features, words->sizes, count,
                          trailer->categorical, words->list_of, err);
}

static bool words_read(struct words *words, const struct lightgbm_header *header,
                       const struct lightgbm_trailer *trailer, struct err *err)
{
    words->features = mem_array(header->features, sizeof *words->features);
    words->list_of = mem_array(header->features, sizeof *words->list_of);
    if (words->features == NULL || words->list_of == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu features", header->features);
    for (size_t i = 0; i < header->features; i++)
        words->list_of[i] = LIGHTGBM_NO_LIST;
    return read_features(words, header, err) &&
           (match_lists(words, header, trailer, err) || err_prefix(err, PANDAS));
}

/* A category's value as it is asked for: words as they are, numbers and truth as JSON has them. */
static char *word_text(const struct json *value, bool *is_number)
{
    char number[32];
    size_t length;
    const char *text;
    *is_number = json_type(value) == JSON_NUMBER;
    switch (json_type(value)) {
    case JSON_STRING:
        text = json_string(value, &length);
        return strlen(text) == length ? mem_copy_text(text, length) : NULL;
    case JSON_NUMBER:
        length = schema_normal_number(json_number(value), number, sizeof number);
        return mem_copy_text(number, length);
    case JSON_BOOL:
        return json_bool(value) ? mem_copy_text("true", 4) : mem_copy_text("false", 5);
    default:
        return NULL;
    }
}

static bool set_words(struct field *field, const struct json *list, struct err *err)
{
    size_t count = json_array_length(list);
    if (count == 0) /* a column that was all missing: no word is known */
        return true;
    field->words = mem_array(count, sizeof *field->words);
    field->word_is_number = mem_array(count, sizeof *field->word_is_number);
    if (field->words == NULL || field->word_is_number == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu words", count);
    field->type = FIELD_CATEGORY;
    field->on_unknown = POLICY_NAN;
    for (size_t i = 0; i < count; i++) {
        field->word_count = i + 1;
        field->words[i] = word_text(json_array_at(list, i), &field->word_is_number[i]);
        if (field->words[i] == NULL)
            return err_set(err, ERR_INVALID, "value %zu is no word, number or truth value", i);
    }
    return true;
}

/* What the training data was, for people. */
static bool describe(struct field *field, const struct lightgbm_feature *feature, struct err *err)
{
    int length = 0;
    if (field->type == FIELD_CATEGORY || feature->kind == LIGHTGBM_UNUSED)
        return true;
    if (feature->kind == LIGHTGBM_RANGE)
        length = asprintf(&field->description, "%.6g to %.6g in the training data", feature->low,
                          feature->high);
    else
        length = asprintf(&field->description, "a category code, %.0f to %.0f in the training data",
                          fmax(feature->low, 0), feature->high);
    if (length >= 0)
        return true;
    field->description = NULL;
    return err_set(err, ERR_MEMORY, "no memory for a description");
}

static bool set_field(struct field *field, struct lightgbm_text name, const struct words *words,
                      size_t index, struct err *err)
{
    uint32_t list = words->list_of[index];
    field->name = mem_copy_text(name.at, name.length);
    if (field->name == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the features' names");
    field->on_missing = POLICY_NAN;
    field->on_out_of_range = POLICY_ACCEPT;
    if (list != LIGHTGBM_NO_LIST && !set_words(field, json_array_at(words->root, list), err))
        return err_prefix(err, PANDAS " list %u", (unsigned)list);
    return describe(field, &words->features[index], err);
}

bool lightgbm_schema_make(struct schema *schema, const struct lightgbm_header *header,
                          const struct lightgbm_trailer *trailer, struct err *err)
{
    struct words words = {0};
    struct lightgbm_text name, rest = header->names;
    bool ok =
        words_read(&words, header, trailer, err) && schema_init(schema, header->features, err);
    for (size_t i = 0; ok && i < header->features; i++) {
        lightgbm_text_word(&rest, &name);
        ok = set_field(&schema->fields[i], name, &words, i, err);
    }
    words_finish(&words);
    return ok && schema_seal(schema, err);
}
