#include "formats/node.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#undef node_fail
#undef node_prefix

#define PLACE_TEXT_SIZE 160
#define GUESS_LENGTH_MAX 40

bool node_member(const struct node *object, const char *key, struct node *member)
{
    member->value = json_object_get(object->value, key, NULL);
    member->place = (struct json_place){.parent = &object->place, .key = key};
    return member->value != NULL;
}

struct node node_element(const struct node *array, size_t index)
{
    return (struct node){
        .value = json_array_at(array->value, index),
        .place = {.parent = &array->place, .index = index},
    };
}

bool node_prefix(const struct node *node, struct err *err)
{
    char place[PLACE_TEXT_SIZE];
    json_place_format(&node->place, place, sizeof place);
    return err_prefix(err, "%s", place);
}

bool node_fail(const struct node *node, struct err *err, const char *format, ...)
{
    char text[ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    err_set(err, ERR_INVALID, "%s", text);
    return node_prefix(node, err);
}

static bool no_memory(const struct node *node, struct err *err)
{
    err_set(err, ERR_MEMORY, "no memory");
    node_prefix(node, err);
    return false;
}

static bool unexpected(const struct node *node, const char *expected, struct err *err)
{
    return node_fail(node, err, "expected %s, not %s", expected,
                     json_type_name(json_type(node->value)));
}

bool node_expect(const struct node *node, enum json_type type, struct err *err)
{
    return json_type(node->value) == type || unexpected(node, json_type_name(type), err);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][GUESS_LENGTH_MAX + 1];
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    if (a_length > GUESS_LENGTH_MAX || b_length > GUESS_LENGTH_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            now[j] =
                smaller(smaller(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *node_guess(const char *word, const char *const *known)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 3 + 1; /* more changes than that are another word */
    for (; *known != NULL; known++) {
        size_t distance = edit_distance(word, *known);
        if (distance <= limit && distance < strlen(*known)) {
            best = *known;
            limit = distance - (distance > 0);
        }
    }
    return best;
}

bool node_only(const struct node *object, const char *const *known, struct err *err)
{
    for (struct json_iterator it = json_begin(object->value); json_next(&it);) {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], it.key) != 0)
            i++;
        if (known[i] != NULL)
            continue;
        struct node member;
        node_member(object, it.key, &member);
        const char *guess = node_guess(it.key, known);
        if (guess != NULL)
            return node_fail(&member, err, "there is no such member; did you mean \"%s\"?", guess);
        return node_fail(&member, err, "there is no such member");
    }
    return true;
}

bool node_text(const struct node *node, char **text, struct err *err)
{
    size_t length;
    const char *bytes = json_string(node->value, &length);
    if (!node_expect(node, JSON_STRING, err))
        return false;
    if (memchr(bytes, '\0', length) != NULL)
        return node_fail(node, err, "the text contains U+0000");
    *text = mem_copy_text(bytes, length);
    return *text != NULL || no_memory(node, err);
}

bool node_number(const struct node *node, double *number, struct err *err)
{
    enum json_type type = json_type(node->value);
    if (type == JSON_NUMBER) {
        *number = json_number(node->value);
        return isfinite(*number) || node_fail(node, err, "the number is too large for a double");
    }
    const char *text = json_string(node->value, NULL);
    if (strcmp(text, "NaN") == 0)
        *number = NAN;
    else if (strcmp(text, "Infinity") == 0)
        *number = INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *number = -INFINITY;
    else
        return unexpected(node, "a number", err);
    return true;
}

bool node_finite(const struct node *node, double *number, struct err *err)
{
    return node_expect(node, JSON_NUMBER, err) && node_number(node, number, err);
}

bool node_flag(const struct node *node, bool *flag, struct err *err)
{
    if (json_type(node->value) != JSON_BOOL)
        return unexpected(node, "true or false", err);
    *flag = json_bool(node->value);
    return true;
}

static bool number_or_null(const struct node *node, double *number, struct err *err)
{
    *number = NAN;
    return node->value == NULL || node_number(node, number, err);
}

bool node_vector(const struct node *node, struct params_vector *vector, struct err *err)
{
    *vector = (struct params_vector){0};
    if (!node_expect(node, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(node->value);
    vector->values = mem_array(count, sizeof *vector->values);
    if (vector->values == NULL)
        return no_memory(node, err);
    vector->count = count;
    for (size_t i = 0; i < count; i++) {
        struct node item = node_element(node, i);
        if (!number_or_null(&item, &vector->values[i], err)) {
            params_vector_finish(vector);
            return false;
        }
    }
    return true;
}

/* All rows are arrays of one length, which is not 0. */
static bool matrix_shape(const struct node *node, size_t *rows, size_t *cols, struct err *err)
{
    *rows = json_array_length(node->value);
    *cols = 0;
    for (size_t i = 0; i < *rows; i++) {
        struct node row = node_element(node, i);
        if (!node_expect(&row, JSON_ARRAY, err))
            return false;
        size_t length = json_array_length(row.value);
        if (i == 0)
            *cols = length;
        if (length != *cols)
            return node_fail(&row, err, "has %zu numbers, the rows before have %zu", length, *cols);
    }
    return *cols > 0 || node_fail(node, err, "is an empty matrix");
}

bool node_matrix(const struct node *node, struct matrix *matrix, struct err *err)
{
    size_t rows, cols;
    *matrix = (struct matrix){0};
    if (!node_expect(node, JSON_ARRAY, err) || !matrix_shape(node, &rows, &cols, err))
        return false;
    if (!matrix_create(matrix, rows, cols))
        return no_memory(node, err);
    for (size_t i = 0; i < rows; i++) {
        struct node row = node_element(node, i);
        for (size_t j = 0; j < cols; j++) {
            struct node item = node_element(&row, j);
            if (!number_or_null(&item, &matrix_row(matrix, i)[j], err)) {
                matrix_free(matrix);
                return false;
            }
        }
    }
    return true;
}

bool node_word(const struct node *node, struct params_value *word, struct err *err)
{
    *word = (struct params_value){.type = PARAMS_NULL};
    switch (json_type(node->value)) {
    case JSON_NULL:
        return true;
    case JSON_NUMBER:
        word->type = PARAMS_NUMBER;
        return node_number(node, &word->number, err);
    case JSON_STRING:
        word->type = PARAMS_TEXT;
        return node_text(node, &word->text, err);
    default:
        return unexpected(node, "a word or a number", err);
    }
}

bool node_list(const struct node *node, struct params_list *list, struct err *err)
{
    *list = (struct params_list){0};
    if (!node_expect(node, JSON_ARRAY, err))
        return false;
    size_t count = json_array_length(node->value);
    list->values = mem_array(count, sizeof *list->values);
    if (list->values == NULL)
        return no_memory(node, err);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        struct node item = node_element(node, i);
        if (!node_word(&item, &list->values[i], err)) {
            params_list_finish(list);
            return false;
        }
    }
    return true;
}

bool node_text_or(const struct node *object, const char *key, char **text, struct err *err)
{
    struct node member;
    return !node_member(object, key, &member) || node_text(&member, text, err);
}

bool node_finite_or(const struct node *object, const char *key, double *number, struct err *err)
{
    struct node member;
    return !node_member(object, key, &member) || node_finite(&member, number, err);
}

bool node_flag_or(const struct node *object, const char *key, bool *flag, struct err *err)
{
    struct node member;
    return !node_member(object, key, &member) || node_flag(&member, flag, err);
}
