/* "inputs": the schema. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats/native.h"

#define WORD_SIZE 32

static const char *const input_members[] = {
    "name",       "type",       "values",          "min",         "max",     "required",
    "on_missing", "on_unknown", "on_out_of_range", "description", "integer", NULL,
};

static bool no_memory(const struct node *node, struct err *err)
{
    err_set(err, ERR_MEMORY, "no memory for inputs");
    node_prefix(node, err);
    return false;
}

/* The text of a word that may be written as a number: 8, 8.0 and "8" are the same word. */
static bool word_text(const struct node *node, char **text, bool *is_number, struct err *err)
{
    char normal[WORD_SIZE];
    struct params_value word;
    if (!node_word(node, &word, err))
        return false;
    if (word.type == PARAMS_NULL) {
        node_fail(node, err, "expected a word or a number, not null");
        return false;
    }
    *is_number = word.type == PARAMS_NUMBER;
    size_t length = *is_number
                        ? schema_normal_number(word.number, normal, sizeof normal)
                        : schema_normal_text(word.text, strlen(word.text), normal, sizeof normal);
    *text = word.text;
    if (length == 0)
        return true;
    free(word.text);
    *text = mem_copy_text(normal, length);
    return *text != NULL || no_memory(node, err);
}

static void field_forget_words(struct field *field)
{
    for (size_t i = 0; field->words != NULL && i < field->word_count; i++)
        free(field->words[i]);
    free(field->words);
    free(field->word_is_number);
    field->words = NULL;
    field->word_is_number = NULL;
    field->word_count = 0;
}

