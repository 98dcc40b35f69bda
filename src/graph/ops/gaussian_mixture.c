#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/likelihood.h"
#include "math/linalg.h"
#include "math/special.h"
#include "math/stats.h"

/* Components with normal densities. A component's precision is P P^T; its logarithm of the density
 * is -1/2 (F log(2 pi) + |(x - mean) P|^2) + log det P. */
struct gaussian_mixture {
    struct estimator estimator;
    struct matrix means;    /* components x inputs */
    struct matrix *full;    /* P^T: one per component, or one for all ("tied"); else NULL */
    struct matrix diagonal; /* components x inputs, of "diag" and "spherical" */
    bool is_tied;
    struct params_vector constants; /* [components]: all that does not depend on x */
};

enum { VALUE = 2 };
enum covariance { COVARIANCE_FULL, COVARIANCE_TIED, COVARIANCE_DIAG, COVARIANCE_SPHERICAL };

static const char KEY[] = "precisions_cholesky_";

/* The logarithm of the determinant of a triangular matrix. */
static bool full_read(struct gaussian_mixture *self, struct params *params, struct matrix *factor,
                      double *log_det, struct err *err)
{
    size_t inputs = self->means.cols;
    struct matrix read = {0};
    bool ok = estimator_matrix(&self->estimator, params, "", inputs, inputs, &read, err);
    if (ok && !matrix_create(factor, inputs, inputs))
        ok = err_set(err, ERR_MEMORY, "no memory for %zu x %zu numbers", inputs, inputs);
    *log_det = 0.0;
    for (size_t i = 0; ok && i < inputs; i++) {
        double diagonal = matrix_row(&read, i)[i];
        ok = estimator_positive(params, "", &diagonal, 1, err);
        *log_det += log(diagonal);
    }
    if (ok)
        linalg_transpose(&read, factor);
    matrix_free(&read);
    return ok;
}

static bool fulls_read(struct gaussian_mixture *self, struct params *params, struct err *err)
{
    size_t components = self->means.rows, count = self->is_tied ? 1 : components;
    double log_det = 0.0;
    if (params_length(params, KEY) != count)
        return params_fail(params, KEY, err, "expected %zu matrices", count);
    self->full = mem_array(count, sizeof *self->full);
    if (self->full == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu matrices", count);
    for (size_t k = 0; k < components; k++) {
        if (k < count) {
            struct params *element = params_element(params, KEY, k, err);
            if (element == NULL || !full_read(self, element, &self->full[k], &log_det, err))
                return false;
        }
        self->constants.values[k] += log_det;
    }
    return true;
}

/* One number per component says the same for all features. */
static bool diagonals_read(struct gaussian_mixture *self, struct params *params, bool is_spherical,
                           struct err *err)
{
    size_t components = self->means.rows, inputs = self->means.cols;
    struct params_vector each = {0};
    bool ok = is_spherical ? estimator_vector(&self->estimator, params, KEY, components, &each, err)
                           : estimator_matrix(&self->estimator, params, KEY, components, inputs,
                                              &self->diagonal, err);
    if (ok && is_spherical && !matrix_create(&self->diagonal, components, inputs))
        ok = err_set(err, ERR_MEMORY, "no memory for %zu components", components);
    for (size_t k = 0; ok && k < components; k++) {
        double *row = matrix_row(&self->diagonal, k);
        for (size_t i = 0; is_spherical && i < inputs; i++)
            row[i] = each.values[k];
        ok = estimator_positive(params, KEY, row, inputs, err);
        for (size_t i = 0; i < inputs; i++)
            self->constants.values[k] += log(row[i]);
    }
    params_vector_finish(&each);
    return ok;
}

static bool mixture_read(struct gaussian_mixture *self, struct params *params,
                         const struct columns *in, struct err *err)
{
    static const char *const types[] = {"full", "tied", "diag", "spherical", NULL};
    struct estimator *estimator = &self->estimator;
    int type;
    if (!estimator_init(estimator, params, in, err) ||
        !params_choice_or(params, "covariance_type", types, COVARIANCE_FULL, &type, err) ||
        !estimator_matrix(estimator, params, "means_", PARAMS_ANY, in->count, &self->means, err) ||
        !estimator_vector(estimator, params, "log_weights_", self->means.rows, &self->constants,
                          err))
        return false;
    self->is_tied = type == COVARIANCE_TIED;
    for (size_t k = 0; k < self->means.rows; k++)
        self->constants.values[k] -= 0.5 * (double)in->count * log(2.0 * M_PI);
    if (type == COVARIANCE_FULL || type == COVARIANCE_TIED) {
        if (!fulls_read(self, params, err))
            return false;
    } else if (!diagonals_read(self, params, type == COVARIANCE_SPHERICAL, err)) {
        return false;
    }
    likelihood_outputs(&estimator->op, self->means.rows);
    op_add_output(&estimator->op, OUTPUT_VALUE, 1);
    return true;
}

static bool mixture_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct gaussian_mixture *self = op_allocate(sizeof *self, &op_gaussian_mixture, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, mixture_read(self, params, in, err));
}

/* |(x - mean) P|^2. work: 2 x inputs. */
static double component_square(const struct gaussian_mixture *self, size_t k, const double *x,
                               double *work)
{
    size_t inputs = self->means.cols;
    const double *mean = matrix_row(&self->means, k);
    double *centred = work, *scaled = work + inputs;
    for (size_t i = 0; i < inputs; i++)
        centred[i] = x[i] - mean[i];
    if (self->full != NULL)
        linalg_affine_row(&self->full[self->is_tied ? 0 : k], NULL, centred, scaled);
    for (size_t i = 0; i < inputs; i++) {
        if (self->full == NULL)
            scaled[i] = centred[i] * matrix_row(&self->diagonal, k)[i];
        scaled[i] *= scaled[i];
    }
    return stats_sum(scaled, inputs);
}

static bool mixture_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct gaussian_mixture *self = (const struct gaussian_mixture *)op;
    if (!estimator_check(op, in, err))
        return false;
    double *joint = estimator_scratch(scratch, op->classes + 2 * in->cols, err);
    if (joint == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        for (size_t k = 0; k < op->classes; k++)
            joint[k] = self->constants.values[k] -
                       0.5 * component_square(self, k, matrix_row(in, row), joint + op->classes);
        likelihood_answer(op, joint, out, row, wanted);
        if (estimator_wants(wanted, VALUE))
            matrix_row(&out[VALUE], row)[0] = special_log_sum_exp(joint, op->classes);
    }
    return true;
}

static void mixture_destroy(struct op *op)
{
    struct gaussian_mixture *self = (struct gaussian_mixture *)op;
    for (size_t k = 0; self->full != NULL && k < (self->is_tied ? 1 : self->means.rows); k++)
        matrix_free(&self->full[k]);
    free(self->full);
    matrix_free(&self->means);
    matrix_free(&self->diagonal);
    params_vector_finish(&self->constants);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_gaussian_mixture = {
    .name = "gaussian_mixture",
    .summary = "components with normal densities, and the log-likelihood",
    .create = mixture_create,
    .run = mixture_run,
    .destroy = mixture_destroy,
};
