#include "graph/ops/estimator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/clones.h"
#include "math/linalg.h"

bool estimator_init(struct estimator *estimator, struct params *params, const struct columns *in,
                    struct err *err)
{
    if (!op_need_numbers(params, in, err) || !columns_init(&estimator->inputs, in->count, err))
        return false;
    for (size_t i = 0; i < in->count; i++) {
        const char *name = in->items[i].name;
        if (!column_set(&estimator->inputs.items[i], name, NULL, 0, err))
            return false;
        estimator->op.bytes += sizeof(struct column) + (name != NULL ? strlen(name) + 1 : 0);
    }
    return true;
}

void estimator_finish(struct estimator *estimator)
{
    columns_finish(&estimator->inputs);
}

static bool cell_fail(const struct estimator *estimator, double value, size_t row, size_t col,
                      struct err *err)
{
    char position[32];
    const char *name = estimator->inputs.items[col].name;
    if (name == NULL) {
        snprintf(position, sizeof position, "column %zu", col);
        name = position;
    }
    if (isnan(value))
        err_set(err, ERR_MISSING, "'%.64s' is missing and this model needs it", name);
    else
        err_set(err, ERR_RANGE, "'%.64s' is not a finite number", name);
    return err_at(err, (int64_t)row, name);
}

#define LANES 8

/* x * 0 is 0 or -0 for a finite x and NaN for any other: sums without a branch, then one look. */
MATH_CLONES static bool row_is_finite(const double *x, size_t count)
{
    double sums[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += x[i + lane] * 0.0;
    for (; i < count; i++)
        sums[0] += x[i] * 0.0;
    for (size_t lane = 1; lane < LANES; lane++)
        sums[0] += sums[lane];
    return sums[0] == 0.0;
}

bool estimator_check(const struct op *op, const struct matrix *in, struct err *err)
{
    if (in->stride == in->cols && row_is_finite(in->data, in->rows * in->cols))
        return true;
    for (size_t row = 0; row < in->rows; row++) {
        const double *x = matrix_row(in, row);
        if (row_is_finite(x, in->cols))
            continue;
        for (size_t col = 0; col < in->cols; col++)
            if (!isfinite(x[col]))
                return cell_fail((const struct estimator *)op, x[col], row, col, err);
    }
    return true;
}

bool estimator_check_sparse(const struct op *op, const struct sparse *in, struct err *err)
{
    for (size_t row = 0; row < in->rows; row++) {
        const struct sparse_row *x = &in->items[row];
        if (row_is_finite(x->values, x->count))
            continue;
        for (size_t i = 0; i < x->count; i++)
            if (!isfinite(x->values[i]))
                return cell_fail((const struct estimator *)op, x->values[i], row, x->columns[i],
                                 err);
    }
    return true;
}

bool estimator_vector(struct estimator *estimator, struct params *params, const char *key,
                      size_t expected, struct params_vector *out, struct err *err)
{
    if (!params_vector(params, key, expected, out, err))
        return false;
    estimator->op.bytes += out->count * sizeof(double);
    if (!row_is_finite(out->values, out->count))
        return params_fail(params, key, err, "expected finite numbers");
    return true;
}

bool estimator_matrix(struct estimator *estimator, struct params *params, const char *key,
                      size_t rows, size_t cols, struct matrix *out, struct err *err)
{
    if (!params_matrix(params, key, rows, cols, out, err))
        return false;
    estimator->op.bytes += out->rows * out->stride * sizeof(double);
    if (out->rows == 0 || out->cols == 0)
        return params_fail(params, key, err, "expected numbers, got %zu x %zu", out->rows,
                           out->cols);
    if (!linalg_size_fits(out->rows, out->stride))
        return params_fail(params, key, err, "%zu x %zu numbers are more than %zu either way",
                           out->rows, out->cols, LINALG_SIZE_MAX);
    for (size_t row = 0; row < out->rows; row++)
        if (!row_is_finite(matrix_row(out, row), out->cols))
            return params_fail(params, key, err, "expected finite numbers");
    return true;
}

bool estimator_number(struct params *params, const char *key, double *value, struct err *err)
{
    return params_number(params, key, value, err) &&
           (isfinite(*value) || params_fail(params, key, err, "expected a finite number"));
}

bool estimator_positive(struct params *params, const char *key, const double *values, size_t count,
                        struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (!(values[i] > 0.0))
            return params_fail(params, key, err, "expected numbers greater than 0");
    return true;
}

bool estimator_log_priors(struct estimator *estimator, struct params *params, const char *key,
                          size_t classes, struct params_vector *out, struct err *err)
{
    if (!estimator_vector(estimator, params, key, classes, out, err))
        return false;
    double sum = 0.0;
    for (size_t i = 0; i < classes; i++) {
        if (out->values[i] < 0.0)
            return params_fail(params, key, err, "expected probabilities, not negative numbers");
        sum += out->values[i];
        out->values[i] = log(out->values[i]);
    }
    return sum > 0.0 || params_fail(params, key, err, "no class has a probability above 0");
}

double *estimator_scratch(struct arena *scratch, size_t count, struct err *err)
{
    double *row = arena_array(scratch, count, sizeof *row);
    if (row == NULL)
        err_set(err, ERR_MEMORY, "no memory for %zu numbers of scratch", count);
    return row;
}

bool estimator_target(const struct op *op, const struct matrix *out, uint32_t wanted,
                      uint32_t output, size_t rows, struct arena *scratch, struct matrix *target,
                      struct err *err)
{
    if (estimator_wants(wanted, output))
        *target = out[output];
    else
        *target = matrix_in_arena(scratch, rows, op->outputs[output].cols);
    return target->data != NULL ||
           err_set(err, ERR_MEMORY, "no memory for %zu rows of scores", rows);
}
