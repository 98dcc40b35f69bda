#include "graph/ops/isotonic.h"

#include <math.h>

bool isotonic_read(struct isotonic *isotonic, struct params *params, struct err *err)
{
    if (!params_vector(params, "X_thresholds_", PARAMS_ANY, &isotonic->x, err))
        return false;
    if (isotonic->x.count == 0)
        return params_fail(params, "X_thresholds_", err, "expected one number or more");
    for (size_t i = 0; i < isotonic->x.count; i++)
        if (!isfinite(isotonic->x.values[i]) ||
            (i > 0 && !(isotonic->x.values[i] > isotonic->x.values[i - 1])))
            return params_fail(params, "X_thresholds_", err, "expected finite numbers that ascend");
    if (!params_vector(params, "y_thresholds_", isotonic->x.count, &isotonic->y, err))
        return false;
    for (size_t i = 0; i < isotonic->y.count; i++)
        if (!isfinite(isotonic->y.values[i]))
            return params_fail(params, "y_thresholds_", err, "expected finite numbers");
    return true;
}

void isotonic_finish(struct isotonic *isotonic)
{
    params_vector_finish(&isotonic->x);
    params_vector_finish(&isotonic->y);
}

/* From the left point of the segment, as numpy.interp. */
double isotonic_at(const struct isotonic *isotonic, double x)
{
    const double *xs = isotonic->x.values, *ys = isotonic->y.values;
    size_t low = 0, high = isotonic->x.count - 1;
    if (isnan(x))
        return x;
    if (x <= xs[0])
        return ys[0];
    if (x >= xs[high])
        return ys[high];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (xs[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    if (xs[low] == x)
        return ys[low];
    return (ys[high] - ys[low]) / (xs[high] - xs[low]) * (x - xs[low]) + ys[low];
}
