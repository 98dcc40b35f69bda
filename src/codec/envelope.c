/* json_parse_envelope: the bulk of a request goes from the bytes into a matrix; json-c sees null in
 * its place. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "codec/json.h"
#include "codec/number.h"
#include "codec/parser.h"

#define MEMBER_TEXT_SIZE 512 /* a member's name, each character as a \u escape */

/* An array of numbers, or of arrays of numbers, while it is read. */
struct bulk {
    const char *at, *end;
    double *next, *limit; /* where the next number goes, and the end of what is there */
    size_t rows, cols;
    bool nested;
};

static size_t count_commas(const char *at, const char *end)
{
    const uint64_t sevens = UINT64_C(0x7F7F7F7F7F7F7F7F);
    const uint64_t commas = UINT64_C(0x2C2C2C2C2C2C2C2C);
    size_t count = 0;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word ^= commas; /* the highest bit of each byte that is zero now: */
        count += (size_t)__builtin_popcountll(~(((word & sevens) + sevens) | word | sevens));
    }
    for (; at < end; at++)
        count += *at == ',';
    return count;
}

/* at: behind the opening bracket. The closing bracket, if the array holds numbers or arrays of
 * numbers; NULL or any place within the array if it holds something else. Never looks beyond the
 * array's end: a body may have the member many times, and each would look at all the rest. */
static const char *find_close(const char *at, const char *end, bool nested)
{
    for (;;) {
        at = memchr(at, ']', (size_t)(end - at));
        if (at == NULL || !nested)
            return at;
        at = scan_skip_space(at + 1, end);
        if (at >= end)
            return NULL;
        if (*at == ']')
            return at;
        at = *at == ',' ? scan_skip_space(at + 1, end) : end;
        if (at >= end || *at != '[')
            return NULL;
    }
}

/* at: the first byte of a number or of null. */
static bool read_cell(struct bulk *bulk)
{
    const char *after;
    if (*bulk->at != 'n') {
        after = number_read(bulk->at, bulk->end, bulk->next);
        if (after == NULL)
            return false;
    } else {
        if (bulk->end - bulk->at < 4 || memcmp(bulk->at, "null", 4) != 0)
            return false;
        *bulk->next = NAN;
        after = bulk->at + 4;
    }
    bulk->next++;
    bulk->at = after;
    return true;
}

/* at: behind the opening bracket. Leaves it behind the closing one. */
static bool read_row(struct bulk *bulk)
{
    for (;;) {
        bulk->at = scan_skip_space(bulk->at, bulk->end);
        if (bulk->at >= bulk->end || bulk->next == bulk->limit || !read_cell(bulk))
            return false;
        bulk->at = scan_skip_space(bulk->at, bulk->end);
        if (bulk->at >= bulk->end)
            return false;
        char c = *bulk->at++;
        if (c == ']')
            return true;
        if (c != ',')
            return false;
    }
}

/* at: the first row's opening bracket. Leaves it behind the outer closing one. */
static bool read_rows(struct bulk *bulk)
{
    for (;;) {
        if (bulk->at >= bulk->end || *bulk->at++ != '[')
            return false;
        const double *first = bulk->next;
        if (!read_row(bulk))
            return false;
        size_t cols = (size_t)(bulk->next - first);
        if (bulk->rows++ == 0)
            bulk->cols = cols;
        else if (cols != bulk->cols)
            return false;
        bulk->at = scan_skip_space(bulk->at, bulk->end);
        if (bulk->at >= bulk->end)
            return false;
        char c = *bulk->at++;
        if (c == ']')
            return true;
        if (c != ',')
            return false;
        bulk->at = scan_skip_space(bulk->at, bulk->end);
    }
}

static bool is_number_start(const char *at, const char *end)
{
    return at < end && (*at == '-' || *at == 'n' || (*at >= '0' && *at <= '9'));
}

