#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/ops/estimator.h"
#include "graph/ops/members.h"
#include "math/special.h"

enum { LABEL, SCORE };

/* A binary classifier for each pair of classes: votes, and confidences where votes are equal. */
struct one_vs_one_classifier {
    struct op op;
    struct members members;
    struct member_response *responses; /* [members] */
};

static bool response_read(const struct member *member, struct params *params,
                          struct member_response *response, struct err *err)
{
    if (params == NULL || !member_response_read(member, params, response, err))
        return false;
    return (member_last(member)->classes == 2 && response->count == 1) ||
           params_fail(params, "steps", err, "the last one does not tell two classes apart");
}

/* K of K (K - 1) / 2 pairs, 0 if there is none. */
static size_t classes_of(size_t pairs)
{
    size_t classes = 2;
    while (classes < 65536 && classes * (classes - 1) / 2 < pairs)
        classes++;
    return classes * (classes - 1) / 2 == pairs ? classes : 0;
}

static bool one_read(struct one_vs_one_classifier *self, struct params *params,
                     const struct columns *in, struct err *err)
{
    if (!members_read(&self->members, &self->op, params, in, err) ||
        !members_need(&self->members, params, OUTPUT_LABEL, 1, err))
        return false;
    size_t count = self->members.count;
    self->op.classes = classes_of(count);
    if (self->op.classes == 0)
        return params_fail(params, "estimators", err,
                           "%zu are not one for each pair of a number of classes", count);
    self->responses = mem_array(count, sizeof *self->responses);
    if (self->responses == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu estimators", count);
    for (size_t i = 0; i < count; i++)
        if (!response_read(&self->members.items[i], params_element(params, "estimators", i, err),
                           &self->responses[i], err))
            return false;
    self->op.scratch_width += 2 * self->op.classes + 1;
    op_add_output(&self->op, OUTPUT_LABEL, 1);
    op_add_output(&self->op, OUTPUT_SCORE, self->op.classes == 2 ? 1 : self->op.classes);
    return true;
}

static bool one_create(struct op **op, struct params *params, const struct columns *in,
                       struct err *err)
{
    struct one_vs_one_classifier *self =
        op_allocate(sizeof *self, &op_one_vs_one_classifier, in, err);
    return self != NULL && op_deliver(op, &self->op, one_read(self, params, in, err));
}

/* The vote and the confidence of the classifier for classes i < j. */
static bool pair_add(const struct one_vs_one_classifier *self, size_t pair, size_t i, size_t j,
                     const struct matrix *in, const struct matrix *votes,
                     const struct matrix *confidences, struct arena *scratch, struct err *err)
{
    const struct member *member = &self->members.items[pair];
    struct matrix labels, answer;
    if (!member_answer(member, in, member_output(member, OUTPUT_LABEL), &labels, scratch, err) ||
        !member_respond(member, in, &self->responses[pair], &answer, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++) {
        double confidence = matrix_row(&answer, row)[0];
        matrix_row(confidences, row)[i] -= confidence;
        matrix_row(confidences, row)[j] += confidence;
        matrix_row(votes, row)[matrix_row(&labels, row)[0] > 0.0 ? j : i] += 1.0;
    }
    return true;
}

static bool pairs_add(const struct one_vs_one_classifier *self, const struct matrix *in,
                      const struct matrix *votes, const struct matrix *confidences,
                      struct arena *scratch, struct err *err)
{
    size_t classes = self->op.classes, pair = 0;
    for (size_t i = 0; i < classes; i++)
        for (size_t j = i + 1; j < classes; j++) {
            struct arena_mark mark = arena_mark(scratch);
            bool ok = pair_add(self, pair++, i, j, in, votes, confidences, scratch, err);
            arena_rewind(scratch, mark);
            if (!ok)
                return false;
        }
    return true;
}

/* Confidences in (-1/3, 1/3): they decide where votes are equal, and nowhere else. */
static void row_answer(const struct one_vs_one_classifier *self, double *votes,
                       const double *confidences, struct matrix *out, uint32_t wanted, size_t row)
{
    size_t classes = self->op.classes, first = classes == 2;
    for (size_t i = 0; i < classes; i++)
        votes[i] += confidences[i] / (3.0 * (fabs(confidences[i]) + 1.0));
    if (estimator_wants(wanted, SCORE))
        memcpy(matrix_row(&out[SCORE], row), votes + first, (classes - first) * sizeof *votes);
    if (!estimator_wants(wanted, LABEL))
        return;
    bool score = member_output(&self->members.items[0], OUTPUT_SCORE) != MEMBER_NO_OUTPUT;
    matrix_row(&out[LABEL], row)[0] =
        classes == 2 ? votes[1] > (score ? 0.0 : 0.5) : (double)special_argmax(votes, classes);
}

static bool one_run(const struct op *op, const struct matrix *in, struct matrix *out,
                    uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct one_vs_one_classifier *self = (const struct one_vs_one_classifier *)op;
    struct matrix votes = matrix_in_arena(scratch, in->rows, op->classes);
    struct matrix confidences = matrix_in_arena(scratch, in->rows, op->classes);
    if (votes.data == NULL || confidences.data == NULL)
        return op_no_room(in->rows, 2 * op->classes, err);
    memset(votes.data, 0, in->rows * op->classes * sizeof(double));
    memset(confidences.data, 0, in->rows * op->classes * sizeof(double));
    if (!pairs_add(self, in, &votes, &confidences, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++)
        row_answer(self, matrix_row(&votes, row), matrix_row(&confidences, row), out, wanted, row);
    return true;
}

static void one_destroy(struct op *op)
{
    struct one_vs_one_classifier *self = (struct one_vs_one_classifier *)op;
    members_finish(&self->members);
    free(self->responses);
    free(self);
}

const struct op_type op_one_vs_one_classifier = {
    .name = "one_vs_one_classifier",
    .summary = "a binary classifier for each pair of classes, votes decide",
    .create = one_create,
    .run = one_run,
    .destroy = one_destroy,
};
