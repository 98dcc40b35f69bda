/* A covariance function as parameters say it. */
#ifndef OMEN_GRAPH_OPS_PROCESS_KERNEL_H
#define OMEN_GRAPH_OPS_PROCESS_KERNEL_H

#include "graph/ops/estimator.h"
#include "math/process.h"

/* The object `key` of params: kind, and what that kind has. NULL and err if it cannot be. */
struct process_kernel *process_kernel_read(struct params *params, const char *key,
                                           struct estimator *estimator, struct err *err);
/* Accepts NULL. */
void process_kernel_destroy(struct process_kernel *kernel);

/* `key` [n, n], a Cholesky factor: greater than 0 on its diagonal. */
bool process_factor_read(struct estimator *estimator, struct params *params, const char *key,
                         size_t count, struct matrix *out, struct err *err);

#endif
