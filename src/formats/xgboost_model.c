#include "formats/xgboost_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* XGBoost's kRtEps: what keeps expectiles apart. */
#define LEAST_STEP 1e-6F

struct xgboost_model {
    struct op op;
    struct xgboost_parts parts;
};

/* From here on: margins of one row, and answers of its size. */

/* src/common/math.h: the bound keeps expf finite, the last term is below float32's resolution. */
static float sigmoid(float margin)
{
    float x = -margin < 88.7F ? -margin : 88.7F;
    float denominator = expf(x) + 1.0F + 1e-16F;
    return 1.0F / denominator;
}

static void softmax(const float *margins, size_t count, float *out)
{
    float most = margins[0];
    for (size_t i = 1; i < count; i++)
        most = fmaxf(margins[i], most);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        out[i] = expf(margins[i] - most);
        sum += (double)out[i];
    }
    for (size_t i = 0; i < count; i++)
        out[i] /= (float)sum;
}

static float softplus(float x)
{
    return x > 0.0F ? x + log1pf(expf(-x)) : log1pf(expf(x));
}

static void expectiles(const float *margins, size_t count, float *out)
{
    out[0] = margins[0];
    for (size_t i = 1; i < count; i++)
        out[i] = out[i - 1] + (LEAST_STEP + softplus(margins[i]));
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static size_t first_largest(const float *values, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (values[i] > values[best])
            best = i;
    }
    return best;
}

/* Values of regressors, probabilities of classifiers (without the negative class). */
static void answer(enum xgboost_link link, const float *margins, size_t count, float *out)
{
    switch (link) {
    case XGBOOST_LOGISTIC:
        for (size_t i = 0; i < count; i++)
            out[i] = sigmoid(margins[i]);
        break;
    case XGBOOST_EXP:
        for (size_t i = 0; i < count; i++)
            out[i] = expf(margins[i]);
        break;
    case XGBOOST_SIGN:
        for (size_t i = 0; i < count; i++)
            out[i] = margins[i] > 0.0F ? 1.0F : 0.0F;
        break;
    case XGBOOST_SOFTMAX:
    case XGBOOST_ARGMAX:
        softmax(margins, count, out);
        break;
    case XGBOOST_EXPECTILES:
        expectiles(margins, count, out);
        break;
    case XGBOOST_IDENTITY:
    case XGBOOST_SORTED:
        memcpy(out, margins, count * sizeof *out);
        if (link == XGBOOST_SORTED)
            qsort(out, count, sizeof *out, compare_floats);
        break;
    }
}

static size_t label_of(const struct xgboost_parts *parts, const float *margins,
                       const float *answers)
{
    if (parts->outputs == 1)
        return parts->link == XGBOOST_LOGISTIC ? answers[0] > 0.5F : margins[0] > 0.0F;
    return first_largest(parts->link == XGBOOST_ARGMAX ? margins : answers, parts->outputs);
}

static void put(double *row, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        row[i] = (double)values[i];
}

static void put_row(const struct xgboost_model *self, const float *margins, const float *answers,
                    size_t row, struct matrix *out)
{
    const struct xgboost_parts *parts = &self->parts;
    for (size_t i = 0; i < self->op.output_count; i++) {
        if (out[i].data == NULL)
            continue;
        double *to = matrix_row(&out[i], row);
        switch (self->op.outputs[i].kind) {
        case OUTPUT_LABEL:
            to[0] = (double)label_of(parts, margins, answers);
            break;
        case OUTPUT_SCORE:
            put(to, margins, parts->outputs);
            break;
        case OUTPUT_PROBABILITY:
            if (parts->outputs == 1)
                to[0] = (double)(1.0F - answers[0]);
            put(to + (parts->outputs == 1), answers, parts->outputs);
            break;
        default:
            put(to, answers, parts->outputs);
            break;
        }
    }
}

/* Whole rows. */

static void round_inputs(const struct xgboost_parts *parts, const struct matrix *in, float *x)
{
    bool replaces = !isnan(parts->missing);
    for (size_t i = 0; i < in->rows; i++) {
        const double *row = matrix_row(in, i);
        for (size_t j = 0; j < parts->features; j++) {
            float value = (float)row[j];
            *x++ = replaces && value == parts->missing ? NAN : value;
        }
    }
}

