#include "formats/lightgbm_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/number.h"

#define NUMBER_MAX 64 /* characters of a number that is not written as JSON has it */

bool lightgbm_text_is(struct lightgbm_text text, const char *word)
{
    return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

bool lightgbm_text_begins(struct lightgbm_text text, const char *head, struct lightgbm_text *rest)
{
    size_t length = strlen(head);
    if (text.length < length || memcmp(text.at, head, length) != 0)
        return false;
    if (rest != NULL)
        *rest = (struct lightgbm_text){text.at + length, text.length - length};
    return true;
}

bool lightgbm_text_cut(struct lightgbm_text text, char separator, struct lightgbm_text *first,
                       struct lightgbm_text *second)
{
    const char *found = text.length > 0 ? memchr(text.at, separator, text.length) : NULL;
    *first = text;
    *second = (struct lightgbm_text){text.at + text.length, 0};
    if (found == NULL)
        return false;
    first->length = (size_t)(found - text.at);
    *second = (struct lightgbm_text){found + 1, text.length - first->length - 1};
    return true;
}

bool lightgbm_text_word(struct lightgbm_text *text, struct lightgbm_text *word)
{
    while (text->length > 0 && *text->at == ' ') {
        text->at++;
        text->length--;
    }
    word->at = text->at;
    while (text->length > 0 && *text->at != ' ') {
        text->at++;
        text->length--;
    }
    word->length = (size_t)(text->at - word->at);
    return word->length > 0;
}

size_t lightgbm_text_words(struct lightgbm_text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.at[i] != ' ' && (i == 0 || text.at[i - 1] == ' ');
    return count;
}

bool lightgbm_lines_next(struct lightgbm_lines *lines, struct lightgbm_text *line)
{
    if (lines->at >= lines->end)
        return false;
    const char *end = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
    line->at = lines->at;
    line->length = (size_t)((end != NULL ? end : lines->end) - lines->at);
    lines->at = end != NULL ? end + 1 : lines->end;
    if (line->length > 0 && line->at[line->length - 1] == '\r')
        line->length--;
    return true;
}

/* From at, up to 18 digits: returns what follows them, at itself where there are none. */
static const char *read_integer(const char *at, const char *end, int64_t *value)
{
    const char *digits = at + (at < end && *at == '-');
    const char *stop = digits;
    uint64_t number = 0;
    for (; stop < end && stop - digits < 18 && (unsigned char)(*stop - '0') < 10; stop++)
        number = number * 10 + (uint64_t)(*stop - '0');
    *value = digits > at ? -(int64_t)number : (int64_t)number;
    return stop > digits ? stop : at;
}

bool lightgbm_integer(struct lightgbm_text text, int64_t least, int64_t most, int64_t *value)
{
    const char *end = text.at + text.length;
    return text.length > 0 && read_integer(text.at, end, value) == end && *value >= least &&
           *value <= most;
}

/* "inf", "+1", ".5" and what else the C library reads and JSON has not. */
static const char *read_rare(const char *at, const char *end, double *value)
{
    char copy[NUMBER_MAX + 1];
    size_t length = 0;
    while (at + length < end && at[length] != ' ' && length < NUMBER_MAX)
        length++;
    memcpy(copy, at, length);
    copy[length] = '\0';
    char *stop;
    *value = strtod(copy, &stop);
    return length > 0 && *stop == '\0' ? at + length : at;
}

/* What follows the number at `at`; `at` itself where there is none. */
static const char *read_double(const char *at, const char *end, double *value)
{
    const char *stop = number_read(at, end, value);
    if (stop == NULL || (stop < end && *stop != ' '))
        stop = read_rare(at, end, value);
    return isnan(*value) ? at : stop;
}

bool lightgbm_double(struct lightgbm_text text, double *value)
{
    const char *end = text.at + text.length;
    return text.length > 0 && read_double(text.at, end, value) == end;
}

/* The place of the next number, or NULL at the end of the list. */
static const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    return at < end ? at : NULL;
}

static bool fail_count(struct lightgbm_text text, size_t count, struct err *err)
{
    return err_set(err, ERR_INVALID, "expected %zu numbers, got %zu", count,
                   lightgbm_text_words(text));
}

static bool fail_number(size_t index, const char *what, struct err *err)
{
    return err_set(err, ERR_INVALID, "number %zu %s", index, what);
}

bool lightgbm_fits(struct lightgbm_text text, size_t count, struct err *err)
{
    return count <= text.length / 2 + 1 || fail_count(text, count, err);
}

static bool ends(const char *at, struct lightgbm_text text, size_t count, struct err *err)
{
    return skip_spaces(at, text.at + text.length) == NULL || fail_count(text, count, err);
}

bool lightgbm_integers(struct lightgbm_text text, size_t count, int64_t least, int64_t most,
                       int32_t *values, struct err *err)
{
    const char *at = text.at, *end = text.at + text.length;
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        const char *start = skip_spaces(at, end);
        if (start == NULL)
            return fail_count(text, count, err);
        at = read_integer(start, end, &value);
        if (at == start || (at < end && *at != ' '))
            return fail_number(i, "is not a whole number", err);
        if (value < least || value > most)
            return fail_number(i, "is out of range", err);
        values[i] = (int32_t)value;
    }
    return ends(at, text, count, err);
}

bool lightgbm_words(struct lightgbm_text text, size_t count, uint32_t *values, struct err *err)
{
    const char *at = text.at, *end = text.at + text.length;
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        const char *start = skip_spaces(at, end);
        if (start == NULL)
            return fail_count(text, count, err);
        at = read_integer(start, end, &value);
        if (at == start || (at < end && *at != ' ') || value < 0 || value > UINT32_MAX)
            return fail_number(i, "is not a word of 32 bits", err);
        values[i] = (uint32_t)value;
    }
    return ends(at, text, count, err);
}

bool lightgbm_doubles(struct lightgbm_text text, size_t count, double *values, struct err *err)
{
    const char *at = text.at, *end = text.at + text.length;
    for (size_t i = 0; i < count; i++) {
        const char *start = skip_spaces(at, end);
        if (start == NULL)
            return fail_count(text, count, err);
        at = read_double(start, end, &values[i]);
        if (at == start || (at < end && *at != ' '))
            return fail_number(i, "is not a number", err);
    }
    return ends(at, text, count, err);
}
