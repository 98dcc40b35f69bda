#include <stdlib.h>

#include "graph/ops/estimator.h"
#include "math/linalg.h"

/* Is a row within an ellipsoid: -(squared Mahalanobis distance) - offset >= 0. Rousseeuw, van
 * Driessen, "A fast algorithm for the minimum covariance determinant estimator" (1999). */
struct elliptic_envelope {
    struct estimator estimator;
    struct params_vector location; /* [inputs] */
    struct matrix precision;       /* inputs x inputs */
    double offset;
};

enum { LABEL, SCORE };

static bool envelope_read(struct elliptic_envelope *self, struct params *params,
                          const struct columns *in, struct err *err)
{
    struct estimator *estimator = &self->estimator;
    if (!estimator_init(estimator, params, in, err) ||
        !estimator_vector(estimator, params, "location_", in->count, &self->location, err) ||
        !estimator_matrix(estimator, params, "precision_", in->count, in->count, &self->precision,
                          err) ||
        !estimator_number(params, "offset_", &self->offset, err))
        return false;
    estimator->op.classes = 2;
    op_add_output(&estimator->op, OUTPUT_LABEL, 1);
    op_add_output(&estimator->op, OUTPUT_SCORE, 1);
    return true;
}

static bool envelope_create(struct op **op, struct params *params, const struct columns *in,
                            struct err *err)
{
    struct elliptic_envelope *self = op_allocate(sizeof *self, &op_elliptic_envelope, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, envelope_read(self, params, in, err));
}

static bool envelope_run(const struct op *op, const struct matrix *in, struct matrix *out,
                         uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct elliptic_envelope *self = (const struct elliptic_envelope *)op;
    if (!estimator_check(op, in, err))
        return false;
    double *work = estimator_scratch(scratch, 2 * in->cols, err);
    if (work == NULL)
        return false;
    double *centred = work + in->cols;
    for (size_t row = 0; row < in->rows; row++) {
        const double *x = matrix_row(in, row);
        for (size_t i = 0; i < in->cols; i++)
            centred[i] = x[i] - self->location.values[i];
        double score = -linalg_quadratic_form(&self->precision, centred, work) - self->offset;
        if (estimator_wants(wanted, LABEL))
            matrix_row(&out[LABEL], row)[0] = score >= 0.0;
        if (estimator_wants(wanted, SCORE))
            matrix_row(&out[SCORE], row)[0] = score;
    }
    return true;
}

static void envelope_destroy(struct op *op)
{
    struct elliptic_envelope *self = (struct elliptic_envelope *)op;
    params_vector_finish(&self->location);
    matrix_free(&self->precision);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_elliptic_envelope = {
    .name = "elliptic_envelope",
    .summary = "outliers by their Mahalanobis distance",
    .create = envelope_create,
    .run = envelope_run,
    .destroy = envelope_destroy,
};
