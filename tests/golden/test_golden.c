/* Every trained model against its trainer's own answers to every row.
 *
 * Usage: test_golden DIRECTORY SUITE [CASE ...]. DIRECTORY/SUITE/CASE holds a bundle, as a
 * version's directory does, and expected.json:
 *
 *   "rows" (inline) or "data" (DIRECTORY/data/SET.json): what is asked; null is a missing value
 *   "outputs": the trainer's answers, by output
 *   "tolerance": a value agrees if |got - expected| <= tolerance * max(|expected|, floor)
 *   "ulp": or if it is so many units in the last place of a float32 away (default 0)
 *   "exact": outputs that have to be the same to the last bit of their width
 *   "floors": outputs whose floor is the largest magnitude in their column, because sums that
 * cancel leave no accurate digits near zero; else the floor is 0
 *   "part": what the case belongs to within the suite; cases of a part are counted by themselves
 *
 * Labels are equal or they are wrong. Golden rows of the bundle are asked too. Prints TAP; the
 * comments hold the table of what differs at all, or with OMEN_GOLDEN_TABLE=1 of everything, and
 * the summary of the suite. */
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
#include "math/init.h"

#define FILE_LIMIT ((size_t)64 << 20)
#define CASES_MAX 1000
#define CASE_NAME_SIZE 128
#define PATH_SIZE 4096

/* All that one case needs, from its files to its answers. */
struct trial {
    const char *directory, *suite, *name;
    struct artifact artifact;
    struct json *expected, *data;
    const struct json *rows;
    struct arena arena, scratch;
    struct matrix answers[OP_OUTPUTS_MAX];
    size_t row_count;
    double tolerance, ulp;
};

#define PARTS_MAX 8
#define PART_NAME_SIZE 64

/* Over the cases that name the same part. */
struct part {
    char name[PART_NAME_SIZE];
    size_t cases, agreeing;
};

/* Over all cases of the suite. */
struct summary {
    size_t cases, rows, values, exact, labels;
    double worst; /* relative, of values that were judged by a tolerance */
    char worst_case[CASE_NAME_SIZE];
    struct part parts[PARTS_MAX];
    size_t part_count;
};

static struct summary summary;

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

#define FILES_MAX 16

/* All files of the case but the expected answers, as a version's bundle. */
static size_t list_files(const char *folder, char names[FILES_MAX][CASE_NAME_SIZE])
{
    DIR *stream = opendir(folder);
    size_t count = 0;
    struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL && count < FILES_MAX)
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "expected.json") != 0 &&
            strlen(entry->d_name) < CASE_NAME_SIZE)
            snprintf(names[count++], CASE_NAME_SIZE, "%s", entry->d_name);
    if (stream != NULL)
        closedir(stream);
    return count;
}

static bool load_model(struct trial *trial, struct err *err)
{
    char folder[PATH_SIZE], path[PATH_SIZE + CASE_NAME_SIZE + 1];
    char names[FILES_MAX][CASE_NAME_SIZE];
    char *texts[FILES_MAX] = {0};
    struct format_file files[FILES_MAX] = {0};
    snprintf(folder, sizeof folder, "%s/%s/%s", trial->directory, trial->suite, trial->name);
    size_t count = list_files(folder, names);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        ok = file_read(path, FILE_LIMIT, &texts[i], &files[i].size, err);
        files[i].name = names[i];
        files[i].data = texts[i];
    }
    ok = ok && format_load(files, count, &trial->artifact, err);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    return ok;
}

static const struct json *member(const struct json *object, const char *key)
{
    bool found;
    return json_type(object) == JSON_OBJECT ? json_object_get(object, key, &found) : NULL;
}

