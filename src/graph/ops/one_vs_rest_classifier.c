#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "graph/ops/estimator.h"
#include "graph/ops/members.h"
#include "math/special.h"
#include "math/stats.h"

enum { LABEL };

/* A binary estimator for each class, whose strongest response wins; or one for two classes. */
struct one_vs_rest_classifier {
    struct op op;
    struct members members;
    struct member_response *responses; /* [members] */
    uint32_t probability, score;       /* outputs; MEMBER_NO_OUTPUT where a member has none */
};

/* A number for each row: a regressor's value counts as a score. */
static bool response_read(const struct member *member, struct params *params,
                          struct member_response *response, struct err *err)
{
    uint32_t value = member_output(member, OUTPUT_VALUE);
    if (params == NULL)
        return false;
    if (value != MEMBER_NO_OUTPUT)
        *response = (struct member_response){value, 0, member_columns(member, value)};
    else if (!member_response_read(member, params, response, err))
        return false;
    return response->count == 1 ||
           params_fail(params, "steps", err, "expected one number for a row, got %zu",
                       response->count);
}

static bool all_have(const struct members *members, enum output_kind kind)
{
    for (size_t i = 0; i < members->count; i++)
        if (member_output(&members->items[i], kind) == MEMBER_NO_OUTPUT)
            return false;
    return true;
}

static bool rest_read(struct one_vs_rest_classifier *self, struct params *params,
                      const struct columns *in, struct err *err)
{
    if (!members_read(&self->members, &self->op, params, in, err))
        return false;
    size_t count = self->members.count;
    self->responses = mem_array(count, sizeof *self->responses);
    if (self->responses == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu estimators", count);
    for (size_t i = 0; i < count; i++)
        if (!response_read(&self->members.items[i], params_element(params, "estimators", i, err),
                           &self->responses[i], err))
            return false;
    self->op.classes = count == 1 ? 2 : count;
    self->op.scratch_width += count;
    self->probability = self->score = MEMBER_NO_OUTPUT;
    op_add_output(&self->op, OUTPUT_LABEL, 1);
    if (all_have(&self->members, OUTPUT_PROBABILITY)) {
        if (!members_need(&self->members, params, OUTPUT_PROBABILITY, 2, err))
            return false;
        self->probability = op_add_output(&self->op, OUTPUT_PROBABILITY, self->op.classes);
    }
    if (all_have(&self->members, OUTPUT_SCORE))
        self->score = op_add_output(&self->op, OUTPUT_SCORE, count);
    return true;
}

static bool rest_create(struct op **op, struct params *params, const struct columns *in,
                        struct err *err)
{
    struct one_vs_rest_classifier *self =
        op_allocate(sizeof *self, &op_one_vs_rest_classifier, in, err);
    return self != NULL && op_deliver(op, &self->op, rest_read(self, params, in, err));
}

/* One number of each member, side by side. */
static bool member_column(const struct member *member, const struct member_response *response,
                          const struct matrix *in, size_t col, const struct matrix *to,
                          struct arena *scratch, struct err *err)
{
    struct matrix answer;
    struct arena_mark mark = arena_mark(scratch);
    bool ok = member_respond(member, in, response, &answer, scratch, err);
    for (size_t row = 0; ok && row < in->rows; row++)
        matrix_row(to, row)[col] = matrix_row(&answer, row)[0];
    arena_rewind(scratch, mark);
    return ok;
}

static bool label_run(const struct one_vs_rest_classifier *self, const struct matrix *in,
                      const struct matrix *label, struct arena *scratch, struct err *err)
{
    size_t count = self->members.count;
    struct matrix all = matrix_in_arena(scratch, in->rows, count);
    if (all.data == NULL)
        return op_no_room(in->rows, count, err);
    for (size_t i = 0; i < count; i++)
        if (!member_column(&self->members.items[i], &self->responses[i], in, i, &all, scratch, err))
            return false;
    double threshold =
        self->score != MEMBER_NO_OUTPUT &&
                member_output(&self->members.items[0], OUTPUT_VALUE) == MEMBER_NO_OUTPUT
            ? 0.0
            : 0.5;
    for (size_t row = 0; row < in->rows; row++) {
        const double *x = matrix_row(&all, row);
        matrix_row(label, row)[0] =
            count == 1 ? x[0] > threshold : (double)special_argmax(x, count);
    }
    return true;
}

static bool probability_run(const struct one_vs_rest_classifier *self, const struct matrix *in,
                            const struct matrix *probability, struct arena *scratch,
                            struct err *err)
{
    size_t count = self->members.count, first = count == 1;
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &self->members.items[i];
        struct member_response response = {member_output(member, OUTPUT_PROBABILITY), 1, 1};
        if (!member_column(member, &response, in, first + i, probability, scratch, err))
            return false;
    }
    for (size_t row = 0; row < in->rows; row++) {
        double *p = matrix_row(probability, row);
        if (count == 1)
            p[0] = 1.0 - p[1];
        double sum = stats_sum(p, self->op.classes);
        for (size_t i = 0; sum != 0.0 && i < self->op.classes; i++)
            p[i] /= sum;
    }
    return true;
}

static bool score_run(const struct one_vs_rest_classifier *self, const struct matrix *in,
                      const struct matrix *score, struct arena *scratch, struct err *err)
{
    for (size_t i = 0; i < self->members.count; i++) {
        const struct member *member = &self->members.items[i];
        struct member_response response = {member_output(member, OUTPUT_SCORE), 0, 1};
        if (!member_column(member, &response, in, i, score, scratch, err))
            return false;
    }
    return true;
}

static bool rest_run(const struct op *op, const struct matrix *in, struct matrix *out,
                     uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct one_vs_rest_classifier *self = (const struct one_vs_rest_classifier *)op;
    uint32_t probability = self->probability, score = self->score;
    if (estimator_wants(wanted, LABEL) && !label_run(self, in, &out[LABEL], scratch, err))
        return false;
    if (probability != MEMBER_NO_OUTPUT && estimator_wants(wanted, probability) &&
        !probability_run(self, in, &out[probability], scratch, err))
        return false;
    return score == MEMBER_NO_OUTPUT || !estimator_wants(wanted, score) ||
           score_run(self, in, &out[score], scratch, err);
}

static void rest_destroy(struct op *op)
{
    struct one_vs_rest_classifier *self = (struct one_vs_rest_classifier *)op;
    members_finish(&self->members);
    free(self->responses);
    free(self);
}

const struct op_type op_one_vs_rest_classifier = {
    .name = "one_vs_rest_classifier",
    .summary = "a binary estimator for each class, the strongest wins",
    .create = rest_create,
    .run = rest_run,
    .destroy = rest_destroy,
};
