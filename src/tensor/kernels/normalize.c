/* What makes rows sum to one, or scales them: Softmax and its kin, LpNormalization,
 * BatchNormalization, LayerNormalization. */
#include <math.h>
#include <string.h>

#include "math/exponential.h"
#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct softmax {
    int64_t axis;
    int64_t order; /* LpNormalization: 1 or 2 */
    bool flatten;  /* before operator set 13: from the axis on, all is one row */
};

static bool create_softmax(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct softmax *self = node->state;
    (void)arena;
    self->flatten = node->version < 13;
    self->axis = self->flatten ? 1 : -1;
    return attributes_int(attributes, "axis", &self->axis, err);
}

static bool create_lp(struct node *node, const struct attributes *attributes, struct arena *arena,
                      struct err *err)
{
    struct softmax *self = node->state;
    (void)arena;
    self->axis = -1;
    self->order = 2;
    if (!attributes_int(attributes, "axis", &self->axis, err) ||
        !attributes_int(attributes, "p", &self->order, err))
        return false;
    return self->order == 1 || self->order == 2 ||
           err_set(err, ERR_UNSUPPORTED, "p is neither 1 nor 2");
}

static bool infer_floats(const struct call *call, struct err *err)
{
    const struct softmax *self = call->node->state;
    int rank = call_input(call, 0)->rank, axis;
    if (self->flatten && self->axis == rank)
        axis = rank;
    else if (!call_axis(call, self->axis, rank, &axis, err))
        return false;
    return call_check_type(call, 0, TYPES_FLOATS, err) && infer_like_first(call, err);
}

/* One row of `count` numbers, in place. */
typedef void row_float(float *x, size_t count, const struct softmax *self);
typedef void row_double(double *x, size_t count, const struct softmax *self);

#define SOFTMAX(SUFFIX, T, EXPONENTIAL)                                              \
    static T shift_##SUFFIX(T *x, size_t count)                                      \
    {                                                                                \
        T largest = count > 0 ? x[0] : 0;                                            \
        for (size_t i = 1; i < count; i++)                                           \
            largest = x[i] > largest || x[i] != x[i] ? x[i] : largest;               \
        for (size_t i = 0; i < count; i++)                                           \
            x[i] -= largest;                                                         \
        return largest;                                                              \
    }                                                                                \
    static void softmax_##SUFFIX(T *x, size_t count, const struct softmax *self)     \
    {                                                                                \
        T sum = 0;                                                                   \
        (void)self;                                                                  \
        shift_##SUFFIX(x, count);                                                    \
        EXPONENTIAL(x, count);                                                       \
        for (size_t i = 0; i < count; i++)                                           \
            sum += x[i];                                                             \
        for (size_t i = 0; i < count; i++)                                           \
            x[i] /= sum;                                                             \
    }                                                                                \
    static void log_softmax_##SUFFIX(T *x, size_t count, const struct softmax *self) \
    {                                                                                \
        double sum = 0;                                                              \
        (void)self;                                                                  \
        shift_##SUFFIX(x, count);                                                    \
        for (size_t i = 0; i < count; i++)                                           \
            sum += exp((double)x[i]);                                                \
        sum = log(sum);                                                              \
        for (size_t i = 0; i < count; i++)                                           \
            x[i] = (T)((double)x[i] - sum);                                          \
    }                                                                                \
    static void hardmax_##SUFFIX(T *x, size_t count, const struct softmax *self)     \
    {                                                                                \
        size_t best = 0;                                                             \
        (void)self;                                                                  \
        for (size_t i = 1; i < count; i++)                                           \
            best = x[i] > x[best] ? i : best;                                        \
        for (size_t i = 0; i < count; i++)                                           \
            x[i] = i == best;                                                        \
    }                                                                                \
    static void lp_##SUFFIX(T *x, size_t count, const struct softmax *self)          \
    {                                                                                \
        T norm = 0;                                                                  \
        for (size_t i = 0; i < count; i++)                                           \
            norm += self->order == 1 ? (x[i] < 0 ? -x[i] : x[i]) : x[i] * x[i];      \
        if (self->order == 2)                                                        \
            norm = (T)sqrt((double)norm);                                            \
        for (size_t i = 0; i < count && norm != 0; i++)                              \
            x[i] /= norm;                                                            \
    }
SOFTMAX(float, float, exponential_single)
SOFTMAX(double, double, exponential_double)

