/* Scaler, Normalizer, Binarizer, Imputer: numbers to numbers of the same shape. */
#include <math.h>
#include <string.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/ml.h"

/* Columns of a tensor of any rank: its last dimension; 1 of a scalar. VALUE_ANY while unknown. */
static int64_t last_dimension(const struct value *x)
{
    if (x->rank == VALUE_RANK_UNKNOWN)
        return VALUE_ANY;
    return x->rank == 0 ? 1 : x->dims[x->rank - 1];
}

/* A list that holds one number for all columns or one for each. */
static bool check_list(const struct call *call, const char *name, size_t count, struct err *err)
{
    int64_t columns = last_dimension(call_input(call, 0));
    if (count == 1 || columns == VALUE_ANY || (uint64_t)columns == count)
        return true;
    return call_fail(call, err, ERR_INVALID, "%s has %zu elements for %lld columns", name, count,
                     (long long)columns);
}

static bool infer_floats(const struct call *call, struct err *err)
{
    return call_check_type(call, 0, ML_TYPES, err) &&
           call_set_like_typed(call, 0, VALUE_FLOAT, call_input(call, 0), err);
}

/* ---- Scaler ---- */

struct scaler {
    struct ml_floats offset, scale;
};

static bool scaler_create(struct node *node, const struct attributes *attributes,
                          struct arena *arena, struct err *err)
{
    struct scaler *scaler = node->state;
    if (!ml_copy_floats(attributes, "offset", arena, &scaler->offset, err) ||
        !ml_copy_floats(attributes, "scale", arena, &scaler->scale, err))
        return false;
    if (scaler->offset.count == 0 || scaler->offset.count != scaler->scale.count)
        return err_set(err, ERR_INVALID, "offset has %zu elements, scale %zu", scaler->offset.count,
                       scaler->scale.count);
    return true;
}

static bool scaler_infer(const struct call *call, struct err *err)
{
    const struct scaler *scaler = call->node->state;
    return infer_floats(call, err) && check_list(call, "scale", scaler->scale.count, err);
}

static bool scaler_run(const struct call *call, struct err *err)
{
    const struct scaler *scaler = call->node->state;
    const struct value *in = call_input(call, 0);
    float *out = call_output(call, 0)->floats;
    const float *x = ml_floats_of(call, 0, err);
    if (x == NULL)
        return false;
    size_t columns = scaler->scale.count;
    for (size_t i = 0; i < in->count; i += columns)
        for (size_t k = 0; k < columns; k++)
            out[i + k] = (x[i + k] - scaler->offset.data[k]) * scaler->scale.data[k];
    return true;
}

/* ---- Normalizer ---- */

enum norm { NORM_MAX, NORM_L1, NORM_L2 };

static bool normalizer_create(struct node *node, const struct attributes *attributes,
                              struct arena *arena, struct err *err)
{
    static const char *const names[] = {"MAX", "L1", "L2", NULL};
    (void)arena;
    return attributes_choice(attributes, "norm", names, node->state, err);
}

static bool normalizer_infer(const struct call *call, struct err *err)
{
    int64_t rows, columns;
    return ml_shape(call, 0, &rows, &columns, err) && infer_floats(call, err);
}

/* MAX divides by the largest number, not by the largest magnitude; a row whose divisor is 0 stays.
 */
static void normalize(enum norm norm, const float *x, float *out, size_t count)
{
    float by = norm == NORM_MAX ? -INFINITY : 0.0F;
    for (size_t i = 0; i < count; i++) {
        if (norm == NORM_MAX)
            by = x[i] > by ? x[i] : by;
        else
            by += norm == NORM_L1 ? fabsf(x[i]) : x[i] * x[i];
    }
    if (by == 0.0F) {
        memcpy(out, x, count * sizeof *x);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (norm != NORM_L2)
            out[i] = x[i] / by;
        else
            out[i] = copysignf(sqrtf(x[i] * x[i] / by), x[i]);
    }
}

static bool normalizer_run(const struct call *call, struct err *err)
{
    const int *norm = call->node->state;
    const struct value *in = call_input(call, 0);
    float *out = call_output(call, 0)->floats;
    const float *x = ml_floats_of(call, 0, err);
    if (x == NULL)
        return false;
    size_t columns = (size_t)in->dims[in->rank - 1];
    for (size_t i = 0; i + columns <= in->count && columns > 0; i += columns)
        normalize((enum norm) * norm, x + i, out + i, columns);
    return true;
}

/* ---- Binarizer ---- */

