#include "graph/graph.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "graph/columns.h"
#include "graph/ops/ops.h"
#include "graph/pipeline.h"

/* Doubles of all that lies between the inputs and the answers of one block: 16 MiB. */
#define BLOCK_NUMBERS_MAX ((size_t)2 << 20)

struct graph *graph_create(void)
{
    columns_limit_begin();
    struct graph *graph = mem_array(1, sizeof *graph);
    if (graph == NULL)
        return NULL;
    graph->decimals = -1;
    graph->threshold = NAN;
    graph->positive = 1;
    return graph;
}

void graph_destroy(struct graph *graph)
{
    if (graph == NULL)
        return;
    struct pipeline pipeline = {graph->steps, graph->step_count};
    pipeline_finish(&pipeline);
    for (size_t i = 0; i < graph->output_count; i++)
        free(graph->outputs[i].name);
    graph_labels_free(graph->labels, graph->class_count);
    strmap_finish(&graph->label_classes);
    for (size_t i = 0; graph->targets != NULL && i < graph->target_count; i++)
        free(graph->targets[i]);
    free(graph->targets);
    schema_finish(&graph->schema);
    free(graph);
}

void graph_labels_free(struct graph_label *labels, size_t count)
{
    for (size_t i = 0; labels != NULL && i < count; i++)
        free(labels[i].text);
    free(labels);
}

/* "8" and 8 are one label too: as keys they could not be told apart. */
bool graph_take_labels(struct graph *graph, struct graph_label *labels, size_t count,
                       struct err *err)
{
    graph_labels_free(graph->labels, graph->class_count);
    strmap_finish(&graph->label_classes);
    graph->labels = labels;
    if (count != graph->class_count) {
        graph_labels_free(labels, count);
        graph->labels = NULL;
        return err_set(err, ERR_INVALID, "expected %zu labels, got %zu", graph->class_count, count);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t existing;
        const char *text = labels[i].text;
        if (!strmap_add(&graph->label_classes, text, strlen(text), (uint32_t)i, &existing))
            return err_set(err, ERR_MEMORY, "no memory for the labels");
        if (existing != STRMAP_NONE)
            return err_set(err, ERR_INVALID, "label '%.64s' is there twice", text);
    }
    return true;
}

bool graph_input_columns(const struct graph *graph, struct columns *columns, struct err *err)
{
    const struct schema *schema = &graph->schema;
    if (!columns_init(columns, schema->field_count, err))
        return false;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        bool words = field->type == FIELD_CATEGORY;
        if (!column_set(&columns->items[i], field->name, words ? field->words : NULL,
                        words ? field->word_count : 0, err)) {
            columns_finish(columns);
            return false;
        }
        columns->items[i].is_text = field->type == FIELD_TEXT;
    }
    return true;
}

bool graph_add_step(struct graph *graph, struct params *params, struct columns *columns,
                    struct err *err)
{
    struct pipeline pipeline = {graph->steps, graph->step_count};
    bool ok = pipeline_add(&pipeline, params, columns, err);
    graph->steps = pipeline.steps;
    graph->step_count = pipeline.count;
    return ok;
}

bool graph_add_op(struct graph *graph, struct op *op, struct columns *columns, struct err *err)
{
    struct pipeline pipeline = {graph->steps, graph->step_count};
    bool ok = pipeline_append(&pipeline, op, columns, err);
    graph->steps = pipeline.steps;
    graph->step_count = pipeline.count;
    return ok;
}

const char *graph_output_kind_name(enum output_kind kind)
{
    static const char *const names[] = {
        [OUTPUT_VALUE] = "value", [OUTPUT_LABEL] = "label", [OUTPUT_PROBABILITY] = "probability",
        [OUTPUT_SCORE] = "score", [OUTPUT_STD] = "std",     [OUTPUT_INTERVAL] = "interval",
    };
    return (size_t)kind < OUTPUT_KINDS ? names[kind] : "unknown";
}

static int output_of_kind(const struct graph *graph, enum output_kind kind)
{
    for (size_t i = 0; i < graph->output_count; i++)
        if (graph->outputs[i].kind == kind)
            return (int)i;
    return -1;
}

