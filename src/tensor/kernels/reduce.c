/* Sums, means, extremes, norms over axes. Attributes in old operator sets, an input in new ones. */
#include <math.h>
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct reduce {
    bool keep_dims, noop_with_empty_axes;
    int64_t axes[VALUE_RANK_MAX];
    size_t axis_count;
};

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct reduce *self = node->state;
    const int64_t *axes;
    (void)arena;
    self->keep_dims = true;
    if (!attributes_bool(attributes, "keepdims", &self->keep_dims, err) ||
        !attributes_bool(attributes, "noop_with_empty_axes", &self->noop_with_empty_axes, err) ||
        !attributes_ints(attributes, "axes", &axes, &self->axis_count, err))
        return false;
    if (self->axis_count > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %d axes", VALUE_RANK_MAX);
    for (size_t i = 0; i < self->axis_count; i++)
        self->axes[i] = axes[i];
    return true;
}

/* Which axes are reduced; *known is false when an input that is not known yet says it. */
static bool find_axes(const struct call *call, bool *reduced, bool *known, struct err *err)
{
    const struct reduce *self = call->node->state;
    int rank = call_input(call, 0)->rank, axis;
    int64_t axes[VALUE_RANK_MAX], count = (int64_t)self->axis_count;
    *known = true;
    memset(reduced, 0, VALUE_RANK_MAX * sizeof *reduced);
    memcpy(axes, self->axes, sizeof axes);
    if (call_input(call, 1) != NULL &&
        !call_integers(call, 1, axes, VALUE_RANK_MAX, &count, known, err))
        return false;
    if (!*known)
        return true;
    for (int i = 0; count == 0 && !self->noop_with_empty_axes && i < rank; i++)
        reduced[i] = true;
    for (int64_t i = 0; i < count; i++) {
        if (!call_axis(call, axes[i], rank, &axis, err))
            return false;
        reduced[axis] = true;
    }
    return true;
}

static bool infer(const struct call *call, unsigned types, struct err *err)
{
    const struct reduce *self = call->node->state;
    const struct value *in = call_input(call, 0);
    bool reduced[VALUE_RANK_MAX], known;
    int64_t dims[VALUE_RANK_MAX];
    int rank = 0;
    if (!call_check_type(call, 0, types, err) || !find_axes(call, reduced, &known, err))
        return false;
    for (int i = 0; i < in->rank; i++) {
        if (!reduced[i] || self->keep_dims)
            dims[rank++] = !known ? VALUE_ANY : reduced[i] ? 1 : in->dims[i];
    }
    if (!known && !self->keep_dims)
        rank = VALUE_RANK_UNKNOWN;
    return call_set_shape(call, 0, in->type, dims, rank, err);
}

/* The input with the reduced axes last, dense: groups of `length` elements, one for each output. */
struct groups {
    const void *data;
    size_t count, length;
};

static bool group(const struct call *call, struct groups *groups, struct err *err)
{
    const struct value *in = call_input(call, 0);
    bool reduced[VALUE_RANK_MAX], known, dense = true;
    int64_t steps[VALUE_RANK_MAX];
    struct strided s = {.rank = in->rank};
    int at = 0;
    if (!find_axes(call, reduced, &known, err))
        return false;
    dense_steps(in->dims, in->rank, steps);
    *groups = (struct groups){.data = in->data, .count = 1, .length = 1};
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < in->rank; i++) {
            if (reduced[i] != (pass == 1))
                continue;
            dense = dense && at == i;
            s.dims[at] = in->dims[i];
            s.steps[at++] = steps[i];
            *(pass == 0 ? &groups->count : &groups->length) *= (size_t)in->dims[i];
        }
    }
    if (dense || in->count == 0)
        return true;
    size_t size = value_type_size(in->type);
    struct value copy = *in;
    if (!memory_fill(call->memory, &copy, err))
        return false;
    strided_copy(&s, in->data, copy.data, size);
    groups->data = copy.data;
    return true;
}

/* One group to one number. */
#define FOLD(NAME, T, FIRST, STEP, LAST)     \
    static T NAME(const T *x, size_t count)  \
    {                                        \
        T r = FIRST;                         \
        for (size_t i = 0; i < count; i++) { \
            T a = x[i];                      \
            r = (T)(STEP);                   \
        }                                    \
        return LAST;                         \
    }

