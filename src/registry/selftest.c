#include "registry/selftest.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/number.h"

/* One block of rows at work. */
struct run {
    const struct graph *graph;
    struct arena results, scratch;
    struct matrix in;
    struct matrix out[OP_OUTPUTS_MAX];
};

static bool run_block(struct run *run, uint32_t wanted, struct err *err)
{
    memset(run->out, 0, sizeof run->out);
    return graph_run(run->graph, &run->in, run->out, wanted, &run->results, &run->scratch, err);
}

static bool values_agree(const struct golden *golden, double expected, double got)
{
    if (isnan(expected))
        return isnan(got);
    if (isinf(expected))
        return isinf(got) && signbit(got) == signbit(expected);
    if (fabs(expected) <= golden->atol)
        return fabs(got) <= golden->atol;
    return fabs(got / expected - 1) <= golden->rtol;
}

#define VALUE_TEXT_SIZE 80 /* more than NUMBER_TEXT_SIZE */

/* A value as a person reads it: a class by its label, a number so that it reads back. */
static const char *value_name(const struct graph *graph, const struct graph_output *output,
                              double value, char text[VALUE_TEXT_SIZE])
{
    if (output->kind == OUTPUT_LABEL && graph->labels != NULL && value >= 0 &&
        value < (double)graph->class_count) {
        const struct graph_label *label = &graph->labels[(size_t)value];
        if (!label->is_number) {
            snprintf(text, VALUE_TEXT_SIZE, "\"%.60s\"", label->text);
            return text;
        }
        value = label->number;
    }
    if (!isfinite(value)) {
        snprintf(text, VALUE_TEXT_SIZE, "%g", value);
        return text;
    }
    size_t length =
        output->single ? number_write_single((float)value, text) : number_write(value, text);
    text[length] = '\0';
    return text;
}

static bool value_refuse(const struct graph *graph, int which, size_t row, size_t column,
                         double expected, double got, struct err *err)
{
    const struct graph_output *output = &graph->outputs[which];
    char want[VALUE_TEXT_SIZE];
    char have[VALUE_TEXT_SIZE];
    char place[32] = "";
    char apart[64] = "";
    if (output->kind != OUTPUT_LABEL && isfinite(expected) && isfinite(got))
        snprintf(apart, sizeof apart, "; they differ by %.2g, a part of %.2g", fabs(got - expected),
                 fabs(got / expected - 1));
    if (output->cols > 1)
        snprintf(place, sizeof place, "[%zu]", column);
    err_set(err, ERR_INVALID, "golden row %zu, output \"%s\"%s: expected %s, got %s%s", row,
            output->name, place, value_name(graph, output, expected, want),
            value_name(graph, output, got, have), apart);
    return err_at(err, (int64_t)row, output->name);
}

static bool row_check(const struct run *run, const struct golden *golden, size_t first,
                      size_t offset, struct err *err)
{
    const struct golden_row *row = &golden->rows[first + offset];
    for (size_t i = 0; i < row->expected_count; i++) {
        const struct golden_value *value = &row->expected[i];
        const struct graph_output *output = &run->graph->outputs[value->output];
        const double *got = matrix_row(&run->out[value->output], offset);
        for (size_t j = 0; j < output->cols; j++) {
            bool same = output->kind == OUTPUT_LABEL
                            ? got[j] == value->values[j]
                            : values_agree(golden, value->values[j], got[j]);
            if (!same)
                return value_refuse(run->graph, value->output, first + offset, j, value->values[j],
                                    got[j], err);
        }
    }
    return true;
}

static bool row_prepare(struct run *run, const struct golden *golden, size_t first, size_t offset,
                        uint32_t *wanted, struct err *err)
{
    const struct golden_row *row = &golden->rows[first + offset];
    memcpy(matrix_row(&run->in, offset), row->in, run->in.cols * sizeof *row->in);
    for (size_t i = 0; i < row->expected_count; i++) {
        int output = row->expected[i].output;
        if (output < 0 || (size_t)output >= run->graph->output_count)
            return err_set(err, ERR_INTERNAL, "golden row %zu expects an output that is not there",
                           first + offset);
        *wanted |= UINT32_C(1) << output;
    }
    return true;
}

static bool block_check(struct run *run, const struct golden *golden, size_t first, size_t count,
                        struct err *err)
{
    uint32_t wanted = 0;
    arena_reset(&run->results, SIZE_MAX);
    run->in = matrix_in_arena(&run->results, count, run->graph->schema.field_count);
    if (run->in.data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the golden rows");
    for (size_t i = 0; i < count; i++)
        if (!row_prepare(run, golden, first, i, &wanted, err))
            return false;
    if (!run_block(run, wanted, err))
        return err_prefix(err, "golden rows %zu to %zu", first, first + count - 1);
    for (size_t i = 0; i < count; i++)
        if (!row_check(run, golden, first, i, err))
            return false;
    return true;
}

/* A number within its field's bounds, the first word of a category. */
static double made_up_value(const struct field *field)
{
    if (field->type == FIELD_CATEGORY)
        return 0;
    if (field->type == FIELD_TEXT)
        return text_cell(&text_empty);
    if (field->minimum > 0 || field->maximum < 0)
        return isfinite(field->minimum) ? field->minimum : field->maximum;
    return 0;
}

/* What a made-up row gives is no judgement: the values may make no sense to the model. */
static bool warm_up(struct run *run, struct err *err)
{
    const struct schema *schema = &run->graph->schema;
    struct err ignored = ERR_INIT;
    run->in = matrix_in_arena(&run->results, 1, schema->field_count);
    if (run->in.data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a first row");
    for (size_t i = 0; i < schema->field_count; i++)
        run->in.data[i] = made_up_value(&schema->fields[i]);
    uint32_t all = (UINT32_C(1) << run->graph->output_count) - 1;
    if (run_block(run, all, &ignored) || ignored.code != ERR_MEMORY)
        return true;
    return err_set(err, ERR_MEMORY, "%s", ignored.text);
}

bool selftest_run(const struct artifact *artifact, struct err *err)
{
    struct run run = {.graph = artifact->graph};
    const struct golden *golden = &artifact->golden;
    bool ok = true;
    arena_init(&run.results, 0);
    arena_init(&run.scratch, 0);
    for (size_t first = 0; ok && first < golden->row_count; first += GRAPH_BLOCK) {
        size_t rest = golden->row_count - first;
        ok = block_check(&run, golden, first, rest < GRAPH_BLOCK ? rest : GRAPH_BLOCK, err);
    }
    if (golden->row_count == 0)
        ok = warm_up(&run, err);
    arena_finish(&run.results);
    arena_finish(&run.scratch);
    return ok;
}
