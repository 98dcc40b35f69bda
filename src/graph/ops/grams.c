#include "graph/ops/grams.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "graph/unicode.h"

#define LENGTH_MAX ((size_t)64) /* of a gram, in words or characters */

static bool range_read(struct grams *grams, struct params *params, struct err *err)
{
    struct params_vector range;
    grams->low = grams->high = 1;
    if (!params_has(params, "ngram_range"))
        return true;
    if (!params_vector(params, "ngram_range", 2, &range, err))
        return false;
    double low = range.values[0], high = range.values[1];
    params_vector_finish(&range);
    if (!(low >= 1.0 && low <= high && high <= (double)LENGTH_MAX) || low != floor(low) ||
        high != floor(high))
        return params_fail(params, "ngram_range", err, "expected two numbers from 1 to %zu",
                           LENGTH_MAX);
    grams->low = (size_t)low;
    grams->high = (size_t)high;
    return true;
}

static bool stop_words_read(struct grams *grams, struct params *params, struct err *err)
{
    if (!params_has(params, "stop_words"))
        return true;
    if (!params_list(params, "stop_words", PARAMS_ANY, &grams->stop_list, err))
        return false;
    for (size_t i = 0; i < grams->stop_list.count; i++) {
        const struct params_value *word = &grams->stop_list.values[i];
        uint32_t existing;
        if (word->type != PARAMS_TEXT)
            return params_fail(params, "stop_words", err, "expected words");
        if (!strmap_add(&grams->stop_words, word->text, strlen(word->text), 0, &existing))
            return err_set(err, ERR_MEMORY, "no memory for %zu words", grams->stop_list.count);
    }
    return true;
}

bool grams_read(struct grams *grams, struct params *params, const struct columns *in,
                struct err *err)
{
    static const char *const analyzers[] = {"word", "char", "char_wb", NULL};
    if (in->count != 1 || !in->items[0].is_text)
        return params_fail(params, "", err, "takes one column, of free text");
    return params_choice_or(params, "analyzer", analyzers, GRAMS_WORD, &grams->analyzer, err) &&
           params_flag_or(params, "lowercase", true, &grams->lowercase, err) &&
           params_count_or(params, "token_length", 2, 1, LENGTH_MAX, &grams->shortest, err) &&
           range_read(grams, params, err) && stop_words_read(grams, params, err);
}

void grams_finish(struct grams *grams)
{
    strmap_finish(&grams->stop_words);
    params_list_finish(&grams->stop_list);
}

/* What a text is cut into pieces of: bytes, and where each piece begins; piece i ends where the
 * next begins, `gap` bytes before. */
struct pieces {
    char *bytes;
    size_t *starts; /* [count + 1] */
    size_t count, gap;
};

struct found {
    grams_key *key;
    const void *context;
    uint32_t *keys;
    size_t count;
};

/* The grams of all lengths from pieces that follow each other. `once`: of a length that there are
 * too few pieces for, all of them are one gram, and no longer one follows. */
static void pieces_count(const struct grams *grams, const struct pieces *pieces, bool once,
                         struct found *found)
{
    for (size_t length = grams->low; length <= grams->high; length++) {
        bool is_short = length > pieces->count;
        if (is_short && (!once || pieces->count == 0))
            return;
        size_t span = is_short ? pieces->count : length;
        for (size_t i = 0; i + span <= pieces->count; i++) {
            const char *from = pieces->bytes + pieces->starts[i];
            size_t size = pieces->starts[i + span] - pieces->gap - pieces->starts[i];
            uint32_t key = found->key(found->context, from, size);
            if (key != GRAMS_NONE)
                found->keys[found->count++] = key;
        }
        if (once && span == pieces->count)
            return;
    }
}

static void piece_begin(struct pieces *pieces, size_t *used, uint32_t code)
{
    pieces->starts[pieces->count++] = *used;
    *used += unicode_encode(code, pieces->bytes + *used);
    pieces->starts[pieces->count] = *used;
}

