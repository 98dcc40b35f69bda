#include <stdlib.h>
#include <string.h>

#include "graph/ops/estimator.h"
#include "graph/ops/members.h"
#include "math/special.h"

static const char *const voting_names[] = {"soft", "hard", NULL};
enum { SOFT, HARD };
enum { LABEL, PROBABILITY };

/* The mean of what classifiers say: of their probabilities, or of their labels. */
struct voting_classifier {
    struct op op;
    struct members members;
    struct params_vector weights; /* [members] or empty */
    double weight_sum;            /* what sums are divided by */
    int voting;
};

static bool weights_read(struct voting_classifier *self, struct params *params, struct err *err)
{
    self->weight_sum = (double)self->members.count;
    if (!params_has(params, "weights"))
        return true;
    if (!params_vector(params, "weights", self->members.count, &self->weights, err))
        return false;
    self->weight_sum = 0.0;
    for (size_t i = 0; i < self->weights.count; i++) {
        if (!(self->weights.values[i] >= 0.0 && self->weights.values[i] < 1e300))
            return params_fail(params, "weights", err, "expected finite numbers from 0 on");
        self->weight_sum += self->weights.values[i];
    }
    return self->weight_sum > 0.0 || params_fail(params, "weights", err, "all of them are 0");
}

static bool voting_read(struct voting_classifier *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    if (!params_choice_or(params, "voting", voting_names, HARD, &self->voting, err) ||
        !members_read_classifiers(&self->members, &self->op, params, in, err) ||
        !members_need(&self->members, params,
                      self->voting == SOFT ? OUTPUT_PROBABILITY : OUTPUT_LABEL, PARAMS_ANY, err) ||
        !weights_read(self, params, err))
        return false;
    op_add_output(&self->op, OUTPUT_LABEL, 1);
    op_add_output(&self->op, OUTPUT_PROBABILITY, self->op.classes);
    return true;
}

static bool voting_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct voting_classifier *self = op_allocate(sizeof *self, &op_voting_classifier, in, err);
    return self != NULL && op_deliver(op, &self->op, voting_read(self, params, in, err));
}

static void member_count_in(const struct member *member, int voting, const double *answer,
                            size_t cols, double weight, double *sums)
{
    if (voting == HARD) {
        size_t label = (size_t)answer[0];
        sums[member->classes != NULL ? member->classes[label] : label] += weight;
        return;
    }
    for (size_t i = 0; i < cols; i++)
        sums[member->classes != NULL ? member->classes[i] : i] += weight * answer[i];
}

static bool sums_compute(const struct voting_classifier *self, const struct matrix *in,
                         const struct matrix *sums, struct arena *scratch, struct err *err)
{
    bool ok = true;
    for (size_t row = 0; row < in->rows; row++)
        memset(matrix_row(sums, row), 0, sums->cols * sizeof(double));
    for (size_t i = 0; ok && i < self->members.count; i++) {
        const struct member *member = &self->members.items[i];
        double weight = self->weights.values != NULL ? self->weights.values[i] : 1.0;
        struct arena_mark mark = arena_mark(scratch);
        struct matrix answer;
        uint32_t output =
            member_output(member, self->voting == SOFT ? OUTPUT_PROBABILITY : OUTPUT_LABEL);
        ok = member_answer(member, in, output, &answer, scratch, err);
        for (size_t row = 0; ok && row < in->rows; row++)
            member_count_in(member, self->voting, matrix_row(&answer, row), answer.cols, weight,
                            matrix_row(sums, row));
        arena_rewind(scratch, mark);
    }
    return ok;
}

static bool voting_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct voting_classifier *self = (const struct voting_classifier *)op;
    struct matrix sums;
    if (!estimator_target(op, out, wanted, PROBABILITY, in->rows, scratch, &sums, err) ||
        !sums_compute(self, in, &sums, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        double *sum = matrix_row(&sums, row);
        for (size_t i = 0; i < sums.cols; i++)
            sum[i] /= self->weight_sum;
        if (estimator_wants(wanted, LABEL))
            matrix_row(&out[LABEL], row)[0] = (double)special_argmax(sum, sums.cols);
    }
    return true;
}

static void voting_destroy(struct op *op)
{
    struct voting_classifier *self = (struct voting_classifier *)op;
    members_finish(&self->members);
    params_vector_finish(&self->weights);
    free(self);
}

const struct op_type op_voting_classifier = {
    .name = "voting_classifier",
    .summary = "the mean of classifiers' probabilities or votes",
    .create = voting_create,
    .run = voting_run,
    .destroy = voting_destroy,
};
