#include "graph/ops/ops.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/ops/categories.h"
#include "graph/ops/missing.h"

struct kept {
    size_t from;      /* position of the input */
    double statistic; /* a word code in a column of words */
};

struct simple_imputer {
    struct op op;
    double *marks; /* [inputs] what is missing */
    struct kept *kept;
    size_t kept_count;
    size_t *indicated; /* positions of inputs with an indicator */
    size_t indicated_count;
};

/* Copies the column, with one word more. */
static bool words_extend(struct column *to, const struct column *from, const char *word,
                         struct err *err)
{
    char **words = mem_array(from->word_count + 1, sizeof *words);
    if (words == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a column's words");
    memcpy(words, from->words, from->word_count * sizeof *words);
    words[from->word_count] = mem_copy_text(word, strlen(word));
    bool ok = words[from->word_count] != NULL ||
              err_set(err, ERR_MEMORY, "no memory for a column's words");
    ok = ok && column_set(to, from->name, words, from->word_count + 1, err);
    free(words[from->word_count]);
    free(words);
    return ok;
}

static bool word_impute(struct kept *kept, const struct params_value *value, struct column *to,
                        const struct column *from, struct err *err)
{
    char buffer[CATEGORY_TEXT_SIZE];
    const char *text = category_text(value, buffer);
    kept->statistic = missing_word_code(from, text);
    if (kept->statistic >= 0)
        return column_copy(to, from, err);
    kept->statistic = (double)from->word_count;
    return words_extend(to, from, text, err);
}

static bool column_impute(struct kept *kept, const struct params_value *value, struct column *to,
                          const struct column *from, struct params *params, struct err *err)
{
    if (from->words != NULL)
        return word_impute(kept, value, to, from, err);
    if (value->type != PARAMS_NUMBER)
        return params_fail(params, "statistics_", err, "column '%.64s' holds numbers",
                           from->name != NULL ? from->name : "");
    kept->statistic = value->number;
    return column_copy(to, from, err);
}

/* A statistic that is missing itself drops its column: there was no value in training. */
static bool columns_impute(struct simple_imputer *self, const struct params_list *statistics,
                           struct params *params, const struct columns *in, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < in->count; i++)
        count += !category_is_missing(&statistics->values[i]);
    if (count + self->indicated_count == 0)
        return params_fail(params, "statistics_", err, "drop every column");
    self->kept = mem_array(count, sizeof *self->kept);
    if (self->kept == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", count);
    if (!op_new_columns(&self->op, count + self->indicated_count, err))
        return false;
    for (size_t i = 0; i < in->count; i++) {
        const struct params_value *value = &statistics->values[i];
        if (category_is_missing(value))
            continue;
        struct kept *kept = &self->kept[self->kept_count];
        kept->from = i;
        if (!column_impute(kept, value, &self->op.columns.items[self->kept_count], &in->items[i],
                           params, err))
            return false;
        self->kept_count++;
    }
    return true;
}

static bool indicators_name(struct simple_imputer *self, const struct columns *in, struct err *err)
{
    for (size_t i = 0; i < self->indicated_count; i++) {
        const char *name = in->items[self->indicated[i]].name;
        if (!column_set_formatted(&self->op.columns.items[self->kept_count + i], err,
                                  "missingindicator_%s", name != NULL ? name : ""))
            return false;
    }
    return true;
}

static bool imputer_read(struct simple_imputer *self, struct params *params,
                         const struct columns *in, struct err *err)
{
    if (!missing_read(&self->marks, params, in, err))
        return false;
    if (params_has(params, "indicator_features_") &&
        !op_read_positions(params, "indicator_features_", in->count, &self->indicated,
                           &self->indicated_count, err))
        return false;
    struct params_list statistics;
    if (!params_list(params, "statistics_", in->count, &statistics, err))
        return false;
    bool ok = columns_impute(self, &statistics, params, in, err);
    params_list_finish(&statistics);
    self->op.bytes += in->count * (sizeof *self->marks + sizeof *self->kept) +
                      self->indicated_count * sizeof *self->indicated;
    return ok && indicators_name(self, in, err);
}

static bool imputer_create(struct op **op, struct params *params, const struct columns *in,
                           struct err *err)
{
    struct simple_imputer *self = op_allocate(sizeof *self, &op_simple_imputer, in, err);
    return self != NULL && op_deliver(op, &self->op, imputer_read(self, params, in, err));
}

static bool imputer_run(const struct op *op, const struct matrix *in, struct matrix *out,
                        uint32_t wanted, struct arena *scratch, struct err *err)
{
    (void)wanted, (void)scratch, (void)err;
    const struct simple_imputer *self = (const struct simple_imputer *)op;
    for (size_t row = 0; row < in->rows; row++) {
        const double *from = matrix_row(in, row);
        double *to = matrix_row(&out[0], row);
        for (size_t i = 0; i < self->kept_count; i++) {
            const struct kept *kept = &self->kept[i];
            double x = from[kept->from];
            to[i] = missing_is(self->marks[kept->from], x) ? kept->statistic : x;
        }
        to += self->kept_count;
        for (size_t i = 0; i < self->indicated_count; i++) {
            size_t at = self->indicated[i];
            to[i] = missing_is(self->marks[at], from[at]);
        }
    }
    return true;
}

static void imputer_destroy(struct op *op)
{
    struct simple_imputer *self = (struct simple_imputer *)op;
    free(self->marks);
    free(self->kept);
    free(self->indicated);
    free(self);
}

const struct op_type op_simple_imputer = {
    .name = "simple_imputer",
    .summary = "missing values become a constant of their column",
    .create = imputer_create,
    .run = imputer_run,
    .destroy = imputer_destroy,
};
