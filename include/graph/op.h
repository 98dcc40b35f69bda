/* One step of a model: from a matrix of doubles to one or more matrices of doubles.
 *
 * An operator is made at load from its parameters and from what its input columns are, checks
 * everything then, and is const afterwards: running it takes no lock and fails only for what the
 * data says. To add one: a file in graph/ops that ends in its `const struct op_type`, and a line in
 * graph/ops/table.c. */
#ifndef OMEN_GRAPH_OP_H
#define OMEN_GRAPH_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "graph/params.h"
#include "math/matrix.h"
#include "math/sparse.h"

/* What a column of a matrix is. Names reach error messages and drift reports. */
struct column {
    char *name;   /* "age", "sex=female", "pca0" */
    char **words; /* NULL for numbers; else the cell is a position in words, NaN missing,
                     SCHEMA_UNKNOWN unknown */
    size_t word_count;
    bool is_text; /* the cell is the address of a free text: see graph/text.h */
};

struct columns {
    struct column *items;
    size_t count;
};

void columns_finish(struct columns *columns);
bool columns_init(struct columns *columns, size_t count, struct err *err); /* zeroed */
/* Copies name (may be NULL) and words. */
bool column_set(struct column *column, const char *name, char *const *words, size_t word_count,
                struct err *err);
bool column_copy(struct column *to, const struct column *from, struct err *err);
bool column_set_formatted(struct column *column, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What comes out. A transformer has one output, OUTPUT_VALUE. */
enum output_kind {
    OUTPUT_VALUE,       /* numbers: a transformer's columns, a regressor's targets */
    OUTPUT_LABEL,       /* one column: the class index 0..classes-1 */
    OUTPUT_PROBABILITY, /* a column per class */
    OUTPUT_SCORE,       /* decision function: one column (two classes) or one per class */
    OUTPUT_STD,         /* predictive standard deviation, a column per target */
    OUTPUT_INTERVAL,    /* low, high of a target */
    OUTPUT_KINDS
};

#define OP_OUTPUTS_MAX 8

struct op_output {
    enum output_kind kind;
    size_t cols;
    bool single; /* computed in float32: printed as such */
};

struct op;

/* What an operator can do with rows that are mostly zeros (op->sparse); who runs it chooses. */
enum op_sparse {
    OP_MAKES_SPARSE = 1,  /* make_sparse instead of run */
    OP_PASSES_SPARSE = 2, /* pass_sparse */
    OP_TAKES_SPARSE = 4,  /* take_sparse */
};

struct op_type {
    const char *name;    /* as documents say it: "standard_scaler" */
    const char *summary; /* one line, for the tool's and the man page's list */
    /* Makes the operator: `in` is borrowed. Fills op->outputs and, for a transformer, op->columns
     * (outputs[0].cols of them). */
    bool (*create)(struct op **op, struct params *params, const struct columns *in,
                   struct err *err);
    /* in: any number of rows x op->inputs. out[i] for each output with bit i of `wanted` set:
     * rows x outputs[i].cols, allocated by the caller, data NULL for the others. in and out never
     * overlap. `scratch` is a worker's: what the operator allocates there is gone afterwards.
     * An error about data carries row and field. */
    bool (*run)(const struct op *op, const struct matrix *in, struct matrix *out, uint32_t wanted,
                struct arena *scratch, struct err *err);
    /* The same for sparse rows, NULL where op->sparse is never set: from a matrix to sparse rows,
     * from sparse rows to sparse rows, from those to matrices. What they put into `memory`, where
     * the rows that come out lie too, stays until the run is over. The answers are those of `run`
     * but for the order in which products are added. */
    bool (*make_sparse)(const struct op *op, const struct matrix *in, struct sparse *out,
                        struct arena *memory, struct err *err);
    bool (*pass_sparse)(const struct op *op, const struct sparse *in, struct sparse *out,
                        struct arena *memory, struct err *err);
    bool (*take_sparse)(const struct op *op, const struct sparse *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err);
    /* Frees what create took and the operator itself (`free` when it took nothing else);
     * op->columns is finished by op_destroy. Gets half-made ones too. */
    void (*destroy)(struct op *op);
    /* The operators inside of it one after the other, for those who look at models; NULL behind the
     * last. May be NULL: it has none. */
    const struct op *(*inner)(const struct op *op, size_t index);
};

/* First member of every operator. */
struct op {
    const struct op_type *type;
    size_t inputs;
    struct op_output outputs[OP_OUTPUTS_MAX];
    size_t output_count;
    struct columns columns; /* of a transformer's output */
    size_t classes;         /* of a classifier, else 0 */
    size_t bytes;           /* memory it holds, about */
    unsigned sparse;        /* enum op_sparse, of this one with its parameters */
    size_t scratch_width;   /* numbers per row that it takes of `scratch` for other operators */
};

/* Accepts NULL. */
void op_destroy(struct op *op);
bool op_run(const struct op *op, const struct matrix *in, struct matrix *out, uint32_t wanted,
            struct arena *scratch, struct err *err);

const struct op_type *op_type_find(const char *name);
/* NULL-terminated, alphabetical. */
const struct op_type *const *op_type_list(void);

/* Makes the operator that params' key "op" names; its input columns are `in`. */
bool op_create(struct op **op, struct params *params, const struct columns *in, struct err *err);

#endif
