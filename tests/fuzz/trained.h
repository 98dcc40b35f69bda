/* What a fuzz target of a trainer's files asks of a model that loaded: answers to odd rows. */
#ifndef OMEN_TESTS_FUZZ_TRAINED_H
#define OMEN_TESTS_FUZZ_TRAINED_H

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "graph/op.h"
#include "math/matrix.h"

#define TRAINED_ROWS 5
#define TRAINED_ARENA_LIMIT ((size_t)64 << 20)
#define TRAINED_FEATURES_MAX 10000

/* Zeros, missing values, categories, and numbers of all magnitudes. */
static inline double trained_cell(size_t row, size_t feature)
{
    static const double odd[] = {-0.5, 1e-36, 2.5, 33.0, -1e300, INFINITY, 1.0, NAN, 16777216.0};
    return row == 0 ? 0.0 : row == 1 ? (double)NAN : odd[(feature * 3 + row) % 9];
}

static inline bool trained_run(const struct op *op, struct arena *arena, struct err *err)
{
    struct matrix in = matrix_in_arena(arena, TRAINED_ROWS, op->inputs), out[OP_OUTPUTS_MAX] = {0};
    if (in.data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the rows");
    for (size_t row = 0; row < TRAINED_ROWS; row++)
        for (size_t feature = 0; feature < op->inputs; feature++)
            matrix_row(&in, row)[feature] = trained_cell(row, feature);
    for (size_t i = 0; i < op->output_count; i++) {
        out[i] = matrix_in_arena(arena, TRAINED_ROWS, op->outputs[i].cols);
        if (out[i].data == NULL)
            return err_set(err, ERR_MEMORY, "no memory for the answers");
    }
    if (!op_run(op, &in, out, (1U << op->output_count) - 1, arena, err))
        return false;
    for (size_t row = 0; op->classes > 0 && row < TRAINED_ROWS; row++) {
        double label = *matrix_row(&out[0], row);
        if (!(label >= 0 && label < (double)op->classes))
            abort();
    }
    return true;
}

/* Aborts where an operator fails without a sentence, or answers a class that there is not. */
static inline void trained_answer(const struct op *op)
{
    struct arena arena;
    struct err err = ERR_INIT;
    arena_init(&arena, TRAINED_ARENA_LIMIT);
    if (op->inputs <= TRAINED_FEATURES_MAX &&
        trained_run(op, &arena, &err) != (err.code == ERR_NONE))
        abort();
    arena_finish(&arena);
}

#endif