/* Rows along the axis: dense, or gathered into `row` and put back. */
static bool run_rows(const struct call *call, row_float *single, row_double *twice, struct err *err)
{
    const struct softmax *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    size_t size = value_type_size(in->type);
    int axis = in->rank;
    if (!(self->flatten && self->axis == in->rank) &&
        !call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    int last = self->flatten ? in->rank : axis + 1;
    size_t outer = dims_product(in->dims, 0, axis), count = dims_product(in->dims, axis, last);
    size_t inner = dims_product(in->dims, last, in->rank);
    if (out->data != in->data)
        memcpy(out->data, in->data, in->count * size);
    uint8_t *row = inner > 1 ? call_scratch(call, count, size, err) : NULL;
    if (inner > 1 && row == NULL)
        return false;
    for (size_t i = 0; in->count > 0 && i < outer * inner; i++) {
        uint8_t *x = out->uint8s + (i / inner * count * inner + i % inner) * size;
        uint8_t *dense = inner > 1 ? row : x;
        for (size_t j = 0; inner > 1 && j < count; j++)
            memcpy(row + j * size, x + j * inner * size, size);
        if (in->type == VALUE_FLOAT)
            single((float *)(void *)dense, count, self);
        else
            twice((double *)(void *)dense, count, self);
        for (size_t j = 0; inner > 1 && j < count; j++)
            memcpy(x + j * inner * size, row + j * size, size);
    }
    return true;
}

#define ROWS(IDENTIFIER, NAME, CREATE)                                       \
    static bool run_##IDENTIFIER(const struct call *call, struct err *err)   \
    {                                                                        \
        return run_rows(call, IDENTIFIER##_float, IDENTIFIER##_double, err); \
    }                                                                        \
    const struct kernel kernel_##IDENTIFIER = {                              \
        .domain = "",                                                        \
        .name = NAME,                                                        \
        .since = 1,                                                          \
        .inputs_min = 1,                                                     \
        .inputs_max = 1,                                                     \
        .outputs_max = 1,                                                    \
        .flags = KERNEL_IN_PLACE,                                            \
        .state_size = sizeof(struct softmax),                                \
        .create = CREATE,                                                    \
        .infer = infer_floats,                                               \
        .run = run_##IDENTIFIER,                                             \
    };
ROWS(hardmax, "Hardmax", create_softmax)
ROWS(log_softmax, "LogSoftmax", create_softmax)
ROWS(lp, "LpNormalization", create_lp)
ROWS(softmax, "Softmax", create_softmax)

/* ---- BatchNormalization ---- */

struct batch {
    float epsilon, momentum;
    bool training;
};

static bool create_batch(struct node *node, const struct attributes *attributes,
                         struct arena *arena, struct err *err)
{
    struct batch *self = node->state;
    int64_t spatial = 1;
    (void)arena;
    self->epsilon = 1e-5F;
    self->momentum = 0.9F;
    if (!attributes_float(attributes, "epsilon", &self->epsilon, err) ||
        !attributes_float(attributes, "momentum", &self->momentum, err) ||
        !attributes_bool(attributes, "training_mode", &self->training, err) ||
        !attributes_int(attributes, "spatial", &spatial, err))
        return false;
    return spatial == 1 || err_set(err, ERR_UNSUPPORTED, "spatial = 0 is not supported");
}

static bool infer_batch(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    int64_t channels = in->rank > 1 ? in->dims[1] : 1;
    if (!call_check_type(call, 0, TYPES_FLOATS, err) || !infer_like_first(call, err))
        return false;
    for (size_t i = 1; i < 5; i++) {
        const struct value *each = call_input(call, i);
        if (!call_check_same_type(call, 0, i, err))
            return false;
        if (each->rank != 1 || (each->dims[0] >= 0 && channels >= 0 && each->dims[0] != channels))
            return call_fail(call, err, ERR_INVALID, "input %zu needs one number for each channel",
                             i);
        if (!call_set_like(call, i, i == 3 || i == 4 ? each : call_input(call, i < 3 ? 3 : i), err))
            return false;
    }
    return true;
}

static double get(const struct value *value, size_t i)
{
    return value->type == VALUE_FLOAT ? (double)value->floats[i] : value->doubles[i];
}

static void set(const struct value *value, size_t i, double number)
{
    if (value == NULL)
        return;
    if (value->type == VALUE_FLOAT)
        value->floats[i] = (float)number;
    else
        value->doubles[i] = number;
}

/* Mean and variance of a channel over the batch. */
static void measure(const struct value *in, size_t channels, size_t inner, size_t channel,
                    double *mean, double *variance)
{
    size_t outer = (size_t)in->dims[0];
    double sum = 0, squares = 0;
    for (size_t i = 0; i < outer * inner; i++)
        sum += get(in, (i / inner * channels + channel) * inner + i % inner);
    *mean = sum / (double)(outer * inner);
    for (size_t i = 0; i < outer * inner; i++) {
        double away = get(in, (i / inner * channels + channel) * inner + i % inner) - *mean;
        squares += away * away;
    }
    *variance = squares / (double)(outer * inner);
}

static bool run_batch(const struct call *call, struct err *err)
{
    const struct batch *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    size_t outer = (size_t)(in->rank > 0 ? in->dims[0] : 1);
    size_t channels = (size_t)(in->rank > 1 ? in->dims[1] : 1);
    size_t inner = in->rank > 2 ? dims_product(in->dims, 2, in->rank) : 1;
    (void)err;
    for (size_t c = 0; c < channels; c++) {
        double mean = get(call_input(call, 3), c), variance = get(call_input(call, 4), c);
        double scale = get(call_input(call, 1), c), shift = get(call_input(call, 2), c);
        double own_mean = mean, own_variance = variance;
        if (self->training && in->count > 0)
            measure(in, channels, inner, c, &own_mean, &own_variance);
        double keep = (double)self->momentum;
        set(call_output(call, 1), c, mean * keep + own_mean * (1 - keep));
        set(call_output(call, 2), c, variance * keep + own_variance * (1 - keep));
        double factor = scale / sqrt(own_variance + (double)self->epsilon);
        for (size_t i = 0; i < outer; i++) {
            size_t first = (i * channels + c) * inner;
            for (size_t j = first; j < first + inner; j++)
                set(out, j, (get(in, j) - own_mean) * factor + shift);
        }
    }
    return true;
}

const struct kernel kernel_batch_normalization = {
    .domain = "",
    .name = "BatchNormalization",
    .since = 7,
    .inputs_min = 5,
    .inputs_max = 5,
    .outputs_max = 5,
    .state_size = sizeof(struct batch),
    .create = create_batch,
    .infer = infer_batch,
    .run = run_batch,
};

/* ---- LayerNormalization ---- */

struct layer {
    int64_t axis;
    float epsilon;
};

static bool create_layer(struct node *node, const struct attributes *attributes,
                         struct arena *arena, struct err *err)
{
    struct layer *self = node->state;
    (void)arena;
    self->axis = -1;
    self->epsilon = 1e-5F;
    return attributes_int(attributes, "axis", &self->axis, err) &&
           attributes_float(attributes, "epsilon", &self->epsilon, err);
}

static bool check_row(const struct call *call, size_t i, int axis, struct err *err)
{
    const struct value *in = call_input(call, 0), *each = call_input(call, i);
    int64_t dims[VALUE_RANK_MAX];
    int rank;
    if (each == NULL)
        return true;
    if (each->rank > in->rank - axis)
        return call_fail(call, err, ERR_INVALID, "input %zu has too many dimensions", i);
    return call_check_same_type(call, 0, i, err) &&
           broadcast_dims(call, in->dims + axis, in->rank - axis, each->dims, each->rank, dims,
                          &rank, err);
}

static bool infer_layer(const struct call *call, struct err *err)
{
    const struct layer *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX];
    int axis;
    if (!call_check_type(call, 0, TYPES_FLOATS, err) ||
        !call_axis(call, self->axis, in->rank, &axis, err) || !check_row(call, 1, axis, err) ||
        !check_row(call, 2, axis, err) || !infer_like_first(call, err))
        return false;
    for (int i = 0; i < in->rank; i++)
        dims[i] = i < axis ? in->dims[i] : 1;
    return call_set_shape(call, 1, VALUE_FLOAT, dims, in->rank, err) &&
           call_set_shape(call, 2, VALUE_FLOAT, dims, in->rank, err);
}

