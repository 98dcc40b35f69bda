/* Golden rows: some of many, each with the answers that are expected of it. */
#ifndef OMEN_CLI_SAMPLE_H
#define OMEN_CLI_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/choice.h"
#include "cli/source.h"
#include "formats/format.h"

struct sample_row {
    uint64_t number;
    char *text; /* {"in": [...], "out": {...}} */
};

/* Answers that come in columns of the rows. */
struct sample_target {
    size_t output;
    size_t first; /* of the columns */
};

struct sample {
    const struct graph *graph;
    struct sample_row *rows;
    size_t count, wanted_rows;
    uint64_t seen, random;
    uint32_t wanted; /* outputs that are run for the answers; 0 with targets */
    struct sample_target targets[OP_OUTPUTS_MAX];
    size_t target_count;
    struct csv_field *columns; /* what is passed from the input: the targets' columns */
    size_t column_count;
};

/* target: the option's text. */
bool sample_init(struct sample *sample, const struct graph *graph, size_t rows, const char *target,
                 struct err *err);
void sample_finish(struct sample *sample);
/* A row may be kept or not; results: of the wanted outputs. False: err says what is wrong with the
 * answers in its columns. */
bool sample_offer(struct sample *sample, const struct source_row *row, const double *cells,
                  const struct matrix *results, size_t at, struct err *err);
/* The document's "golden", with the tolerances of the one before, or NULL. */
void sample_write(struct sample *sample, const struct golden *before, struct buf *out);

#endif