static bool outputs_take(struct graph *graph, const struct op *op, struct err *err)
{
    for (size_t i = 0; i < op->output_count; i++) {
        const struct op_output *from = &op->outputs[i];
        const char *name = graph_output_kind_name(from->kind);
        struct graph_output *to = &graph->outputs[i];
        *to = (struct graph_output){
            .kind = from->kind, .cols = from->cols, .single = from->single, .index = (uint32_t)i};
        to->name = mem_copy_text(name, strlen(name));
        graph->output_count = i + 1;
        if (to->name == NULL)
            return err_set(err, ERR_MEMORY, "no memory for the names of the outputs");
    }
    return true;
}

static void graph_measure(struct graph *graph)
{
    struct pipeline pipeline = {graph->steps, graph->step_count};
    size_t width = pipeline_width(&pipeline, false);
    for (size_t i = 0; i < graph->output_count; i++)
        width += graph->outputs[i].cols; /* those not asked for may lie in scratch */
    size_t fit = BLOCK_NUMBERS_MAX / (width > 0 ? width : 1);
    graph->block_rows = fit < 1 ? 1 : fit < GRAPH_BLOCK ? fit : GRAPH_BLOCK;
    graph->bytes = sizeof *graph + graph->schema.field_count * sizeof(struct field) +
                   pipeline_bytes(&pipeline);
    for (size_t i = 0; i < graph->schema.field_count; i++)
        graph->bytes += graph->schema.fields[i].word_count * 48; /* text, slot and pointer */
}

/* The answer would be the words' positions, which mean nothing to a client. */
static bool refuse_words(const struct op *last, struct err *err)
{
    for (size_t i = 0; op_is_transformer(last) && i < last->columns.count; i++) {
        const struct column *column = &last->columns.items[i];
        if (column->words != NULL || column->is_text)
            return err_set(err, ERR_INVALID,
                           "the answer would hold words: column '%.64s' behind the last step is "
                           "not encoded as numbers",
                           column->name != NULL ? column->name : "(no name)");
    }
    return true;
}

bool graph_seal(struct graph *graph, struct err *err)
{
    if (graph->step_count == 0)
        return err_set(err, ERR_INVALID, "the model has no steps");
    const struct op *last = graph->steps[graph->step_count - 1];
    if (!refuse_words(last, err))
        return false;
    if (!outputs_take(graph, last, err))
        return false;
    graph->class_count = last->classes;
    int chosen = output_of_kind(graph, OUTPUT_LABEL);
    if (chosen < 0)
        chosen = output_of_kind(graph, OUTPUT_VALUE);
    graph->default_output = chosen < 0 ? 0 : (uint32_t)chosen;
    graph_measure(graph);
    return true;
}

int graph_output_find(const struct graph *graph, const char *name, size_t length)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        const char *own = graph->outputs[i].name;
        if (strlen(own) == length && memcmp(own, name, length) == 0)
            return (int)i;
    }
    bool standard = length == strlen("prediction") && memcmp(name, "prediction", length) == 0;
    return standard ? (int)graph->default_output : -1;
}

/* Half to even of the exact product x * scale, as a decimal rounding of x must be: the error of
 * the rounded product decides where that is a tie. */
static double round_decimals(double x, double scale)
{
    double product = x * scale;
    if (!(fabs(product) < 0x1p52))
        return x; /* NaN, infinities, and numbers without so many decimals */
    double error = fma(x, scale, -product);
    double whole = rint(product);
    double rest = product - whole;
    if (rest == 0.5 && error > 0)
        whole += 1;
    else if (rest == -0.5 && error < 0)
        whole -= 1;
    return whole / scale;
}

static void graph_round(const struct graph *graph, struct matrix *out, uint32_t wanted)
{
    double scale = pow(10, graph->decimals);
    for (size_t i = 0; i < graph->output_count; i++) {
        if ((wanted >> i & 1) == 0 || graph->outputs[i].kind == OUTPUT_LABEL)
            continue;
        for (size_t row = 0; row < out[i].rows; row++)
            for (size_t col = 0; col < out[i].cols; col++)
                matrix_row(&out[i], row)[col] =
                    round_decimals(matrix_row(&out[i], row)[col], scale);
    }
}

