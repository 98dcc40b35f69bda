/* Each number as the values of B-splines, after scikit-learn's SplineTransformer. */
#include "graph/ops/ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { DEGREE_MAX = 32 };
enum extrapolation { OUTSIDE_ERROR, OUTSIDE_CONSTANT, OUTSIDE_LINEAR, OUTSIDE_CONTINUE, PERIODIC };

struct spline {
    struct params_vector knots; /* ascending: those of the basis, degree more on each side */
    size_t first;               /* its column of splines */
    size_t count;               /* of splines that are not one another's continuation */
    double low, high;           /* where its training data was */
};

struct spline_transformer {
    struct op op;
    struct spline *splines; /* [inputs] */
    char **names;           /* [inputs] */
    size_t degree;
    int extrapolation;
    bool include_bias;
};

/* The degree + 1 splines that are not 0 at x, or their derivatives (de Boor, A Practical Guide to
 * Splines, X), by knots around `at`, for which knots[at] <= x < knots[at + 1] unless x is outside.
 */
static void basis(const double *knots, size_t at, double x, size_t degree, bool derivative,
                  double values[DEGREE_MAX + 1])
{
    double before[DEGREE_MAX + 1];
    values[0] = 1;
    for (size_t j = 1; j <= degree; j++) {
        bool derive = derivative && j == degree;
        memcpy(before, values, j * sizeof *before);
        values[0] = 0;
        for (size_t n = 1; n <= j; n++) {
            double right = knots[at + n], left = knots[at + n - j];
            values[n] = 0;
            if (right == left)
                continue;
            double weight = (derive ? (double)j : 1.0) * before[n - 1] / (right - left);
            values[n - 1] += derive ? -weight : weight * (right - x);
            values[n] = derive ? weight : weight * (x - left);
        }
    }
}

