#include "tensor/kernels/pattern.h"

#include <string.h>

enum step_kind { STEP_SET, STEP_NOT_SET, STEP_SPLIT, STEP_JUMP, STEP_ASSERT };
enum assertion { AT_BEGIN, AT_END, AT_BOUNDARY, NOT_AT_BOUNDARY };

/* Jumps are relative, so that a piece can be moved and copied as it is. A program that runs off its
 * end has matched. */
struct pattern_step {
    enum step_kind kind;
    int32_t first, second;   /* SPLIT: both ways; JUMP: first. ASSERT: first is the assertion */
    uint32_t set, set_count; /* SET: ranges */
};

struct pattern_range {
    uint32_t low, high;
};

#define LAST_CHARACTER UINT32_C(0x10ffff)
#define INVALID_CHARACTER UINT32_C(0x110000) /* plus the byte */
#define DEPTH_MAX 100
#define REPEAT_MAX 1000

uint32_t pattern_character(struct value_string text, size_t at, size_t *next)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes + at;
    size_t left = text.length - at;
    uint32_t c = bytes[0];
    size_t length = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    *next = at + 1;
    if (length == 1)
        return c;
    if (length == 0 || length > left)
        return INVALID_CHARACTER + c;
    c &= 0xffU >> (length + 1);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return INVALID_CHARACTER + bytes[0];
        c = c << 6 | (bytes[i] & 0x3fU);
    }
    *next = at + length;
    return c;
}

size_t pattern_length(struct value_string text)
{
    size_t length = 0;
    for (size_t at = 0; at < text.length; length++)
        (void)pattern_character(text, at, &at);
    return length;
}

/* ---- reading ---- */

struct reader {
    struct pattern *pattern;
    struct value_string text;
    size_t at;
    size_t range_room; /* two bytes of the pattern stand for 5 ranges at most */
    int depth;
    struct err *err;
};

static bool refuse(struct reader *reader, const char *what)
{
    return err_set(reader->err, ERR_UNSUPPORTED, "the pattern has %s at byte %zu", what,
                   reader->at);
}

static int peek(const struct reader *reader)
{
    return reader->at < reader->text.length ? (unsigned char)reader->text.bytes[reader->at] : -1;
}

static bool accept(struct reader *reader, char c)
{
    if (peek(reader) != (unsigned char)c)
        return false;
    reader->at++;
    return true;
}

static bool add_step(struct reader *reader, struct pattern_step step)
{
    if (reader->pattern->count >= PATTERN_STEPS_MAX)
        return refuse(reader, "more steps than are allowed");
    reader->pattern->steps[reader->pattern->count++] = step;
    return true;
}

static bool add_range(struct reader *reader, uint32_t low, uint32_t high)
{
    if (reader->pattern->range_count >= reader->range_room)
        return refuse(reader, "more ranges than are allowed");
    reader->pattern->ranges[reader->pattern->range_count++] = (struct pattern_range){low, high};
    return true;
}

/* Before the piece that begins at `begin`. */
static bool insert_step(struct reader *reader, size_t begin, struct pattern_step step)
{
    struct pattern *pattern = reader->pattern;
    if (!add_step(reader, step))
        return false;
    memmove(pattern->steps + begin + 1, pattern->steps + begin,
            (pattern->count - 1 - begin) * sizeof step);
    pattern->steps[begin] = step;
    return true;
}

static const char digits[] = "09";
static const char word_letters[] = "09AZ__az";
static const char blanks[] = "\t\n\f\r  "; /* \v is none in RE2 */

/* Pairs of low and high. negated: what lies between them. */
static bool add_ranges(struct reader *reader, const char *pairs, bool negated)
{
    uint32_t next = 0;
    for (size_t i = 0; pairs[i] != '\0'; i += 2) {
        uint32_t low = (unsigned char)pairs[i], high = (unsigned char)pairs[i + 1];
        if (!negated && !add_range(reader, low, high))
            return false;
        if (negated && low > next && !add_range(reader, next, low - 1))
            return false;
        next = high + 1;
    }
    return !negated || add_range(reader, next, INVALID_CHARACTER + 255);
}

/* The classes that a letter after a backslash stands for. */
static bool is_class(int c)
{
    return c != -1 && c != 0 && strchr("dDwWsS", c) != NULL;
}

static bool add_class(struct reader *reader, int c)
{
    const char *pairs = c == 'd' || c == 'D'   ? digits
                        : c == 'w' || c == 'W' ? word_letters
                                               : blanks;
    return add_ranges(reader, pairs, c == 'D' || c == 'W' || c == 'S');
}

