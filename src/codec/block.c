#include "codec/block.h"

#include <math.h>
#include <string.h>

#include "codec/number.h"
#include "codec/scan.h"

/* An array of numbers, or of arrays of numbers, while it is read. */
struct block {
    const char *at, *end;
    double *next, *limit; /* where the next number goes, and the end of what is there */
    bool non_finite;
    unsigned notes;
    size_t dimensions;
    size_t shape[JSON_DEPTH_MAX];
};

/* ---- How many numbers there are ---- */

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* How many of eight bytes are commas. Where one was, the byte is zero, and the only kind whose
 * highest bit is neither its own nor comes of adding 0x7F. */
static size_t commas_in(uint64_t word)
{
    const uint64_t sevens = ~HIGHS;
    word ^= ONES * ',';
    word = ~(((word & sevens) + sevens) | word | sevens);
    return (size_t)((word >> 7) * ONES >> 56);
}

/* True if there is a bracket, a brace or a quote among eight bytes (or one of Y, y, _ and DEL,
 * which differ from a bracket in the bits that brackets and braces differ in). */
static bool has_structure(uint64_t word)
{
    uint64_t brackets = (word & (ONES * 0xD9)) ^ (ONES * 0x59);
    uint64_t quotes = word ^ (ONES * '"');
    return (((brackets - ONES) & ~brackets) | ((quotes - ONES) & ~quotes)) & HIGHS;
}

/* A flat array ends at the next closing bracket, or it holds something else than numbers. */
static bool count_flat(const char *at, const char *end, size_t *commas)
{
    const char *close = memchr(at, ']', (size_t)(end - at));
    uint64_t word;
    *commas = 0;
    if (close == NULL)
        return false;
    for (; close - at >= 8; at += 8) {
        memcpy(&word, at, sizeof word);
        *commas += commas_in(word);
    }
    for (; at < close; at++)
        *commas += *at == ',';
    return true;
}

/* at: behind the first bracket. True if the array is closed before `end` and holds neither texts
 * nor objects; *commas is then how many commas there are in it. Never looks beyond the array's end
 * or the first quote or brace: a body may have a member many times, and each would look at all the
 * rest. */
static bool count_nested(const char *at, const char *end, size_t *commas)
{
    size_t depth = 1;
    *commas = 0;
    while (at < end) {
        uint64_t word;
        for (; end - at >= 8; at += 8) {
            memcpy(&word, at, sizeof word);
            if (has_structure(word))
                break;
            *commas += commas_in(word);
        }
        const char *stop = end - at >= 8 ? at + 8 : end;
        for (; at < stop; at++) {
            if (*at == '"' || *at == '{' || *at == '}')
                return false;
            *commas += *at == ',';
            depth += *at == '[';
            if (*at == ']' && --depth == 0)
                return true;
        }
    }
    return false;
}

/* ---- The numbers ---- */

static bool starts_with(const char *at, const char *end, const char *word, size_t length)
{
    return (size_t)(end - at) >= length && memcmp(at, word, length) == 0;
}

/* null, NaN, Infinity and -Infinity: their value and length, or 0. */
static size_t read_word(const char *at, const char *end, bool non_finite, double *value,
                        unsigned *notes)
{
    static const struct {
        const char *text;
        double value;
        unsigned note;
    } words[] = {
        {"null", NAN, JSON_NUMBERS_NULL},
        {"NaN", NAN, JSON_NUMBERS_NON_FINITE},
        {"Infinity", INFINITY, JSON_NUMBERS_NON_FINITE},
        {"-Infinity", -INFINITY, JSON_NUMBERS_NON_FINITE},
    };
    size_t count = non_finite ? sizeof words / sizeof words[0] : 1;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i].text);
        if (starts_with(at, end, words[i].text, length)) {
            *value = words[i].value;
            *notes |= words[i].note;
            return length;
        }
    }
    return 0;
}

/* at: the first byte of a value. */
static bool read_cell(struct block *block)
{
    const char *after = number_read_noting(block->at, block->end, block->next, &block->notes);
    if (after == NULL) {
        size_t length =
            read_word(block->at, block->end, block->non_finite, block->next, &block->notes);
        if (length == 0)
            return false;
        after = block->at + length;
    }
    block->next++;
    block->at = after;
    return true;
}

