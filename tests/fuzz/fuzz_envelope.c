/* json_parse_envelope accepts exactly what json_parse accepts, and gives the same values to the
 * last bit: numbers in the matrix, all else in the tree. json_parse_document differs by duplicates
 * only. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMBER "input"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool same_double(double a, double b)
{
    return bits_of(a) == bits_of(b) || (isnan(a) && isnan(b));
}

static void same_tree(const struct json *a, const struct json *b)
{
    size_t a_length, b_length;
    int64_t a_integer = 0, b_integer = 0;
    check(json_type(a) == json_type(b));
    check(json_bool(a) == json_bool(b));
    check(same_double(json_number(a), json_number(b)));
    check(json_integer(a, &a_integer) == json_integer(b, &b_integer) && a_integer == b_integer);
    const char *a_text = json_string(a, &a_length);
    const char *b_text = json_string(b, &b_length);
    check(a_length == b_length && memcmp(a_text, b_text, a_length) == 0);
    check(json_array_length(a) == json_array_length(b));
    for (size_t i = 0; i < json_array_length(a); i++)
        same_tree(json_array_at(a, i), json_array_at(b, i));
    check(json_object_size(a) == json_object_size(b));
    struct json_iterator x = json_begin(a);
    struct json_iterator y = json_begin(b);
    while (json_next(&x)) {
        check(json_next(&y) && strcmp(x.key, y.key) == 0);
        same_tree(x.value, y.value);
    }
}

static bool is_cell(const struct json *value)
{
    return json_type(value) == JSON_NUMBER || json_type(value) == JSON_NULL;
}

static bool is_row(const struct json *value)
{
    bool row = json_array_length(value) > 0;
    for (size_t i = 0; row && i < json_array_length(value); i++)
        row = is_cell(json_array_at(value, i));
    return row;
}

static bool is_block(const struct json *value)
{
    bool block = json_array_length(value) > 0;
    for (size_t i = 0; block && i < json_array_length(value); i++) {
        const struct json *row = json_array_at(value, i);
        block = is_row(row) && json_array_length(row) == json_array_length(json_array_at(value, 0));
    }
    return block;
}

static void same_row(const struct json *row, const double *numbers, size_t cols)
{
    check(json_array_length(row) == cols);
    for (size_t i = 0; i < cols; i++)
        check(same_double(json_number(json_array_at(row, i)), numbers[i]));
}

static void same_numbers(const struct json *value, const struct json_envelope *envelope)
{
    check(envelope->has_numbers == (is_row(value) || is_block(value)));
    if (!envelope->has_numbers)
        return;
    check(envelope->is_vector == is_row(value));
    if (envelope->is_vector) {
        check(envelope->rows == 1);
        same_row(value, envelope->numbers, envelope->cols);
        return;
    }
    check(json_array_length(value) == envelope->rows);
    for (size_t i = 0; i < envelope->rows; i++)
        same_row(json_array_at(value, i), envelope->numbers + i * envelope->cols, envelope->cols);
}

static void same_envelope(const struct json *tree, const struct json_envelope *envelope)
{
    same_numbers(json_object_get(tree, MEMBER, NULL), envelope);
    if (!envelope->has_numbers) {
        same_tree(tree, envelope->root);
        return;
    }
    check(json_object_size(tree) == json_object_size(envelope->root));
    struct json_iterator x = json_begin(tree);
    struct json_iterator y = json_begin(envelope->root);
    while (json_next(&x)) {
        check(json_next(&y) && strcmp(x.key, y.key) == 0);
        if (strcmp(x.key, MEMBER) == 0)
            check(json_type(y.value) == JSON_NULL);
        else
            same_tree(x.value, y.value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json *tree, *document;
    struct json_envelope envelope;
    struct arena arena;
    struct err tree_err = ERR_INIT, envelope_err = ERR_INIT;
    arena_init(&arena, 0);
    bool ok = json_parse(text, size, &tree, &tree_err);
    check(json_parse_envelope(text, size, MEMBER, &arena, &envelope, &envelope_err) == ok);
    check(strcmp(tree_err.text, envelope_err.text) == 0);
    if (ok)
        same_envelope(tree, &envelope);
    if (json_parse_document(text, size, &document, NULL)) {
        check(ok);
        same_tree(tree, document);
    }
    json_free(document);
    json_free(envelope.root);
    json_free(tree);
    arena_finish(&arena);
    return 0;
}