/* Sums in doubles: single numbers then do not depend on the order, to the last bit but one. */
#define SUM_SINGLE(NAME, STEP, LAST)                        \
    static float NAME##_float(const float *x, size_t count) \
    {                                                       \
        double r = 0;                                       \
        for (size_t i = 0; i < count; i++) {                \
            double a = (double)x[i];                        \
            r = STEP;                                       \
        }                                                   \
        return (float)(LAST);                               \
    }

SUM_SINGLE(sum, r + a, r)
FOLD(sum_double, double, 0, r + a, r)
FOLD(sum_int64, int64_t, 0, (uint64_t)r + (uint64_t)a, r)
FOLD(sum_int32, int32_t, 0, (uint32_t)r + (uint32_t)a, r)
SUM_SINGLE(mean, r + a, r / (double)count)
FOLD(mean_double, double, 0, r + a, r / (double)count)
#define DIVIDED count > 0 ? r / (int64_t)count : 0
FOLD(mean_int64, int64_t, 0, (uint64_t)r + (uint64_t)a, DIVIDED)
FOLD(mean_int32, int32_t, 0, (uint32_t)r + (uint32_t)a, (int32_t)(DIVIDED))
FOLD(prod_float, float, 1, r *a, r)
FOLD(prod_double, double, 1, r *a, r)
FOLD(prod_int64, int64_t, 1, (uint64_t)r *(uint64_t)a, r)
FOLD(prod_int32, int32_t, 1, (uint32_t)r *(uint32_t)a, r)
SUM_SINGLE(sum_square, r + a * a, r)
FOLD(sum_square_double, double, 0, r + a * a, r)
FOLD(sum_square_int64, int64_t, 0, (uint64_t)r + (uint64_t)a * (uint64_t)a, r)
FOLD(sum_square_int32, int32_t, 0, (uint32_t)r + (uint32_t)a * (uint32_t)a, r)
SUM_SINGLE(l1, r + fabs(a), r)
FOLD(l1_double, double, 0, r + fabs(a), r)
FOLD(l1_int64, int64_t, 0, (uint64_t)r + (a < 0 ? 0 - (uint64_t)a : (uint64_t)a), r)
FOLD(l1_int32, int32_t, 0, (uint32_t)r + (a < 0 ? 0 - (uint32_t)a : (uint32_t)a), r)
SUM_SINGLE(l2, r + a * a, sqrt(r))
FOLD(l2_double, double, 0, r + a * a, sqrt(r))
FOLD(l2_int64, int64_t, 0, (uint64_t)r + (uint64_t)a * (uint64_t)a, (int64_t)sqrt((double)r))
FOLD(l2_int32, int32_t, 0, (uint32_t)r + (uint32_t)a * (uint32_t)a, (int32_t)sqrt((double)r))
SUM_SINGLE(log_sum, r + a, log(r))
FOLD(log_sum_double, double, 0, r + a, log(r))

/* NaN wins. */
#define EXTREME(NAME, T, LOWEST, OPERATOR) FOLD(NAME, T, LOWEST, a != a || a OPERATOR r ? a : r, r)
EXTREME(max_float, float, -INFINITY, >)
EXTREME(max_double, double, -INFINITY, >)
EXTREME(min_float, float, INFINITY, <)
EXTREME(min_double, double, INFINITY, <)
FOLD(max_int64, int64_t, INT64_MIN, a > r ? a : r, r)
FOLD(max_int32, int32_t, INT32_MIN, a > r ? a : r, r)
FOLD(max_int8, int8_t, INT8_MIN, a > r ? a : r, r)
FOLD(max_uint8, uint8_t, 0, a > r ? a : r, r)
FOLD(min_int64, int64_t, INT64_MAX, a < r ? a : r, r)
FOLD(min_int32, int32_t, INT32_MAX, a < r ? a : r, r)
FOLD(min_int8, int8_t, INT8_MAX, a < r ? a : r, r)
FOLD(min_uint8, uint8_t, UINT8_MAX, a < r ? a : r, r)

/* Shifted by the largest, so that nothing overflows. */
static double log_sum_exp_double(const double *x, size_t count)
{
    double largest = max_double(x, count), sum = 0;
    if (isinf(largest))
        return largest;
    for (size_t i = 0; i < count; i++)
        sum += exp(x[i] - largest);
    return log(sum) + largest;
}