/* Space is rare: the numbers of most writers have none, or one blank, between them. */
static inline void skip_space(struct block *block)
{
    if (block->at < block->end && (unsigned char)*block->at <= ' ')
        block->at = scan_skip_space(block->at, block->end);
}

/* at: behind the opening bracket. Leaves it behind the closing one. */
static bool read_row(struct block *block)
{
    for (;;) {
        skip_space(block);
        if (block->at >= block->end || block->next == block->limit || !read_cell(block))
            return false;
        if (block->at < block->end && *block->at == ',') { /* as nearly always */
            block->at++;
            continue;
        }
        skip_space(block);
        if (block->at >= block->end)
            return false;
        char c = *block->at++;
        if (c == ']')
            return true;
        if (c != ',')
            return false;
    }
}

/* Behind the first bracket: passes over those that follow, and says how deep the numbers are. */
static bool open_all(struct block *block, size_t dimensions_max)
{
    block->dimensions = 1;
    skip_space(block);
    while (block->at < block->end && *block->at == '[') {
        if (block->dimensions == dimensions_max)
            return false;
        block->dimensions++;
        block->at++;
        skip_space(block);
    }
    return block->at < block->end;
}

/* A row was closed, and `level` is the number of brackets that are open: closes those that are
 * closed and opens those behind the comma. False for the wrong shape; *level is 0 at the end. */
static bool next_row(struct block *block, size_t counts[JSON_DEPTH_MAX], size_t *level)
{
    for (;;) {
        if (block->shape[*level] == 0)
            block->shape[*level] = counts[*level];
        if (counts[*level] != block->shape[*level])
            return false;
        counts[*level] = 0;
        if (*level == 0)
            return true;
        counts[--*level]++;
        skip_space(block);
        if (block->at >= block->end)
            return false;
        char c = *block->at++;
        if (c == ',')
            break;
        if (c != ']')
            return false;
    }
    while (++*level < block->dimensions) {
        skip_space(block);
        if (block->at >= block->end || *block->at++ != '[')
            return false;
    }
    --*level;
    return true;
}

static bool read_all(struct block *block)
{
    size_t counts[JSON_DEPTH_MAX];
    size_t level = block->dimensions - 1;
    memset(counts, 0, block->dimensions * sizeof counts[0]);
    memset(block->shape, 0, block->dimensions * sizeof block->shape[0]);
    do {
        const double *first = block->next;
        level = block->dimensions - 1;
        if (!read_row(block))
            return false;
        counts[level] = (size_t)(block->next - first);
        if (!next_row(block, counts, &level))
            return false;
    } while (level > 0);
    return true;
}

static enum block_outcome finish(const struct block *block, const char *text, double *values,
                                 struct arena *arena, struct json_numbers *numbers)
{
    size_t *shape = arena_array(arena, block->dimensions, sizeof *shape);
    if (shape == NULL)
        return BLOCK_NO_ROOM;
    memcpy(shape, block->shape, block->dimensions * sizeof *shape);
    *numbers = (struct json_numbers){
        .values = values,
        .count = (size_t)(block->next - values),
        .dimensions = block->dimensions,
        .shape = shape,
        .notes = block->notes,
        .text = text,
        .length = (size_t)(block->at - text),
    };
    return BLOCK_TAKEN;
}

static bool is_value_start(const struct block *block)
{
    char c = *block->at;
    return c == '-' || c == 'n' || (c >= '0' && c <= '9') ||
           (block->non_finite && (c == 'N' || c == 'I'));
}

enum block_outcome block_read(const char *text, const char *end, const struct block_limits *limits,
                              struct arena *arena, struct json_numbers *numbers, const char **after)
{
    struct block block; /* not the whole: the shape is large */
    size_t commas;
    struct arena_mark mark = arena_mark(arena);
    block.at = text + 1;
    block.end = end;
    block.non_finite = limits->non_finite;
    block.notes = 0;
    if (!open_all(&block, limits->dimensions))
        return BLOCK_OTHER;
    bool flat = block.dimensions == 1;
    bool empty = flat && *block.at == ']';
    if (!empty && (!is_value_start(&block) || !(flat ? count_flat(block.at, end, &commas)
                                                     : count_nested(text + 1, end, &commas))))
        return BLOCK_OTHER;
    /* As many numbers as commas, and one: rows and cells are both divided by them. */
    size_t count = empty ? 0 : commas + 1;
    double *values = arena_array(arena, count, sizeof *values);
    if (values == NULL)
        return BLOCK_NO_ROOM;
    block.next = values;
    block.limit = values + count;
    block.shape[0] = 0;
    if (empty)
        block.at++;
    else if (!read_all(&block)) {
        arena_rewind(arena, mark);
        return BLOCK_OTHER;
    }
    *after = block.at;
    return finish(&block, text, values, arena, numbers);
}

