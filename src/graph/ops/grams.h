/* From a text to the words, or the runs of words or characters, that a vectoriser counts. */
#ifndef OMEN_GRAPH_OPS_GRAMS_H
#define OMEN_GRAPH_OPS_GRAMS_H

#include "base/strmap.h"
#include "graph/ops/ops.h"
#include "graph/text.h"

enum grams_analyzer { GRAMS_WORD, GRAMS_CHAR, GRAMS_CHAR_WB };

struct grams {
    int analyzer;
    bool lowercase;
    size_t shortest;  /* a word's least number of characters */
    size_t low, high; /* ngram_range */
    struct strmap stop_words;
    struct params_list stop_list; /* owns their bytes */
};

/* Reads analyzer ("word"), lowercase (true), ngram_range ([1, 1]), token_length (2), stop_words.
 * Takes exactly one column of texts. */
bool grams_read(struct grams *grams, struct params *params, const struct columns *in,
                struct err *err);
void grams_finish(struct grams *grams);

/* What each gram of a text becomes: a key, or GRAMS_NONE for one that does not count. */
#define GRAMS_NONE UINT32_MAX
typedef uint32_t grams_key(const void *context, const char *gram, size_t length);

/* The keys of a text's grams: *keys [*count] in the arena, in no order. */
bool grams_of(const struct grams *grams, const struct text *text, grams_key *key,
              const void *context, uint32_t **keys, size_t *count, struct arena *arena,
              struct err *err);

#endif
