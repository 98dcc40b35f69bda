#include "cli/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/choice.h"
#include "codec/json.h"

#define BINS 10
#define SAMPLE_MAX ((size_t)20000)
#define SAMPLES_MAX ((size_t)1 << 24) /* values of all columns together */

enum column_kind { COLUMN_NUMBER, COLUMN_CODE, COLUMN_TEXT, COLUMN_NONE };

struct column_statistics {
    enum column_kind kind;
    uint64_t count, missing;
    double mean, squares, minimum, maximum; /* Welford: squares / count is the variance */
    double *sample;
    size_t sampled;
    double edges[BINS + 1];
    size_t edge_count;
    uint64_t *counts; /* of bins, or of codes */
    size_t code_count;
};

/* Steele, Lea and Flood 2014: splitmix64. The bias of a remainder is nothing to a sample. */
uint64_t statistics_random(uint64_t *state, uint64_t below)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

static void column_choose(struct column_statistics *column, const struct field *field)
{
    static const enum column_kind kinds[] = {
        [FIELD_NUMBER] = COLUMN_NUMBER, [FIELD_CATEGORY] = COLUMN_CODE, [FIELD_TEXT] = COLUMN_TEXT};
    column->kind = kinds[field->type];
    column->code_count = field->word_count;
}

static bool column_init(struct column_statistics *column, size_t sample_size)
{
    column->minimum = INFINITY;
    column->maximum = -INFINITY;
    if (column->kind == COLUMN_NUMBER) {
        column->sample = mem_array(sample_size, sizeof *column->sample);
        column->counts = mem_array(BINS, sizeof *column->counts);
        return column->sample != NULL && column->counts != NULL;
    }
    column->counts = mem_array(column->code_count, sizeof *column->counts);
    return column->counts != NULL;
}

bool statistics_init(struct statistics *statistics, const struct graph *graph, struct err *err)
{
    size_t fields = graph->schema.field_count;
    const struct graph_output *output = &graph->outputs[graph->default_output];
    *statistics = (struct statistics){.graph = graph, .sample_size = SAMPLES_MAX / (fields + 1)};
    if (statistics->sample_size > SAMPLE_MAX)
        statistics->sample_size = SAMPLE_MAX;
    statistics->columns = mem_array(fields + 1, sizeof *statistics->columns);
    if (statistics->columns == NULL)
        return err_set(err, ERR_MEMORY, "no memory for statistics");
    statistics->count = fields + 1;
    for (size_t i = 0; i < fields; i++)
        column_choose(&statistics->columns[i], &graph->schema.fields[i]);
    struct column_statistics *answer = &statistics->columns[fields];
    answer->kind = output->kind == OUTPUT_LABEL ? COLUMN_CODE
                   : output->cols == 1          ? COLUMN_NUMBER
                                                : COLUMN_NONE;
    answer->code_count = output->kind == OUTPUT_LABEL ? graph->class_count : 0;
    for (size_t i = 0; i < statistics->count; i++)
        if (!column_init(&statistics->columns[i], statistics->sample_size))
            return err_set(err, ERR_MEMORY, "no memory for statistics of %zu columns", fields);
    return true;
}

void statistics_finish(struct statistics *statistics)
{
    for (size_t i = 0; i < statistics->count; i++) {
        free(statistics->columns[i].sample);
        free(statistics->columns[i].counts);
    }
    free(statistics->columns);
    *statistics = (struct statistics){.graph = NULL};
}

/* --- the first pass ------------------------------------------------------------------------ */

static void take_number(struct statistics *statistics, struct column_statistics *column,
                        double value)
{
    uint64_t at = column->count++;
    double apart = value - column->mean;
    column->mean += apart / (double)column->count;
    column->squares += apart * (value - column->mean);
    column->minimum = value < column->minimum ? value : column->minimum;
    column->maximum = value > column->maximum ? value : column->maximum;
    if (at >= statistics->sample_size)
        at = statistics_random(&statistics->random, column->count);
    if (at < statistics->sample_size) {
        column->sample[at] = value;
        column->sampled += column->sampled < statistics->sample_size;
    }
}

static void take(struct statistics *statistics, struct column_statistics *column, double value)
{
    bool known = column->kind == COLUMN_TEXT ? !isnan(value) : isfinite(value);
    if (column->kind == COLUMN_NONE)
        return;
    if (!known) {
        column->missing++;
    } else if (column->kind == COLUMN_NUMBER) {
        take_number(statistics, column, value);
    } else {
        column->count++;
        if (column->kind == COLUMN_CODE && value >= 0 && value < (double)column->code_count)
            column->counts[(size_t)value]++;
    }
}

