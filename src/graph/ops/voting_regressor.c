#include <math.h>
#include <stdlib.h>

#include "graph/ops/estimator.h"
#include "graph/ops/members.h"

static const char *const aggregate_names[] = {"mean", "weighted_median", NULL};
enum { MEAN, WEIGHTED_MEDIAN };

/* The mean or the median of what regressors say. */
struct voting_regressor {
    struct op op;
    struct members members;
    struct params_vector weights; /* [members] or empty */
    int aggregate;
};

static bool weights_read(struct voting_regressor *self, struct params *params, struct err *err)
{
    if (!params_has(params, "weights"))
        return true;
    if (!params_vector(params, "weights", self->members.count, &self->weights, err))
        return false;
    double sum = 0.0;
    for (size_t i = 0; i < self->weights.count; i++) {
        if (!(self->weights.values[i] >= 0.0 && self->weights.values[i] < 1e300))
            return params_fail(params, "weights", err, "expected finite numbers from 0 on");
        sum += self->weights.values[i];
    }
    return sum > 0.0 || params_fail(params, "weights", err, "all of them are 0");
}

static bool voting_read(struct voting_regressor *self, struct params *params,
                        const struct columns *in, struct err *err)
{
    if (!members_read(&self->members, &self->op, params, in, err) ||
        !members_need(&self->members, params, OUTPUT_VALUE, PARAMS_ANY, err))
        return false;
    size_t cols = member_columns(&self->members.items[0],
                                 member_output(&self->members.items[0], OUTPUT_VALUE));
    if (!members_need(&self->members, params, OUTPUT_VALUE, cols, err) ||
        !params_choice_or(params, "aggregate", aggregate_names, MEAN, &self->aggregate, err) ||
        !weights_read(self, params, err))
        return false;
    if (self->aggregate == WEIGHTED_MEDIAN)
        self->op.scratch_width += self->members.count * (cols + 2);
    op_add_output(&self->op, OUTPUT_VALUE, cols);
    return true;
}

static bool voting_create(struct op **op, struct params *params, const struct columns *in,
                          struct err *err)
{
    struct voting_regressor *self = op_allocate(sizeof *self, &op_voting_regressor, in, err);
    return self != NULL && op_deliver(op, &self->op, voting_read(self, params, in, err));
}

static double member_weight(const struct voting_regressor *self, size_t index)
{
    return self->weights.values != NULL ? self->weights.values[index] : 1.0;
}

static bool mean_run(const struct voting_regressor *self, const struct matrix *in,
                     struct matrix *value, struct arena *scratch, struct err *err)
{
    bool ok = true;
    double weight_sum = 0.0;
    for (size_t row = 0; row < in->rows; row++)
        for (size_t col = 0; col < value->cols; col++)
            matrix_row(value, row)[col] = 0.0;
    for (size_t i = 0; ok && i < self->members.count; i++) {
        const struct member *member = &self->members.items[i];
        double weight = member_weight(self, i);
        struct arena_mark mark = arena_mark(scratch);
        struct matrix answer;
        weight_sum += weight;
        ok = member_answer(member, in, member_output(member, OUTPUT_VALUE), &answer, scratch, err);
        for (size_t row = 0; ok && row < in->rows; row++)
            for (size_t col = 0; col < value->cols; col++)
                matrix_row(value, row)[col] += weight * matrix_row(&answer, row)[col];
        arena_rewind(scratch, mark);
    }
    for (size_t row = 0; ok && row < in->rows; row++)
        for (size_t col = 0; col < value->cols; col++)
            matrix_row(value, row)[col] /= weight_sum;
    return ok;
}

struct weighted {
    double value, weight;
};

static int compare_values(const void *a, const void *b)
{
    double x = ((const struct weighted *)a)->value, y = ((const struct weighted *)b)->value;
    return (x > y) - (x < y);
}

/* The first value, in ascending order, up to which half of all weight lies. */
static double weighted_median(struct weighted *items, size_t count)
{
    double all = 0.0, until = 0.0;
    qsort(items, count, sizeof *items, compare_values);
    for (size_t i = 0; i < count; i++)
        all += items[i].weight;
    for (size_t i = 0; i < count; i++) {
        until += items[i].weight;
        if (until >= 0.5 * all)
            return items[i].value;
    }
    return items[count - 1].value;
}

static bool answers_compute(const struct voting_regressor *self, const struct matrix *in,
                            struct matrix *answers, struct arena *scratch, struct err *err)
{
    for (size_t i = 0; i < self->members.count; i++) {
        const struct member *member = &self->members.items[i];
        answers[i] = matrix_in_arena(scratch, in->rows, self->op.outputs[0].cols);
        if (answers[i].data == NULL)
            return op_no_room(in->rows, self->op.outputs[0].cols, err);
        if (!member_run(member, in, member_output(member, OUTPUT_VALUE), &answers[i], scratch, err))
            return false;
    }
    return true;
}

static bool median_run(const struct voting_regressor *self, const struct matrix *in,
                       struct matrix *value, struct arena *scratch, struct err *err)
{
    size_t count = self->members.count;
    struct matrix *answers = arena_array(scratch, count, sizeof *answers);
    struct weighted *items = arena_array(scratch, count, sizeof *items);
    if (answers == NULL || items == NULL)
        return op_no_room(in->rows, count, err);
    if (!answers_compute(self, in, answers, scratch, err))
        return false;
    for (size_t row = 0; row < in->rows; row++)
        for (size_t col = 0; col < value->cols; col++) {
            for (size_t i = 0; i < count; i++)
                items[i] =
                    (struct weighted){matrix_row(&answers[i], row)[col], member_weight(self, i)};
            matrix_row(value, row)[col] = weighted_median(items, count);
        }
    return true;
}

static bool voting_run(const struct op *op, const struct matrix *in, struct matrix *out,
                       uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct voting_regressor *self = (const struct voting_regressor *)op;
    if (!estimator_wants(wanted, 0))
        return true;
    return self->aggregate == MEAN ? mean_run(self, in, &out[0], scratch, err)
                                   : median_run(self, in, &out[0], scratch, err);
}

static void voting_destroy(struct op *op)
{
    struct voting_regressor *self = (struct voting_regressor *)op;
    members_finish(&self->members);
    params_vector_finish(&self->weights);
    free(self);
}

const struct op_type op_voting_regressor = {
    .name = "voting_regressor",
    .summary = "the mean or the weighted median of regressors' values",
    .create = voting_create,
    .run = voting_run,
    .destroy = voting_destroy,
};