/* What follows a backslash, where it is one character. */
static bool read_escape(struct reader *reader, uint32_t *c)
{
    static const char names[] = "tnrfva", meant[] = "\t\n\r\f\v\a";
    int letter = peek(reader);
    const char *found = letter > 0 ? strchr(names, letter) : NULL;
    if (found != NULL) {
        reader->at++;
        *c = (unsigned char)meant[found - names];
        return true;
    }
    if (letter == -1 || (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
        (letter >= 'a' && letter <= 'z'))
        return refuse(reader, "an escape that is not supported");
    *c = pattern_character(reader->text, reader->at, &reader->at);
    return true;
}

static bool read_named_class(struct reader *reader)
{
    static const struct {
        const char *name, *pairs;
    } classes[] = {
        {"[:alpha:]", "AZaz"},    {"[:digit:]", "09"},       {"[:alnum:]", "09AZaz"},
        {"[:upper:]", "AZ"},      {"[:lower:]", "az"},       {"[:space:]", "\t\r  "},
        {"[:word:]", "09AZ__az"}, {"[:punct:]", "!/:@[`{~"},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        size_t length = strlen(classes[i].name);
        if (reader->text.length - reader->at >= length &&
            memcmp(reader->text.bytes + reader->at, classes[i].name, length) == 0) {
            reader->at += length;
            return add_ranges(reader, classes[i].pairs, false);
        }
    }
    return refuse(reader, "a class name that is not supported");
}

/* One end of a range, or a class (*is_set). */
static bool read_member(struct reader *reader, uint32_t *c, bool *is_set)
{
    *is_set = false;
    if (!accept(reader, '\\')) {
        *c = pattern_character(reader->text, reader->at, &reader->at);
        return true;
    }
    if (!is_class(peek(reader)))
        return read_escape(reader, c);
    *is_set = true;
    return add_class(reader, (unsigned char)reader->text.bytes[reader->at++]);
}

static bool read_range(struct reader *reader)
{
    uint32_t low, high;
    bool is_set;
    if (peek(reader) == '[' && reader->at + 1 < reader->text.length &&
        reader->text.bytes[reader->at + 1] == ':')
        return read_named_class(reader);
    if (!read_member(reader, &low, &is_set) || is_set)
        return is_set;
    high = low;
    bool dash = peek(reader) == '-' && reader->at + 1 < reader->text.length &&
                reader->text.bytes[reader->at + 1] != ']';
    if (dash) {
        reader->at++;
        if (!read_member(reader, &high, &is_set))
            return false;
        if (is_set || high < low)
            return refuse(reader, "a range without an order");
    }
    return add_range(reader, low, high);
}

/* After the opening bracket. */
static bool read_set(struct reader *reader)
{
    size_t first = reader->pattern->range_count, begin = reader->at;
    bool negated = accept(reader, '^');
    begin += negated;
    while (peek(reader) != ']' || reader->at == begin) {
        if (peek(reader) == -1)
            return refuse(reader, "a class without an end");
        if (!read_range(reader))
            return false;
    }
    reader->at++;
    return add_step(reader, (struct pattern_step){
                                .kind = negated ? STEP_NOT_SET : STEP_SET,
                                .set = (uint32_t)first,
                                .set_count = (uint32_t)(reader->pattern->range_count - first)});
}

static bool add_character(struct reader *reader, uint32_t c)
{
    uint32_t first = (uint32_t)reader->pattern->range_count;
    return add_range(reader, c, c) &&
           add_step(reader, (struct pattern_step){.kind = STEP_SET, .set = first, .set_count = 1});
}

static bool read_backslash(struct reader *reader)
{
    int c = peek(reader);
    uint32_t character;
    if (c == 'b' || c == 'B') {
        reader->at++;
        return add_step(reader,
                        (struct pattern_step){.kind = STEP_ASSERT,
                                              .first = c == 'b' ? AT_BOUNDARY : NOT_AT_BOUNDARY});
    }
    if (is_class(c)) {
        uint32_t first = (uint32_t)reader->pattern->range_count;
        reader->at++;
        return add_class(reader, c) &&
               add_step(reader, (struct pattern_step){
                                    .kind = STEP_SET,
                                    .set = first,
                                    .set_count = (uint32_t)reader->pattern->range_count - first});
    }
    return read_escape(reader, &character) && add_character(reader, character);
}

static bool read_alternatives(struct reader *reader);

static bool read_group(struct reader *reader)
{
    if (accept(reader, '?') && !accept(reader, ':'))
        return refuse(reader, "a group of a kind that is not supported");
    if (++reader->depth > DEPTH_MAX)
        return refuse(reader, "groups that are nested too deeply");
    if (!read_alternatives(reader))
        return false;
    reader->depth--;
    return accept(reader, ')') || refuse(reader, "a group without an end");
}

static bool read_atom(struct reader *reader)
{
    if (accept(reader, '('))
        return read_group(reader);
    if (accept(reader, '['))
        return read_set(reader);
    if (accept(reader, '\\'))
        return read_backslash(reader);
    if (accept(reader, '^'))
        return add_step(reader, (struct pattern_step){.kind = STEP_ASSERT, .first = AT_BEGIN});
    if (accept(reader, '$'))
        return add_step(reader, (struct pattern_step){.kind = STEP_ASSERT, .first = AT_END});
    if (accept(reader, '.')) {
        uint32_t first = (uint32_t)reader->pattern->range_count;
        return add_range(reader, '\n', '\n') &&
               add_step(reader,
                        (struct pattern_step){.kind = STEP_NOT_SET, .set = first, .set_count = 1});
    }
    int c = peek(reader);
    if (c == '*' || c == '+' || c == '?')
        return refuse(reader, "a repetition of nothing");
    return add_character(reader, pattern_character(reader->text, reader->at, &reader->at));
}

static bool read_number(struct reader *reader, size_t *number)
{
    size_t begin = reader->at;
    *number = 0;
    while (peek(reader) >= '0' && peek(reader) <= '9' && *number <= REPEAT_MAX)
        *number = *number * 10 + (size_t)(reader->text.bytes[reader->at++] - '0');
    return reader->at > begin;
}

/* {m}, {m,}, {m,n}; anything else is a literal brace, and nothing is read. *most: SIZE_MAX for no
 * bound. */
static bool read_bounds(struct reader *reader, size_t *least, size_t *most)
{
    size_t begin = reader->at;
    if (accept(reader, '{') && read_number(reader, least)) {
        *most = *least;
        if (accept(reader, ',') && !read_number(reader, most))
            *most = SIZE_MAX;
        if (accept(reader, '}'))
            return true;
    }
    reader->at = begin;
    return false;
}

static bool append_copy(struct reader *reader, const struct pattern_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!add_step(reader, steps[i]))
            return false;
    return true;
}

