#include "math/forest_private.h"

#include <math.h>

#define ZERO_THRESHOLD ((double)1e-35f) /* LightGBM's, a float there too */

static inline double column_value(uint8_t fill, uint8_t form, double x)
{
    if (fill == COLUMN_ZERO_FILLED)
        x = isnan(x) ? 0.0 : x;
    else if (fill == COLUMN_ZERO_MISSING)
        x = fabs(x) <= ZERO_THRESHOLD ? (double)NAN : x;
    if (form == COLUMN_NEGATED)
        return -x;
    if (form == COLUMN_PRESENT)
        return isnan(x) ? -(double)INFINITY : 0.0;
    return x;
}

/* One column's place in the rows and in the block. */
struct strip {
    const struct forest_rows *rows;
    size_t from; /* of the first value in rows->data */
    size_t count;
    bool round; /* to float32 */
    uint8_t fill, form;
};

static inline double strip_value(const struct strip *strip, size_t i, uint8_t fill, uint8_t form)
{
    size_t at = strip->from + i * strip->rows->stride;
    double x = strip->rows->width == FOREST_SINGLE ? (double)((const float *)strip->rows->data)[at]
                                                   : ((const double *)strip->rows->data)[at];
    return column_value(fill, form, strip->round ? (double)(float)x : x);
}

static void strip_single(const struct strip *strip, float *to)
{
    if (strip->fill == COLUMN_PLAIN && strip->form == COLUMN_AS_IS)
        for (size_t i = 0; i < strip->count; i++)
            to[i] = (float)strip_value(strip, i, COLUMN_PLAIN, COLUMN_AS_IS);
    else if (strip->fill == COLUMN_PLAIN && strip->form == COLUMN_NEGATED)
        for (size_t i = 0; i < strip->count; i++)
            to[i] = (float)strip_value(strip, i, COLUMN_PLAIN, COLUMN_NEGATED);
    else
        for (size_t i = 0; i < strip->count; i++)
            to[i] = (float)strip_value(strip, i, strip->fill, strip->form);
}

static void strip_double(const struct strip *strip, double *to)
{
    if (strip->fill == COLUMN_PLAIN && strip->form == COLUMN_AS_IS)
        for (size_t i = 0; i < strip->count; i++)
            to[i] = strip_value(strip, i, COLUMN_PLAIN, COLUMN_AS_IS);
    else if (strip->fill == COLUMN_PLAIN && strip->form == COLUMN_NEGATED)
        for (size_t i = 0; i < strip->count; i++)
            to[i] = strip_value(strip, i, COLUMN_PLAIN, COLUMN_NEGATED);
    else
        for (size_t i = 0; i < strip->count; i++)
            to[i] = strip_value(strip, i, strip->fill, strip->form);
}

void forest_column_compute(const struct forest *forest, const struct forest_rows *rows,
                           size_t first, size_t count, size_t column, enum forest_width width,
                           void *to)
{
    const struct forest_column *from = &forest->columns[column];
    struct strip strip = {.rows = rows,
                          .from = first * rows->stride + from->feature,
                          .count = count,
                          .round = forest->shape.input == FOREST_SINGLE,
                          .fill = from->fill,
                          .form = from->form};
    if (width == FOREST_SINGLE)
        strip_single(&strip, to);
    else
        strip_double(&strip, to);
}

void forest_columns_compute(const struct forest *forest, const struct forest_rows *rows,
                            size_t first, size_t count, enum forest_width width, size_t stride,
                            void *columns)
{
    for (size_t i = 0; i < count; i++) {
        if (width == FOREST_SINGLE)
            ((float *)columns)[COLUMN_LEAF * stride + i] = -INFINITY;
        else
            ((double *)columns)[COLUMN_LEAF * stride + i] = -(double)INFINITY;
    }
    for (size_t c = COLUMN_FIRST; c < forest->column_count; c++)
        forest_column_compute(forest, rows, first, count, c, width,
                              (char *)columns + c * stride * forest_width_size(width));
}