enum outcome { OUTCOME_NUMBERS, OUTCOME_OTHER, OUTCOME_NO_ROOM };

/* text: the opening bracket. Whatever is wrong with the array is left for the scanner to say. */
static enum outcome read_bulk(const char *text, const char *end, struct arena *arena,
                              struct json_envelope *envelope, const char **after)
{
    struct bulk bulk = {.at = scan_skip_space(text + 1, end), .end = end};
    bulk.nested = bulk.at < end && *bulk.at == '[';
    const char *first = bulk.nested ? scan_skip_space(bulk.at + 1, end) : bulk.at;
    if (!is_number_start(first, end))
        return OUTCOME_OTHER;
    const char *close = find_close(first, end, bulk.nested);
    if (close == NULL)
        return OUTCOME_OTHER;
    /* As many numbers as commas, and one: rows and cells are both divided by them. */
    size_t count = count_commas(first, close) + 1;
    double *numbers = arena_array(arena, count, sizeof *numbers);
    if (numbers == NULL)
        return OUTCOME_NO_ROOM;
    bulk.next = numbers;
    bulk.limit = numbers + count;
    if (!(bulk.nested ? read_rows(&bulk) : read_row(&bulk)))
        return OUTCOME_OTHER;
    envelope->numbers = numbers;
    envelope->rows = bulk.nested ? bulk.rows : 1;
    envelope->cols = bulk.nested ? bulk.cols : (size_t)(bulk.next - numbers);
    envelope->has_numbers = true;
    envelope->is_vector = !bulk.nested;
    *after = bulk.at;
    return OUTCOME_NUMBERS;
}

static bool key_is(const struct scan *scan, const char *member)
{
    size_t length = strlen(member);
    if (!scan->escaped)
        return scan->length == length && memcmp(scan->start, member, length) == 0;
    char text[MEMBER_TEXT_SIZE];
    if (scan->length >= sizeof text)
        return false;
    return scan_unescape(scan->start, scan->length, text) == length &&
           memcmp(text, member, length) == 0;
}

/* The scanner has just passed the member's key. */
static bool take_value(struct parser *parser, struct arena *arena, struct arena_mark mark,
                       struct json_envelope *envelope, struct err *err)
{
    struct scan *scan = &parser->scan;
    const char *value = scan_skip_space(scan->at, scan->end);
    const char *after = NULL;
    *envelope = (struct json_envelope){0};
    arena_rewind(arena, mark); /* of an earlier member of this name */
    if (value >= scan->end || *value != '[')
        return true;
    switch (read_bulk(value, scan->end, arena, envelope, &after)) {
    case OUTCOME_OTHER:
        arena_rewind(arena, mark);
        return true;
    case OUTCOME_NO_ROOM:
        return err_set(err, ERR_MEMORY, "more numbers than a request may hold");
    case OUTCOME_NUMBERS:
        break;
    }
    scan_skip_value(scan, after);
    return parser_replace(parser, value, after, "null", err);
}

bool json_parse_envelope(const char *text, size_t length, const char *member, struct arena *arena,
                         struct json_envelope *envelope, struct err *err)
{
    struct parser parser;
    struct arena_mark mark = arena_mark(arena);
    enum scan_token token = SCAN_ERROR;
    *envelope = (struct json_envelope){0};
    bool ok = parser_init(&parser, text, length, err);
    parser.tree_limit = arena->limit;
    while (ok && token != SCAN_END) {
        token = parser_next(&parser, err);
        ok = token != SCAN_ERROR;
        if (token == SCAN_KEY && parser.scan.depth == 1 && key_is(&parser.scan, member))
            ok = take_value(&parser, arena, mark, envelope, err);
    }
    ok = ok && parser_end(&parser, &envelope->root, err);
    parser_finish(&parser);
    if (!ok) {
        *envelope = (struct json_envelope){0};
        arena_rewind(arena, mark);
    }
    return ok;
}