static bool make_optional(struct reader *reader, size_t begin)
{
    int32_t length = (int32_t)(reader->pattern->count - begin);
    return insert_step(reader, begin,
                       (struct pattern_step){.kind = STEP_SPLIT, .first = 1, .second = length + 1});
}

static bool make_repeated(struct reader *reader, size_t begin)
{
    int32_t length = (int32_t)(reader->pattern->count - begin);
    return add_step(reader,
                    (struct pattern_step){.kind = STEP_SPLIT, .first = -length, .second = 1});
}

/* The piece from `begin` on, least to most times. */
static bool repeat(struct reader *reader, size_t begin, size_t least, size_t most)
{
    struct pattern_step piece[PATTERN_STEPS_MAX];
    size_t length = reader->pattern->count - begin;
    if (least > REPEAT_MAX || (most != SIZE_MAX && most > REPEAT_MAX) || most < least)
        return refuse(reader, "a repetition that is too large");
    memcpy(piece, reader->pattern->steps + begin, length * sizeof *piece);
    reader->pattern->count = begin;
    for (size_t i = 0; i < least; i++)
        if (!append_copy(reader, piece, length))
            return false;
    if (most == SIZE_MAX) {
        size_t last = reader->pattern->count - length;
        if (least > 0)
            return make_repeated(reader, last);
        last = reader->pattern->count;
        return append_copy(reader, piece, length) && make_repeated(reader, last) &&
               make_optional(reader, last);
    }
    for (size_t i = least; i < most; i++) {
        size_t optional = reader->pattern->count;
        if (!append_copy(reader, piece, length) || !make_optional(reader, optional))
            return false;
    }
    return true;
}

static bool read_repeated(struct reader *reader)
{
    size_t begin = reader->pattern->count, least, most;
    if (!read_atom(reader))
        return false;
    for (;;) {
        if (accept(reader, '*'))
            least = 0, most = SIZE_MAX;
        else if (accept(reader, '+'))
            least = 1, most = SIZE_MAX;
        else if (accept(reader, '?'))
            least = 0, most = 1;
        else if (!read_bounds(reader, &least, &most))
            return true;
        accept(reader, '?'); /* the longest match is wanted in any case */
        if (!repeat(reader, begin, least, most))
            return false;
    }
}

static bool read_alternatives(struct reader *reader)
{
    size_t begin = reader->pattern->count;
    while (peek(reader) != -1 && peek(reader) != '|' && peek(reader) != ')')
        if (!read_repeated(reader))
            return false;
    if (!accept(reader, '|'))
        return true;
    size_t jump = reader->pattern->count;
    if (!add_step(reader, (struct pattern_step){.kind = STEP_JUMP}))
        return false;
    int32_t length = (int32_t)(reader->pattern->count - begin);
    if (!insert_step(reader, begin,
                     (struct pattern_step){.kind = STEP_SPLIT, .first = 1, .second = length + 1}))
        return false;
    if (++reader->depth > DEPTH_MAX)
        return refuse(reader, "more alternatives than are allowed");
    if (!read_alternatives(reader))
        return false;
    reader->depth--;
    reader->pattern->steps[jump + 1].first = (int32_t)(reader->pattern->count - (jump + 1));
    return true;
}

