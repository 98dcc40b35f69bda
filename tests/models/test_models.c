/* Every trained model against its trainer's own answers to every row: labels equal, values within
 * the case's tolerance (1e-12, or 1e-9 where powers or distribution functions are iterated).
 *
 * A value agrees if |got - expected| <= tolerance * max(|expected|, floor). The floor is 0, except
 * for the outputs that expected.json names under "floors": there it is the largest magnitude in the
 * output's column, because sums that cancel leave no accurate digits near zero. The table says
 * which it was, and shows the relative difference without any floor beside the one that is judged.
 *
 * Usage: test_models DIRECTORY [CASE ...], where DIRECTORY/CASE has model.json and expected.json
 * and DIRECTORY/data/SET.json the rows. Prints TAP with the table as comments. */
#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "codec/json.h"
#include "compare.h"
#include "formats/format.h"
#include "graph/frame.h"
#include "graph/graph.h"

#define FILE_LIMIT ((size_t)64 << 20)
#define CASES_MAX 1000
#define CASE_NAME_SIZE 128
#define PATH_SIZE 4096

/* All that one case needs, from its files to its answers. */
struct trial {
    const char *directory, *name;
    struct artifact artifact;
    struct json *expected, *rows;
    struct arena arena, scratch;
    struct matrix answers[OP_OUTPUTS_MAX];
    size_t row_count;
    double tolerance;
};

