#include "graph/schema.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NUMBER_TEXT_MAX 128 /* a longer word is a word, whatever it looks like */

bool schema_init(struct schema *schema, size_t field_count, struct err *err)
{
    *schema = (struct schema){0};
    if (field_count == 0)
        return err_set(err, ERR_INVALID, "a model needs at least one input");
    if (field_count > SCHEMA_FIELDS_MAX)
        return err_set(err, ERR_LIMIT, "%zu inputs; at most %d are accepted", field_count,
                       SCHEMA_FIELDS_MAX);
    schema->fields = mem_array(field_count, sizeof *schema->fields);
    if (schema->fields == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu inputs", field_count);
    schema->field_count = field_count;
    for (size_t i = 0; i < field_count; i++) {
        schema->fields[i].required = true;
        schema->fields[i].minimum = -INFINITY;
        schema->fields[i].maximum = INFINITY;
    }
    return true;
}

static void field_finish(struct field *field)
{
    strmap_finish(&field->word_codes);
    for (size_t i = 0; field->words != NULL && i < field->word_count; i++)
        free(field->words[i]);
    free(field->words);
    free(field->word_is_number);
    free((char *)field->missing_text.bytes);
    free(field->name);
    free(field->description);
}

void schema_finish(struct schema *schema)
{
    if (schema == NULL)
        return;
    strmap_finish(&schema->by_name);
    for (size_t i = 0; schema->fields != NULL && i < schema->field_count; i++)
        field_finish(&schema->fields[i]);
    free(schema->fields);
    *schema = (struct schema){0};
}

uint32_t schema_find(const struct schema *schema, const char *name, size_t length)
{
    return strmap_get(&schema->by_name, name, length);
}

size_t schema_normal_number(double value, char *text, size_t size)
{
    text[0] = '\0';
    if (!isfinite(value))
        return 0;
    if (fabs(value) < 1e15 && value == (double)(int64_t)value)
        return (size_t)snprintf(text, size, "%" PRId64, (int64_t)value);
    if (fabs(value) < 1e21 && value == floor(value))
        return (size_t)snprintf(text, size, "%.0f", value);
    int length = 0;
    for (int digits = 1; digits <= 17; digits++) {
        length = snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return (size_t)length;
}

static size_t digits_skip(const char *text, size_t at, size_t length)
{
    while (at < length && isdigit((unsigned char)text[at]))
        at++;
    return at;
}

/* JSON's grammar: -?(0|[1-9]d*)(.d+)?([eE][+-]?d+)? */
static bool text_is_number(const char *text, size_t length)
{
    size_t at = length > 0 && text[0] == '-' ? 1 : 0;
    size_t end = digits_skip(text, at, length);
    if (end == at || (text[at] == '0' && end > at + 1))
        return false;
    at = end;
    if (at < length && text[at] == '.') {
        end = digits_skip(text, at + 1, length);
        if (end == at + 1)
            return false;
        at = end;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < length && (text[at] == '+' || text[at] == '-'))
            at++;
        end = digits_skip(text, at, length);
        if (end == at)
            return false;
        at = end;
    }
    return at == length;
}

size_t schema_normal_text(const char *text, size_t length, char *out, size_t size)
{
    char copy[NUMBER_TEXT_MAX];
    if (length >= sizeof copy || !text_is_number(text, length))
        return 0;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return schema_normal_number(strtod(copy, NULL), out, size);
}

static bool word_normalise(struct field *field, size_t index, struct err *err)
{
    char text[32];
    char *word = field->words[index];
    size_t length = schema_normal_text(word, strlen(word), text, sizeof text);
    if (length == 0)
        return true;
    field->number_words = true;
    if (strcmp(word, text) == 0)
        return true;
    char *normal = mem_copy_text(text, length);
    if (normal == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the words of input '%s'", field->name);
    free(word);
    field->words[index] = normal;
    return true;
}

static bool words_seal(struct field *field, struct err *err)
{
    if (field->words == NULL || field->word_count == 0)
        return err_set(err, ERR_INVALID, "input '%s': a category needs values", field->name);
    strmap_finish(&field->word_codes);
    if (field->word_count >= STRMAP_NONE)
        return err_set(err, ERR_LIMIT, "input '%s': too many values", field->name);
    for (size_t i = 0; i < field->word_count; i++) {
        uint32_t existing;
        if (!word_normalise(field, i, err))
            return false;
        const char *word = field->words[i];
        if (!strmap_add(&field->word_codes, word, strlen(word), (uint32_t)i, &existing))
            return err_set(err, ERR_MEMORY, "no memory for the words of input '%s'", field->name);
        if (existing != STRMAP_NONE)
            return err_set(err, ERR_INVALID, "input '%s': value '%.64s' is there twice",
                           field->name, word);
    }
    return true;
}

static bool replacement_check(const struct field *field, const char *policy, double value,
                              struct err *err)
{
    if (field->type == FIELD_TEXT)
        return field->missing_text.bytes != NULL ||
               err_set(err, ERR_INVALID, "input '%s': %s: the replacement is not a text",
                       field->name, policy);
    if (!isfinite(value))
        return err_set(err, ERR_INVALID, "input '%s': %s: the replacement is not a number",
                       field->name, policy);
    if (field->type == FIELD_CATEGORY &&
        !(value >= 0 && value < (double)field->word_count && value == floor(value)))
        return err_set(err, ERR_INVALID, "input '%s': %s: the replacement is none of the values",
                       field->name, policy);
    return true;
}

static bool policy_check(const struct field *field, const char *name, enum field_policy policy,
                         double replacement, struct err *err)
{
    if (policy == POLICY_CLIP || policy == POLICY_ACCEPT)
        return err_set(err, ERR_INVALID, "input '%s': %s cannot clip or accept", field->name, name);
    if (policy == POLICY_ZERO && field->type == FIELD_TEXT)
        return err_set(err, ERR_INVALID, "input '%s': %s: a text is never zero", field->name, name);
    return policy != POLICY_REPLACE || replacement_check(field, name, replacement, err);
}

static bool range_check(const struct field *field, struct err *err)
{
    if (isnan(field->minimum) || isnan(field->maximum) || field->minimum > field->maximum)
        return err_set(err, ERR_INVALID, "input '%s': min is above max", field->name);
    bool bounded = isfinite(field->minimum) || isfinite(field->maximum);
    if (field->on_out_of_range == POLICY_CLIP && !bounded)
        return err_set(err, ERR_INVALID,
                       "input '%s': on_out_of_range clips, but there is no min "
                       "or max",
                       field->name);
    return field->on_out_of_range != POLICY_REPLACE ||
           replacement_check(field, "on_out_of_range", field->range_replacement, err);
}

static bool field_seal(struct field *field, struct err *err)
{
    if (field->type == FIELD_CATEGORY && !words_seal(field, err))
        return false;
    if (!policy_check(field, "on_missing", field->on_missing, field->missing_replacement, err))
        return false;
    if (!field->required && field->on_missing == POLICY_REJECT)
        return err_set(err, ERR_INVALID, "input '%s' is not required, but on_missing rejects",
                       field->name);
    if (field->type == FIELD_NUMBER)
        return range_check(field, err);
    if (field->type == FIELD_TEXT)
        return true;
    return policy_check(field, "on_unknown", field->on_unknown, field->unknown_replacement, err);
}

bool schema_seal(struct schema *schema, struct err *err)
{
    strmap_finish(&schema->by_name);
    for (size_t i = 0; i < schema->field_count; i++) {
        struct field *field = &schema->fields[i];
        uint32_t existing;
        if (field->name == NULL || field->name[0] == '\0')
            return err_set(err, ERR_INVALID, "input %zu has no name", i);
        if (!strmap_add(&schema->by_name, field->name, strlen(field->name), (uint32_t)i, &existing))
            return err_set(err, ERR_MEMORY, "no memory for the names of the inputs");
        if (existing != STRMAP_NONE)
            return err_set(err, ERR_INVALID, "two inputs are named '%s'", field->name);
        if (!field_seal(field, err))
            return false;
    }
    return true;
}
