/* A function that never falls (or never rises), linear between points: IsotonicRegression, and
 * calibration with it. */
#ifndef OMEN_GRAPH_OPS_ISOTONIC_H
#define OMEN_GRAPH_OPS_ISOTONIC_H

#include "graph/params.h"

struct isotonic {
    struct params_vector x, y; /* x ascends */
};

/* Params' "X_thresholds_" and "y_thresholds_". */
bool isotonic_read(struct isotonic *isotonic, struct params *params, struct err *err);
void isotonic_finish(struct isotonic *isotonic);
/* Beyond the ends the ends' values; NaN for NaN. */
double isotonic_at(const struct isotonic *isotonic, double x);

#endif
