#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/ops/members.h"
#include "graph/ops/trees.h"
#include "math/special.h"

static const char *const task_names[] = {"regression", "classification", NULL};
static const char *const link_names[] = {"identity", "logit",        "half_logit",
                                         "log",      "centered_log", NULL};
enum init_link { INIT_IDENTITY, INIT_LOGIT, INIT_HALF_LOGIT, INIT_LOG, INIT_CENTERED_LOG };
enum { VALUE = 0, LABEL = 0, PROBABILITY, SCORE };

/* Trees that amend what another estimator says: sums begin with its value, or with the link of its
 * probabilities. J. H. Friedman: Greedy function approximation, a gradient boosting machine, 2001.
 */
struct gradient_boosting {
    struct estimator estimator;
    struct trees trees;
    struct member init;
    uint32_t init_output;
    enum init_link init_link;
    double init_floor; /* probabilities lie between it and 1 - it */
    double link_scale;
    bool zero_is_positive;
    bool rounds; /* to float32, what comes in */
};

static bool init_read(struct gradient_boosting *self, struct params *params,
                      const struct columns *in, struct err *err)
{
    bool classifier = self->estimator.op.classes > 0;
    size_t expected = classifier ? self->estimator.op.classes : self->trees.outputs;
    struct params *init = params_child(params, "init", err);
    if (init == NULL || !member_read(&self->init, &self->estimator.op, init, in, err))
        return false;
    self->init_output = member_output(&self->init, classifier ? OUTPUT_PROBABILITY : OUTPUT_VALUE);
    if (self->init_output == MEMBER_NO_OUTPUT)
        return params_fail(init, "steps", err, "the last one has no output \"%s\"",
                           classifier ? "probability" : "value");
    size_t cols = member_columns(&self->init, self->init_output);
    return cols == expected ||
           params_fail(init, "steps", err, "the last one makes %zu columns, expected %zu", cols,
                       expected);
}

static bool links_read(struct gradient_boosting *self, struct params *params, struct err *err)
{
    size_t classes = self->estimator.op.classes;
    int usual = classes == 0 ? INIT_IDENTITY : classes == 2 ? INIT_LOGIT : INIT_CENTERED_LOG, link;
    if (!params_choice_or(params, "init_link", link_names, usual, &link, err) ||
        !params_number_or(params, "init_floor", DBL_EPSILON, &self->init_floor, err) ||
        !params_number_or(params, "link_scale", 1.0, &self->link_scale, err) ||
        !params_flag_or(params, "zero_is_positive", true, &self->zero_is_positive, err))
        return false;
    bool pair = link == INIT_LOGIT || link == INIT_HALF_LOGIT;
    if ((classes == 0) != (link == INIT_IDENTITY) || (pair && classes != 2))
        return params_fail(params, "init_link", err, "\"%s\" does not go with %zu classes",
                           link_names[link], classes);
    if (!(self->init_floor >= 0.0 && self->init_floor < 0.5))
        return params_fail(params, "init_floor", err, "expected a number from 0 to below 0.5");
    if (!isfinite(self->link_scale))
        return params_fail(params, "link_scale", err, "expected a finite number");
    self->init_link = (enum init_link)link;
    return true;
}

static bool boosting_read(struct gradient_boosting *self, struct params *params,
                          const struct columns *in, struct err *err)
{
    static const char *const dtype_names[] = {"float32", "float64", NULL};
    int task, dtype;
    struct op *op = &self->estimator.op;
    if (!estimator_init(&self->estimator, params, in, err) ||
        !trees_read(&self->trees, &self->estimator, params, in, err) ||
        !params_choice_or(params, "task", task_names, 0, &task, err) ||
        !params_choice_or(params, "dtype", dtype_names, -1, &dtype, err))
        return false;
    self->rounds = dtype == 0;
    if (task == 1)
        op->classes = self->trees.outputs == 1 ? 2 : self->trees.outputs;
    if (!init_read(self, params, in, err) || !links_read(self, params, err))
        return false;
    if (self->rounds)
        op->scratch_width += in->count;
    if (task == 0) {
        op_add_output(op, OUTPUT_VALUE, self->trees.outputs);
        return true;
    }
    op_add_output(op, OUTPUT_LABEL, 1);
    op_add_output(op, OUTPUT_PROBABILITY, op->classes);
    op_add_output(op, OUTPUT_SCORE, self->trees.outputs);
    return true;
}

static bool boosting_create(struct op **op, struct params *params, const struct columns *in,
                            struct err *err)
{
    struct gradient_boosting *self = op_allocate(sizeof *self, &op_gradient_boosting, in, err);
    return self != NULL &&
           op_deliver(op, &self->estimator.op, boosting_read(self, params, in, err));
}