/* The last of the knots within the basis that are <= x, the outer ones for what is outside. */
static size_t interval_find(const struct spline *spline, size_t degree, double x)
{
    size_t low = degree, high = spline->knots.count - degree - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (spline->knots.values[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* to: spline->count columns, which are 0. Those of a periodic spline go on at its beginning. */
static void put(const struct spline_transformer *self, const struct spline *spline, double x,
                bool derivative, double factor, double *to)
{
    double values[DEGREE_MAX + 1];
    size_t at = interval_find(spline, self->degree, x);
    basis(spline->knots.values, at, x, self->degree, derivative, values);
    for (size_t j = 0; j <= self->degree; j++) {
        size_t column = at - self->degree + j; /* less than twice the count, which is > degree */
        to[column < spline->count ? column : column - spline->count] += factor * values[j];
    }
}

/* The straight line that goes on from an end. */
static void put_line(const struct spline_transformer *self, const struct spline *spline, double x,
                     double end, double *to)
{
    put(self, spline, end, false, 1, to);
    put(self, spline, end, true, x - end, to);
}

static bool put_number(const struct spline_transformer *self, const struct spline *spline, double x,
                       double *to)
{
    bool below = x<spline->low, above = x> spline->high;
    double end = below ? spline->low : spline->high;
    if (self->extrapolation == PERIODIC) {
        double length = spline->high - spline->low, past = fmod(x - spline->low, length);
        x = spline->low + (past < 0 ? past + length : past);
    } else if ((below || above) && self->extrapolation == OUTSIDE_ERROR) {
        return false;
    } else if ((below || above) && self->extrapolation == OUTSIDE_CONSTANT) {
        x = end;
    } else if ((below || above) && self->extrapolation == OUTSIDE_LINEAR && self->degree > 0) {
        put_line(self, spline, x, end, to);
        return true;
    }
    put(self, spline, x, false, 1, to);
    return true;
}

static bool spline_read(const struct spline_transformer *self, struct spline *spline,
                        struct params *params, struct err *err)
{
    if (params == NULL || !params_vector(params, "", PARAMS_ANY, &spline->knots, err))
        return false;
    size_t least = 2 * self->degree + 2, count = spline->knots.count;
    if (count < least)
        return params_fail(params, "", err, "expected at least %zu knots, got %zu", least, count);
    for (size_t i = 1; i < count; i++)
        if (!(spline->knots.values[i - 1] <= spline->knots.values[i]))
            return params_fail(params, "", err, "expected ascending knots");
    spline->low = spline->knots.values[self->degree];
    spline->high = spline->knots.values[count - self->degree - 1];
    spline->count = count - self->degree - 1;
    if (!(spline->low < spline->high))
        return params_fail(params, "", err, "expected knots that are not all the same");
    if (self->extrapolation != PERIODIC)
        return true;
    spline->count -= self->degree;
    return spline->count > self->degree ||
           params_fail(params, "", err, "expected more knots than the degree");
}

static size_t columns_of(const struct spline_transformer *self, const struct spline *spline)
{
    return self->include_bias ? spline->count : spline->count - 1;
}

static bool columns_name(struct spline_transformer *self, struct err *err)
{
    struct column *columns = self->op.columns.items;
    for (size_t i = 0; i < self->op.inputs; i++)
        for (size_t j = 0; j < columns_of(self, &self->splines[i]); j++)
            if (!column_set_formatted(&columns[self->splines[i].first + j], err, "%s_sp_%zu",
                                      self->names[i], j))
                return false;
    return true;
}

static bool features_read(struct spline_transformer *self, struct params *params,
                          const struct columns *in, struct err *err)
{
    size_t total = 0;
    self->splines = mem_array(in->count, sizeof *self->splines);
    self->names = mem_array(in->count, sizeof *self->names);
    if (self->splines == NULL || self->names == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", in->count);
    for (size_t i = 0; i < in->count; i++) {
        const char *name = in->items[i].name != NULL ? in->items[i].name : "";
        struct spline *spline = &self->splines[i];
        self->names[i] = mem_copy_text(name, strlen(name));
        if (self->names[i] == NULL)
            return err_set(err, ERR_MEMORY, "no memory for a column's name");
        if (!spline_read(self, spline, params_element(params, "knots_", i, err), err))
            return false;
        spline->first = total;
        total += columns_of(self, spline);
        self->op.bytes += sizeof *spline + spline->knots.count * sizeof(double);
    }
    return op_new_columns(&self->op, total, err) && columns_name(self, err);
}

static bool transformer_read(struct spline_transformer *self, struct params *params,
                             const struct columns *in, struct err *err)
{
    static const char *const choices[] = {"error",    "constant", "linear",
                                          "continue", "periodic", NULL};
    if (!op_need_numbers(params, in, err) ||
        !params_choice_or(params, "extrapolation", choices, OUTSIDE_CONSTANT, &self->extrapolation,
                          err) ||
        !params_count_or(params, "degree", 3, 0, DEGREE_MAX, &self->degree, err) ||
        !params_flag_or(params, "include_bias", true, &self->include_bias, err))
        return false;
    size_t count = params_length(params, "knots_");
    if (count != in->count)
        return params_fail(params, "knots_", err, "expected %zu lists, got %zu", in->count, count);
    return features_read(self, params, in, err);
}

static bool transformer_create(struct op **op, struct params *params, const struct columns *in,
                               struct err *err)
{
    struct spline_transformer *self = op_allocate(sizeof *self, &op_spline_transformer, in, err);
    return self != NULL && op_deliver(op, &self->op, transformer_read(self, params, in, err));
}

static bool transformer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                            uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct spline_transformer *self = (const struct spline_transformer *)op;
    size_t most = 0;
    (void)wanted;
    for (size_t i = 0; i < op->inputs; i++)
        most = self->splines[i].count > most ? self->splines[i].count : most;
    double *values = arena_array(scratch, most + 1, sizeof *values);
    if (values == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu splines", most);
    for (size_t row = 0; row < in->rows; row++)
        for (size_t i = 0; i < in->cols; i++) {
            const struct spline *spline = &self->splines[i];
            double x = matrix_row(in, row)[i];
            memset(values, 0, spline->count * sizeof *values);
            if (isnan(x))
                return op_refuse_missing(self->names[i], row, err);
            if (!put_number(self, spline, x, values)) {
                err_set(err, ERR_RANGE, "column '%.160s' is outside of the training data's range",
                        self->names[i]);
                return err_at(err, (int64_t)row, self->names[i]);
            }
            memcpy(matrix_row(&out[0], row) + spline->first, values,
                   columns_of(self, spline) * sizeof *values);
        }
    return true;
}

static void transformer_destroy(struct op *op)
{
    struct spline_transformer *self = (struct spline_transformer *)op;
    for (size_t i = 0; self->splines != NULL && i < op->inputs; i++)
        params_vector_finish(&self->splines[i].knots);
    for (size_t i = 0; self->names != NULL && i < op->inputs; i++)
        free(self->names[i]);
    free(self->splines);
    free(self->names);
    free(self);
}

const struct op_type op_spline_transformer = {
    .name = "spline_transformer",
    .summary = "the values of B-splines at each number",
    .create = transformer_create,
    .run = transformer_run,
    .destroy = transformer_destroy,
};
