/* (x - center) / scale by column: what standard_scaler, robust_scaler and power_transformer end in.
 */
#ifndef OMEN_GRAPH_OPS_CENTER_SCALE_H
#define OMEN_GRAPH_OPS_CENTER_SCALE_H

#include "graph/op.h"

struct center_scale {
    struct params_vector center, scale; /* values NULL when absent */
};

/* Either key may be absent or null. */
bool center_scale_read(struct center_scale *self, struct params *params, const char *center_key,
                       const char *scale_key, size_t count, struct err *err);
void center_scale_finish(struct center_scale *self);
size_t center_scale_bytes(const struct center_scale *self);

/* to = (from - center) / scale; the same matrix may be both. Two roundings, as numpy does them: no
 * reciprocal, no fused step. */
void center_scale_run(const struct center_scale *self, const struct matrix *from,
                      const struct matrix *to);

#endif
