#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/process_kernel.h"
#include "math/linalg.h"
#include "math/stats.h"

/* A process with a normal approximation of its posterior (Rasmussen, Williams, algorithm 3.2): of
 * the second of two classes, or of one class against the rest. */
struct machine {
    struct process_kernel *kernel;
    struct params_vector weights; /* [rows]: y - pi */
    struct params_vector roots;   /* [rows]: of W */
    struct matrix lower;          /* rows x rows */
};

struct gaussian_process_classifier {
    struct estimator estimator;
    struct matrix rows; /* of the training data */
    struct machine *machines;
    size_t machine_count; /* 1: two classes */
};

enum { LABEL, PROBABILITY };

static bool machine_read(struct machine *machine, struct params *params, size_t rows,
                         struct estimator *estimator, struct err *err)
{
    machine->kernel = process_kernel_read(params, "kernel_", estimator, err);
    return machine->kernel != NULL &&
           estimator_vector(estimator, params, "weights_", rows, &machine->weights, err) &&
           estimator_vector(estimator, params, "w_sr_", rows, &machine->roots, err) &&
           process_factor_read(estimator, params, "l_", rows, &machine->lower, err);
}

static bool process_read(struct gaussian_process_classifier *self, struct params *params,
                         const struct columns *in, struct err *err)
{
    struct estimator *estimator = &self->estimator;
    size_t count = params_length(params, "machines");
    if (!estimator_init(estimator, params, in, err) ||
        !estimator_matrix(estimator, params, "x_train_", PARAMS_ANY, in->count, &self->rows, err))
        return false;
    if (count == 0 || count == 2)
        return params_fail(params, "machines", err,
                           "expected one, or one for each of 3 classes or more");
    self->machines = mem_array(count, sizeof *self->machines);
    if (self->machines == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu machines", count);
    self->machine_count = count;
    for (size_t i = 0; i < count; i++) {
        struct params *element = params_element(params, "machines", i, err);
        if (element == NULL ||
            !machine_read(&self->machines[i], element, self->rows.rows, estimator, err))
            return false;
    }
    estimator->op.classes = count == 1 ? 2 : count;
    op_add_output(&estimator->op, OUTPUT_LABEL, 1);
    op_add_output(&estimator->op, OUTPUT_PROBABILITY, estimator->op.classes);
    return true;
}

static bool process_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct gaussian_process_classifier *self =
        op_allocate(sizeof *self, &op_gaussian_process_classifier, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, process_read(self, params, in, err));
}

/* *mean: of the latent value; scratch: two rows of numbers. Returns the probability. */
static double machine_run(const struct machine *machine, const struct matrix *rows, const double *x,
                          double *mean, double *scratch)
{
    double *terms = scratch + rows->rows;
    process_covariances(machine->kernel, x, rows, scratch);
    for (size_t i = 0; i < rows->rows; i++)
        terms[i] = scratch[i] * machine->weights.values[i];
    *mean = stats_sum(terms, rows->rows);
    for (size_t i = 0; i < rows->rows; i++)
        scratch[i] *= machine->roots.values[i];
    double prior = process_variance(machine->kernel, x, rows->cols);
    return process_probability(*mean, process_remaining_variance(&machine->lower, prior, scratch));
}

/* Two classes: the label is the latent value's sign. More: the largest probability, of equals the
 * last as scikit-learn has it, and probabilities that are divided by their sum. */
static size_t row_answer(const struct gaussian_process_classifier *self, const double *x,
                         double *probabilities, double *scratch)
{
    size_t count = self->machine_count, label = 0;
    double mean;
    if (count == 1) {
        probabilities[1] = machine_run(&self->machines[0], &self->rows, x, &mean, scratch);
        probabilities[0] = 1.0 - probabilities[1];
        return mean > 0.0;
    }
    for (size_t k = 0; k < count; k++) {
        probabilities[k] = machine_run(&self->machines[k], &self->rows, x, &mean, scratch);
        label = probabilities[k] >= probabilities[label] ? k : label;
    }
    double sum = stats_sum(probabilities, count);
    for (size_t k = 0; k < count; k++)
        probabilities[k] /= sum;
    return label;
}

static bool process_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct gaussian_process_classifier *self = (const struct gaussian_process_classifier *)op;
    if (!estimator_check(op, in, err))
        return false;
    double *work = estimator_scratch(scratch, 2 * self->rows.rows, err);
    double *probabilities = estimator_scratch(scratch, op->classes, err);
    if (work == NULL || probabilities == NULL)
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        size_t label = row_answer(self, matrix_row(in, row), probabilities, work);
        if (estimator_wants(wanted, LABEL))
            matrix_row(&out[LABEL], row)[0] = (double)label;
        for (size_t k = 0; estimator_wants(wanted, PROBABILITY) && k < op->classes; k++)
            matrix_row(&out[PROBABILITY], row)[k] = probabilities[k];
    }
    return true;
}

static void process_destroy(struct op *op)
{
    struct gaussian_process_classifier *self = (struct gaussian_process_classifier *)op;
    for (size_t i = 0; i < self->machine_count; i++) {
        struct machine *machine = &self->machines[i];
        process_kernel_destroy(machine->kernel);
        params_vector_finish(&machine->weights);
        params_vector_finish(&machine->roots);
        matrix_free(&machine->lower);
    }
    free(self->machines);
    matrix_free(&self->rows);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_gaussian_process_classifier = {
    .name = "gaussian_process_classifier",
    .summary = "Gaussian processes that classify, by Laplace's approximation",
    .create = process_create,
    .run = process_run,
    .destroy = process_destroy,
};