/* In floats and one after the other, as ONNX Runtime. */
static float log_sum_exp_float(const float *x, size_t count)
{
    float largest = max_float(x, count), sum = 0;
    if (isinf(largest))
        return largest;
    for (size_t i = 0; i < count; i++)
        sum += expf(x[i] - largest);
    return logf(sum) + largest;
}

#define KERNEL(IDENTIFIER, NAME, TYPES, CASES)                               \
    static bool infer_##IDENTIFIER(const struct call *call, struct err *err) \
    {                                                                        \
        return infer(call, TYPES, err);                                      \
    }                                                                        \
    static bool run_##IDENTIFIER(const struct call *call, struct err *err)   \
    {                                                                        \
        const struct value *out = call_output(call, 0);                      \
        struct groups groups;                                                \
        if (!group(call, &groups, err))                                      \
            return false;                                                    \
        switch (out->type) {                                                 \
            CASES                                                            \
        default:                                                             \
            return false;                                                    \
        }                                                                    \
        return true;                                                         \
    }                                                                        \
    const struct kernel kernel_reduce_##IDENTIFIER = {                       \
        .domain = "",                                                        \
        .name = NAME,                                                        \
        .since = 1,                                                          \
        .inputs_min = 1,                                                     \
        .inputs_max = 2,                                                     \
        .outputs_max = 1,                                                    \
        .state_size = sizeof(struct reduce),                                 \
        .create = create,                                                    \
        .infer = infer_##IDENTIFIER,                                         \
        .run = run_##IDENTIFIER,                                             \
    };

#define CASE(TYPE, T, FIELD, FUNCTION)                                                           \
    case TYPE:                                                                                   \
        for (size_t i = 0; i < out->count; i++)                                                  \
            out->FIELD[i] = FUNCTION((const T *)groups.data + i * groups.length, groups.length); \
        break;
#define FLOAT_CASES(F) \
    CASE(VALUE_FLOAT, float, floats, F##_float) CASE(VALUE_DOUBLE, double, doubles, F##_double)
#define INDEX_CASES(F) \
    CASE(VALUE_INT64, int64_t, int64s, F##_int64) CASE(VALUE_INT32, int32_t, int32s, F##_int32)
#define BYTE_CASES(F)                         \
    CASE(VALUE_INT8, int8_t, int8s, F##_int8) \
    CASE(VALUE_UINT8, uint8_t, uint8s, F##_uint8) CASE(VALUE_BOOL, uint8_t, uint8s, F##_uint8)
#define TYPES_SUMS (TYPES_FLOATS | TYPES_INDEX)
#define TYPES_EXTREMES \
    (TYPES_SUMS | TYPE_BIT(VALUE_INT8) | TYPE_BIT(VALUE_UINT8) | TYPE_BIT(VALUE_BOOL))

KERNEL(l1, "ReduceL1", TYPES_SUMS, FLOAT_CASES(l1) INDEX_CASES(l1))
KERNEL(l2, "ReduceL2", TYPES_SUMS, FLOAT_CASES(l2) INDEX_CASES(l2))
KERNEL(log_sum, "ReduceLogSum", TYPES_FLOATS, FLOAT_CASES(log_sum))
KERNEL(log_sum_exp, "ReduceLogSumExp", TYPES_FLOATS, FLOAT_CASES(log_sum_exp))
KERNEL(max, "ReduceMax", TYPES_EXTREMES, FLOAT_CASES(max) INDEX_CASES(max) BYTE_CASES(max))
KERNEL(mean, "ReduceMean", TYPES_SUMS, FLOAT_CASES(mean) INDEX_CASES(mean))
KERNEL(min, "ReduceMin", TYPES_EXTREMES, FLOAT_CASES(min) INDEX_CASES(min) BYTE_CASES(min))
KERNEL(prod, "ReduceProd", TYPES_SUMS, FLOAT_CASES(prod) INDEX_CASES(prod))
KERNEL(sum, "ReduceSum", TYPES_SUMS, FLOAT_CASES(sum) INDEX_CASES(sum))
KERNEL(sum_square, "ReduceSumSquare", TYPES_SUMS, FLOAT_CASES(sum_square) INDEX_CASES(sum_square))