/* ---- The cells again ---- */

struct json_cells json_cells_of(const struct json_numbers *numbers)
{
    return (struct json_cells){.at = numbers->text, .end = numbers->text + numbers->length};
}

bool json_cells_next(struct json_cells *cells)
{
    double value;
    const char *at = cells->at;
    while (at < cells->end && strchr("[], \t\r\n", *at) != NULL)
        at++;
    if (at == cells->end)
        return false;
    cells->text = at;
    cells->notes = 0;
    cells->kind = JSON_CELL_NUMBER;
    const char *after = number_read_noting(at, cells->end, &value, &cells->notes);
    if (after == NULL) {
        after = at + read_word(at, cells->end, true, &value, &cells->notes);
        cells->kind = cells->notes == JSON_NUMBERS_NULL ? JSON_CELL_NULL : JSON_CELL_NON_FINITE;
    }
    cells->length = (size_t)(after - at);
    cells->at = after;
    return after > at;
}

/* A number written as a fraction that is whole all the same, and small enough to be sure of it. */
static bool whole_fraction(const struct json_cells *cells, double *value)
{
    unsigned notes = 0;
    number_read_noting(cells->text, cells->text + cells->length, value, &notes);
    return fabs(*value) <= 0x1p53 && *value == rint(*value);
}

/* Digits without sign, point and exponent. */
static bool magnitude_of(const char *at, const char *end, uint64_t *value)
{
    *value = 0;
    for (; at < end; at++) {
        if (__builtin_mul_overflow(*value, (uint64_t)10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(*at - '0'), value))
            return false;
    }
    return true;
}

bool json_cell_integer(const struct json_cells *cells, int64_t *value)
{
    double number;
    uint64_t magnitude;
    *value = 0;
    if (cells->kind != JSON_CELL_NUMBER)
        return false;
    if ((cells->notes & JSON_NUMBERS_FRACTION) != 0) {
        bool whole = whole_fraction(cells, &number);
        *value = whole ? (int64_t)number : 0;
        return whole;
    }
    bool negative = *cells->text == '-';
    if (!magnitude_of(cells->text + negative, cells->text + cells->length, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *value = negative ? (int64_t)-magnitude : (int64_t)magnitude;
    return true;
}

bool json_cell_unsigned(const struct json_cells *cells, uint64_t *value)
{
    double number;
    *value = 0;
    if (cells->kind != JSON_CELL_NUMBER)
        return false;
    if ((cells->notes & JSON_NUMBERS_FRACTION) != 0) {
        bool whole = whole_fraction(cells, &number) && number >= 0;
        *value = whole ? (uint64_t)number : 0;
        return whole;
    }
    bool negative = *cells->text == '-';
    return magnitude_of(cells->text + negative, cells->text + cells->length, value) &&
           (!negative || *value == 0);
}

bool json_numbers_integers(const struct json_numbers *numbers, int64_t *out, size_t *bad)
{
    struct json_cells cells = json_cells_of(numbers);
    for (*bad = 0; *bad < numbers->count && json_cells_next(&cells); ++*bad) {
        if (!json_cell_integer(&cells, &out[*bad]))
            return false;
    }
    return *bad == numbers->count;
}

bool json_numbers_unsigned(const struct json_numbers *numbers, uint64_t *out, size_t *bad)
{
    struct json_cells cells = json_cells_of(numbers);
    for (*bad = 0; *bad < numbers->count && json_cells_next(&cells); ++*bad) {
        if (!json_cell_unsigned(&cells, &out[*bad]))
            return false;
    }
    return *bad == numbers->count;
}