static bool read_json(struct json **root, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool read_json(struct json **root, struct err *err, const char *format, ...)
{
    char path[PATH_SIZE], *text;
    size_t size;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    if (!file_read(path, FILE_LIMIT, &text, &size, err))
        return false;
    bool ok = json_parse(text, size, root, err);
    free(text);
    return ok || err_prefix(err, "%s", path);
}

static bool load_model(struct trial *trial, struct err *err)
{
    char path[PATH_SIZE], *text;
    size_t size;
    snprintf(path, sizeof path, "%s/%s/model.json", trial->directory, trial->name);
    if (!file_read(path, FILE_LIMIT, &text, &size, err))
        return false;
    struct format_file file = {.name = "model.json", .data = text, .size = size};
    bool ok = format_load(&file, 1, &trial->artifact, err);
    free(text);
    return ok;
}

static const struct json *member(const struct json *object, const char *key)
{
    bool found;
    return json_type(object) == JSON_OBJECT ? json_object_get(object, key, &found) : NULL;
}

static bool load_expected(struct trial *trial, struct err *err)
{
    if (!read_json(&trial->expected, err, "%s/%s/expected.json", trial->directory, trial->name))
        return false;
    const struct json *set = member(trial->expected, "data");
    const struct json *tolerance = member(trial->expected, "tolerance");
    if (json_type(set) != JSON_STRING || json_type(tolerance) != JSON_NUMBER ||
        json_type(member(trial->expected, "outputs")) != JSON_OBJECT)
        return err_set(err, ERR_INVALID, "expected.json needs data, tolerance and outputs");
    trial->tolerance = json_number(tolerance);
    size_t length;
    return read_json(&trial->rows, err, "%s/data/%s.json", trial->directory,
                     json_string(set, &length));
}

static void set_cell(struct frame *frame, size_t row, size_t column, const struct json *cell)
{
    size_t length;
    const char *text;
    switch (json_type(cell)) {
    case JSON_NULL:
        frame_set_missing(frame, row, column);
        break;
    case JSON_NUMBER:
        frame_set_number(frame, row, column, json_number(cell));
        break;
    case JSON_STRING:
        text = json_string(cell, &length);
        frame_set_text(frame, row, column, text, length);
        break;
    default:
        frame_set_wrong(frame, row, column);
    }
}

/* The rows go through the schema and its policies, as a request's do. */
static bool answer_rows(struct trial *trial, struct err *err)
{
    const struct graph *graph = trial->artifact.graph;
    struct frame frame;
    trial->row_count = json_array_length(trial->rows);
    if (trial->row_count == 0)
        return err_set(err, ERR_INVALID, "no rows");
    if (!frame_init(&frame, &graph->schema, trial->row_count, &trial->arena, err))
        return false;
    for (size_t row = 0; row < trial->row_count; row++) {
        const struct json *cells = json_array_at(trial->rows, row);
        if (json_array_length(cells) != graph->schema.field_count)
            return err_set(err, ERR_INVALID, "row %zu has %zu cells, the model %zu inputs", row,
                           json_array_length(cells), graph->schema.field_count);
        for (size_t column = 0; column < graph->schema.field_count; column++)
            set_cell(&frame, row, column, json_array_at(cells, column));
    }
    uint32_t all = (UINT32_C(1) << graph->output_count) - 1;
    return frame_seal(&frame, err) && graph_run(graph, &frame.matrix, trial->answers, all,
                                                &trial->arena, &trial->scratch, err);
}

static bool has_floor(const struct trial *trial, const char *output)
{
    const struct json *floor = member(member(trial->expected, "floors"), output);
    size_t length;
    return json_type(floor) == JSON_STRING && strcmp(json_string(floor, &length), "column") == 0;
}

/* One output: a line of the table. True if it agrees. */
static bool judge_output(struct trial *trial, const char *name, const struct json *values,
                         struct err *err)
{
    const struct graph *graph = trial->artifact.graph;
    int index = graph_output_find(graph, name, strlen(name));
    if (index < 0)
        return err_set(err, ERR_NOT_FOUND, "the model has no output %s", name);
    const struct graph_output *output = &graph->outputs[index];
    struct matrix expected;
    if (!compare_read(graph, output, values, trial->row_count, &trial->arena, &expected, err))
        return err_prefix(err, "%s", name);
    bool floored = has_floor(trial, name);
    double *floors = floored ? compare_column_sizes(&expected, &trial->arena) : NULL;
    if (floored && floors == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the floors of %s", name);
    struct comparison result = compare_matrices(&trial->answers[index], &expected, floors);
    double tolerance = output->kind == OUTPUT_LABEL ? 0.0 : trial->tolerance;
    bool agrees = result.judged <= tolerance;
    printf("# %-36s %-11s %5zu %4zu %6.1f%% %9.2g %9.2g %-6s %7.0e %s\n", trial->name, name,
           trial->row_count, output->cols, 100.0 * (double)result.exact / (double)result.values,
           result.relative, result.judged, floored ? "column" : "0", tolerance,
           agrees ? "agrees" : "DIFFERS");
    return agrees || err_set(err, ERR_INVALID, "%s differs by %.3g, allowed is %.0e", name,
                             result.judged, tolerance);
}

/* Judges all outputs, so that the table is whole; err has the first that differs. */
static bool judge_outputs(struct trial *trial, struct err *err)
{
    const struct json *outputs = member(trial->expected, "outputs");
    bool ok = json_object_size(outputs) > 0 || err_set(err, ERR_INVALID, "no outputs to compare");
    for (struct json_iterator it = json_begin(outputs); json_next(&it);) {
        struct err one = ERR_INIT;
        if (judge_output(trial, it.key, it.value, &one))
            continue;
        if (ok)
            *err = one;
        ok = false;
    }
    return ok;
}

static bool golden_agrees(const struct golden *golden, double got, double expected)
{
    if (fabs(expected) <= golden->atol)
        return fabs(got) <= golden->atol;
    return fabs(got / expected - 1.0) <= golden->rtol;
}

static bool judge_golden_row(struct trial *trial, const struct golden_row *row, struct err *err)
{
    const struct graph *graph = trial->artifact.graph;
    size_t fields = graph->schema.field_count;
    struct matrix in = {.data = row->in, .rows = 1, .cols = fields, .stride = fields};
    uint32_t all = (UINT32_C(1) << graph->output_count) - 1;
    if (!graph_run(graph, &in, trial->answers, all, &trial->arena, &trial->scratch, err))
        return false;
    for (size_t i = 0; i < row->expected_count; i++) {
        const struct golden_value *value = &row->expected[i];
        const double *got = matrix_row(&trial->answers[value->output], 0);
        for (size_t col = 0; col < graph->outputs[value->output].cols; col++)
            if (!golden_agrees(&trial->artifact.golden, got[col], value->values[col]))
                return err_set(err, ERR_INVALID, "%s is %.17g where %.17g is expected",
                               graph->outputs[value->output].name, got[col], value->values[col]);
    }
    return true;
}

static bool judge_golden(struct trial *trial, struct err *err)
{
    const struct golden *golden = &trial->artifact.golden;
    if (golden->row_count == 0)
        return err_set(err, ERR_INVALID, "no golden rows");
    for (size_t i = 0; i < golden->row_count; i++)
        if (!judge_golden_row(trial, &golden->rows[i], err))
            return err_prefix(err, "golden row %zu", i);
    return true;
}

static bool run_case(const char *directory, const char *name, struct err *err)
{
    struct trial trial = {.directory = directory, .name = name};
    arena_init(&trial.arena, 0);
    arena_init(&trial.scratch, 0);
    bool ok = load_model(&trial, err) && load_expected(&trial, err) && answer_rows(&trial, err) &&
              judge_outputs(&trial, err) && judge_golden(&trial, err);
    arena_finish(&trial.arena);
    arena_finish(&trial.scratch);
    json_free(trial.expected);
    json_free(trial.rows);
    artifact_finish(&trial.artifact);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The directories that have a model, in alphabetical order. */
static size_t find_cases(const char *directory, char names[][CASE_NAME_SIZE])
{
    DIR *stream = opendir(directory);
    size_t count = 0;
    struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL && count < CASES_MAX) {
        char path[PATH_SIZE];
        if (strlen(entry->d_name) >= CASE_NAME_SIZE)
            continue;
        snprintf(path, sizeof path, "%s/%s/model.json", directory, entry->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            continue;
        fclose(file);
        snprintf(names[count++], CASE_NAME_SIZE, "%s", entry->d_name);
    }
    if (stream != NULL)
        closedir(stream);
    qsort(names, count, CASE_NAME_SIZE, by_name);
    return count;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc <= 2;
}

int main(int argc, char **argv)
{
    static char names[CASES_MAX][CASE_NAME_SIZE];
    size_t count = argc > 1 ? find_cases(argv[1], names) : 0, run = 0, failed = 0;
    printf("TAP version 13\n");
    printf("# %-36s %-11s %5s %4s %7s %9s %9s %-6s %7s\n", "case", "output", "rows", "cols",
           "exact", "relative", "judged", "floor", "allowed");
    for (size_t i = 0; i < count; i++) {
        struct err err = ERR_INIT;
        if (!is_wanted(names[i], argc, argv))
            continue;
        bool ok = run_case(argv[1], names[i], &err);
        run++;
        failed += !ok;
        printf("%sok %zu - %s%s%s\n", ok ? "" : "not ", run, names[i], ok ? "" : ": ", err.text);
    }
    printf("1..%zu\n", run);
    printf("# %zu of %zu models agree with their trainer on every row\n", run - failed, run);
    return run == 0 || failed > 0;
}
