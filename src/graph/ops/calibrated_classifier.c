#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/ops/estimator.h"
#include "graph/ops/isotonic.h"
#include "graph/ops/members.h"
#include "math/special.h"
#include "math/stats.h"

static const char *const method_names[] = {"sigmoid", "isotonic", "temperature", NULL};
enum { SIGMOID, ISOTONIC, TEMPERATURE };
enum { LABEL, PROBABILITY };

/* From one number of a member to a probability. */
struct calibrator {
    double a, b;
    struct isotonic isotonic;
};

struct calibrated {
    struct member_response response;
    struct calibrator *calibrators; /* [response.count] */
    double beta;                    /* of the temperature */
};

/* Classifiers whose scores or probabilities become calibrated probabilities, and the mean of them.
 * J. Platt: Probabilistic outputs for support vector machines, 1999; B. Zadrozny, C. Elkan:
 * Transforming classifier scores into accurate multiclass probability estimates, 2002. */
struct calibrated_classifier {
    struct op op;
    struct members members;
    struct calibrated *calibrated; /* [members] */
    int method;
};

static bool finite_number(struct params *params, const char *key, double *value, struct err *err)
{
    return params_number(params, key, value, err) &&
           (isfinite(*value) || params_fail(params, key, err, "expected a finite number"));
}

static bool calibrator_read(struct calibrator *calibrator, int method, struct params *params,
                            struct err *err)
{
    if (method == ISOTONIC)
        return isotonic_read(&calibrator->isotonic, params, err);
    return finite_number(params, "a_", &calibrator->a, err) &&
           finite_number(params, "b_", &calibrator->b, err);
}

