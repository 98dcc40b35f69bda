/* What depends on the order of numbers: ArgMax, ArgMin, TopK, CumSum. */
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct order {
    int64_t axis, k;
    bool keep_dims, last, largest;
    bool exclusive, reverse;
};

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct order *self = node->state;
    (void)arena;
    self->keep_dims = self->largest = true;
    self->k = -1;
    return attributes_int(attributes, "axis", &self->axis, err) &&
           attributes_int(attributes, "k", &self->k, err) &&
           attributes_bool(attributes, "keepdims", &self->keep_dims, err) &&
           attributes_bool(attributes, "select_last_index", &self->last, err) &&
           attributes_bool(attributes, "largest", &self->largest, err) &&
           attributes_bool(attributes, "exclusive", &self->exclusive, err) &&
           attributes_bool(attributes, "reverse", &self->reverse, err);
}

/* ---- ArgMax, ArgMin ---- */

#define TYPES_ARG (TYPES_FLOATS | TYPES_INDEX | TYPE_BIT(VALUE_INT8) | TYPE_BIT(VALUE_UINT8))

static bool infer_arg(const struct call *call, struct err *err)
{
    const struct order *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX];
    int axis, rank = 0;
    if (!call_check_type(call, 0, TYPES_ARG, err) ||
        !call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    if (in->dims[axis] == 0)
        return call_fail(call, err, ERR_INVALID, "there is nothing to choose from");
    for (int i = 0; i < in->rank; i++) {
        if (i != axis || self->keep_dims)
            dims[rank++] = i == axis ? 1 : in->dims[i];
    }
    return call_set_shape(call, 0, VALUE_INT64, dims, rank, err);
}

/* Position of the first or last of the best among count numbers, `step` apart. */
#define BEST(NAME, T)                                                                   \
    static int64_t NAME(const T *x, size_t count, size_t step, bool largest, bool last) \
    {                                                                                   \
        size_t best = 0;                                                                \
        for (size_t i = 1; i < count; i++) {                                            \
            T a = x[i * step], b = x[best * step];                                      \
            bool better = largest ? a > b : a < b;                                      \
            if (better || (last && a == b))                                             \
                best = i;                                                               \
        }                                                                               \
        return (int64_t)best;                                                           \
    }
BEST(best_float, float)
BEST(best_double, double)
BEST(best_int64, int64_t)
BEST(best_int32, int32_t)
BEST(best_int8, int8_t)
BEST(best_uint8, uint8_t)

static bool run_arg(const struct call *call, bool largest, struct err *err)
{
    const struct order *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    int axis;
    if (!call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    size_t count = (size_t)in->dims[axis], inner = dims_product(in->dims, axis + 1, in->rank);
    for (size_t i = 0; i < out->count; i++) {
        size_t at = i / inner * count * inner + i % inner;
        int64_t *best = &out->int64s[i];
        switch (in->type) {
        case VALUE_FLOAT:
            *best = best_float(in->floats + at, count, inner, largest, self->last);
            break;
        case VALUE_DOUBLE:
            *best = best_double(in->doubles + at, count, inner, largest, self->last);
            break;
        case VALUE_INT64:
            *best = best_int64(in->int64s + at, count, inner, largest, self->last);
            break;
        case VALUE_INT32:
            *best = best_int32(in->int32s + at, count, inner, largest, self->last);
            break;
        case VALUE_INT8:
            *best = best_int8(in->int8s + at, count, inner, largest, self->last);
            break;
        default:
            *best = best_uint8(in->uint8s + at, count, inner, largest, self->last);
            break;
        }
    }
    return true;
}

static bool run_arg_max(const struct call *call, struct err *err)
{
    return run_arg(call, true, err);
}

static bool run_arg_min(const struct call *call, struct err *err)
{
    return run_arg(call, false, err);
}

#define ARG(IDENTIFIER, NAME)                   \
    const struct kernel kernel_##IDENTIFIER = { \
        .domain = "",                           \
        .name = NAME,                           \
        .since = 1,                             \
        .inputs_min = 1,                        \
        .inputs_max = 1,                        \
        .outputs_max = 1,                       \
        .state_size = sizeof(struct order),     \
        .create = create,                       \
        .infer = infer_arg,                     \
        .run = run_##IDENTIFIER,                \
    };
ARG(arg_max, "ArgMax")
ARG(arg_min, "ArgMin")

/* ---- TopK ---- */

#define TYPES_TOP (TYPES_FLOATS | TYPES_INDEX)

static bool create_top(struct node *node, const struct attributes *attributes, struct arena *arena,
                       struct err *err)
{
    struct order *self = node->state;
    if (!create(node, attributes, arena, err))
        return false;
    if (!attributes_has(attributes, "axis"))
        self->axis = -1;
    return node->own_count == 2 || self->k >= 0 || err_set(err, ERR_INVALID, "it has no k");
}

static bool infer_top(const struct call *call, struct err *err)
{
    const struct order *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX], k = self->k, count = 1;
    bool known = true;
    int axis;
    if (!call_check_type(call, 0, TYPES_TOP, err) ||
        !call_axis(call, self->axis, in->rank, &axis, err) ||
        (call_input(call, 1) != NULL && !call_integers(call, 1, &k, 1, &count, &known, err)))
        return false;
    if (known && (count != 1 || k < 0 || (in->dims[axis] >= 0 && k > in->dims[axis])))
        return call_fail(call, err, ERR_INVALID, "k is larger than what there is to choose from");
    memcpy(dims, in->dims, sizeof dims);
    dims[axis] = known ? k : VALUE_ANY;
    return call_set_shape(call, 0, in->type, dims, in->rank, err) &&
           call_set_shape(call, 1, VALUE_INT64, dims, in->rank, err);
}

