#include "tensor/kernels/ml_trees.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A leaf of a few outputs costs as many numbers as lie between its first and its last; this bounds
 * what a crafted file can make of a few weights. */
#define SPREAD_MAX ((size_t)1 << 24)

void ml_trees_destroy(void *state)
{
    struct ml_trees *trees = state;
    forest_destroy(trees->forest);
}

/* What an output holds that no leaf has reached. */
static double empty_value(enum ml_aggregate aggregate)
{
    if (aggregate == ML_MIN)
        return (double)INFINITY;
    return aggregate == ML_MAX ? -(double)INFINITY : 0.0;
}

static double combine(enum ml_aggregate aggregate, double a, double b)
{
    if (aggregate == ML_MIN)
        return b < a ? b : a;
    if (aggregate == ML_MAX)
        return b > a ? b : a;
    return a + b;
}

bool ml_trees_add(struct forest_builder *builder, struct ml_trees *trees, struct forest_node *nodes,
                  size_t node_count, const struct ml_weight *weights, size_t weight_count,
                  struct err *err)
{
    size_t first = weight_count ? SIZE_MAX : 0, last = 0;
    for (size_t i = 0; i < weight_count; i++) {
        first = weights[i].output < first ? weights[i].output : first;
        last = weights[i].output > last ? weights[i].output : last;
    }
    size_t count = last - first + 1;
    size_t numbers = 0;
    if (!mem_multiply(node_count, count, &numbers) || numbers > SPREAD_MAX + 16 * weight_count)
        return err_set(err, ERR_LIMIT, "%zu nodes with %zu outputs are too many", node_count,
                       count);
    double *values = mem_array(numbers, sizeof *values);
    if (values == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the leaves of a tree");
    double empty = empty_value(trees->aggregate);
    for (size_t i = 0; i < numbers; i++)
        values[i] = empty;
    for (size_t i = 0; i < weight_count; i++) {
        double *value = &values[weights[i].leaf * count + weights[i].output - first];
        *value = combine(trees->aggregate, *value, weights[i].weight);
    }
    for (size_t i = 0; i < node_count; i++)
        if (nodes[i].test == FOREST_LEAF)
            nodes[i].values = values + i * count;
    bool added = forest_builder_add(builder, nodes, node_count, first, count, err);
    free(values);
    trees->spans[trees->tree_count++] = (struct ml_tree_span){first, count};
    return added;
}

bool ml_trees_check(const struct call *call, const struct ml_trees *trees, int64_t *rows,
                    struct err *err)
{
    int64_t columns;
    if (!ml_shape(call, 0, rows, &columns, err))
        return false;
    if (columns != VALUE_ANY && (uint64_t)columns < trees->features)
        return call_fail(call, err, ERR_INVALID,
                         "the input has %lld columns, the trees ask for %zu", (long long)columns,
                         trees->features);
    return true;
}

/* The input's rows. */
static size_t row_count(const struct call *call)
{
    const struct value *x = call_input(call, 0);
    return x->rank == 1 ? 1 : (size_t)x->dims[0];
}

static size_t column_count(const struct call *call)
{
    const struct value *x = call_input(call, 0);
    return (size_t)x->dims[x->rank - 1];
}

static bool is_member(const struct ml_trees *trees, const struct ml_member_column *column, double x)
{
    for (size_t i = 0; i < column->count; i++)
        if (x == trees->members[column->first + i])
            return true;
    return false;
}

/* A row's model columns are followed by its member columns; NaN stays NaN there. */
static void put_member_columns(const struct ml_trees *trees, double *row)
{
    for (size_t m = 0; m < trees->member_column_count; m++) {
        const struct ml_member_column *column = &trees->member_columns[m];
        double x = row[column->feature];
        row[trees->features + m] = isnan(x) ? x : is_member(trees, column, x);
    }
}

static double number_at(const struct value *x, size_t i)
{
    switch (x->type) {
    case VALUE_DOUBLE:
        return x->doubles[i];
    case VALUE_INT64: /* ONNX Runtime compares them as floats */
        return (double)(float)x->int64s[i];
    case VALUE_INT32:
        return (double)(float)x->int32s[i];
    default:
        return (double)x->floats[i];
    }
}

/* Neighbours of the doubles among the floats: x <= t and x > t hold for x as they do for the next
 * float that is not below it, as t is a float; x < t and x >= t for the one that is not above. */
static double rounded(double x, bool down)
{
    float nearest = (float)x;
    if (down && (double)nearest > x)
        nearest = nextafterf(nearest, -INFINITY);
    else if (!down && (double)nearest < x)
        nearest = nextafterf(nearest, INFINITY);
    return (double)nearest;
}

static bool rows_with_members(const struct call *call, const struct ml_trees *trees,
                              struct forest_rows *rows, struct err *err)
{
    const struct value *x = call_input(call, 0);
    size_t columns = column_count(call), width = trees->features + trees->member_column_count;
    double *numbers = call_scratch(call, rows->count * width, sizeof *numbers, err);
    if (numbers == NULL)
        return false;
    for (size_t row = 0; row < rows->count; row++) {
        for (size_t f = 0; f < trees->features; f++)
            numbers[row * width + f] = number_at(x, row * columns + f);
        put_member_columns(trees, numbers + row * width);
    }
    *rows = (struct forest_rows){FOREST_DOUBLE, numbers, rows->count, width};
    return true;
}

/* Doubles before float thresholds. */
static bool rows_rounded(const struct call *call, const struct ml_trees *trees,
                         struct forest_rows *rows, struct err *err)
{
    const struct value *x = call_input(call, 0);
    double *numbers = call_scratch(call, x->count, sizeof *numbers, err);
    if (numbers == NULL)
        return false;
    for (size_t i = 0; i < x->count; i++)
        numbers[i] = rounded(x->doubles[i], trees->round_down);
    rows->data = numbers;
    return true;
}

static bool rows_of(const struct call *call, const struct ml_trees *trees, struct forest_rows *rows,
                    struct err *err)
{
    const struct value *x = call_input(call, 0);
    *rows = (struct forest_rows){.count = row_count(call), .stride = column_count(call)};
    if (trees->member_column_count)
        return rows_with_members(call, trees, rows, err);
    rows->width = x->type == VALUE_DOUBLE ? FOREST_DOUBLE : FOREST_SINGLE;
    rows->data = x->data;
    if (x->type == VALUE_DOUBLE)
        return trees->wide_input || rows_rounded(call, trees, rows, err);
    rows->data = ml_floats_of(call, 0, err);
    return rows->data != NULL;
}

/* By leaves, for what is no sum of the forest's own width. */
static bool combine_leaves(const struct call *call, const struct ml_trees *trees,
                           const struct forest_rows *rows, double *out, struct err *err)
{
    size_t tree_count = forest_tree_count(trees->forest), outputs = trees->outputs;
    uint32_t *leaves = call_scratch(call, rows->count * (tree_count + 1), sizeof *leaves, err);
    double *values = call_scratch(call, outputs + 1, sizeof *values, err);
    if (leaves == NULL || values == NULL ||
        !forest_leaves(trees->forest, rows, leaves, call->memory->arena, err))
        return false;
    double empty = empty_value(trees->aggregate);
    for (size_t i = 0; i < rows->count * outputs; i++)
        out[i] = empty;
    for (size_t row = 0; row < rows->count; row++)
        for (size_t t = 0; t < tree_count; t++) {
            const struct ml_tree_span *span = &trees->spans[t];
            forest_leaf_values(trees->forest, t, leaves[row * tree_count + t], values);
            for (size_t k = 0; k < span->count; k++) {
                double *sum = &out[row * outputs + span->first + k];
                *sum = combine(trees->aggregate, *sum, values[k]);
            }
        }
    if (trees->aggregate == ML_MIN || trees->aggregate == ML_MAX)
        for (size_t i = 0; i < rows->count * outputs; i++)
            out[i] = out[i] == empty ? 0.0 : out[i];
    return true;
}

static bool is_sum(const struct ml_trees *trees)
{
    return trees->aggregate == ML_SUM || trees->aggregate == ML_AVERAGE;
}

double *ml_trees_double_sums(const struct call *call, const struct ml_trees *trees, struct err *err)
{
    struct forest_rows rows;
    if (!rows_of(call, trees, &rows, err))
        return NULL;
    size_t count = rows.count * trees->outputs;
    double *out = call_scratch(call, count + 1, sizeof *out, err);
    if (out == NULL)
        return NULL;
    memset(out, 0, count * sizeof *out);
    bool done = is_sum(trees) && trees->wide_sum
                    ? forest_sum(trees->forest, &rows, out, call->memory->arena, err)
                    : combine_leaves(call, trees, &rows, out, err);
    if (!done)
        return NULL;
    if (trees->aggregate == ML_AVERAGE)
        for (size_t i = 0; i < count; i++)
            out[i] /= (double)forest_tree_count(trees->forest);
    return out;
}

float *ml_trees_sums(const struct call *call, const struct ml_trees *trees, struct err *err)
{
    size_t count = row_count(call) * trees->outputs;
    float *out = call_scratch(call, count + 1, sizeof *out, err);
    if (out == NULL)
        return NULL;
    if (trees->wide_sum || !is_sum(trees) || call_input(call, 0)->type == VALUE_DOUBLE) {
        const double *sums = ml_trees_double_sums(call, trees, err);
        for (size_t i = 0; sums != NULL && i < count; i++)
            out[i] = (float)sums[i];
        return sums != NULL ? out : NULL;
    }
    struct forest_rows rows;
    memset(out, 0, count * sizeof *out);
    if (!rows_of(call, trees, &rows, err) ||
        !forest_sum(trees->forest, &rows, out, call->memory->arena, err))
        return NULL;
    if (trees->aggregate == ML_AVERAGE)
        for (size_t i = 0; i < count; i++)
            out[i] /= (float)forest_tree_count(trees->forest);
    return out;
}

static double base_of(const struct ml_trees *trees, size_t output)
{
    if (trees->base.count != trees->outputs)
        return 0.0;
    return trees->base_doubles ? trees->base_doubles[output] : (double)trees->base.data[output];
}

static bool regress_doubles(const struct call *call, const struct ml_trees *trees, struct err *err)
{
    const double *sums = ml_trees_double_sums(call, trees, err);
    const struct value *out = call_output(call, 0);
    float *scores = call_scratch(call, trees->outputs, sizeof *scores, err);
    if (sums == NULL || scores == NULL)
        return false;
    size_t rows = row_count(call);
    for (size_t row = 0; row < rows; row++)
        for (size_t k = 0; k < trees->outputs; k++) {
            double sum = sums[row * trees->outputs + k] + base_of(trees, k);
            if (out->type == VALUE_DOUBLE)
                out->doubles[row * trees->outputs + k] = sum;
            else
                out->floats[row * trees->outputs + k] = (float)sum;
        }
    for (size_t row = 0; trees->transform != ML_NONE && row < rows; row++) {
        if (out->type == VALUE_FLOAT) {
            ml_transform_row(trees->transform, out->floats + row * trees->outputs, trees->outputs);
            continue;
        }
        double *wide = out->doubles + row * trees->outputs;
        for (size_t k = 0; k < trees->outputs; k++)
            scores[k] = (float)wide[k];
        ml_transform_row(trees->transform, scores, trees->outputs);
        for (size_t k = 0; k < trees->outputs; k++)
            wide[k] = (double)scores[k];
    }
    return true;
}

bool ml_trees_regress(const struct call *call, const struct ml_trees *trees, struct err *err)
{
    const struct value *out = call_output(call, 0);
    if (out == NULL)
        return true;
    if (trees->wide_sum || call_input(call, 0)->type == VALUE_DOUBLE)
        return regress_doubles(call, trees, err);
    float *sums = ml_trees_sums(call, trees, err);
    if (sums == NULL)
        return false;
    size_t rows = row_count(call);
    for (size_t row = 0; row < rows; row++) {
        float *scores = sums + row * trees->outputs;
        for (size_t k = 0; k < trees->outputs && trees->base.count == trees->outputs; k++)
            scores[k] += trees->base.data[k];
        ml_transform_row(trees->transform, scores, trees->outputs);
    }
    memcpy(out->data, sums, rows * trees->outputs * sizeof *sums);
    return true;
}