static bool calibrators_read(struct calibrated_classifier *self, struct calibrated *calibrated,
                             struct params *params, struct err *err)
{
    size_t count = calibrated->response.count;
    if (params_length(params, "calibrators") != count)
        return params_fail(params, "calibrators", err, "expected %zu elements, got %zu", count,
                           params_length(params, "calibrators"));
    calibrated->calibrators = mem_array(count, sizeof *calibrated->calibrators);
    if (calibrated->calibrators == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu calibrators", count);
    for (size_t i = 0; i < count; i++) {
        struct params *element = params_element(params, "calibrators", i, err);
        if (element == NULL ||
            !calibrator_read(&calibrated->calibrators[i], self->method, element, err))
            return false;
        self->op.bytes += sizeof(struct calibrator) +
                          2 * calibrated->calibrators[i].isotonic.x.count * sizeof(double);
    }
    return true;
}

static bool calibrated_read(struct calibrated_classifier *self, size_t index, struct params *params,
                            struct err *err)
{
    struct calibrated *calibrated = &self->calibrated[index];
    const struct member *member = &self->members.items[index];
    if (params == NULL || !member_response_read(member, params, &calibrated->response, err))
        return false;
    size_t own = member_last(member)->classes;
    if (own < 2 || (own == 2 && self->op.classes > 2))
        return params_fail(params, "steps", err, "two classes cannot be calibrated among %zu",
                           self->op.classes);
    if (calibrated->response.count != (own == 2 ? 1 : own))
        return params_fail(params, "response", err, "has %zu columns, of %zu classes",
                           calibrated->response.count, own);
    if (self->method != TEMPERATURE)
        return calibrators_read(self, calibrated, params, err);
    if (member->classes != NULL)
        return params_fail(params, "classes", err, "does not go with \"temperature\"");
    return finite_number(params, "beta_", &calibrated->beta, err);
}

static bool classifier_read(struct calibrated_classifier *self, struct params *params,
                            const struct columns *in, struct err *err)
{
    if (!params_choice_or(params, "method", method_names, -1, &self->method, err) ||
        !members_read_classifiers(&self->members, &self->op, params, in, err))
        return false;
    self->calibrated = mem_array(self->members.count, sizeof *self->calibrated);
    if (self->calibrated == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu calibrators", self->members.count);
    for (size_t i = 0; i < self->members.count; i++)
        if (!calibrated_read(self, i, params_element(params, "estimators", i, err), err))
            return false;
    op_add_output(&self->op, OUTPUT_LABEL, 1);
    op_add_output(&self->op, OUTPUT_PROBABILITY, self->op.classes);
    return true;
}

static bool classifier_create(struct op **op, struct params *params, const struct columns *in,
                              struct err *err)
{
    struct calibrated_classifier *self =
        op_allocate(sizeof *self, &op_calibrated_classifier, in, err);
    return self != NULL && op_deliver(op, &self->op, classifier_read(self, params, in, err));
}

static double calibrate(const struct calibrator *calibrator, int method, double x)
{
    if (method == ISOTONIC)
        return isotonic_at(&calibrator->isotonic, x);
    return special_sigmoid(-(calibrator->a * x + calibrator->b));
}

/* One number for each class, divided by their sum; all 0: each class is as probable. */
static void calibrate_row(const struct calibrated_classifier *self,
                          const struct calibrated *calibrated, const struct member *member,
                          const double *x, double *p)
{
    size_t classes = self->op.classes;
    if (classes == 2) {
        p[1] = calibrate(&calibrated->calibrators[0], self->method, x[0]);
        p[0] = 1.0 - p[1];
        return;
    }
    memset(p, 0, classes * sizeof *p);
    for (size_t i = 0; i < calibrated->response.count; i++)
        p[member->classes != NULL ? member->classes[i] : i] =
            calibrate(&calibrated->calibrators[i], self->method, x[i]);
    double sum = stats_sum(p, classes);
    for (size_t i = 0; i < classes; i++)
        p[i] = sum != 0.0 ? p[i] / sum : 1.0 / (double)classes;
}

/* The softmax of beta times the logits: of scores as they are, of probabilities their logarithms.
 */
static void temper_row(const struct calibrated_classifier *self,
                       const struct calibrated *calibrated, bool probability, const double *x,
                       double *p)
{
    static const double floor = 1e-12; /* the trainer's */
    size_t classes = self->op.classes;
    for (size_t i = 0; i < classes; i++) {
        double value = x[classes == 2 ? 0 : i];
        if (probability)
            value = log((classes == 2 && i == 0 ? 1.0 - value : value) + floor);
        else if (classes == 2 && i == 0)
            value = -value;
        p[i] = calibrated->beta * value;
    }
    special_softmax(p, classes);
}

static bool member_add(const struct calibrated_classifier *self, size_t index,
                       const struct matrix *in, const struct matrix *sums, struct arena *scratch,
                       struct err *err)
{
    const struct member *member = &self->members.items[index];
    const struct calibrated *calibrated = &self->calibrated[index];
    const struct op_output *output = &member_last(member)->outputs[calibrated->response.output];
    bool probability = output->kind == OUTPUT_PROBABILITY;
    struct matrix x;
    double *p = estimator_scratch(scratch, self->op.classes, err);
    if (p == NULL || !member_respond(member, in, &calibrated->response, &x, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        if (self->method == TEMPERATURE)
            temper_row(self, calibrated, probability, matrix_row(&x, row), p);
        else
            calibrate_row(self, calibrated, member, matrix_row(&x, row), p);
        for (size_t i = 0; i < self->op.classes; i++)
            matrix_row(sums, row)[i] += p[i] > 1.0 && p[i] <= 1.0 + 1e-5 ? 1.0 : p[i];
    }
    return true;
}

static bool classifier_run(const struct op *op, const struct matrix *in, struct matrix *out,
                           uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct calibrated_classifier *self = (const struct calibrated_classifier *)op;
    struct matrix sums;
    bool ok = estimator_target(op, out, wanted, PROBABILITY, in->rows, scratch, &sums, err);
    for (size_t row = 0; ok && row < in->rows; row++)
        memset(matrix_row(&sums, row), 0, sums.cols * sizeof(double));
    for (size_t i = 0; ok && i < self->members.count; i++) {
        struct arena_mark mark = arena_mark(scratch);
        ok = member_add(self, i, in, &sums, scratch, err);
        arena_rewind(scratch, mark);
    }
    for (size_t row = 0; ok && row < in->rows; row++) {
        double *p = matrix_row(&sums, row);
        for (size_t i = 0; i < sums.cols; i++)
            p[i] /= (double)self->members.count;
        if (estimator_wants(wanted, LABEL))
            matrix_row(&out[LABEL], row)[0] = (double)special_argmax(p, sums.cols);
    }
    return ok;
}

static void calibrated_finish(struct calibrated *calibrated)
{
    for (size_t i = 0; calibrated->calibrators != NULL && i < calibrated->response.count; i++)
        isotonic_finish(&calibrated->calibrators[i].isotonic);
    free(calibrated->calibrators);
}

static void classifier_destroy(struct op *op)
{
    struct calibrated_classifier *self = (struct calibrated_classifier *)op;
    for (size_t i = 0; self->calibrated != NULL && i < self->members.count; i++)
        calibrated_finish(&self->calibrated[i]);
    free(self->calibrated);
    members_finish(&self->members);
    free(self);
}

const struct op_type op_calibrated_classifier = {
    .name = "calibrated_classifier",
    .summary = "the mean of classifiers' calibrated probabilities",
    .create = classifier_create,
    .run = classifier_run,
    .destroy = classifier_destroy,
};