/* A row of what the first estimator says as what the sums begin with. */
static void init_row(const struct gradient_boosting *self, const double *answer, double *sums)
{
    size_t count = self->trees.outputs, first = self->estimator.op.classes == 2 && count == 1;
    double mean = 0.0;
    for (size_t i = 0; i < count; i++) {
        double p = answer[first + i];
        if (self->init_link != INIT_IDENTITY)
            p = fmin(fmax(p, self->init_floor), 1.0 - self->init_floor);
        if (self->init_link == INIT_LOGIT || self->init_link == INIT_HALF_LOGIT)
            p = (self->init_link == INIT_LOGIT ? 1.0 : 0.5) * log(p / (1.0 - p));
        else if (self->init_link != INIT_IDENTITY)
            p = log(p);
        sums[i] = p;
        mean += p / (double)count;
    }
    for (size_t i = 0; self->init_link == INIT_CENTERED_LOG && i < count; i++)
        sums[i] -= mean;
}

/* What the first estimator sees is rounded as it is for the trees: it was trained with that. */
static bool init_answer(const struct gradient_boosting *self, const struct matrix *in,
                        struct matrix *answer, struct arena *scratch, struct err *err)
{
    if (!self->rounds)
        return member_answer(&self->init, in, self->init_output, answer, scratch, err);
    struct matrix rounded = matrix_in_arena(scratch, in->rows, in->cols);
    if (rounded.data == NULL)
        return op_no_room(in->rows, in->cols, err);
    for (size_t row = 0; row < in->rows; row++)
        for (size_t col = 0; col < in->cols; col++)
            matrix_row(&rounded, row)[col] = (double)(float)matrix_row(in, row)[col];
    return member_answer(&self->init, &rounded, self->init_output, answer, scratch, err);
}

static bool sums_compute(const struct gradient_boosting *self, const struct matrix *in,
                         struct matrix *sums, struct arena *scratch, struct err *err)
{
    struct matrix answer;
    struct arena_mark mark = arena_mark(scratch);
    bool ok = init_answer(self, in, &answer, scratch, err);
    for (size_t row = 0; ok && row < in->rows; row++)
        init_row(self, matrix_row(&answer, row), matrix_row(sums, row));
    arena_rewind(scratch, mark);
    return ok && trees_sum(&self->trees, &self->estimator.op, in, sums, scratch, err);
}

static void classify_row(const struct gradient_boosting *self, const double *sums,
                         struct matrix *out, uint32_t wanted, size_t row)
{
    size_t count = self->trees.outputs;
    if (estimator_wants(wanted, SCORE))
        memcpy(matrix_row(&out[SCORE], row), sums, count * sizeof *sums);
    if (estimator_wants(wanted, LABEL))
        matrix_row(&out[LABEL], row)[0] =
            count > 1 ? (double)special_argmax(sums, count)
                      : sums[0] > 0.0 || (self->zero_is_positive && sums[0] == 0.0);
    if (!estimator_wants(wanted, PROBABILITY))
        return;
    double *p = matrix_row(&out[PROBABILITY], row);
    if (count == 1) {
        p[1] = special_sigmoid(sums[0] * self->link_scale);
        p[0] = 1.0 - p[1];
        return;
    }
    memcpy(p, sums, count * sizeof *sums);
    special_softmax(p, count);
}

static bool boosting_run(const struct op *op, const struct matrix *in, struct matrix *out,
                         uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct gradient_boosting *self = (const struct gradient_boosting *)op;
    struct matrix sums = matrix_in_arena(scratch, in->rows, self->trees.outputs);
    if (sums.data == NULL)
        return op_no_room(in->rows, self->trees.outputs, err);
    if (!sums_compute(self, in, &sums, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++)
        if (op->classes > 0)
            classify_row(self, matrix_row(&sums, row), out, wanted, row);
        else if (estimator_wants(wanted, VALUE))
            memcpy(matrix_row(&out[VALUE], row), matrix_row(&sums, row),
                   sums.cols * sizeof(double));
    return true;
}

static void boosting_destroy(struct op *op)
{
    struct gradient_boosting *self = (struct gradient_boosting *)op;
    trees_finish(&self->trees);
    member_finish(&self->init);
    estimator_finish(&self->estimator);
    free(self);
}

const struct op_type op_gradient_boosting = {
    .name = "gradient_boosting",
    .summary = "trees that amend what another estimator says",
    .create = boosting_create,
    .run = boosting_run,
    .destroy = boosting_destroy,
};
