/* Rows that wait for their answers: enough of them to run the model well, few enough to be no
 * memory to speak of. */
#ifndef OMEN_CLI_BATCH_H
#define OMEN_CLI_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/source.h"
#include "graph/graph.h"
#include "math/matrix.h"

struct batch_slot {
    struct source_row row;
    bool is_good; /* has cells in the matrix; else a row that gets an answer of nothing */
};

struct batch {
    const struct graph *graph;
    struct matrix in; /* capacity rows */
    size_t good;      /* of them used */
    struct batch_slot *slots;
    size_t count, capacity;
    struct arena texts; /* of the rows, until batch_reset */
    struct arena results, scratch;
    struct matrix out[OP_OUTPUTS_MAX];
};

bool batch_init(struct batch *batch, const struct graph *graph, struct err *err);
void batch_finish(struct batch *batch);

/* Cells for the next row; batch_add keeps it. */
double *batch_cells(struct batch *batch);
/* True when it is full then. */
bool batch_add(struct batch *batch, const struct source_row *row, bool is_good);
void batch_reset(struct batch *batch);

/* Answers all good rows into batch->out, or only the one at `at`. */
bool batch_run(struct batch *batch, uint32_t wanted, struct err *err);
bool batch_run_one(struct batch *batch, size_t at, uint32_t wanted, struct err *err);

#endif