static bool read_words(const struct node *input, struct field *field, struct err *err)
{
    struct node values;
    if (!node_member(input, "values", &values) && field->word_count > 0)
        return true; /* those that the trainer's file has */
    if (!node_member(input, "values", &values))
        return node_fail(&values, err, "is required for a category");
    if (!node_expect(&values, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(values.value);
    if (count == 0)
        return node_fail(&values, err, "is empty");
    field_forget_words(field);
    field->words = mem_array(count, sizeof *field->words);
    field->word_is_number = mem_array(count, sizeof *field->word_is_number);
    if (field->words == NULL || field->word_is_number == NULL)
        return no_memory(&values, err);
    field->word_count = count;
    for (size_t i = 0; i < count; i++) {
        struct node value = node_element(&values, i);
        if (!word_text(&value, &field->words[i], &field->word_is_number[i], err))
            return false;
    }
    return true;
}

static bool read_text(const struct node *value, struct field *field, struct err *err)
{
    char *text;
    if (!node_text(value, &text, err))
        return false;
    free((char *)field->missing_text.bytes);
    field->missing_text = (struct text){.bytes = text, .length = strlen(text)};
    return true;
}

/* {"replace": value}, as the graph will see the value. */
static bool read_replacement(const struct node *policy, struct field *field, double *replacement,
                             struct err *err)
{
    static const char *const members[] = {"replace", NULL};
    struct node value;
    if (!node_only(policy, members, err))
        return false;
    if (!node_member(policy, "replace", &value))
        return node_fail(&value, err, "is required");
    if (field->type == FIELD_TEXT)
        return read_text(&value, field, err);
    if (field->type == FIELD_NUMBER)
        return node_finite(&value, replacement, err);
    char *text;
    bool is_number;
    if (!word_text(&value, &text, &is_number, err))
        return false;
    size_t code = 0;
    while (code < field->word_count && strcmp(field->words[code], text) != 0)
        code++;
    free(text);
    *replacement = (double)code;
    return code < field->word_count || node_fail(&value, err, "is none of the values");
}

struct policy_name {
    const char *text;
    enum field_policy policy;
    bool range_only;
};

static const struct policy_name policy_names[] = {
    {"reject", POLICY_REJECT, false}, {"nan", POLICY_NAN, false},      {"zero", POLICY_ZERO, false},
    {"clip", POLICY_CLIP, true},      {"accept", POLICY_ACCEPT, true},
};

static bool read_policy(const struct node *input, const char *key, bool range, struct field *field,
                        enum field_policy *policy, double *replacement, struct err *err)
{
    struct node node;
    if (!node_member(input, key, &node))
        return true;
    if (json_type(node.value) == JSON_OBJECT) {
        *policy = POLICY_REPLACE;
        return read_replacement(&node, field, replacement, err);
    }
    const char *text = json_string(node.value, NULL);
    for (size_t i = 0; i < sizeof policy_names / sizeof policy_names[0]; i++) {
        if (strcmp(policy_names[i].text, text) == 0 && (range || !policy_names[i].range_only)) {
            *policy = policy_names[i].policy;
            return true;
        }
    }
    return node_fail(&node, err, "expected \"reject\", \"nan\", \"zero\", %sor {\"replace\": ...}",
                     range ? "\"clip\", \"accept\" " : "");
}

static bool read_type(const struct node *input, struct field *field, struct err *err)
{
    struct node type;
    if (!node_member(input, "type", &type))
        return true;
    const char *text = json_string(type.value, NULL);
    if (strcmp(text, "category") == 0)
        field->type = FIELD_CATEGORY;
    else if (strcmp(text, "text") == 0)
        field->type = FIELD_TEXT;
    else if (strcmp(text, "number") != 0)
        return node_fail(&type, err, "expected \"number\", \"category\" or \"text\"");
    return true;
}

static bool refuse_members(const struct node *input, const char *const *keys, const char *owner,
                           struct err *err)
{
    for (; *keys != NULL; keys++) {
        struct node member;
        if (node_member(input, *keys, &member))
            return node_fail(&member, err, "only a %s has it", owner);
    }
    return true;
}

/* Members that only another type has. */
static bool refuse_foreign(const struct node *input, const struct field *field, struct err *err)
{
    static const char *const numbers[] = {"min", "max", "on_out_of_range", "integer", NULL};
    static const char *const categories[] = {"values", "on_unknown", NULL};
    return (field->type == FIELD_NUMBER || refuse_members(input, numbers, "number", err)) &&
           (field->type == FIELD_CATEGORY || refuse_members(input, categories, "category", err));
}

static bool read_input(const struct node *input, struct field *field, struct err *err)
{
    struct node name;
    if (!node_expect(input, JSON_OBJECT, err) || !node_only(input, input_members, err))
        return false;
    if (!node_member(input, "name", &name))
        return node_fail(&name, err, "is required");
    char *text;
    if (!node_text(&name, &text, err))
        return false;
    free(field->name);
    field->name = text;
    if (!read_type(input, field, err) || !refuse_foreign(input, field, err))
        return false;
    if (field->type == FIELD_CATEGORY && !read_words(input, field, err))
        return false;
    return node_text_or(input, "description", &field->description, err) &&
           node_flag_or(input, "required", &field->required, err) &&
           node_flag_or(input, "integer", &field->integer, err) &&
           node_finite_or(input, "min", &field->minimum, err) &&
           node_finite_or(input, "max", &field->maximum, err) &&
           read_policy(input, "on_missing", false, field, &field->on_missing,
                       &field->missing_replacement, err) &&
           read_policy(input, "on_unknown", false, field, &field->on_unknown,
                       &field->unknown_replacement, err) &&
           read_policy(input, "on_out_of_range", true, field, &field->on_out_of_range,
                       &field->range_replacement, err);
}

bool native_inputs_read(const struct node *inputs, struct schema *schema, struct err *err)
{
    if (!node_expect(inputs, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(inputs->value);
    if (!schema_init(schema, count, err))
        return node_prefix(inputs, err);
    for (size_t i = 0; i < count; i++) {
        struct node input = node_element(inputs, i);
        if (!read_input(&input, &schema->fields[i], err))
            return false;
    }
    return schema_seal(schema, err) || node_prefix(inputs, err);
}

/* True if each input that is listed is named as one of the schema's. */
static bool names_are_known(const struct node *inputs, const struct schema *schema)
{
    for (size_t i = 0; i < json_array_length(inputs->value); i++) {
        struct node input = node_element(inputs, i), name;
        size_t length;
        if (json_type(input.value) != JSON_OBJECT || !node_member(&input, "name", &name) ||
            json_type(name.value) != JSON_STRING)
            return false;
        const char *text = json_string(name.value, &length);
        if (schema_find(schema, text, length) == STRMAP_NONE)
            return false;
    }
    return true;
}

static bool amend_field(const struct node *input, struct field *field, struct err *err)
{
    bool text = field->type == FIELD_TEXT;
    bool number = field->type == FIELD_NUMBER;
    if (!read_input(input, field, err))
        return false;
    if (text != (field->type == FIELD_TEXT))
        return node_fail(input, err, "the file's model %s free text here",
                         text ? "takes" : "takes no");
    if (!number && field->type == FIELD_NUMBER)
        field_forget_words(field);
    return true;
}

bool native_inputs_amend(const struct node *inputs, struct schema *schema, struct err *err)
{
    if (!node_expect(inputs, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(inputs->value);
    bool by_name = names_are_known(inputs, schema);
    if (!by_name && count != schema->field_count)
        return node_fail(
            inputs, err,
            "the file's model takes %zu inputs; expected as many in its order, or only "
            "names that it has",
            schema->field_count);
    for (size_t i = 0; i < count; i++) {
        struct node input = node_element(inputs, i), name;
        size_t at = i, length;
        if (by_name) {
            node_member(&input, "name", &name);
            const char *text = json_string(name.value, &length);
            at = schema_find(schema, text, length);
        }
        if (!amend_field(&input, &schema->fields[at], err))
            return false;
    }
    return schema_seal(schema, err) || node_prefix(inputs, err);
}