/* --- the second pass ----------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* Between neighbours in proportion, as NumPy's quantile has it. */
static double quantile(const double *sorted, size_t count, double part)
{
    double place = part * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* Distinct deciles of the sample between the extremes of all. */
static void choose_edges(struct column_statistics *column)
{
    if (column->sampled == 0)
        return;
    qsort(column->sample, column->sampled, sizeof *column->sample, compare);
    column->edges[0] = column->minimum;
    column->edge_count = 1;
    for (size_t i = 1; i <= BINS; i++) {
        double edge = i < BINS ? quantile(column->sample, column->sampled, (double)i / BINS)
                               : column->maximum;
        if (edge > column->edges[column->edge_count - 1])
            column->edges[column->edge_count++] = edge;
    }
    if (column->edge_count == 1) {
        column->edges[0] = nextafter(column->minimum, -INFINITY);
        column->edges[column->edge_count++] = nextafter(column->maximum, INFINITY);
    }
}

bool statistics_begin_counting(struct statistics *statistics, struct err *err)
{
    statistics->counting = true;
    for (size_t i = 0; i < statistics->count; i++)
        if (statistics->columns[i].kind == COLUMN_NUMBER)
            choose_edges(&statistics->columns[i]);
    return statistics->rows > 0 || err_set(err, ERR_MISSING, "there are no rows");
}

/* Each bin has its lower edge; the last one the upper, too. */
static void count_number(struct column_statistics *column, double value)
{
    size_t bin = 0;
    if (!isfinite(value) || column->edge_count < 2)
        return;
    while (bin + 2 < column->edge_count && value >= column->edges[bin + 1])
        bin++;
    column->counts[bin]++;
}

void statistics_add(struct statistics *statistics, const double *cells, double answer)
{
    statistics->rows += !statistics->counting;
    for (size_t i = 0; i < statistics->count; i++) {
        struct column_statistics *column = &statistics->columns[i];
        double value = i + 1 < statistics->count ? cells[i] : answer;
        if (!statistics->counting)
            take(statistics, column, value);
        else if (column->kind == COLUMN_NUMBER)
            count_number(column, value);
    }
}

/* --- the document -------------------------------------------------------------------------- */

static void put_summary(struct buf *out, const struct column_statistics *column)
{
    buf_printf(out, "{\"count\": %llu, \"missing\": %llu", (unsigned long long)column->count,
               (unsigned long long)column->missing);
    if (column->kind != COLUMN_NUMBER || column->count == 0)
        return;
    const double values[] = {column->mean, sqrt(column->squares / (double)column->count),
                             column->minimum, column->maximum};
    static const char *const names[] = {"mean", "std", "min", "max"};
    for (size_t i = 0; i < 4; i++) {
        if (!isfinite(values[i]))
            continue; /* the sum of large numbers */
        buf_printf(out, ", \"%s\": ", names[i]);
        json_write_number(out, values[i]);
    }
}

static void put_bins(struct buf *out, const struct column_statistics *column)
{
    bool finite = column->edge_count >= 2;
    for (size_t i = 0; i < column->edge_count; i++)
        finite = finite && isfinite(column->edges[i]);
    if (!finite)
        return;
    buf_put_text(out, ", \"edges\": [");
    for (size_t i = 0; i < column->edge_count; i++) {
        buf_put_text(out, i > 0 ? ", " : "");
        json_write_number(out, column->edges[i]);
    }
    buf_put_text(out, "], \"counts\": [");
    for (size_t i = 0; i + 1 < column->edge_count; i++)
        buf_printf(out, "%s%llu", i > 0 ? ", " : "", (unsigned long long)column->counts[i]);
    buf_put_char(out, ']');
}

/* field NULL: the classes of the answer. */
static void put_codes(struct buf *out, const struct column_statistics *column,
                      const struct graph *graph, const struct field *field)
{
    struct buf word = BUF_INIT;
    buf_put_text(out, ", \"counts\": {");
    for (size_t i = 0; i < column->code_count; i++) {
        buf_reset(&word, 4096);
        if (field != NULL)
            buf_put_text(&word, field->words[i]);
        else
            choice_put_label(graph, i, &word);
        buf_put_text(out, i > 0 ? ", " : "");
        json_write_string(out, word.data, word.length);
        buf_printf(out, ": %llu", (unsigned long long)column->counts[i]);
    }
    out->failed = out->failed || word.failed;
    buf_put_char(out, '}');
    buf_finish(&word);
}

static void put_column(struct buf *out, const struct column_statistics *column,
                       const struct graph *graph, const struct field *field)
{
    put_summary(out, column);
    if (column->kind == COLUMN_NUMBER)
        put_bins(out, column);
    else if (column->kind == COLUMN_CODE)
        put_codes(out, column, graph, field);
    buf_put_char(out, '}');
}

void statistics_write(const struct statistics *statistics, struct buf *out)
{
    const struct graph *graph = statistics->graph;
    buf_printf(out, "{\n  \"rows\": %llu,\n  \"features\": {",
               (unsigned long long)statistics->rows);
    for (size_t i = 0; i < graph->schema.field_count; i++) {
        const struct field *field = &graph->schema.fields[i];
        buf_put_text(out, i > 0 ? ",\n   " : "\n   ");
        json_write_string(out, field->name, strlen(field->name));
        buf_put_text(out, ": ");
        put_column(out, &statistics->columns[i], graph, field);
    }
    buf_put_text(out, "\n  }");
    const struct column_statistics *answer = &statistics->columns[graph->schema.field_count];
    if (answer->kind != COLUMN_NONE) {
        buf_put_text(out, ",\n  \"prediction\": ");
        put_column(out, answer, graph, NULL);
    }
    buf_put_text(out, "\n }");
}
