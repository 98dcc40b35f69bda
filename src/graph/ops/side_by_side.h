/* Pipelines beside each other, each on its columns: column_transformer and feature_union. */
#ifndef OMEN_GRAPH_OPS_SIDE_BY_SIDE_H
#define OMEN_GRAPH_OPS_SIDE_BY_SIDE_H

#include "graph/op.h"

/* The operator that params' list "transformers" describes; `by_name`: each element says which
 * columns it takes, else all take all. */
bool side_by_side_create(struct op **op, const struct op_type *type, bool by_name,
                         struct params *params, const struct columns *in, struct err *err);
bool side_by_side_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err);
bool side_by_side_make_sparse(const struct op *op, const struct matrix *in, struct sparse *out,
                              struct arena *memory, struct err *err);
void side_by_side_destroy(struct op *op);
const struct op *side_by_side_inner(const struct op *op, size_t index);

#endif
