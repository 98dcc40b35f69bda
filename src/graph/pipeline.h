/* Operators one after the other: a model's steps, or the steps inside of an operator. */
#ifndef OMEN_GRAPH_PIPELINE_H
#define OMEN_GRAPH_PIPELINE_H

#include "graph/op.h"

struct pipeline {
    struct op **steps;
    size_t count;
};

void pipeline_finish(struct pipeline *pipeline);

/* Appends the step that params describes. `columns` is what comes in; it becomes what comes out
 * (none behind an estimator, which must be the last). */
bool pipeline_add(struct pipeline *pipeline, struct params *params, struct columns *columns,
                  struct err *err);

/* The same of an operator that is there already. **Takes** op, also on failure. */
bool pipeline_append(struct pipeline *pipeline, struct op *op, struct columns *columns,
                     struct err *err);

/* All elements of params' list `key`, each a transformer. An absent list is an empty one. */
bool pipeline_read(struct pipeline *pipeline, struct params *params, const char *key,
                   struct columns *columns, struct err *err);

/* As op_run; without steps `in` is copied to out[0]. `scratch` is given back. */
bool pipeline_run(const struct pipeline *pipeline, const struct matrix *in, struct matrix *out,
                  uint32_t wanted, struct arena *scratch, struct err *err);

/* Whether its rows can come out sparse; and lets them, into `memory`, where they and what was
 * needed on the way stay. */
bool pipeline_makes_sparse(const struct pipeline *pipeline);
bool pipeline_run_sparse(const struct pipeline *pipeline, const struct matrix *in,
                         struct sparse *out, struct arena *memory, struct err *err);

size_t pipeline_bytes(const struct pipeline *pipeline);
/* Numbers per row that running it takes of `scratch`: all matrices between its steps, which stay
 * until the last step is done, and what the widest of the steps takes within itself. Sparse rows do
 * not count: their size depends on the data. is_sparse: pipeline_run_sparse will run it. */
size_t pipeline_width(const struct pipeline *pipeline, bool is_sparse);

#endif