/* Scale or bias, broadcast to a whole row; NULL: not there. */
static bool expand_row(const struct call *call, size_t i, int axis, struct value *row, bool *there,
                       struct err *err)
{
    const struct value *in = call_input(call, 0), *each = call_input(call, i);
    struct strided s = {.rank = in->rank - axis};
    *there = each != NULL;
    if (each == NULL)
        return true;
    memcpy(s.dims, in->dims + axis, (size_t)s.rank * sizeof *s.dims);
    broadcast_steps(each, s.rank, s.steps);
    if (!value_describe(row, in->type, s.dims, s.rank, err) || !memory_fill(call->memory, row, err))
        return false;
    strided_copy(&s, each->data, row->data, value_type_size(in->type));
    return true;
}

static bool run_layer(const struct call *call, struct err *err)
{
    const struct layer *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    struct value scale, bias;
    bool has_scale, has_bias;
    int axis;
    if (!call_axis(call, self->axis, in->rank, &axis, err) ||
        !expand_row(call, 1, axis, &scale, &has_scale, err) ||
        !expand_row(call, 2, axis, &bias, &has_bias, err))
        return false;
    size_t outer = dims_product(in->dims, 0, axis), count = dims_product(in->dims, axis, in->rank);
    for (size_t i = 0; i < outer; i++) {
        double sum = 0, squares = 0;
        for (size_t j = 0; j < count; j++)
            sum += get(in, i * count + j);
        double mean = sum / (double)count;
        for (size_t j = 0; j < count; j++) {
            double away = get(in, i * count + j) - mean;
            squares += away * away;
        }
        double factor = 1 / sqrt(squares / (double)count + (double)self->epsilon);
        for (size_t j = 0; j < count; j++) {
            double x = (get(in, i * count + j) - mean) * factor;
            x = has_scale ? x * get(&scale, j) : x;
            set(out, i * count + j, has_bias ? x + get(&bias, j) : x);
        }
        set(call_output(call, 1), i, mean);
        set(call_output(call, 2), i, factor);
    }
    if (has_scale)
        memory_release(call->memory, &scale);
    if (has_bias)
        memory_release(call->memory, &bias);
    return true;
}

const struct kernel kernel_layer_normalization = {
    .domain = "",
    .name = "LayerNormalization",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 3,
    .outputs_max = 3,
    .state_size = sizeof(struct layer),
    .create = create_layer,
    .infer = infer_layer,
    .run = run_layer,
};
