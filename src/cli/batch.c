#include "cli/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROWS_MAX ((size_t)4 * GRAPH_BLOCK)
#define CELLS_MAX ((size_t)1 << 18)
#define KEEP ((size_t)16 << 20) /* bytes of an arena that stay for the next batch */

bool batch_init(struct batch *batch, const struct graph *graph, struct err *err)
{
    size_t cols = graph->schema.field_count;
    size_t rows = cols > 0 && CELLS_MAX / cols < ROWS_MAX ? CELLS_MAX / cols : ROWS_MAX;
    *batch = (struct batch){.graph = graph, .capacity = rows > 0 ? rows : 1};
    arena_init(&batch->texts, 0);
    arena_init(&batch->results, 0);
    arena_init(&batch->scratch, 0);
    batch->slots = mem_array(batch->capacity, sizeof *batch->slots);
    return (batch->slots != NULL && matrix_create(&batch->in, batch->capacity, cols)) ||
           err_set(err, ERR_MEMORY, "no memory for %zu rows", batch->capacity);
}

void batch_finish(struct batch *batch)
{
    free(batch->slots);
    matrix_free(&batch->in);
    arena_finish(&batch->texts);
    arena_finish(&batch->results);
    arena_finish(&batch->scratch);
    *batch = (struct batch){.graph = NULL};
}

double *batch_cells(struct batch *batch)
{
    return matrix_row(&batch->in, batch->good);
}

bool batch_add(struct batch *batch, const struct source_row *row, bool is_good)
{
    batch->slots[batch->count++] = (struct batch_slot){*row, is_good};
    batch->good += is_good;
    return batch->count == batch->capacity;
}

void batch_reset(struct batch *batch)
{
    batch->count = batch->good = 0;
    arena_reset(&batch->texts, KEEP);
}

static bool run(struct batch *batch, const struct matrix *in, uint32_t wanted, struct err *err)
{
    arena_reset(&batch->results, KEEP);
    memset(batch->out, 0, sizeof batch->out);
    return graph_run(batch->graph, in, batch->out, wanted, &batch->results, &batch->scratch, err);
}

bool batch_run(struct batch *batch, uint32_t wanted, struct err *err)
{
    struct matrix in = matrix_rows(&batch->in, 0, batch->good);
    return batch->good == 0 || run(batch, &in, wanted, err);
}

bool batch_run_one(struct batch *batch, size_t at, uint32_t wanted, struct err *err)
{
    struct matrix in = matrix_rows(&batch->in, at, 1);
    return run(batch, &in, wanted, err);
}
