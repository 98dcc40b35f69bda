#include "codec/libsvm.h"

#include <stdbool.h>
#include <string.h>

#include "codec/number.h"

enum state {
    STATE_LINE,  /* at a line's first byte */
    STATE_FIRST, /* the row was told; its first token may be a label */
    STATE_PAIRS,
};

struct token {
    const char *text;
    size_t length;
};

void libsvm_init(struct libsvm_reader *reader, const char *text, size_t length)
{
    *reader = (struct libsvm_reader){.at = text, .end = text + length, .line = 1};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* At a line's end, a comment or the next token, whose length is 0 in the first two cases. */
static struct token find_token(struct libsvm_reader *reader)
{
    while (reader->at < reader->end && is_space(*reader->at))
        reader->at++;
    const char *stop = reader->at;
    while (stop < reader->end && !is_space(*stop) && *stop != '\n' && *stop != '#')
        stop++;
    return (struct token){reader->at, (size_t)(stop - reader->at)};
}

/* Over a comment, if there is one, and the line's end. */
static void pass_line(struct libsvm_reader *reader)
{
    const char *feed = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    reader->at = feed != NULL ? feed + 1 : reader->end;
    reader->line += feed != NULL;
    reader->state = STATE_LINE;
}

static bool is_query(const struct token *token)
{
    return token->length >= 4 && memcmp(token->text, "qid:", 4) == 0;
}

static enum libsvm_status fault(struct err *err, enum err_code code, const char *what)
{
    err_set(err, code, "%s", what);
    return LIBSVM_BAD;
}

static bool read_index(const char *text, size_t length, uint32_t *index)
{
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
        if (value > LIBSVM_INDEX_MAX)
            return false;
    }
    *index = (uint32_t)value;
    return length > 0;
}

static enum libsvm_status read_pair(const struct token *token, struct libsvm_pair *pair,
                                    struct err *err)
{
    const char *colon = memchr(token->text, ':', token->length);
    if (colon == NULL)
        return fault(err, ERR_INVALID, "a value has no index: each is index:value");
    size_t index_length = (size_t)(colon - token->text);
    if (!read_index(token->text, index_length, &pair->index))
        return fault(err, ERR_INVALID, "an index is no whole number from 0 to 1000000000");
    if (!number_read_text(colon + 1, token->length - index_length - 1, &pair->value))
        return fault(err, ERR_INVALID, "the value behind an index is no number");
    return LIBSVM_PAIR;
}

enum libsvm_status libsvm_next(struct libsvm_reader *reader, struct libsvm_pair *pair,
                               struct err *err)
{
    double label;
    for (;;) {
        struct token token = find_token(reader);
        if (token.length == 0) {
            if (reader->at >= reader->end)
                return LIBSVM_END;
            pass_line(reader);
            continue;
        }
        if (reader->state == STATE_LINE) {
            reader->state = STATE_FIRST;
            return LIBSVM_ROW;
        }
        bool first = reader->state == STATE_FIRST;
        reader->state = STATE_PAIRS;
        reader->at = token.text + token.length;
        if (is_query(&token))
            continue;
        if (!first || memchr(token.text, ':', token.length) != NULL)
            return read_pair(&token, pair, err);
        if (!number_read_text(token.text, token.length, &label))
            return fault(err, ERR_INVALID, "the label in front of a row is no number");
    }
}
