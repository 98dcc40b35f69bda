/* Regular expressions as RE2 reads them when it looks for the longest match, in time that is linear
 * in the text for each place it may begin at.
 *
 * Characters are UTF-8's; bytes that are no UTF-8 count one by one. Known: literals, ".", classes
 * (with ranges, negation, [:alpha:] and its like), \d \w \s and their opposites, \b \B ^ $, groups,
 * "|", and * + ? {m,n}. What is not known (flags, \p, back references) is refused by name. */
#ifndef OMEN_TENSOR_KERNELS_PATTERN_H
#define OMEN_TENSOR_KERNELS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tensor/value.h"

#define PATTERN_STEPS_MAX 2000 /* after repetitions are written out */

struct pattern {
    struct pattern_step *steps;
    size_t count;
    struct pattern_range *ranges;
    size_t range_count;
};

/* The pattern lives in the arena. */
bool pattern_make(struct pattern *pattern, struct value_string text, struct arena *arena,
                  struct err *err);

/* Words that pattern_find asks for: 5 per step and some. */
static inline size_t pattern_work(const struct pattern *pattern)
{
    return 6 * (pattern->count + 2);
}

/* The first match at or after `from`, the longest there: [*begin, *end). work: pattern_work words.
 */
bool pattern_find(const struct pattern *pattern, struct value_string text, size_t from,
                  uint32_t *work, size_t *begin, size_t *end);

/* The character at `at` (which lies before the end) and where the next begins. */
uint32_t pattern_character(struct value_string text, size_t at, size_t *next);

/* Characters of a text. */
size_t pattern_length(struct value_string text);

#endif