/* Of two with the same number the earlier one comes first. NaN sorts above everything. */
struct candidate {
    double real;
    int64_t whole;
    int64_t position;
};

static int compare(const struct candidate *a, const struct candidate *b, bool largest)
{
    int sign = largest ? -1 : 1;
    bool a_nan = a->real != a->real, b_nan = b->real != b->real;
    if (a_nan != b_nan)
        return a_nan ? sign : -sign;
    if (!a_nan && a->real != b->real)
        return a->real < b->real ? -sign : sign;
    if (a->whole != b->whole)
        return a->whole < b->whole ? -sign : sign;
    return a->position < b->position ? -1 : a->position > b->position;
}

static int compare_largest(const void *a, const void *b)
{
    return compare(a, b, true);
}

static int compare_smallest(const void *a, const void *b)
{
    return compare(a, b, false);
}

static void fill(struct candidate *candidates, const struct value *in, size_t at, size_t count,
                 size_t step)
{
    for (size_t i = 0; i < count; i++) {
        struct candidate *each = &candidates[i];
        *each = (struct candidate){.position = (int64_t)i};
        if (in->type == VALUE_FLOAT)
            each->real = (double)in->floats[at + i * step];
        else if (in->type == VALUE_DOUBLE)
            each->real = in->doubles[at + i * step];
        else
            each->whole = value_index(in, at + i * step);
    }
}

static bool run_top(const struct call *call, struct err *err)
{
    const struct order *self = call->node->state;
    const struct value *in = call_input(call, 0);
    const struct value *values = call_output(call, 0), *indices = call_output(call, 1);
    const struct value *out = values != NULL ? values : indices;
    size_t size = value_type_size(in->type);
    int axis;
    if (out == NULL)
        return true;
    if (!call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    size_t count = (size_t)in->dims[axis], inner = dims_product(in->dims, axis + 1, in->rank);
    size_t k = (size_t)out->dims[axis], groups = k > 0 ? out->count / k : 0;
    struct candidate *candidates = call_scratch(call, count, sizeof *candidates, err);
    if (candidates == NULL)
        return false;
    for (size_t i = 0; i < groups; i++) {
        size_t at = i / inner * count * inner + i % inner;
        size_t to = i / inner * k * inner + i % inner;
        fill(candidates, in, at, count, inner);
        qsort(candidates, count, sizeof *candidates,
              self->largest ? compare_largest : compare_smallest);
        for (size_t j = 0; j < k; j++) {
            size_t position = (size_t)candidates[j].position;
            if (values != NULL)
                memcpy(values->uint8s + (to + j * inner) * size,
                       in->uint8s + (at + position * inner) * size, size);
            if (indices != NULL)
                indices->int64s[to + j * inner] = (int64_t)position;
        }
    }
    return true;
}

const struct kernel kernel_top_k = {
    .domain = "",
    .name = "TopK",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 2,
    .outputs_max = 2,
    .state_size = sizeof(struct order),
    .create = create_top,
    .infer = infer_top,
    .run = run_top,
};

/* ---- CumSum ---- */

static bool infer_cum_sum(const struct call *call, struct err *err)
{
    return call_check_type(call, 0, TYPES_FLOATS | TYPES_INDEX, err) &&
           call_check_type(call, 1, TYPES_INDEX, err) && infer_like_first(call, err);
}

#define RUNNING_SUM(NAME, T)                                                                \
    static void NAME(const T *x, T *y, size_t count, size_t step, const struct order *self) \
    {                                                                                       \
        T sum = 0;                                                                          \
        for (size_t i = 0; i < count; i++) {                                                \
            size_t at = (self->reverse ? count - 1 - i : i) * step;                         \
            T next = (T)(sum + x[at]);                                                      \
            y[at] = self->exclusive ? sum : next;                                           \
            sum = next;                                                                     \
        }                                                                                   \
    }
RUNNING_SUM(running_float, float)
RUNNING_SUM(running_double, double)
RUNNING_SUM(running_64, uint64_t)
RUNNING_SUM(running_32, uint32_t)

static bool run_cum_sum(const struct call *call, struct err *err)
{
    const struct order *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    int axis;
    if (call_input(call, 1)->count != 1 ||
        !call_axis(call, value_index(call_input(call, 1), 0), in->rank, &axis, err))
        return call_fail(call, err, ERR_INVALID, "its axis does not fit");
    size_t count = (size_t)in->dims[axis], inner = dims_product(in->dims, axis + 1, in->rank);
    size_t groups = in->count > 0 ? in->count / count : 0;
    for (size_t i = 0; i < groups; i++) {
        size_t at = i / inner * count * inner + i % inner;
        if (in->type == VALUE_FLOAT)
            running_float(in->floats + at, out->floats + at, count, inner, self);
        else if (in->type == VALUE_DOUBLE)
            running_double(in->doubles + at, out->doubles + at, count, inner, self);
        else if (in->type == VALUE_INT64)
            running_64(in->uint64s + at, out->uint64s + at, count, inner, self);
        else
            running_32(in->uint32s + at, out->uint32s + at, count, inner, self);
    }
    return true;
}

const struct kernel kernel_cum_sum = {
    .domain = "",
    .name = "CumSum",
    .since = 11,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .state_size = sizeof(struct order),
    .create = create,
    .infer = infer_cum_sum,
    .run = run_cum_sum,
};
