#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/kernels.h"
#include "math/special.h"

/* libsvm's classifier: a machine per pair of classes, which vote; see math/svm.h. */
struct svc {
    struct estimator estimator;
    struct kernels kernels;
    struct matrix coefficients;          /* classes - 1 x vectors */
    struct params_vector intercepts;     /* [pairs] */
    struct params_vector prob_a, prob_b; /* [pairs], or none */
    size_t *starts;                      /* [classes + 1] */
    bool is_pairwise;                    /* the output score: of pairs, else of classes */
    bool breaks_ties;                    /* the label is that of the largest score */
    uint32_t label, probability, score;  /* outputs; probability 0: there is none */
};

static bool starts_read(struct svc *self, struct params *params, struct err *err)
{
    size_t *counts, classes;
    if (!op_read_positions(params, "n_support_", self->kernels.count + 1, &counts, &classes, err))
        return false;
    size_t total = 0;
    self->starts = mem_array(classes + 1, sizeof *self->starts);
    bool ok =
        self->starts != NULL || err_set(err, ERR_MEMORY, "no memory for %zu classes", classes);
    if (ok && (classes < 2 || classes > OP_COLUMNS_MAX))
        ok = params_fail(params, "n_support_", err, "expected two classes or more");
    for (size_t k = 0; ok && k < classes; k++) {
        total += counts[k]; /* each at most count, of at most a million: no overflow */
        self->starts[k + 1] = total;
    }
    free(counts);
    if (ok && total != self->kernels.count)
        ok = params_fail(params, "n_support_", err, "expected a sum of %zu vectors, got %zu",
                         self->kernels.count, total);
    self->estimator.op.classes = classes;
    return ok;
}

static bool pairs_read(struct svc *self, struct params *params, struct err *err)
{
    struct estimator *estimator = &self->estimator;
    size_t classes = estimator->op.classes, pairs = svm_pair_count(classes);
    if (!estimator_matrix(estimator, params, "dual_coef_", classes - 1, self->kernels.count,
                          &self->coefficients, err) ||
        !estimator_vector(estimator, params, "intercept_", pairs, &self->intercepts, err))
        return false;
    if (!params_has(params, "prob_a_") && !params_has(params, "prob_b_"))
        return true;
    return estimator_vector(estimator, params, "prob_a_", pairs, &self->prob_a, err) &&
           estimator_vector(estimator, params, "prob_b_", pairs, &self->prob_b, err);
}

static void outputs_add(struct svc *self)
{
    struct op *op = &self->estimator.op;
    size_t scores = self->is_pairwise ? svm_pair_count(op->classes) : op->classes;
    self->label = op_add_output(op, OUTPUT_LABEL, 1);
    if (self->prob_a.values != NULL)
        self->probability = op_add_output(op, OUTPUT_PROBABILITY, op->classes);
    self->score = op_add_output(op, OUTPUT_SCORE, op->classes == 2 ? 1 : scores);
}

static bool svc_read(struct svc *self, struct params *params, const struct columns *in,
                     struct err *err)
{
    static const char *const shapes[] = {"ovr", "ovo", NULL};
    int shape;
    if (!estimator_init(&self->estimator, params, in, err) ||
        !kernels_read(&self->kernels, &self->estimator, params, "support_vectors_", err) ||
        !starts_read(self, params, err) || !pairs_read(self, params, err) ||
        !params_choice_or(params, "decision_function_shape", shapes, 0, &shape, err) ||
        !params_flag_or(params, "break_ties", false, &self->breaks_ties, err))
        return false;
    self->is_pairwise = shape == 1;
    if (self->breaks_ties && self->is_pairwise)
        return params_fail(params, "break_ties", err, "needs decision_function_shape \"ovr\"");
    outputs_add(self);
    return true;
}

static bool svc_create(struct op **op, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct svc *self = op_allocate(sizeof *self, &op_svc, in, err);
    return self != NULL && op_deliver(op, &self->estimator.op, svc_read(self, params, in, err));
}

