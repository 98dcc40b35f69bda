#include "graph/ops/ops.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* A longer degree makes numbers no double holds. */
#define DEGREE_MAX ((size_t)1024)
#define NAME_MAX_LENGTH 200

#define TERM_NONE UINT32_MAX

/* A product of features, as the term without its first factor times that factor: the order in
 * which scikit-learn multiplies. Terms of degree 1 have no parent. */
struct term {
    uint32_t parent;
    uint32_t feature;
};

struct polynomial_features {
    struct op op;
    struct term *terms; /* by degree, then in the order of combinations; no bias */
    size_t term_count;
    size_t skipped; /* the first terms, whose degree is below min_degree */
    bool bias;
};

struct shape {
    size_t degree, min_degree;
    bool interaction_only;
};

/* counts[f] of the terms of one degree begin with feature f; makes that of the next degree: f
 * stands before those that begin with f (or behind f, where no feature may come twice) or later.
 * False when there are too many. */
static bool counts_next(size_t *counts, size_t features, bool interaction_only, size_t *sum)
{
    size_t behind = 0;
    *sum = 0;
    for (size_t f = features; f-- > 0;) {
        size_t own = counts[f];
        counts[f] = interaction_only ? behind : behind + own;
        behind += own;
        *sum += counts[f];
        if (*sum > OP_COLUMNS_MAX)
            return false;
    }
    return true;
}

static bool terms_count(size_t *counts, size_t features, const struct shape *shape, size_t *total,
                        size_t *skipped)
{
    *total = *skipped = 0;
    for (size_t f = 0; f < features; f++)
        counts[f] = 1;
    size_t sum = features;
    for (size_t degree = 1; degree <= shape->degree && sum > 0; degree++) {
        if (degree > 1 && !counts_next(counts, features, shape->interaction_only, &sum))
            return false;
        *total += sum;
        if (degree < shape->min_degree)
            *skipped += sum;
        if (*total > OP_COLUMNS_MAX)
            return false;
    }
    return true;
}

/* starts[f]: the first term of the degree before that begins with f; starts[features]: its end. */
static void degree_make(struct polynomial_features *self, size_t *starts, size_t *at,
                        bool interaction_only)
{
    size_t features = self->op.inputs;
    size_t end = starts[features];
    for (size_t f = 0; f < features; f++) {
        size_t first = starts[interaction_only ? f + 1 : f];
        starts[f] = *at;
        for (size_t parent = first; parent < end; parent++)
            self->terms[(*at)++] = (struct term){(uint32_t)parent, (uint32_t)f};
    }
    starts[features] = *at;
}

static void terms_make(struct polynomial_features *self, size_t *starts, const struct shape *shape)
{
    size_t at = 0;
    for (size_t f = 0; f < self->op.inputs && shape->degree > 0; f++) {
        starts[f] = at;
        self->terms[at++] = (struct term){TERM_NONE, (uint32_t)f};
    }
    starts[self->op.inputs] = at;
    while (at < self->term_count)
        degree_make(self, starts, &at, shape->interaction_only);
}

/* "a^2 b", "1"; a very long one is cut. */
static bool term_name(const struct polynomial_features *self, size_t index,
                      const struct columns *in, struct column *column, struct err *err)
{
    char text[NAME_MAX_LENGTH + 1];
    size_t length = 0;
    for (size_t at = index; at != TERM_NONE && length < sizeof text - 1;) {
        uint32_t feature = self->terms[at].feature;
        const char *name = in->items[feature].name != NULL ? in->items[feature].name : "";
        size_t power = 0;
        for (; at != TERM_NONE && self->terms[at].feature == feature; power++)
            at = self->terms[at].parent;
        const char *space = length > 0 ? " " : "";
        size_t room = sizeof text - length;
        int written = power > 1 ? snprintf(text + length, room, "%s%s^%zu", space, name, power)
                                : snprintf(text + length, room, "%s%s", space, name);
        length += written < 0 ? 0 : (size_t)written;
    }
    return column_set_formatted(column, err, "%s", text);
}