static bool binarizer_create(struct node *node, const struct attributes *attributes,
                             struct arena *arena, struct err *err)
{
    (void)arena;
    return attributes_float(attributes, "threshold", node->state, err);
}

static bool binarizer_infer(const struct call *call, struct err *err)
{
    return call_check_type(call, 0, ML_TYPES, err) &&
           call_set_like(call, 0, call_input(call, 0), err);
}

static bool binarizer_run(const struct call *call, struct err *err)
{
    const float *threshold = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    const float *x = ml_floats_of(call, 0, err);
    if (x == NULL)
        return false;
    for (size_t i = 0; i < in->count; i++) {
        bool above =
            in->type == VALUE_DOUBLE ? in->doubles[i] > (double)*threshold : x[i] > *threshold;
        if (in->type == VALUE_FLOAT)
            out->floats[i] = above;
        else if (in->type == VALUE_DOUBLE)
            out->doubles[i] = above;
        else if (in->type == VALUE_INT64)
            out->int64s[i] = above;
        else
            out->int32s[i] = above;
    }
    return true;
}

/* ---- Imputer ---- */

struct imputer {
    struct ml_floats floats;
    struct ml_ints ints;
    float replaced_float;
    int64_t replaced_int;
};

static bool imputer_create(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct imputer *imputer = node->state;
    if (!ml_copy_floats(attributes, "imputed_value_floats", arena, &imputer->floats, err) ||
        !ml_copy_ints(attributes, "imputed_value_int64s", arena, &imputer->ints, err) ||
        !attributes_float(attributes, "replaced_value_float", &imputer->replaced_float, err) ||
        !attributes_int(attributes, "replaced_value_int64", &imputer->replaced_int, err))
        return false;
    if ((imputer->floats.count == 0) == (imputer->ints.count == 0))
        return err_set(err, ERR_INVALID,
                       "one of imputed_value_floats and imputed_value_int64s must be given");
    return true;
}

static bool imputer_infer(const struct call *call, struct err *err)
{
    const struct imputer *imputer = call->node->state;
    const struct value *x = call_input(call, 0);
    unsigned types = imputer->ints.count ? TYPES_INDEX : TYPES_FLOATS;
    size_t count = imputer->ints.count ? imputer->ints.count : imputer->floats.count;
    return call_check_type(call, 0, types, err) && call_set_like(call, 0, x, err) &&
           check_list(call, "the list of imputed values", count, err);
}

static bool imputer_run(const struct call *call, struct err *err)
{
    const struct imputer *imputer = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    size_t count = imputer->ints.count ? imputer->ints.count : imputer->floats.count;
    float replaced = imputer->replaced_float;
    bool nan = isnan(replaced);
    (void)err;
    for (size_t i = 0; i < in->count; i++) {
        size_t k = i % count;
        if (in->type == VALUE_FLOAT) {
            bool hit = nan ? isnan(in->floats[i]) : in->floats[i] == replaced;
            out->floats[i] = hit ? imputer->floats.data[k] : in->floats[i];
        } else if (in->type == VALUE_DOUBLE) {
            bool hit = nan ? isnan(in->doubles[i]) : in->doubles[i] == (double)replaced;
            out->doubles[i] = hit ? (double)imputer->floats.data[k] : in->doubles[i];
        } else if (in->type == VALUE_INT64) {
            bool hit = in->int64s[i] == imputer->replaced_int;
            out->int64s[i] = hit ? imputer->ints.data[k] : in->int64s[i];
        } else {
            bool hit = in->int32s[i] == imputer->replaced_int;
            out->int32s[i] = hit ? (int32_t)imputer->ints.data[k] : in->int32s[i];
        }
    }
    return true;
}

const struct kernel kernel_scaler = {
    .domain = "ai.onnx.ml",
    .name = "Scaler",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct scaler),
    .create = scaler_create,
    .infer = scaler_infer,
    .run = scaler_run,
};

const struct kernel kernel_normalizer = {
    .domain = "ai.onnx.ml",
    .name = "Normalizer",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(int),
    .create = normalizer_create,
    .infer = normalizer_infer,
    .run = normalizer_run,
};

const struct kernel kernel_binarizer = {
    .domain = "ai.onnx.ml",
    .name = "Binarizer",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(float),
    .create = binarizer_create,
    .infer = binarizer_infer,
    .run = binarizer_run,
};

const struct kernel kernel_imputer = {
    .domain = "ai.onnx.ml",
    .name = "Imputer",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct imputer),
    .create = imputer_create,
    .infer = imputer_infer,
    .run = imputer_run,
};