/* Scratch of a row. */
struct answer {
    double *decisions; /* [pairs] */
    double *scores;    /* [classes] */
    double *pairwise;  /* svm_probabilities_double's */
    size_t *votes;     /* [classes] */
};

static bool answer_init(struct answer *answer, const struct svc *self, struct arena *scratch,
                        struct err *err)
{
    size_t classes = self->estimator.op.classes, square;
    bool fits = mem_multiply(classes, classes, &square);
    size_t work = self->prob_a.values != NULL ? square + svm_couple_work(classes) : 0;
    answer->decisions = estimator_scratch(scratch, svm_pair_count(classes), err);
    answer->scores = estimator_scratch(scratch, classes, err);
    answer->pairwise = fits ? estimator_scratch(scratch, work, err) : NULL;
    answer->votes = arena_array(scratch, classes, sizeof *answer->votes);
    return (answer->decisions != NULL && answer->scores != NULL && answer->pairwise != NULL &&
            answer->votes != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for %zu classes", classes);
}

static size_t row_label(const struct svc *self, struct answer *answer)
{
    size_t classes = self->estimator.op.classes;
    if (!self->breaks_ties || classes == 2)
        return svm_vote(classes, answer->decisions, answer->votes);
    svm_one_against_rest(classes, answer->decisions, answer->scores);
    return special_argmax(answer->scores, classes);
}

/* Two classes: libsvm's decision is for the first, scikit-learn's for the second. */
static void row_scores(const struct svc *self, const struct answer *answer, double *scores)
{
    size_t classes = self->estimator.op.classes;
    if (classes == 2)
        scores[0] = -answer->decisions[0];
    else if (!self->is_pairwise)
        svm_one_against_rest(classes, answer->decisions, scores);
    else
        for (size_t i = 0; i < svm_pair_count(classes); i++)
            scores[i] = answer->decisions[i];
}

static void row_answer(const struct svc *self, const double *kernels, struct answer *answer,
                       struct matrix *out, size_t row, uint32_t wanted)
{
    const struct svm_pairs_double pairs = {
        .classes = self->estimator.op.classes,
        .starts = self->starts,
        .coefficients = self->coefficients.data,
        .intercepts = self->intercepts.values,
    };
    svm_decide_double(&pairs, kernels, answer->decisions);
    if (estimator_wants(wanted, self->label))
        matrix_row(&out[self->label], row)[0] = (double)row_label(self, answer);
    if (self->prob_a.values != NULL && estimator_wants(wanted, self->probability))
        svm_probabilities_double(pairs.classes, answer->decisions, self->prob_a.values,
                                 self->prob_b.values, matrix_row(&out[self->probability], row),
                                 answer->pairwise);
    if (estimator_wants(wanted, self->score))
        row_scores(self, answer, matrix_row(&out[self->score], row));
}

static bool svc_run(const struct op *op, const struct matrix *in, struct matrix *out,
                    uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct svc *self = (const struct svc *)op;
    struct kernels_work work;
    struct answer answer;
    if (!estimator_check(op, in, err) || !kernels_work_init(&work, &self->kernels, scratch, err) ||
        !answer_init(&answer, self, scratch, err))
        return false;
    for (size_t first = 0; first < in->rows; first += KERNELS_ROWS) {
        size_t count = kernels_apply(&self->kernels, in, first, &work);
        for (size_t row = 0; row < count; row++)
            row_answer(self, work.values + row * self->kernels.count, &answer, out, first + row,
                       wanted);
    }
    return true;
}

static void svc_destroy(struct op *op)
{
    struct svc *self = (struct svc *)op;
    kernels_finish(&self->kernels);
    matrix_free(&self->coefficients);
    params_vector_finish(&self->intercepts);
    params_vector_finish(&self->prob_a);
    params_vector_finish(&self->prob_b);
    free(self->starts);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_svc = {
    .name = "svc",
    .summary = "support vector machine that classifies",
    .create = svc_create,
    .run = svc_run,
    .destroy = svc_destroy,
};
