#include "cli/sample.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/names.h"
#include "cli/statistics.h"
#include "codec/json.h"

static const char unknown_word[] = "(unknown)";

/* --- targets ------------------------------------------------------------------------------- */

static bool add_column(struct sample *sample, const struct choice *choice, size_t column,
                       struct err *err)
{
    struct buf name = BUF_INIT;
    choice_put_column(sample->graph, choice, column, &name);
    struct csv_field *columns =
        mem_resize(sample->columns, sample->column_count + 1, sizeof *columns);
    char *copy = name.failed ? NULL : mem_copy_text(name.data, name.length);
    if (columns != NULL)
        sample->columns = columns;
    if (columns != NULL && copy != NULL)
        columns[sample->column_count++] = (struct csv_field){copy, name.length, false};
    else
        free(copy);
    buf_finish(&name);
    return (columns != NULL && copy != NULL) || err_set(err, ERR_MEMORY, "no memory for targets");
}

/* COLUMN, or OUTPUT=COLUMN. */
static bool add_target(struct sample *sample, const struct csv_field *item, struct err *err)
{
    const struct graph *graph = sample->graph;
    const char *equals = memchr(item->text, '=', item->length);
    size_t length = equals != NULL ? (size_t)(equals - item->text) : 0;
    int output =
        equals != NULL ? graph_output_find(graph, item->text, length) : (int)graph->default_output;
    if (output < 0)
        return err_set(err, ERR_NOT_FOUND, "--target: the model has no output '%.*s'",
                       names_cut(item->text, length), item->text);
    size_t skip = equals != NULL ? length + 1 : 0;
    for (size_t i = 0; i < sample->target_count; i++)
        if (sample->targets[i].output == (size_t)output)
            return err_set(err, ERR_INVALID, "--target: the output '%s' is there twice",
                           graph->outputs[output].name);
    sample->targets[sample->target_count++] =
        (struct sample_target){(size_t)output, sample->column_count};
    struct choice choice = {mem_copy_text(item->text + skip, item->length - skip), (size_t)output};
    bool ok = choice.name != NULL || err_set(err, ERR_MEMORY, "no memory for targets");
    for (size_t i = 0; ok && i < graph->outputs[output].cols; i++)
        ok = add_column(sample, &choice, i, err);
    free(choice.name);
    return ok;
}

bool sample_init(struct sample *sample, const struct graph *graph, size_t rows, const char *target,
                 struct err *err)
{
    struct name_record record;
    *sample = (struct sample){.graph = graph, .wanted_rows = rows};
    sample->rows = mem_array(rows, sizeof *sample->rows);
    bool ok = sample->rows != NULL || err_set(err, ERR_MEMORY, "no memory for %zu rows", rows);
    if (target[0] == '\0') {
        sample->wanted = (UINT32_C(1) << graph->output_count) - 1;
        return ok;
    }
    ok = names_parse(target, &record, err) && ok;
    for (size_t i = 0; ok && i < record.count; i++)
        ok = add_target(sample, &record.fields[i], err);
    names_finish(&record);
    return ok;
}

void sample_finish(struct sample *sample)
{
    for (size_t i = 0; i < sample->count; i++)
        free(sample->rows[i].text);
    for (size_t i = 0; i < sample->column_count; i++)
        free((char *)sample->columns[i].text);
    free(sample->rows);
    free(sample->columns);
    *sample = (struct sample){.graph = NULL};
}

/* --- a row's text -------------------------------------------------------------------------- */