static bool load_expected(struct trial *trial, struct err *err)
{
    if (!read_json(&trial->expected, err, "%s/%s/%s/expected.json", trial->directory, trial->suite,
                   trial->name))
        return false;
    const struct json *set = member(trial->expected, "data");
    const struct json *tolerance = member(trial->expected, "tolerance");
    const struct json *ulp = member(trial->expected, "ulp");
    trial->rows = member(trial->expected, "rows");
    if ((json_type(set) == JSON_STRING) == (json_type(trial->rows) == JSON_ARRAY) ||
        json_type(tolerance) != JSON_NUMBER ||
        json_type(member(trial->expected, "outputs")) != JSON_OBJECT)
        return err_set(err, ERR_INVALID, "expected.json needs data or rows, tolerance and outputs");
    trial->tolerance = json_number(tolerance);
    trial->ulp = json_type(ulp) == JSON_NUMBER ? json_number(ulp) : 0.0;
    size_t length;
    if (json_type(set) != JSON_STRING)
        return true;
    if (!read_json(&trial->data, err, "%s/data/%s.json", trial->directory,
                   json_string(set, &length)))
        return false;
    trial->rows = trial->data;
    return true;
}

/* Numbers that JSON cannot write stand as words in a field of numbers. */
static void set_word(struct frame *frame, size_t row, size_t column, const char *text,
                     size_t length)
{
    bool number = frame->schema->fields[column].type == FIELD_NUMBER;
    if (number && strcmp(text, "NaN") == 0)
        frame_set_missing(frame, row, column);
    else if (number && strcmp(text, "Infinity") == 0)
        frame_set_number(frame, row, column, INFINITY);
    else if (number && strcmp(text, "-Infinity") == 0)
        frame_set_number(frame, row, column, -INFINITY);
    else
        frame_set_text(frame, row, column, text, length);
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
        set_word(frame, row, column, text, length);
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

static bool is_exact(const struct trial *trial, const char *output)
{
    const struct json *exact = member(trial->expected, "exact");
    size_t length;
    for (size_t i = 0; json_type(exact) == JSON_ARRAY && i < json_array_length(exact); i++)
        if (strcmp(json_string(json_array_at(exact, i), &length), output) == 0)
            return true;
    return false;
}

static void print_line(const struct trial *trial, const char *name, size_t cols,
                       const struct comparison *result, const char *rule, bool agrees)
{
    if (agrees && getenv("OMEN_GOLDEN_TABLE") == NULL)
        return;
    printf("# %-36s %-11s %5zu %4zu %6.1f%% %9.2g %9.2g %-16s %s\n", trial->name, name,
           trial->row_count, cols, 100.0 * (double)result->exact / (double)result->values,
           result->relative, result->judged, rule, agrees ? "agrees" : "DIFFERS");
}

static void summarise(const struct trial *trial, const struct comparison *result, bool label)
{
    summary.labels += label ? result->values : 0;
    summary.values += label ? 0 : result->values;
    summary.exact += label ? 0 : result->exact;
    if (label || result->judged <= summary.worst)
        return;
    summary.worst = result->judged;
    snprintf(summary.worst_case, sizeof summary.worst_case, "%s", trial->name);
}

static void count_part(const struct trial *trial, bool agrees)
{
    const struct json *named = member(trial->expected, "part");
    size_t length, i = 0;
    if (json_type(named) != JSON_STRING)
        return;
    const char *name = json_string(named, &length);
    while (i < summary.part_count && strcmp(summary.parts[i].name, name) != 0)
        i++;
    if (i == PARTS_MAX || length >= PART_NAME_SIZE)
        return;
    struct part *part = &summary.parts[i];
    if (i == summary.part_count)
        snprintf(summary.parts[summary.part_count++].name, sizeof part->name, "%s", name);
    part->cases++;
    part->agreeing += agrees;
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
    bool floored = has_floor(trial, name), label = output->kind == OUTPUT_LABEL;
    bool exact = label || is_exact(trial, name);
    double *floors = floored ? compare_column_sizes(&expected, &trial->arena) : NULL;
    if (floored && floors == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the floors of %s", name);
    struct comparison_rule how = {.floors = floors,
                                  .single = output->single,
                                  .tolerance = exact ? 0.0 : trial->tolerance,
                                  .ulp = exact ? 0.0 : trial->ulp};
    struct comparison result = compare_matrices(&trial->answers[index], &expected, &how);
    bool agrees = exact ? result.exact == result.values : result.agreeing == result.values;
    char rule[64];
    snprintf(rule, sizeof rule, exact ? "exact" : "%.0e%s", trial->tolerance,
             floored ? " of column" : "");
    print_line(trial, name, output->cols, &result, rule, agrees);
    summarise(trial, &result, label);
    return agrees || err_set(err, ERR_INVALID, "%s differs by %.3g, allowed is %s", name,
                             result.judged, rule);
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
    if (golden->row_count == 0 && strcmp(trial->artifact.format, "omen/1") == 0)
        return err_set(err, ERR_INVALID, "no golden rows");
    for (size_t i = 0; i < golden->row_count; i++)
        if (!judge_golden_row(trial, &golden->rows[i], err))
            return err_prefix(err, "golden row %zu", i);
    return true;
}

static bool run_case(const char *directory, const char *suite, const char *name, struct err *err)
{
    struct trial trial = {.directory = directory, .suite = suite, .name = name};
    arena_init(&trial.arena, 0);
    arena_init(&trial.scratch, 0);
    bool ok = load_model(&trial, err) && load_expected(&trial, err) && answer_rows(&trial, err) &&
              judge_outputs(&trial, err) && judge_golden(&trial, err);
    summary.cases++;
    summary.rows += trial.row_count;
    count_part(&trial, ok);
    arena_finish(&trial.arena);
    arena_finish(&trial.scratch);
    json_free(trial.expected);
    json_free(trial.data);
    artifact_finish(&trial.artifact);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The directories that have expected answers, in alphabetical order. */
static size_t find_cases(const char *directory, const char *suite, char names[][CASE_NAME_SIZE])
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", directory, suite);
    DIR *stream = opendir(path);
    size_t count = 0;
    struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL && count < CASES_MAX) {
        if (strlen(entry->d_name) >= CASE_NAME_SIZE)
            continue;
        snprintf(path, sizeof path, "%s/%s/%s/expected.json", directory, suite, entry->d_name);
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
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc <= 3;
}

static void print_summary(const char *suite, size_t failed)
{
    printf("# %s: %zu of %zu cases agree with their trainer; %zu rows, %zu labels, %zu values, "
           "%.2f%% of them exact, worst relative difference %.2g%s%s\n",
           suite, summary.cases - failed, summary.cases, summary.rows, summary.labels,
           summary.values,
           summary.values > 0 ? 100.0 * (double)summary.exact / (double)summary.values : 100.0,
           summary.worst, summary.worst > 0 ? " in " : "", summary.worst_case);
    for (size_t i = 0; i < summary.part_count; i++)
        printf("# %s, %s: %zu of %zu cases agree\n", suite, summary.parts[i].name,
               summary.parts[i].agreeing, summary.parts[i].cases);
}

int main(int argc, char **argv)
{
    static char names[CASES_MAX][CASE_NAME_SIZE];
    if (argc < 3) {
        fprintf(stderr, "usage: test_golden DIRECTORY SUITE [CASE ...]\n");
        return 2;
    }
    math_init();
    size_t count = find_cases(argv[1], argv[2], names), run = 0, failed = 0;
    printf("TAP version 13\n");
    for (size_t i = 0; i < count; i++) {
        struct err err = ERR_INIT;
        if (!is_wanted(names[i], argc, argv))
            continue;
        bool ok = run_case(argv[1], argv[2], names[i], &err);
        run++;
        failed += !ok;
        printf("%sok %zu - %s%s%s\n", ok ? "" : "not ", run, names[i], ok ? "" : ": ", err.text);
    }
    printf("1..%zu\n", run);
    print_summary(argv[2], failed);
    return run == 0 || failed > 0;
}
