#include "graph/ops/center_scale.h"

bool center_scale_read(struct center_scale *self, struct params *params, const char *center_key,
                       const char *scale_key, size_t count, struct err *err)
{
    if (params_has(params, center_key) &&
        !params_vector(params, center_key, count, &self->center, err))
        return false;
    return !params_has(params, scale_key) ||
           params_vector(params, scale_key, count, &self->scale, err);
}

void center_scale_finish(struct center_scale *self)
{
    params_vector_finish(&self->center);
    params_vector_finish(&self->scale);
}

size_t center_scale_bytes(const struct center_scale *self)
{
    return (self->center.count + self->scale.count) * sizeof(double);
}

void center_scale_run(const struct center_scale *self, const struct matrix *from,
                      const struct matrix *to)
{
    const double *center = self->center.values, *scale = self->scale.values;
    for (size_t row = 0; row < from->rows; row++) {
        const double *x = matrix_row(from, row);
        double *y = matrix_row(to, row);
        for (size_t i = 0; center != NULL && i < from->cols; i++)
            y[i] = x[i] - center[i];
        if (center != NULL)
            x = y;
        for (size_t i = 0; i < from->cols; i++)
            y[i] = scale != NULL ? x[i] / scale[i] : x[i];
    }
}