/* Words of the pattern \b\w\w+\b, those to be left out apart, a space between them. */
static void words_cut(const struct grams *grams, const uint32_t *codes, size_t count,
                      struct pieces *pieces)
{
    size_t used = 0;
    pieces->gap = 1;
    for (size_t i = 0; i < count;) {
        size_t first = i, begin = used;
        while (i < count && unicode_is_word(codes[i]))
            used += unicode_encode(codes[i++], pieces->bytes + used);
        if (i == first) {
            i++;
            continue;
        }
        bool stopped =
            grams->stop_words.count > 0 &&
            strmap_get(&grams->stop_words, pieces->bytes + begin, used - begin) != STRMAP_NONE;
        if (i - first < grams->shortest || stopped) {
            used = begin;
            continue;
        }
        pieces->bytes[used++] = ' ';
        pieces->starts[pieces->count++] = begin;
        pieces->starts[pieces->count] = used;
    }
}

/* Characters; two and more white ones are one space. */
static void characters_cut(const uint32_t *codes, size_t count, struct pieces *pieces)
{
    size_t used = 0;
    for (size_t i = 0; i < count;) {
        size_t first = i;
        while (i < count && unicode_is_space(codes[i]))
            i++;
        if (i - first > 1)
            piece_begin(pieces, &used, ' ');
        else if (i - first == 1)
            piece_begin(pieces, &used, codes[first]);
        else
            piece_begin(pieces, &used, codes[i++]);
    }
}

/* The characters of each word between white space, a space before and behind it. */
static void bounded_count(const struct grams *grams, const uint32_t *codes, size_t count,
                          struct pieces *pieces, struct found *found)
{
    for (size_t i = 0; i < count;) {
        size_t used = 0;
        pieces->count = 0;
        if (unicode_is_space(codes[i])) {
            i++;
            continue;
        }
        piece_begin(pieces, &used, ' ');
        while (i < count && !unicode_is_space(codes[i]))
            piece_begin(pieces, &used, codes[i++]);
        piece_begin(pieces, &used, ' ');
        pieces_count(grams, pieces, true, found);
    }
}

static size_t text_decode(const struct grams *grams, const struct text *text, uint32_t *raw,
                          uint32_t *lower, uint32_t **codes)
{
    size_t count = 0;
    for (size_t at = 0; at < text->length; count++)
        at += unicode_decode(text->bytes + at, text->length - at, &raw[count]);
    *codes = raw;
    if (!grams->lowercase)
        return count;
    *codes = lower;
    return unicode_lower(raw, count, lower);
}

bool grams_of(const struct grams *grams, const struct text *text, grams_key *key,
              const void *context, uint32_t **keys, size_t *count, struct arena *arena,
              struct err *err)
{
    size_t most = 2 * text->length + 2; /* characters in lower case; with the spaces of one word */
    size_t sizes = grams->high - grams->low + 1, all, bytes;
    struct found found = {.key = key, .context = context};
    /* At most a gram of each size begins at a character or at one of the spaces around it. */
    if (!mem_multiply(most, sizes, &all) || !mem_multiply(most + 1, UNICODE_BYTES_MAX, &bytes))
        return op_no_room(1, most, err);
    found.keys = arena_array(arena, all, sizeof *found.keys);
    struct arena_mark mark = arena_mark(arena);
    uint32_t *raw = arena_array(arena, text->length + 1, sizeof *raw), *codes;
    uint32_t *lower = arena_array(arena, most, sizeof *lower);
    struct pieces pieces = {.bytes = arena_array(arena, bytes, 1),
                            .starts = arena_array(arena, most + 2, sizeof *pieces.starts)};
    if (found.keys == NULL || raw == NULL || lower == NULL || pieces.bytes == NULL ||
        pieces.starts == NULL)
        return op_no_room(1, most, err);
    size_t length = text_decode(grams, text, raw, lower, &codes);
    pieces.starts[0] = 0;
    if (grams->analyzer == GRAMS_WORD)
        words_cut(grams, codes, length, &pieces);
    else if (grams->analyzer == GRAMS_CHAR)
        characters_cut(codes, length, &pieces);
    if (grams->analyzer == GRAMS_CHAR_WB)
        bounded_count(grams, codes, length, &pieces, &found);
    else
        pieces_count(grams, &pieces, false, &found);
    arena_rewind(arena, mark);
    *keys = found.keys;
    *count = found.count;
    return true;
}