/* gblinear: the bias, the base, then each feature that is there. */
static void sum_weights(const struct xgboost_parts *parts, const float *x, size_t rows, float *sums)
{
    size_t outputs = parts->outputs;
    const float *bias = parts->weights + parts->features * outputs;
    for (size_t i = 0; i < rows; i++, x += parts->features, sums += outputs) {
        for (size_t k = 0; k < outputs; k++)
            sums[k] = bias[k] + parts->base[k];
        for (size_t j = 0; j < parts->features; j++) {
            const float *weights = parts->weights + j * outputs;
            for (size_t k = 0; k < outputs && !isnan(x[j]); k++)
                sums[k] += x[j] * weights[k];
        }
    }
}

static bool sum_trees(const struct xgboost_parts *parts, const float *x, size_t rows, float *sums,
                      struct arena *scratch, struct err *err)
{
    size_t outputs = parts->outputs;
    struct forest_rows all = {
        .width = FOREST_SINGLE, .data = x, .count = rows, .stride = parts->features};
    for (size_t i = 0; i < rows * outputs; i++)
        sums[i] = parts->base_last ? 0.0F : parts->base[i % outputs];
    if (!forest_sum(parts->forest, &all, sums, scratch, err))
        return false;
    for (size_t i = 0; parts->base_last && i < rows * outputs; i++)
        sums[i] = parts->base[i % outputs] + sums[i];
    return true;
}

static bool xgboost_model_run(const struct op *op, const struct matrix *in, struct matrix *out,
                              uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct xgboost_model *self = (const struct xgboost_model *)op;
    const struct xgboost_parts *parts = &self->parts;
    (void)wanted;
    float *x = arena_array(scratch, in->rows * parts->features, sizeof *x);
    float *sums = arena_array(scratch, in->rows * parts->outputs, sizeof *sums);
    float *answers = arena_array(scratch, parts->outputs, sizeof *answers);
    if (x == NULL || sums == NULL || answers == NULL)
        return err_set(err, ERR_MEMORY, "%zu rows do not fit in memory", in->rows);
    round_inputs(parts, in, x);
    if (parts->forest == NULL)
        sum_weights(parts, x, in->rows, sums);
    else if (!sum_trees(parts, x, in->rows, sums, scratch, err))
        return false;
    for (size_t i = 0; i < in->rows; i++) {
        const float *margins = sums + i * parts->outputs;
        answer(parts->link, margins, parts->outputs, answers);
        put_row(self, margins, answers, i, out);
    }
    return true;
}

void xgboost_model_parts_finish(struct xgboost_parts *parts)
{
    forest_destroy(parts->forest);
    free(parts->weights);
    free(parts->base);
}

static void xgboost_model_destroy(struct op *op)
{
    struct xgboost_model *self = (struct xgboost_model *)op;
    xgboost_model_parts_finish(&self->parts);
    free(self);
}

static const struct op_type xgboost_model_type = {
    .name = "xgboost_model",
    .summary = "a trained XGBoost model",
    .run = xgboost_model_run,
    .destroy = xgboost_model_destroy,
};

static void add_output(struct op *op, enum output_kind kind, size_t cols, bool single)
{
    op->outputs[op->output_count++] =
        (struct op_output){.kind = kind, .cols = cols, .single = single};
}

static void add_outputs(struct op *op, const struct xgboost_parts *parts)
{
    size_t outputs = parts->outputs;
    if (!parts->classifier) {
        add_output(op, OUTPUT_VALUE, outputs, true);
        if (parts->link != XGBOOST_IDENTITY)
            add_output(op, OUTPUT_SCORE, outputs, true);
        return;
    }
    op->classes = outputs == 1 ? 2 : outputs;
    add_output(op, OUTPUT_LABEL, 1, false);
    if (parts->link != XGBOOST_SIGN)
        add_output(op, OUTPUT_PROBABILITY, op->classes, true);
    add_output(op, OUTPUT_SCORE, outputs, true);
}

bool xgboost_model_create(struct op **op, const struct xgboost_parts *parts, struct err *err)
{
    struct xgboost_model *self = mem_array(1, sizeof *self);
    if (self == NULL) {
        struct xgboost_parts taken = *parts;
        xgboost_model_parts_finish(&taken);
        return err_set(err, ERR_MEMORY, "no memory for a model");
    }
    self->parts = *parts;
    self->op.type = &xgboost_model_type;
    self->op.inputs = parts->features;
    add_outputs(&self->op, parts);
    self->op.bytes = sizeof *self + parts->outputs * sizeof(float);
    if (parts->forest != NULL)
        self->op.bytes += forest_bytes(parts->forest);
    else
        self->op.bytes += (parts->features + 1) * parts->outputs * sizeof(float);
    /* Single numbers, but for other operators' doubles: no less than what a run takes. */
    self->op.scratch_width = parts->features + parts->outputs;
    *op = &self->op;
    return true;
}