static void put_number(struct buf *out, double value, bool single)
{
    if (isnan(value))
        buf_put_text(out, "\"NaN\"");
    else if (isinf(value))
        buf_put_text(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else if (single)
        json_write_single(out, value);
    else
        json_write_number(out, value);
}

static void put_text(struct buf *out, const char *text)
{
    json_write_string(out, text, strlen(text));
}

static void put_cell(struct buf *out, const struct field *field, double cell)
{
    if (isnan(cell))
        buf_put_text(out, "null");
    else if (field->type == FIELD_TEXT)
        json_write_string(out, text_of(cell)->bytes, text_of(cell)->length);
    else if (field->type == FIELD_NUMBER)
        put_number(out, cell, false);
    else if (cell == SCHEMA_UNKNOWN)
        put_text(out, unknown_word);
    else
        put_text(out, field->words[(size_t)cell]);
}

/* Whether the cell, written down, would be read as the same again: a policy may have made it of
 * what cannot be written any more. */
static bool reads_back(const struct field *field, double cell)
{
    if (isnan(cell))
        return field->on_missing == POLICY_NAN;
    if (field->type == FIELD_CATEGORY && cell == SCHEMA_UNKNOWN)
        return field->on_unknown == POLICY_ZERO &&
               strmap_get(&field->word_codes, unknown_word, strlen(unknown_word)) == STRMAP_NONE;
    if (field->type != FIELD_NUMBER || field->on_out_of_range == POLICY_ACCEPT)
        return true;
    return cell >= field->minimum && cell <= field->maximum && isfinite(cell);
}

/* A row that the model has no label for cannot be golden. */
static bool has_label(const struct graph *graph, const struct matrix *results, size_t at)
{
    for (size_t i = 0; i < graph->output_count; i++) {
        double cell = graph->outputs[i].kind == OUTPUT_LABEL ? matrix_row(&results[i], at)[0] : 0;
        if (graph->outputs[i].kind == OUTPUT_LABEL &&
            !(cell >= 0 && cell < (double)graph->class_count))
            return false;
    }
    return true;
}

static void put_label(struct buf *out, const struct graph *graph, double cell)
{
    if (graph->labels != NULL && !graph->labels[(size_t)cell].is_number)
        put_text(out, graph->labels[(size_t)cell].text);
    else
        choice_put_label(graph, (size_t)cell, out);
}

/* The model's answers. */
static void put_answers(const struct sample *sample, const struct matrix *results, size_t at,
                        struct buf *out)
{
    const struct graph *graph = sample->graph;
    for (size_t i = 0; i < graph->output_count; i++) {
        const struct graph_output *output = &graph->outputs[i];
        const double *cells = matrix_row(&results[i], at);
        buf_put_text(out, i > 0 ? ", " : "");
        put_text(out, output->name);
        buf_put_text(out, output->kind == OUTPUT_LABEL ? ": " : output->cols > 1 ? ": [" : ": ");
        if (output->kind == OUTPUT_LABEL) {
            put_label(out, graph, cells[0]);
            continue;
        }
        for (size_t j = 0; j < output->cols; j++) {
            buf_put_text(out, j > 0 ? ", " : "");
            put_number(out, cells[j], output->single);
        }
        buf_put_text(out, output->cols > 1 ? "]" : "");
    }
}

static bool put_expected(const struct sample *sample, const struct passed *passed, size_t column,
                         bool label, struct buf *out, struct err *err)
{
    const struct csv_field *name = &sample->columns[column];
    if (passed[column].text == NULL)
        return err_set(err, ERR_MISSING, "the answer in '%.*s' is missing",
                       names_cut(name->text, name->length), name->text);
    if (!label && !passed[column].literal)
        return err_set(err, ERR_INVALID, "the answer in '%.*s' is no number",
                       names_cut(name->text, name->length), name->text);
    if (passed[column].literal)
        buf_put(out, passed[column].text, passed[column].length);
    else
        json_write_string(out, passed[column].text, passed[column].length);
    return true;
}

/* The answers that came with the row. */
static bool put_targets(const struct sample *sample, const struct passed *passed, struct buf *out,
                        struct err *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sample->target_count; i++) {
        const struct sample_target *target = &sample->targets[i];
        const struct graph_output *output = &sample->graph->outputs[target->output];
        buf_put_text(out, i > 0 ? ", " : "");
        put_text(out, output->name);
        buf_put_text(out, output->cols > 1 ? ": [" : ": ");
        for (size_t j = 0; ok && j < output->cols; j++) {
            buf_put_text(out, j > 0 ? ", " : "");
            ok = put_expected(sample, passed, target->first + j, output->kind == OUTPUT_LABEL, out,
                              err);
        }
        buf_put_text(out, output->cols > 1 ? "]" : "");
    }
    return ok;
}

static bool write_row(const struct sample *sample, const struct source_row *row,
                      const double *cells, const struct matrix *results, size_t at, struct buf *out,
                      struct err *err)
{
    const struct schema *schema = &sample->graph->schema;
    bool ok = true;
    buf_put_text(out, "{\"in\": [");
    for (size_t i = 0; i < schema->field_count; i++) {
        buf_put_text(out, i > 0 ? ", " : "");
        put_cell(out, &schema->fields[i], cells[i]);
    }
    buf_put_text(out, "], \"out\": {");
    if (sample->target_count > 0)
        ok = put_targets(sample, row->passed, out, err);
    else
        put_answers(sample, results, at, out);
    buf_put_text(out, "}}");
    return ok && (!out->failed || err_set(err, ERR_MEMORY, "no memory for a golden row"));
}

/* --- the sample ---------------------------------------------------------------------------- */

bool sample_offer(struct sample *sample, const struct source_row *row, const double *cells,
                  const struct matrix *results, size_t at, struct err *err)
{
    const struct schema *schema = &sample->graph->schema;
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < schema->field_count; i++)
        if (!reads_back(&schema->fields[i], cells[i]))
            return true;
    if (sample->target_count == 0 && !has_label(sample->graph, results, at))
        return true;
    /* Vitter 1985, algorithm R. */
    uint64_t place = sample->seen++;
    if (place >= sample->wanted_rows)
        place = statistics_random(&sample->random, sample->seen);
    if (place >= sample->wanted_rows)
        return true;
    if (!write_row(sample, row, cells, results, at, &text, err)) {
        buf_finish(&text);
        return err_prefix(err, "row %" PRIu64, row->number);
    }
    struct sample_row *slot = &sample->rows[place];
    free(slot->text);
    *slot = (struct sample_row){row->number, mem_copy_text(text.data, text.length)};
    sample->count += place == sample->count;
    buf_finish(&text);
    return slot->text != NULL || err_set(err, ERR_MEMORY, "no memory for a golden row");
}

static int compare(const void *a, const void *b)
{
    uint64_t one = ((const struct sample_row *)a)->number;
    uint64_t other = ((const struct sample_row *)b)->number;
    return (one > other) - (one < other);
}

void sample_write(struct sample *sample, const struct golden *before, struct buf *out)
{
    if (sample->count > 1)
        qsort(sample->rows, sample->count, sizeof *sample->rows, compare);
    buf_put_char(out, '{');
    if (before != NULL) {
        buf_put_text(out, "\"rtol\": ");
        json_write_number(out, before->rtol);
        buf_put_text(out, ", \"atol\": ");
        json_write_number(out, before->atol);
        buf_put_text(out, ", ");
    }
    buf_put_text(out, "\"rows\": [\n");
    for (size_t i = 0; i < sample->count; i++)
        buf_printf(out, "  %s%s\n", sample->rows[i].text, i + 1 < sample->count ? "," : "");
    buf_put_text(out, " ]}");
}
