/* A request's JSON with its bulk of numbers taken out: json_parse, but arrays of numbers in the
 * places that the caller names go straight from the bytes into rows of doubles, and json-c, which
 * makes an object of every number, never sees them.
 *
 *     static const char *const places[] = {"inputs[].data", NULL};
 *     const struct json_wanted wanted = {.places = places, .dimensions = 2};
 *     json_parse_envelope(text, length, &wanted, arena, &root, &err);
 *     ...
 *     if (json_type(value) == JSON_NUMBERS)
 *         use json_numbers(value)->values
 *     else
 *         a JSON_ARRAY as ever: words, booleans, objects in it, or rows of unequal length
 *
 * It accepts exactly what json_parse accepts, with the same sentences, and gives the same doubles
 * to the last bit. Of duplicate members the last one wins, as ever. */
#ifndef OMEN_CODEC_ENVELOPE_H
#define OMEN_CODEC_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/json.h"
#include "codec/number.h"

#define JSON_PLACE_STEPS_MAX 4
#define JSON_PLACES_MAX 16

struct json_wanted {
    /* NULL-terminated, at most JSON_PLACES_MAX of at most JSON_PLACE_STEPS_MAX steps: "input",
     * "dataframe_split.data", "inputs[].data" (of each element of inputs), "inputs.*" (each member
     * of inputs), "" (the whole text). The last step is a member's. ASCII; a name holds no point,
     * bracket or asterisk. */
    const char *const *places;
    size_t dimensions; /* an array that is nested deeper stays in the tree; 1: flat ones only */
    bool non_finite;   /* NaN, Infinity and -Infinity are numbers in these arrays, as some write */
};

/* What stands in an array besides plain numbers, or'ed together: 0 is the common case. */
enum json_numbers_note {
    JSON_NUMBERS_NULL = 1,       /* null: NaN in the values */
    JSON_NUMBERS_NON_FINITE = 2, /* NaN, Infinity or -Infinity */
    JSON_NUMBERS_FRACTION = NUMBER_FRACTION,
    JSON_NUMBERS_WIDE = NUMBER_WIDE,
    JSON_NUMBERS_OVERFLOW = NUMBER_OVERFLOW,
};

/* An array of numbers, in the place of its value: json_type says JSON_NUMBERS. In the arena. */
struct json_numbers {
    double *values; /* row after row; the caller may write to them */
    size_t count;   /* of the values: the product of the shape. [] is no values, of shape {0} */
    size_t dimensions;
    const size_t *shape;
    unsigned notes;
    const char *text; /* the array as it was sent, for json_cells; borrowed from the request */
    size_t length;
};

/* ERR_MEMORY when the numbers do not fit in the arena or the tree, by itself, would take more than
 * the arena's limit; ERR_LIMIT for a text that is nested too deeply. **Keeps** text. */
bool json_parse_envelope(const char *text, size_t length, const struct json_wanted *wanted,
                         struct arena *arena, struct json **root, struct err *err);

/* NULL if the value is anything else than JSON_NUMBERS. */
const struct json_numbers *json_numbers(const struct json *value);

/* The values as whole numbers, exact to the last of 64 bits; *bad is the index of the first one
 * that is none or does not fit (null, 0.5, 1e19). 1.0 and 1e3 are whole. */
bool json_numbers_integers(const struct json_numbers *numbers, int64_t *out, size_t *bad);
bool json_numbers_unsigned(const struct json_numbers *numbers, uint64_t *out, size_t *bad);

/* One by one with their kind, for whoever has to say which one is wrong:
 * for (struct json_cells cells = json_cells_of(numbers); json_cells_next(&cells);) cells.kind ...
 */
enum json_cell_kind { JSON_CELL_NUMBER, JSON_CELL_NULL, JSON_CELL_NON_FINITE };

struct json_cells {
    const char *at, *end;
    enum json_cell_kind kind;
    unsigned notes;   /* of this one */
    const char *text; /* of this one */
    size_t length;
};
struct json_cells json_cells_of(const struct json_numbers *numbers);
bool json_cells_next(struct json_cells *cells);
/* Exact; false if the cell is no whole number or does not fit. */
bool json_cell_integer(const struct json_cells *cells, int64_t *value);
bool json_cell_unsigned(const struct json_cells *cells, uint64_t *value);

#endif
