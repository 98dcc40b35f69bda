#include "compare.h"

#include <math.h>
#include <string.h>

static bool same_label(const struct graph_label *label, const struct json *expected)
{
    if (json_type(expected) == JSON_NUMBER)
        return label->is_number && label->number == json_number(expected);
    size_t length;
    const char *text = json_string(expected, &length);
    return !label->is_number && strlen(label->text) == length &&
           memcmp(label->text, text, length) == 0;
}

static bool read_label(const struct graph *graph, const struct json *expected, double *value,
                       struct err *err)
{
    if (json_type(expected) != JSON_NUMBER && json_type(expected) != JSON_STRING)
        return err_set(err, ERR_INVALID, "a label is a number or a string");
    if (graph->labels == NULL && json_type(expected) == JSON_NUMBER) {
        *value = json_number(expected);
        return true;
    }
    for (size_t i = 0; graph->labels != NULL && i < graph->class_count; i++) {
        *value = (double)i;
        if (same_label(&graph->labels[i], expected))
            return true;
    }
    return err_set(err, ERR_INVALID, "an expected label that the model does not have");
}

static bool read_number(const struct json *expected, double *value, struct err *err)
{
    if (json_type(expected) == JSON_NUMBER) {
        *value = json_number(expected);
        return true;
    }
    size_t length;
    const char *text = json_type(expected) == JSON_STRING ? json_string(expected, &length) : "";
    if (strcmp(text, "NaN") == 0)
        *value = NAN;
    else if (strcmp(text, "Infinity") == 0)
        *value = INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *value = -INFINITY;
    else
        return err_set(err, ERR_INVALID, "an expected value is %s",
                       json_type_name(json_type(expected)));
    return true;
}

static bool read_row(const struct graph *graph, const struct graph_output *output,
                     const struct json *expected, double *values, struct err *err)
{
    if (output->kind == OUTPUT_LABEL)
        return read_label(graph, expected, values, err);
    if (json_type(expected) != JSON_ARRAY)
        return output->cols == 1
                   ? read_number(expected, values, err)
                   : err_set(err, ERR_INVALID, "%zu columns, 1 expected", output->cols);
    if (json_array_length(expected) != output->cols)
        return err_set(err, ERR_INVALID, "%zu columns, %zu expected", output->cols,
                       json_array_length(expected));
    for (size_t i = 0; i < output->cols; i++)
        if (!read_number(json_array_at(expected, i), &values[i], err))
            return false;
    return true;
}

bool compare_read(const struct graph *graph, const struct graph_output *output,
                  const struct json *expected, size_t rows, struct arena *arena,
                  struct matrix *matrix, struct err *err)
{
    if (json_type(expected) != JSON_ARRAY || json_array_length(expected) != rows)
        return err_set(err, ERR_INVALID, "expected answers are not an array of %zu rows", rows);
    *matrix = matrix_in_arena(arena, rows, output->cols);
    if (matrix->data == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu rows", rows);
    for (size_t row = 0; row < rows; row++)
        if (!read_row(graph, output, json_array_at(expected, row), matrix_row(matrix, row), err))
            return err_prefix(err, "row %zu", row);
    return true;
}

/* Unlike values that are not finite are infinitely far apart. */
static double distance(double got, double expected, double size)
{
    if (got == expected || (isnan(got) && isnan(expected)))
        return 0.0;
    double difference = fabs(got - expected) / size;
    return isnan(difference) ? INFINITY : difference;
}

static bool same_bits(double a, double b, bool single)
{
    float x = (float)a, y = (float)b;
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return single ? memcmp(&x, &y, sizeof x) == 0 : memcmp(&a, &b, sizeof a) == 0;
}

/* Units in the last place of the expected value as a float32. */
static double distance_ulp(double got, double expected)
{
    float size = fabsf((float)expected);
    float unit = nextafterf(size, INFINITY) - size;
    return fabs(got - expected) / (double)unit;
}

struct comparison compare_matrices(const struct matrix *got, const struct matrix *expected,
                                   const struct comparison_rule *rule)
{
    struct comparison result = {0};
    for (size_t row = 0; row < expected->rows; row++) {
        for (size_t col = 0; col < expected->cols; col++) {
            double ours = matrix_row(got, row)[col], theirs = matrix_row(expected, row)[col];
            double size = fabs(theirs);
            double floored = rule->floors == NULL ? size : fmax(size, rule->floors[col]);
            double judged = distance(ours, theirs, floored);
            result.values++;
            result.exact += same_bits(ours, theirs, rule->single);
            result.agreeing += judged <= rule->tolerance || distance_ulp(ours, theirs) <= rule->ulp;
            result.relative = fmax(result.relative, distance(ours, theirs, size));
            result.judged = fmax(result.judged, judged);
        }
    }
    return result;
}

double *compare_column_sizes(const struct matrix *expected, struct arena *arena)
{
    double *sizes = arena_zeroed(arena, expected->cols, sizeof *sizes);
    for (size_t row = 0; sizes != NULL && row < expected->rows; row++)
        for (size_t col = 0; col < expected->cols; col++)
            if (isfinite(matrix_row(expected, row)[col]))
                sizes[col] = fmax(sizes[col], fabs(matrix_row(expected, row)[col]));
    return sizes;
}
