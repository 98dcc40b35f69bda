/* The baseline of a document: what rows looked like, in memory that does not grow with them.
 *
 * Two passes: the first takes moments, extremes and a sample of each column, from whose deciles the
 * bins come; the second counts. Values are those that the model sees, behind the inputs' policies;
 * what is not finite counts as missing. */
#ifndef OMEN_CLI_STATISTICS_H
#define OMEN_CLI_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "graph/graph.h"

struct column_statistics;

struct statistics {
    const struct graph *graph;
    struct column_statistics *columns; /* the inputs, and the default output behind them */
    size_t count;
    size_t sample_size; /* values of a column that are kept */
    uint64_t rows;
    uint64_t random;
    bool counting; /* the second pass */
};

bool statistics_init(struct statistics *statistics, const struct graph *graph, struct err *err);
void statistics_finish(struct statistics *statistics);

/* A row and the default output's answer (its first column). */
void statistics_add(struct statistics *statistics, const double *cells, double answer);
/* Between the passes. */
bool statistics_begin_counting(struct statistics *statistics, struct err *err);
/* The document's "baseline". */
void statistics_write(const struct statistics *statistics, struct buf *out);

/* A number below `below` from a state that begins anywhere: the same on every run. */
uint64_t statistics_random(uint64_t *state, uint64_t below);

#endif
