/* LinearClassifier, LinearRegressor. */
#include <stdint.h>
#include <string.h>

#include "math/fused.h"
#include "tensor/kernels/kernels.h"
#include "tensor/kernels/ml.h"

/* Rows that are computed together. */
enum { BLOCK = 64 };

struct linear {
    struct ml_floats coefficients; /* features x outputs */
    struct ml_floats intercepts;   /* one each, or none */
    struct ml_labels labels;
    enum ml_transform transform;
    size_t outputs, features;
};

static bool read_coefficients(struct linear *linear, const struct attributes *attributes,
                              struct arena *arena, struct err *err)
{
    return ml_copy_floats(attributes, "coefficients", arena, &linear->coefficients, err) &&
           ml_copy_floats(attributes, "intercepts", arena, &linear->intercepts, err) &&
           ml_transform_read(attributes, &linear->transform, err);
}

/* The file has outputs x features, a product takes features x outputs. */
static bool transpose_coefficients(struct linear *linear, struct arena *arena, struct err *err)
{
    float *turned = arena_array(arena, linear->coefficients.count, sizeof *turned);
    if (turned == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the coefficients");
    for (size_t i = 0; i < linear->outputs; i++)
        for (size_t j = 0; j < linear->features; j++)
            turned[j * linear->outputs + i] = linear->coefficients.data[i * linear->features + j];
    linear->coefficients.data = turned;
    return true;
}

static bool check_sizes(struct linear *linear, struct err *err)
{
    if (linear->coefficients.count == 0 || linear->outputs == 0 ||
        linear->coefficients.count % linear->outputs != 0)
        return err_set(err, ERR_INVALID, "%zu coefficients are not a row for each of %zu outputs",
                       linear->coefficients.count, linear->outputs);
    if (linear->intercepts.count != 0 && linear->intercepts.count != linear->outputs)
        return err_set(err, ERR_INVALID, "%zu intercepts for %zu outputs", linear->intercepts.count,
                       linear->outputs);
    linear->features = linear->coefficients.count / linear->outputs;
    return true;
}

static bool create_classifier(struct node *node, const struct attributes *attributes,
                              struct arena *arena, struct err *err)
{
    struct linear *linear = node->state;
    if (!read_coefficients(linear, attributes, arena, err) ||
        !ml_labels_read(attributes, "classlabels_strings", "classlabels_ints", arena,
                        &linear->labels, err))
        return false;
    size_t labels = ml_labels_count(&linear->labels);
    linear->outputs = linear->intercepts.count ? linear->intercepts.count : labels;
    if (linear->outputs != labels && linear->outputs != 1)
        return err_set(err, ERR_INVALID, "%zu labels for %zu classes", labels, linear->outputs);
    return check_sizes(linear, err) && transpose_coefficients(linear, arena, err);
}

static bool create_regressor(struct node *node, const struct attributes *attributes,
                             struct arena *arena, struct err *err)
{
    struct linear *linear = node->state;
    int64_t targets = 1;
    if (!read_coefficients(linear, attributes, arena, err) ||
        !attributes_int(attributes, "targets", &targets, err))
        return false;
    if (targets < 1)
        return err_set(err, ERR_INVALID, "targets is %lld", (long long)targets);
    linear->outputs = (size_t)targets;
    return check_sizes(linear, err) && transpose_coefficients(linear, arena, err);
}

static bool check_features(const struct call *call, int64_t *rows, struct err *err)
{
    const struct linear *linear = call->node->state;
    int64_t columns;
    if (!ml_shape(call, 0, rows, &columns, err))
        return false;
    if (columns != VALUE_ANY && (uint64_t)columns != linear->features)
        return call_fail(call, err, ERR_INVALID, "the input has %lld columns, the model %zu",
                         (long long)columns, linear->features);
    return true;
}

/* One score and two labels: both classes get a column. */
static bool two_from_one(const struct linear *linear)
{
    return linear->outputs == 1 && ml_labels_count(&linear->labels) == 2;
}

static bool infer_classifier(const struct call *call, struct err *err)
{
    const struct linear *linear = call->node->state;
    int64_t rows;
    if (!check_features(call, &rows, err))
        return false;
    int64_t columns = two_from_one(linear) ? 2 : (int64_t)linear->outputs;
    return call_set_shape(call, 0, ml_labels_type(&linear->labels), &rows, 1, err) &&
           call_set_shape(call, 1, VALUE_FLOAT, (int64_t[]){rows, columns}, 2, err);
}

static bool infer_regressor(const struct call *call, struct err *err)
{
    const struct linear *linear = call->node->state;
    int64_t rows;
    return check_features(call, &rows, err) &&
           call_set_shape(call, 0, VALUE_FLOAT, (int64_t[]){rows, (int64_t)linear->outputs}, 2,
                          err);
}

/* In ONNX Runtime's order of additions. */
static void scores_of(const struct linear *linear, const float *x, size_t rows, float *scores)
{
    const struct linalg_product shape = {.m = rows, .n = linear->outputs, .k = linear->features};
    const float *intercepts = linear->intercepts.count != 0 ? linear->intercepts.data : NULL;
    fused_affine(&shape, x, linear->coefficients.data, intercepts, false, scores);
}

static size_t first_largest(const float *scores, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* The label that a lone score decides on, which need not be among those the file names. */
static void put_binary(const struct linear *linear, bool positive, const struct value *out,
                       size_t row)
{
    static const struct value_string words[] = {{"0", 1}, {"1", 1}};
    if (ml_labels_count(&linear->labels) == 2)
        ml_labels_put(&linear->labels, positive, out, row);
    else if (linear->labels.words.count)
        out->strings[row] = words[positive];
    else
        out->int64s[row] = positive;
}

/* found: the rows' scores. */
static void put_labels(const struct linear *linear, const float *found, size_t rows,
                       const struct value *label, size_t first)
{
    for (size_t i = 0; i < rows; i++, found += linear->outputs) {
        if (linear->outputs == 1)
            put_binary(linear, found[0] > 0, label, first + i);
        else
            ml_labels_put(&linear->labels, first_largest(found, linear->outputs), label, first + i);
    }
}

/* What becomes of the scores, with a column for each class. */
static void put_scores(const struct linear *linear, const float *found, size_t rows, float *scores)
{
    if (!two_from_one(linear)) {
        memcpy(scores, found, rows * linear->outputs * sizeof *scores);
        ml_transform_rows(linear->transform, scores, rows, linear->outputs);
        return;
    }
    for (size_t i = 0; i < rows; i++)
        ml_transform_two(linear->transform, 1.0F - found[i], found[i], scores + 2 * i);
}

static bool run_classifier(const struct call *call, struct err *err)
{
    const struct linear *linear = call->node->state;
    const struct value *label = call_output(call, 0), *out = call_output(call, 1);
    const float *x = ml_floats_of(call, 0, err);
    size_t rows = call_input(call, 0)->count / linear->features, count;
    size_t columns = two_from_one(linear) ? 2 : linear->outputs;
    size_t block = rows < BLOCK ? rows : BLOCK;
    float *found = call_scratch(call, block * linear->outputs + 1, sizeof *found, err);
    if (x == NULL || found == NULL)
        return false;
    for (size_t first = 0; first < rows; first += count) {
        count = rows - first < BLOCK ? rows - first : BLOCK;
        scores_of(linear, x + first * linear->features, count, found);
        if (label != NULL)
            put_labels(linear, found, count, label, first);
        if (out != NULL)
            put_scores(linear, found, count, out->floats + first * columns);
    }
    return true;
}

static bool run_regressor(const struct call *call, struct err *err)
{
    const struct linear *linear = call->node->state;
    const struct value *out = call_output(call, 0);
    const float *x = ml_floats_of(call, 0, err);
    if (x == NULL)
        return false;
    size_t rows = call_input(call, 0)->count / linear->features;
    scores_of(linear, x, rows, out->floats);
    ml_transform_rows(linear->transform, out->floats, rows, linear->outputs);
    return true;
}

const struct kernel kernel_linear_classifier = {
    .domain = "ai.onnx.ml",
    .name = "LinearClassifier",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 2,
    .state_size = sizeof(struct linear),
    .create = create_classifier,
    .infer = infer_classifier,
    .run = run_classifier,
};

const struct kernel kernel_linear_regressor = {
    .domain = "ai.onnx.ml",
    .name = "LinearRegressor",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct linear),
    .create = create_regressor,
    .infer = infer_regressor,
    .run = run_regressor,
};
