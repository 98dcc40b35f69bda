#include "graph/ops/mlp.h"

#include <stdlib.h>
#include <string.h>

#include "math/special.h"

/* One output unit is the probability of class 1; more are one for each class. */
struct mlp_classifier {
    struct estimator estimator;
    struct mlp mlp;
};

enum { LABEL, PROBABILITY };

static bool output_read(struct mlp_classifier *self, struct params *params, struct err *err)
{
    static const char *const names[] = {"softmax", "logistic", NULL};
    size_t units = mlp_outputs(&self->mlp);
    int output;
    if (!params_choice_or(params, "out_activation_", names, units == 1, &output, err))
        return false;
    bool logistic = output == 1;
    if (logistic && units != 1)
        return params_fail(params, "out_activation_", err,
                           "\"logistic\" takes one output unit, not %zu: several labels at once "
                           "are not supported",
                           units);
    if (!logistic && units < 2)
        return params_fail(params, "out_activation_", err,
                           "\"softmax\" takes two output units or more, not %zu", units);
    self->mlp.output_activation = logistic ? MLP_LOGISTIC : MLP_SOFTMAX;
    return true;
}

static bool classifier_read(struct mlp_classifier *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    struct op *op = &self->estimator.op;
    if (!estimator_init(&self->estimator, params, in, err) ||
        !mlp_read(&self->mlp, &self->estimator, params, err) || !output_read(self, params, err))
        return false;
    size_t units = mlp_outputs(&self->mlp);
    op->classes = units == 1 ? 2 : units;
    op_add_output(op, OUTPUT_LABEL, 1);
    op_add_output(op, OUTPUT_PROBABILITY, op->classes);
    return true;
}

static bool classifier_create(struct op **op, struct params *params, const struct columns *in,
                              struct err *err)
{
    struct mlp_classifier *self = op_allocate(sizeof *self, &op_mlp_classifier, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, classifier_read(self, params, in, err));
}

static void classifier_answer(const double *unit, size_t units, struct matrix *out, size_t row,
                              uint32_t wanted)
{
    if (estimator_wants(wanted, LABEL)) {
        size_t label = units == 1 ? unit[0] > 0.5 : special_argmax(unit, units);
        matrix_row(&out[LABEL], row)[0] = (double)label;
    }
    if (!estimator_wants(wanted, PROBABILITY))
        return;
    double *p = matrix_row(&out[PROBABILITY], row);
    if (units == 1) {
        p[0] = 1.0 - unit[0];
        p[1] = unit[0];
    } else {
        memcpy(p, unit, units * sizeof *p);
    }
}

static bool classifier_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct mlp_classifier *self = (const struct mlp_classifier *)op;
    if (!estimator_check(op, in, err))
        return false;
    size_t units = mlp_outputs(&self->mlp);
    struct matrix y = matrix_in_arena(scratch, in->rows, units);
    if (y.data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu rows of output units", in->rows);
    if (!mlp_apply(&self->mlp, in, &y, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++)
        classifier_answer(matrix_row(&y, row), units, out, row, wanted);
    return true;
}

static void classifier_destroy(struct op *op)
{
    struct mlp_classifier *self = (struct mlp_classifier *)op;
    mlp_finish(&self->mlp);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_mlp_classifier = {
    .name = "mlp_classifier",
    .summary = "multi-layer perceptron, classes",
    .create = classifier_create,
    .run = classifier_run,
    .destroy = classifier_destroy,
};