static bool columns_name(struct polynomial_features *self, const struct columns *in,
                         struct err *err)
{
    size_t count = self->term_count - self->skipped + self->bias;
    if (count == 0 || !op_new_columns(&self->op, count, err))
        return count > 0 || err_set(err, ERR_INVALID, "polynomial_features make no column");
    struct column *columns = self->op.columns.items;
    if (self->bias && !column_set(columns++, "1", NULL, 0, err))
        return false;
    for (size_t i = self->skipped; i < self->term_count; i++)
        if (!term_name(self, i, in, columns++, err))
            return false;
    return true;
}

static bool shape_read(struct polynomial_features *self, struct shape *shape, struct params *params,
                       struct err *err)
{
    return params_count_or(params, "degree", 2, 0, DEGREE_MAX, &shape->degree, err) &&
           params_count_or(params, "min_degree", 0, 0, shape->degree, &shape->min_degree, err) &&
           params_flag_or(params, "interaction_only", false, &shape->interaction_only, err) &&
           params_flag_or(params, "include_bias", true, &self->bias, err);
}

static bool terms_read(struct polynomial_features *self, const struct shape *shape,
                       struct params *params, const struct columns *in, struct err *err)
{
    size_t *work = mem_array(in->count + 1, sizeof *work);
    if (work == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", in->count);
    bool ok = terms_count(work, in->count, shape, &self->term_count, &self->skipped) ||
              params_fail(params, "degree", err, "%zu of %zu columns makes more than %zu columns",
                          shape->degree, in->count, OP_COLUMNS_MAX);
    if (ok) {
        self->terms = mem_array(self->term_count, sizeof *self->terms);
        ok = self->terms != NULL ||
             err_set(err, ERR_MEMORY, "no memory for %zu columns", self->term_count);
    }
    if (ok)
        terms_make(self, work, shape);
    free(work);
    self->op.bytes += self->term_count * sizeof *self->terms;
    return ok && columns_name(self, in, err);
}

static bool features_read(struct polynomial_features *self, struct params *params,
                          const struct columns *in, struct err *err)
{
    struct shape shape;
    return op_need_numbers(params, in, err) && shape_read(self, &shape, params, err) &&
           terms_read(self, &shape, params, in, err);
}

static bool features_create(struct op **op, struct params *params, const struct columns *in,
                            struct err *err)
{
    struct polynomial_features *self = op_allocate(sizeof *self, &op_polynomial_features, in, err);
    return self != NULL && op_deliver(op, &self->op, features_read(self, params, in, err));
}

/* values: one per term. */
static void terms_compute(const struct polynomial_features *self, const double *x, double *values)
{
    for (size_t i = 0; i < self->term_count; i++) {
        const struct term *term = &self->terms[i];
        double factor = x[term->feature];
        values[i] = term->parent != TERM_NONE ? values[term->parent] * factor : factor;
    }
}

static bool features_run(const struct op *op, const struct matrix *in, struct matrix *out,
                         uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted;
    const struct polynomial_features *self = (const struct polynomial_features *)op;
    double *work = NULL;
    if (self->skipped > 0 && (work = arena_array(scratch, self->term_count, sizeof *work)) == NULL)
        return op_no_room(1, self->term_count, err);
    for (size_t row = 0; row < in->rows; row++) {
        double *to = matrix_row(&out[0], row);
        if (self->bias)
            *to++ = 1;
        terms_compute(self, matrix_row(in, row), work != NULL ? work : to);
        for (size_t i = self->skipped; work != NULL && i < self->term_count; i++)
            to[i - self->skipped] = work[i];
    }
    return true;
}

static void features_destroy(struct op *op)
{
    free(((struct polynomial_features *)op)->terms);
    free(op);
}

const struct op_type op_polynomial_features = {
    .name = "polynomial_features",
    .summary = "products of the columns up to a degree",
    .create = features_create,
    .run = features_run,
    .destroy = features_destroy,
};
