/* "inputs": the schema. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats/native.h"

#define WORD_SIZE 32

static const char *const input_members[] = {
    "name",       "type",       "values",          "min",         "max", "required",
    "on_missing", "on_unknown", "on_out_of_range", "description", NULL,
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

static bool read_words(const struct node *input, struct field *field, struct err *err)
{
    struct node values;
    if (!node_member(input, "values", &values))
        return node_fail(&values, err, "is required for a category");
    if (!node_expect(&values, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(values.value);
    if (count == 0)
        return node_fail(&values, err, "is empty");
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

/* {"replace": value}, as the graph will see the value. */
static bool read_replacement(const struct node *policy, const struct field *field,
                             double *replacement, struct err *err)
{
    static const char *const members[] = {"replace", NULL};
    struct node value;
    if (!node_only(policy, members, err))
        return false;
    if (!node_member(policy, "replace", &value))
        return node_fail(&value, err, "is required");
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

static bool read_policy(const struct node *input, const char *key, bool range,
                        const struct field *field, enum field_policy *policy, double *replacement,
                        struct err *err)
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
    else if (strcmp(text, "number") != 0)
        return node_fail(&type, err, "expected \"number\" or \"category\"");
    return true;
}

/* Members that only the other type has. */
static bool refuse_foreign(const struct node *input, const struct field *field, struct err *err)
{
    static const char *const numbers[] = {"min", "max", "on_out_of_range", NULL};
    static const char *const categories[] = {"values", "on_unknown", NULL};
    bool number = field->type == FIELD_NUMBER;
    for (const char *const *key = number ? categories : numbers; *key != NULL; key++) {
        struct node member;
        if (node_member(input, *key, &member))
            return node_fail(&member, err, "only a %s has it", number ? "category" : "number");
    }
    return true;
}

static bool read_input(const struct node *input, struct field *field, struct err *err)
{
    struct node name;
    if (!node_expect(input, JSON_OBJECT, err) || !node_only(input, input_members, err))
        return false;
    if (!node_member(input, "name", &name))
        return node_fail(&name, err, "is required");
    if (!node_text(&name, &field->name, err) || !read_type(input, field, err) ||
        !refuse_foreign(input, field, err))
        return false;
    if (field->type == FIELD_CATEGORY && !read_words(input, field, err))
        return false;
    return node_text_or(input, "description", &field->description, err) &&
           node_flag_or(input, "required", &field->required, err) &&
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
