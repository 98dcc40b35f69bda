#include "formats/lightgbm_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "formats/lightgbm_tree.h"
#include "math/special.h"

struct lightgbm_model {
    struct op op;
    struct forest *forest;
    struct lightgbm_linear linear;
    struct lightgbm_objective objective;
    size_t columns, iterations;
    bool average;
    bool sees_tiny;
    double missing;
};

/* Outputs of a classifier, and of anything else. */
enum { LABEL, PROBABILITY, CLASS_SCORE };
enum { VALUE, VALUE_SCORE };

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory to run the model");
}

/* The rows as LightGBM's C functions pass them on: numbers of at most LIGHTGBM_ZERO are 0. The
 * copy is left out where no tree can tell. */
static bool clean(const struct lightgbm_model *self, const struct matrix *in, struct matrix *rows,
                  struct arena *scratch, struct err *err)
{
    *rows = *in;
    if (!self->sees_tiny && isnan(self->missing))
        return true;
    *rows = matrix_in_arena(scratch, in->rows, in->cols);
    if (rows->data == NULL)
        return no_memory(err);
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(rows, row);
        for (size_t i = 0; i < in->cols; i++) {
            double value = from[i] == self->missing ? (double)NAN : from[i];
            to[i] = fabs(value) <= LIGHTGBM_ZERO ? 0.0 : value;
        }
    }
    return true;
}

/* Tree::Predict of LightGBM for a linear leaf. */
static double linear_value(const struct lightgbm_linear *linear, const struct lightgbm_leaf *leaf,
                           const double *row)
{
    double sum = leaf->constant;
    for (size_t i = leaf->first; i < leaf->first + leaf->count; i++) {
        double feature = row[linear->features[i]];
        if (isnan(feature))
            return leaf->value;
        sum += linear->coefficients[i] * feature;
    }
    return sum;
}

static double tree_value(const struct lightgbm_model *self, size_t tree, uint32_t leaf,
                         const double *row)
{
    const struct lightgbm_linear *linear = &self->linear;
    if (tree < linear->tree_count && linear->tree_first[tree] != LIGHTGBM_PLAIN)
        return linear_value(linear, &linear->leaves[linear->tree_first[tree] + leaf], row);
    double value;
    forest_leaf_values(self->forest, tree, leaf, &value);
    return value;
}

static bool sum_linear(const struct lightgbm_model *self, const struct matrix *rows, double *sums,
                       struct arena *scratch, struct err *err)
{
    size_t trees = forest_tree_count(self->forest), count;
    const struct forest_rows all = {FOREST_DOUBLE, rows->data, rows->rows, rows->stride};
    uint32_t *leaves = mem_multiply(rows->rows, trees, &count)
                           ? arena_array(scratch, count, sizeof *leaves)
                           : NULL;
    if (leaves == NULL)
        return no_memory(err);
    if (!forest_leaves(self->forest, &all, leaves, scratch, err))
        return false;
    for (size_t row = 0; row < rows->rows; row++) {
        const double *features = matrix_row(rows, row);
        double *sum = sums + row * self->columns;
        for (size_t tree = 0; tree < trees; tree++)
            sum[tree % self->columns] +=
                tree_value(self, tree, leaves[row * trees + tree], features);
    }
    return true;
}

/* rows x columns, zeroed and added up in the scratch. */
static double *sum_trees(const struct lightgbm_model *self, const struct matrix *rows,
                         struct arena *scratch, struct err *err)
{
    size_t count;
    double *sums = mem_multiply(rows->rows, self->columns, &count)
                       ? arena_zeroed(scratch, count, sizeof *sums)
                       : NULL;
    if (sums == NULL) {
        no_memory(err);
        return NULL;
    }
    if (self->linear.tree_count > 0)
        return sum_linear(self, rows, sums, scratch, err) ? sums : NULL;
    const struct forest_rows all = {FOREST_DOUBLE, rows->data, rows->rows, rows->stride};
    return forest_sum(self->forest, &all, sums, scratch, err) ? sums : NULL;
}

static void write_scores(const struct matrix *out, const double *sums, size_t columns)
{
    for (size_t row = 0; out->data != NULL && row < out->rows; row++)
        memcpy(matrix_row(out, row), sums + row * columns, columns * sizeof *sums);
}

/* In place: what Booster.predict returns for a row. */
static void answer(const struct lightgbm_model *self, double *sums)
{
    for (size_t i = 0; self->average && i < self->columns; i++)
        sums[i] /= (double)self->iterations;
    lightgbm_objective_convert(&self->objective, sums, self->columns, sums);
}

