/* json_parse_envelope accepts exactly what json_parse accepts, and gives the same values to the
 * last bit: numbers beside the tree, all else in it. json_parse_document differs by duplicates
 * only. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/* The first byte of an input says what is asked for; the rest is the text. */
static const char *const no_places[] = {NULL};
static const char *const input_places[] = {"input", NULL};
static const char *const tensor_places[] = {"inputs[].data", "a.b", NULL};
static const char *const column_places[] = {"", "inputs.*", "instances", NULL};

static const struct json_wanted asked[] = {
    {.places = no_places, .dimensions = 1},
    {.places = input_places, .dimensions = 2},
    {.places = tensor_places, .dimensions = JSON_DEPTH_MAX},
    {.places = column_places, .dimensions = 3},
};

static size_t depth_of(const struct json *value)
{
    size_t depth = 0;
    for (; json_type(value) == JSON_ARRAY; value = json_array_at(value, 0))
        depth++;
    return depth;
}

/* Whether an array is one of numbers of this shape; learns the shape from the first of each kind.
 */
static bool is_block(const struct json *value, size_t depth, size_t *shape)
{
    size_t length = json_array_length(value);
    if (depth == 0)
        return json_type(value) == JSON_NUMBER || json_type(value) == JSON_NULL;
    if (json_type(value) != JSON_ARRAY || length == 0 || (*shape != 0 && *shape != length))
        return false;
    *shape = length;
    for (size_t i = 0; i < length; i++) {
        if (!is_block(json_array_at(value, i), depth - 1, shape + 1))
            return false;
    }
    return true;
}

static const double *same_values(const struct json *value, const double *numbers)
{
    if (json_type(value) != JSON_ARRAY) {
        check(same_double(json_number(value), *numbers));
        return numbers + 1;
    }
    for (size_t i = 0; i < json_array_length(value); i++)
        numbers = same_values(json_array_at(value, i), numbers);
    return numbers;
}

static const struct json *flat_at(const struct json *value, const struct json_numbers *numbers,
                                  size_t index)
{
    size_t rest = numbers->count;
    for (size_t i = 0; i < numbers->dimensions; i++) {
        rest /= numbers->shape[i];
        value = json_array_at(value, index / rest);
        index %= rest;
    }
    return value;
}

/* What json-c holds as an integer is one here; and each cell is of the kind that it is there. */
static void same_cells(const struct json *value, const struct json_numbers *numbers)
{
    size_t index = 0;
    for (struct json_cells cells = json_cells_of(numbers); json_cells_next(&cells); index++) {
        int64_t theirs, ours;
        check(index < numbers->count);
        const struct json *cell = flat_at(value, numbers, index);
        check((cells.kind == JSON_CELL_NULL) == (json_type(cell) == JSON_NULL));
        if (json_integer(cell, &theirs))
            check(json_cell_integer(&cells, &ours) && ours == theirs);
    }
    check(index == numbers->count);
}

static void same_numbers(const struct json *value, const struct json_numbers *numbers)
{
    size_t shape[JSON_DEPTH_MAX + 1] = {0};
    size_t depth = depth_of(value);
    if (depth == 1 && json_array_length(value) == 0) {
        check(numbers->count == 0 && numbers->dimensions == 1 && numbers->shape[0] == 0);
        return;
    }
    check(is_block(value, depth, shape));
    check(numbers->dimensions == depth);
    check(memcmp(numbers->shape, shape, depth * sizeof shape[0]) == 0);
    check(same_values(value, numbers->values) == numbers->values + numbers->count);
    same_cells(value, numbers);
}

/* a is of json_parse, b of json_parse_envelope. Returns how many arrays were taken out of b. */
static size_t same_envelope(const struct json *a, const struct json *b)
{
    size_t taken = 0;
    if (json_type(b) == JSON_NUMBERS) {
        same_numbers(a, json_numbers(b));
        return 1;
    }
    check(json_numbers(b) == NULL && json_type(a) == json_type(b));
    struct json_iterator x = json_begin(a);
    struct json_iterator y = json_begin(b);
    while (json_next(&x)) {
        check(json_next(&y) && strcmp(x.key, y.key) == 0);
        taken += same_envelope(x.value, y.value);
    }
    check(json_array_length(a) == json_array_length(b));
    for (size_t i = 0; i < json_array_length(a); i++)
        taken += same_envelope(json_array_at(a, i), json_array_at(b, i));
    if (taken == 0)
        same_tree(a, b);
    return taken;
}

/* An array of numbers in the place of a top-level member is taken, whatever else there is. */
static void takes_all(const struct json *tree, const struct json *root, size_t dimensions)
{
    size_t shape[JSON_DEPTH_MAX + 1] = {0};
    const struct json *value = json_object_get(tree, "input", &(bool){false});
    size_t depth = depth_of(value);
    bool empty = depth == 1 && json_array_length(value) == 0;
    bool block = depth > 0 && depth <= dimensions && (empty || is_block(value, depth, shape));
    check(block == (json_numbers(json_object_get(root, "input", &(bool){false})) != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t which = size > 0 ? data[0] % (sizeof asked / sizeof asked[0]) : 0;
    const char *text = (const char *)data + (size > 0);
    struct json *tree, *document, *root;
    struct arena arena;
    struct err tree_err = ERR_INIT, envelope_err = ERR_INIT;
    size -= size > 0;
    arena_init(&arena, 0);
    bool ok = json_parse(text, size, &tree, &tree_err);
    check(json_parse_envelope(text, size, &asked[which], &arena, &root, &envelope_err) == ok);
    check(strcmp(tree_err.text, envelope_err.text) == 0);
    if (ok) {
        same_envelope(tree, root);
        if (asked[which].places == input_places)
            takes_all(tree, root, asked[which].dimensions);
    }
    if (json_parse_document(text, size, &document, NULL)) {
        check(ok);
        same_tree(tree, document);
    }
    json_free(document);
    json_free(root);
    json_free(tree);
    arena_finish(&arena);
    return 0;
}
