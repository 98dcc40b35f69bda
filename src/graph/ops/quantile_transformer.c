#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/ops.h"
#include "math/stats.h"

/* Numbers become their place among the quantiles of the training data, between 0 and 1, or the
 * normal distribution's quantile of that. A missing value stays. */
struct quantile_transformer {
    struct op op;
    struct matrix quantiles;         /* inputs x n, each ascending */
    struct params_vector references; /* [n], ascending within [0, 1] */
    bool is_normal;
};

/* The trainer's: numbers so close to the ends count as the ends. */
static const double BOUND = 1e-7;

static bool ascending(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]) || (i > 0 && values[i] < values[i - 1]))
            return false;
    return true;
}

static bool quantiles_read(struct quantile_transformer *self, struct params *params,
                           struct err *err)
{
    struct matrix read = {0};
    size_t count = self->references.count, inputs = self->op.inputs;
    bool ok = params_matrix(params, "quantiles_", count, inputs, &read, err);
    if (ok && !matrix_create(&self->quantiles, inputs, count))
        ok = err_set(err, ERR_MEMORY, "no memory for %zu x %zu quantiles", count, inputs);
    for (size_t i = 0; ok && i < inputs; i++) {
        double *column = matrix_row(&self->quantiles, i);
        for (size_t j = 0; j < count; j++)
            column[j] = matrix_row(&read, j)[i];
        if (!ascending(column, count))
            ok = params_fail(params, "quantiles_", err, "expected ascending columns");
    }
    matrix_free(&read);
    self->op.bytes += (inputs + 1) * count * sizeof(double);
    return ok;
}

static bool transformer_read(struct quantile_transformer *self, struct params *params,
                             const struct columns *in, struct err *err)
{
    static const char *const choices[] = {"uniform", "normal", NULL};
    int distribution;
    if (!op_need_numbers(params, in, err) ||
        !params_choice_or(params, "output_distribution", choices, 0, &distribution, err) ||
        !params_vector(params, "references_", PARAMS_ANY, &self->references, err))
        return false;
    self->is_normal = distribution == 1;
    size_t count = self->references.count;
    const double *references = self->references.values;
    if (count == 0 || !ascending(references, count) || references[0] < 0.0 ||
        references[count - 1] > 1.0)
        return params_fail(params, "references_", err, "expected ascending numbers from 0 to 1");
    return quantiles_read(self, params, err) && op_same_columns(&self->op, in, err);
}

static bool transformer_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    struct quantile_transformer *self =
        op_allocate(sizeof *self, &op_quantile_transformer, in, err);
    return self != NULL && op_deliver(op, &self->op, transformer_read(self, params, in, err));
}

/* The number of values that are < x, or <= x if `also_equal`. */
static size_t count_below(const double *values, size_t count, double x, bool also_equal)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (values[middle] < x || (also_equal && values[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The piecewise linear function through (from[i], to[i]); of equal `from` the last counts if
 * `upper`, else the first. Computed from the nearer of the two ends as numpy.interp does, which for
 * the lower side is called with both sequences negated. */
static double interpolate(const double *from, const double *to, size_t count, double x, bool upper)
{
    size_t above = count_below(from, count, x, upper);
    if (upper) {
        if (above == 0)
            return to[0];
        size_t i = above - 1;
        if (i == count - 1)
            return to[i];
        return x == from[i] ? to[i]
                            : (to[i + 1] - to[i]) / (from[i + 1] - from[i]) * (x - from[i]) + to[i];
    }
    if (above == count)
        return to[count - 1];
    if (above == 0 || x == from[above])
        return to[above];
    size_t i = above;
    return (to[i] - to[i - 1]) / (from[i] - from[i - 1]) * (x - from[i]) + to[i];
}

static double place_of(const struct quantile_transformer *self, size_t column, double x)
{
    size_t count = self->references.count;
    const double *quantiles = matrix_row(&self->quantiles, column);
    double low = quantiles[0], high = quantiles[count - 1];
    if (self->is_normal ? x - BOUND < low : x == low)
        return 0.0;
    if (self->is_normal ? x + BOUND > high : x == high)
        return 1.0;
    return 0.5 * (interpolate(quantiles, self->references.values, count, x, true) +
                  interpolate(quantiles, self->references.values, count, x, false));
}

static double normal_of(double place)
{
    double bound = BOUND - 0x1p-52;
    double low = stats_normal_quantile(bound), high = stats_normal_quantile(1.0 - bound);
    return fmin(fmax(stats_normal_quantile(place), low), high);
}

static bool transformer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct quantile_transformer *self = (const struct quantile_transformer *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < in->cols; i++) {
            to[i] = isnan(from[i]) ? NAN : place_of(self, i, from[i]);
            if (self->is_normal && !isnan(to[i]))
                to[i] = normal_of(to[i]);
        }
    }
    return true;
}

static void transformer_destroy(struct op *op)
{
    struct quantile_transformer *self = (struct quantile_transformer *)op;
    matrix_free(&self->quantiles);
    params_vector_finish(&self->references);
    free(self);
}

const struct op_type op_quantile_transformer = {
    .name = "quantile_transformer",
    .summary = "the place among the training data's quantiles",
    .create = transformer_create,
    .run = transformer_run,
    .destroy = transformer_destroy,
};
