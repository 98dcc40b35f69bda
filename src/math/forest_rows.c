#include "math/forest_private.h"

#include <math.h>

#define ZERO_THRESHOLD ((double)1e-35f) /* LightGBM's, a float there too */

static double column_value(const struct forest_column *column, double x)
{
    if (column->fill == COLUMN_ZERO_FILLED)
        x = isnan(x) ? 0.0 : x;
    else if (column->fill == COLUMN_ZERO_MISSING)
        x = fabs(x) <= ZERO_THRESHOLD ? (double)NAN : x;
    if (column->form == COLUMN_NEGATED)
        return -x;
    if (column->form == COLUMN_PRESENT)
        return isnan(x) ? -(double)INFINITY : 0.0;
    return x;
}

static double feature_value(const struct forest *forest, const struct forest_rows *rows, size_t at)
{
    double x = rows->width == FOREST_SINGLE ? (double)((const float *)rows->data)[at]
                                            : ((const double *)rows->data)[at];
    return forest->shape.input == FOREST_SINGLE ? (double)(float)x : x;
}

void forest_columns_compute(const struct forest *forest, const struct forest_rows *rows,
                            size_t first, size_t count, double *columns)
{
    for (size_t row = 0; row < count; row++) {
        double *to = columns + row * forest->column_count;
        size_t from = (first + row) * rows->stride;
        to[COLUMN_LEAF] = -(double)INFINITY;
        for (size_t i = 1; i < forest->column_count; i++) {
            const struct forest_column *column = &forest->columns[i];
            to[i] = column_value(column, feature_value(forest, rows, from + column->feature));
        }
    }
}