static void write_classes(const struct lightgbm_model *self, const double *answers,
                          const struct matrix *out, size_t row)
{
    double both[2] = {1.0 - answers[0], answers[0]};
    const double *probability = self->columns == 1 ? both : answers;
    size_t classes = self->op.classes;
    if (out[LABEL].data != NULL)
        *matrix_row(&out[LABEL], row) = (double)special_argmax(probability, classes);
    if (out[PROBABILITY].data != NULL)
        memcpy(matrix_row(&out[PROBABILITY], row), probability, classes * sizeof *probability);
}

static void write_answers(const struct lightgbm_model *self, double *sums, struct matrix *out,
                          size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        double *answers = sums + row * self->columns;
        answer(self, answers);
        if (self->op.classes > 0)
            write_classes(self, answers, out, row);
        else if (out[VALUE].data != NULL)
            memcpy(matrix_row(&out[VALUE], row), answers, self->columns * sizeof *answers);
    }
}

static bool model_run(const struct op *op, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    const struct lightgbm_model *self = (const struct lightgbm_model *)op;
    uint32_t score = op->classes > 0 ? CLASS_SCORE : VALUE_SCORE;
    struct matrix rows;
    if (!clean(self, in, &rows, scratch, err))
        return false;
    double *sums = sum_trees(self, &rows, scratch, err);
    if (sums == NULL)
        return false;
    if (score < op->output_count && (wanted & 1U << score) != 0)
        write_scores(&out[score], sums, self->columns);
    if ((wanted & ~(1U << score)) != 0)
        write_answers(self, sums, out, in->rows);
    return true;
}

static void model_destroy(struct op *op)
{
    struct lightgbm_model *self = (struct lightgbm_model *)op;
    forest_destroy(self->forest);
    lightgbm_linear_finish(&self->linear);
    free(self);
}

static const struct op_type model_type = {
    .name = "lightgbm",
    .summary = "a LightGBM model: the sum of its trees, and its objective's link",
    .run = model_run,
    .destroy = model_destroy,
};

static void add_output(struct op *op, enum output_kind kind, size_t cols)
{
    op->outputs[op->output_count++] = (struct op_output){.kind = kind, .cols = cols};
}

static void set_outputs(struct lightgbm_model *self)
{
    struct op *op = &self->op;
    op->classes = self->objective.classes;
    if (op->classes > 0) {
        add_output(op, OUTPUT_LABEL, 1);
        add_output(op, OUTPUT_PROBABILITY, op->classes);
    } else {
        add_output(op, OUTPUT_VALUE, self->columns);
    }
    if (op->classes > 0 || self->objective.link != LIGHTGBM_IDENTITY)
        add_output(op, OUTPUT_SCORE, self->columns);
}

static size_t memory_of(const struct lightgbm_model *self)
{
    const struct lightgbm_linear *linear = &self->linear;
    return sizeof *self + forest_bytes(self->forest) +
           linear->tree_room * sizeof *linear->tree_first +
           linear->leaf_room * sizeof *linear->leaves +
           linear->coefficient_room * (sizeof *linear->coefficients + sizeof *linear->features);
}

struct op *lightgbm_model_create(struct lightgbm_trees *trees,
                                 const struct lightgbm_objective *objective,
                                 const struct lightgbm_model_shape *shape, struct err *err)
{
    struct lightgbm_model *self = mem_array(1, sizeof *self);
    if (self == NULL) {
        err_set(err, ERR_MEMORY, "no memory for the model");
        return NULL;
    }
    *self = (struct lightgbm_model){
        .op = {.type = &model_type, .inputs = shape->features},
        .forest = trees->forest,
        .linear = trees->linear,
        .objective = *objective,
        .columns = trees->columns,
        .iterations = shape->iterations,
        .average = shape->average,
        .sees_tiny = trees->sees_tiny,
        .missing = shape->missing,
    };
    trees->forest = NULL;
    trees->linear = (struct lightgbm_linear){0};
    set_outputs(self);
    self->op.bytes = memory_of(self);
    bool copies = self->sees_tiny || !isnan(self->missing);
    size_t leaves = self->linear.tree_count > 0 ? forest_tree_count(self->forest) / 2 + 1 : 0;
    self->op.scratch_width = self->columns + leaves + (copies ? shape->features : 0);
    return &self->op;
}