/* The outputs that decide the label where there is a threshold, else -1. */
static int threshold_output(const struct graph *graph, uint32_t wanted)
{
    int label = output_of_kind(graph, OUTPUT_LABEL);
    if (isnan(graph->threshold) || graph->class_count != 2 || graph->positive > 1 || label < 0 ||
        (wanted >> label & 1) == 0)
        return -1;
    return output_of_kind(graph, OUTPUT_PROBABILITY);
}

static void threshold_apply(const struct graph *graph, const struct matrix *probability,
                            struct matrix *label)
{
    for (size_t row = 0; row < label->rows; row++) {
        double p = matrix_row(probability, row)[graph->positive];
        size_t index = p >= graph->threshold ? graph->positive : 1 - graph->positive;
        matrix_row(label, row)[0] = isnan(p) ? p : (double)index; /* unknown is not "no" */
    }
}

static bool block_run(const struct graph *graph, const struct matrix *in, struct matrix *out,
                      uint32_t wanted, struct arena *scratch, struct err *err)
{
    struct pipeline pipeline = {graph->steps, graph->step_count};
    int decider = threshold_output(graph, wanted);
    if (decider >= 0 && (wanted >> decider & 1) == 0) {
        out[decider] = matrix_in_arena(scratch, in->rows, graph->outputs[decider].cols);
        if (out[decider].data == NULL)
            return err_set(err, ERR_LIMIT, "%zu rows do not fit in memory", in->rows);
        wanted |= 1U << decider;
    }
    if (!pipeline_run(&pipeline, in, out, wanted, scratch, err))
        return false;
    if (decider >= 0)
        threshold_apply(graph, &out[decider], &out[output_of_kind(graph, OUTPUT_LABEL)]);
    if (graph->decimals >= 0)
        graph_round(graph, out, wanted);
    return true;
}

static bool results_allocate(const struct graph *graph, size_t rows, struct matrix *out,
                             uint32_t wanted, struct arena *results, struct err *err)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        out[i] = (struct matrix){0};
        if ((wanted >> i & 1) == 0)
            continue;
        out[i] = matrix_in_arena(results, rows, graph->outputs[i].cols);
        if (out[i].data == NULL)
            return err_set(err, ERR_LIMIT, "the answers of %zu rows do not fit in memory", rows);
    }
    return true;
}

/* Operators count rows within a block, and their sentences name none. */
static bool run_fail(size_t first, size_t rows, struct err *err)
{
    if (err == NULL || err->row == ERR_NO_ROW)
        return false;
    err->row += (int64_t)first;
    if (rows > 1)
        err_prefix(err, "row %" PRId64, err->row);
    return false;
}

bool graph_run(const struct graph *graph, const struct matrix *in, struct matrix *out,
               uint32_t wanted, struct arena *results, struct arena *scratch, struct err *err)
{
    return graph_run_while(graph, in, out, wanted, results, scratch, NULL, NULL, err);
}

bool graph_run_while(const struct graph *graph, const struct matrix *in, struct matrix *out,
                     uint32_t wanted, struct arena *results, struct arena *scratch,
                     graph_may_continue *may_continue, void *context, struct err *err)
{
    if (!results_allocate(graph, in->rows, out, wanted, results, err))
        return false;
    struct arena_mark mark = arena_mark(scratch);
    bool ok = true;
    for (size_t first = 0; ok && first < in->rows; first += graph->block_rows) {
        if (first > 0 && may_continue != NULL && !may_continue(context, err))
            return false;
        size_t left = in->rows - first;
        size_t count = left < graph->block_rows ? left : graph->block_rows;
        struct matrix block = matrix_rows(in, first, count);
        struct matrix outs[OP_OUTPUTS_MAX] = {0};
        for (size_t i = 0; i < graph->output_count; i++)
            if ((wanted >> i & 1) != 0)
                outs[i] = matrix_rows(&out[i], first, count);
        ok = block_run(graph, &block, outs, wanted, scratch, err) || run_fail(first, in->rows, err);
        arena_rewind(scratch, mark);
    }
    return ok;
}
