/* A step of a document: an operator, or one that is restricted to some columns. */
#ifndef OMEN_GRAPH_STEP_H
#define OMEN_GRAPH_STEP_H

#include "graph/op.h"

/* As op_create, and obeys "columns" (but for `select`, whose own parameter that is). An estimator
 * restricted to columns does not see the others. */
bool step_create(struct op **op, struct params *params, const struct columns *in, struct err *err);

#endif
