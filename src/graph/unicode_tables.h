/* See make-unicode. Ascending, without overlaps. */
#ifndef OMEN_GRAPH_UNICODE_TABLES_H
#define OMEN_GRAPH_UNICODE_TABLES_H

#include <stddef.h>
#include <stdint.h>

struct unicode_range {
    uint32_t first, last;
};

/* Every step-th code from first to last has code + delta for its lower case. */
struct unicode_run {
    uint32_t first, last, step;
    int32_t delta;
};

extern const struct unicode_range unicode_words[], unicode_spaces[], unicode_cased[],
    unicode_case_ignored[];
extern const size_t unicode_words_count, unicode_spaces_count, unicode_cased_count,
    unicode_case_ignored_count;
extern const struct unicode_run unicode_lower_runs[];
extern const size_t unicode_lower_runs_count;

#endif
