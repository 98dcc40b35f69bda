/* The bytes of a LightGBM model file, read in place: lines, keys, and lists of numbers. Nothing is
 * copied; what is pointed to lives as long as the file's bytes. */
#ifndef OMEN_FORMATS_LIGHTGBM_TEXT_H
#define OMEN_FORMATS_LIGHTGBM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct lightgbm_text {
    const char *at; /* not NUL-terminated */
    size_t length;
};

bool lightgbm_text_is(struct lightgbm_text text, const char *word);
/* If text begins with `head`, the rest goes to *rest (which may be NULL). */
bool lightgbm_text_begins(struct lightgbm_text text, const char *head, struct lightgbm_text *rest);
/* Cuts at the first `separator`; false, and `second` empty, where there is none. */
bool lightgbm_text_cut(struct lightgbm_text text, char separator, struct lightgbm_text *first,
                       struct lightgbm_text *second);
/* Takes the next word off the front of *text; words are separated by spaces. */
bool lightgbm_text_word(struct lightgbm_text *text, struct lightgbm_text *word);
size_t lightgbm_text_words(struct lightgbm_text text);

struct lightgbm_lines {
    const char *at, *end;
};

/* The next line without its end (\n or \r\n). False at the end of the file. */
bool lightgbm_lines_next(struct lightgbm_lines *lines, struct lightgbm_text *line);

/* A whole number within [least, most], and nothing else. */
bool lightgbm_integer(struct lightgbm_text text, int64_t least, int64_t most, int64_t *value);
/* Any double as LightGBM writes it: decimal, "inf", "-inf"; no NaN. Correctly rounded, as LightGBM
 * reads the numbers of its trees. */
bool lightgbm_double(struct lightgbm_text text, double *value);

/* Exactly `count` of them. Errors say how many there are or which one is wrong, not where the list
 * is. The caller has made sure that there is room: see lightgbm_fits. */
bool lightgbm_integers(struct lightgbm_text text, size_t count, int64_t least, int64_t most,
                       int32_t *values, struct err *err);
bool lightgbm_words(struct lightgbm_text text, size_t count, uint32_t *values, struct err *err);
bool lightgbm_doubles(struct lightgbm_text text, size_t count, double *values, struct err *err);

/* Whether a text can hold so many numbers: a digit each, and spaces between them. Asked before
 * memory is taken for what a file claims to hold. */
bool lightgbm_fits(struct lightgbm_text text, size_t count, struct err *err);

#endif
