/* A loaded model: schema, pipeline of operators, outputs with their names and labels. Const after
 * graph_seal; any number of threads may run it, each with its own arena. */
#ifndef OMEN_GRAPH_GRAPH_H
#define OMEN_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "graph/op.h"
#include "graph/params.h"
#include "graph/schema.h"
#include "math/matrix.h"

/* A class label as the trainer had it. */
struct graph_label {
    bool is_number;
    double number;
    char *text;
};

struct graph_output {
    char *name; /* as requests ask for it: "label", "probability", ... or renamed */
    enum output_kind kind;
    size_t cols;
    bool single;    /* print as float32 */
    uint32_t index; /* of the last operator's outputs */
};

struct graph {
    struct schema schema;
    struct op **steps; /* the last one is the model */
    size_t step_count;
    struct graph_output outputs[OP_OUTPUTS_MAX];
    size_t output_count;
    uint32_t default_output;    /* what {"prediction": ...} is */
    struct graph_label *labels; /* class_count, or NULL: 0, 1, 2 ... */
    size_t class_count;
    struct strmap label_classes; /* from a label's text to its class; empty without labels */
    char **targets;              /* names of OUTPUT_VALUE's columns, or NULL */
    size_t target_count;
    int decimals;      /* values and probabilities rounded to so many, or -1 */
    double threshold;  /* two classes: label = positive if P(positive) >= threshold; NaN: off */
    size_t positive;   /* class index */
    size_t bytes;      /* memory held, about */
    size_t block_rows; /* at most GRAPH_BLOCK; fewer where the steps make very many columns */
};

/* Zeroed heap graph. The thread that creates it reads its steps, and no other model meanwhile.
 * graph_destroy accepts NULL and half-made ones. */
struct graph *graph_create(void);
void graph_destroy(struct graph *graph);

/* The columns of the schema, for the first operator. The caller finishes them. */
bool graph_input_columns(const struct graph *graph, struct columns *columns, struct err *err);

/* Appends an operator made from params (key "op", optional "columns": names it is applied to, the
 * others pass: see omen-model(5)). `columns` is what comes in and is replaced by what comes out. */
bool graph_add_step(struct graph *graph, struct params *params, struct columns *columns,
                    struct err *err);

/* Appends an operator that was made elsewhere, for as many columns as there are. **Takes** op, also
 * on failure. */
bool graph_add_op(struct graph *graph, struct op *op, struct columns *columns, struct err *err);

/* After the last step: takes the outputs from the last operator with their standard names ("value",
 * "label", "probability", "score", "std", "interval"), sets default_output (label, else value). */
bool graph_seal(struct graph *graph, struct err *err);

/* The classes' labels, class_count of them with distinct texts, in place of those that were there.
 * **Takes** labels, also on failure. */
bool graph_take_labels(struct graph *graph, struct graph_label *labels, size_t count,
                       struct err *err);
void graph_labels_free(struct graph_label *labels, size_t count); /* accepts NULL */

/* Index of an output by name ("prediction" is the default one), or -1. */
int graph_output_find(const struct graph *graph, const char *name, size_t length);

const char *graph_output_kind_name(enum output_kind kind);

/* in: n x schema.field_count, encoded. out[i], for each bit i of wanted: filled with a matrix of
 * n x outputs[i].cols in `results`. Works through blocks of GRAPH_BLOCK rows, so that memory for
 * what lies between is bounded; `scratch` is rewound. Threshold and rounding are applied. */
#define GRAPH_BLOCK 256
bool graph_run(const struct graph *graph, const struct matrix *in, struct matrix *out,
               uint32_t wanted, struct arena *results, struct arena *scratch, struct err *err);

/* The same, and asks between two blocks whether to go on: false, with err filled, ends the run with
 * that error. For deadlines, and for clients that are gone. */
typedef bool graph_may_continue(void *context, struct err *err);
bool graph_run_while(const struct graph *graph, const struct matrix *in, struct matrix *out,
                     uint32_t wanted, struct arena *results, struct arena *scratch,
                     graph_may_continue *may_continue, void *context, struct err *err);

#endif