bool pattern_make(struct pattern *pattern, struct value_string text, struct arena *arena,
                  struct err *err)
{
    struct reader reader = {
        .pattern = pattern, .text = text, .range_room = 3 * text.length + 8, .err = err};
    if (text.length > PATTERN_STEPS_MAX)
        return refuse(&reader, "more bytes than are allowed");
    *pattern = (struct pattern){
        .steps = arena_array(arena, PATTERN_STEPS_MAX, sizeof *pattern->steps),
        .ranges = arena_array(arena, reader.range_room, sizeof *pattern->ranges),
    };
    if (pattern->steps == NULL || pattern->ranges == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a pattern");
    if (!read_alternatives(&reader))
        return false;
    return peek(&reader) == -1 || refuse(&reader, "a parenthesis that closes nothing");
}

/* ---- finding ---- */

/* Steps that are under way at one place of the text, each once. */
struct states {
    uint32_t *list, *place; /* place[step]: where it is in list, if it is */
    size_t count;
};

static bool contains(const struct states *states, uint32_t step)
{
    uint32_t place = states->place[step];
    return place < states->count && states->list[place] == step;
}

static bool is_word_at(struct value_string text, size_t at)
{
    unsigned char c = (unsigned char)text.bytes[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool holds(enum assertion assertion, struct value_string text, size_t at)
{
    if (assertion == AT_BEGIN)
        return at == 0;
    if (assertion == AT_END)
        return at == text.length;
    bool before = at > 0 && is_word_at(text, at - 1);
    bool after = at < text.length && is_word_at(text, at);
    return (before != after) == (assertion == AT_BOUNDARY);
}

/* Adds a step and all that it leads to without a character. */
static void enter(const struct pattern *pattern, struct states *states, uint32_t step,
                  struct value_string text, size_t at, uint32_t *stack)
{
    size_t depth = 0;
    stack[depth++] = step;
    while (depth > 0) {
        step = stack[--depth];
        if (contains(states, step))
            continue;
        states->place[step] = (uint32_t)states->count;
        states->list[states->count++] = step;
        if (step == pattern->count)
            continue;
        const struct pattern_step *here = &pattern->steps[step];
        if (here->kind == STEP_SPLIT) {
            stack[depth++] = (uint32_t)((int32_t)step + here->second);
            stack[depth++] = (uint32_t)((int32_t)step + here->first);
        } else if (here->kind == STEP_JUMP) {
            stack[depth++] = (uint32_t)((int32_t)step + here->first);
        } else if (here->kind == STEP_ASSERT && holds((enum assertion)here->first, text, at)) {
            stack[depth++] = step + 1;
        }
    }
}

static bool in_set(const struct pattern *pattern, const struct pattern_step *step, uint32_t c)
{
    bool found = false;
    for (uint32_t i = 0; i < step->set_count && !found; i++) {
        const struct pattern_range *range = &pattern->ranges[step->set + i];
        found = c >= range->low && c <= range->high;
    }
    return found == (step->kind == STEP_SET);
}

/* The end of the longest match that begins at `at`; SIZE_MAX if there is none. */
static size_t match_here(const struct pattern *pattern, struct value_string text, size_t at,
                         uint32_t *work)
{
    size_t room = pattern->count + 2, end = SIZE_MAX;
    struct states now = {work, work + room, 0}, then = {work + 2 * room, work + 3 * room, 0};
    uint32_t *stack = work + 4 * room;
    enter(pattern, &now, 0, text, at, stack);
    for (;;) {
        if (contains(&now, (uint32_t)pattern->count))
            end = at;
        if (at >= text.length || now.count == 0)
            return end;
        size_t next;
        uint32_t c = pattern_character(text, at, &next);
        then.count = 0;
        for (size_t i = 0; i < now.count; i++) {
            uint32_t step = now.list[i];
            if (step == pattern->count || pattern->steps[step].kind > STEP_NOT_SET)
                continue;
            if (in_set(pattern, &pattern->steps[step], c))
                enter(pattern, &then, step + 1, text, next, stack);
        }
        struct states swap = now;
        now = then;
        then = swap;
        at = next;
    }
}

bool pattern_find(const struct pattern *pattern, struct value_string text, size_t from,
                  uint32_t *work, size_t *begin, size_t *end)
{
    memset(work, 0, pattern_work(pattern) * sizeof *work);
    for (size_t at = from; at <= text.length;) {
        *end = match_here(pattern, text, at, work);
        *begin = at;
        if (*end != SIZE_MAX)
            return true;
        if (at == text.length)
            return false;
        (void)pattern_character(text, at, &at);
    }
    return false;
}
