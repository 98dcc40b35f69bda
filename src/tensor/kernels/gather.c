/* Elements picked by indices, and put at indices. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct gather {
    int64_t axis;
    int64_t batch_dims;
    int reduction;
};

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    static const char *const reductions[] = {"none", "add", "mul", "max", "min", NULL};
    struct gather *self = node->state;
    (void)arena;
    return attributes_int(attributes, "axis", &self->axis, err) &&
           attributes_int(attributes, "batch_dims", &self->batch_dims, err) &&
           attributes_choice(attributes, "reduction", reductions, &self->reduction, err);
}

/* Index i of a tensor of indices, from [-size, size) to [0, size). */
static bool get_index(const struct call *call, const struct value *indices, size_t i, int64_t size,
                      int64_t *index, struct err *err)
{
    *index = value_index(indices, i);
    if (*index < -size || *index >= size)
        return call_fail(call, err, ERR_RANGE,
                         "an index lies outside of the %lld elements there are", (long long)size);
    if (*index < 0)
        *index += size;
    return true;
}

/* ---- Gather ---- */

static bool infer_gather(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    int64_t dims[2 * VALUE_RANK_MAX];
    int axis, rank = 0;
    if (!call_check_type(call, 1, TYPES_INDEX, err) ||
        !call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    for (int i = 0; i < axis; i++)
        dims[rank++] = in->dims[i];
    for (int i = 0; i < indices->rank; i++)
        dims[rank++] = indices->dims[i];
    for (int i = axis + 1; i < in->rank; i++)
        dims[rank++] = in->dims[i];
    return call_set_shape(call, 0, in->type, dims, rank, err);
}

static void copy_rows(const struct value *in, const struct value *out, size_t outer,
                      size_t from_row, size_t to_row, size_t from, size_t to, size_t bytes)
{
    const uint8_t *source = in->uint8s + from;
    uint8_t *target = out->uint8s + to;
    if (bytes == sizeof(uint32_t)) {
        for (size_t j = 0; j < outer; j++)
            memcpy(target + j * to_row, source + j * from_row, sizeof(uint32_t));
    } else if (bytes == sizeof(uint64_t)) {
        for (size_t j = 0; j < outer; j++)
            memcpy(target + j * to_row, source + j * from_row, sizeof(uint64_t));
    } else {
        for (size_t j = 0; j < outer; j++)
            memcpy(target + j * to_row, source + j * from_row, bytes);
    }
}

static bool run_gather(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    const struct value *out = call_output(call, 0);
    int64_t index;
    int axis;
    if (!call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    size_t outer = dims_product(in->dims, 0, axis);
    size_t part = dims_product(in->dims, axis + 1, in->rank) * value_type_size(in->type);
    size_t row = (size_t)in->dims[axis] * part, out_row = indices->count * part;
    for (size_t i = 0; i < indices->count; i++) {
        if (!get_index(call, indices, i, in->dims[axis], &index, err))
            return false;
        copy_rows(in, out, outer, row, out_row, (size_t)index * part, i * part, part);
    }
    return true;
}

const struct kernel kernel_gather = {
    .domain = "",
    .name = "Gather",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .state_size = sizeof(struct gather),
    .create = create,
    .infer = infer_gather,
    .run = run_gather,
};

/* ---- GatherElements, ScatterElements ---- */

static bool infer_gather_elements(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    int axis;
    if (!call_check_type(call, 1, TYPES_INDEX, err) ||
        !call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    if (indices->rank != in->rank)
        return call_fail(call, err, ERR_INVALID, "there are %d dimensions, but indices for %d",
                         in->rank, indices->rank);
    for (int i = 0; i < in->rank; i++) {
        if (i != axis && indices->dims[i] >= 0 && in->dims[i] >= 0 &&
            indices->dims[i] > in->dims[i])
            return call_fail(call, err, ERR_INVALID, "there are more indices than elements");
    }
    return call_set_shape(call, 0, in->type, indices->dims, indices->rank, err);
}

/* A walk through all indices: where the element in `whole` is that each one stands for. */
struct walk {
    int64_t at[VALUE_RANK_MAX], steps[VALUE_RANK_MAX];
    int axis;
};

static bool walk_place(const struct call *call, struct walk *walk, const struct value *whole,
                       const struct value *indices, size_t i, size_t *place, struct err *err)
{
    int64_t index, sum;
    if (!get_index(call, indices, i, whole->dims[walk->axis], &index, err))
        return false;
    sum = index * walk->steps[walk->axis];
    for (int j = 0; j < whole->rank; j++)
        sum += j == walk->axis ? 0 : walk->at[j] * walk->steps[j];
    *place = (size_t)sum;
    for (int j = indices->rank; j-- > 0;) {
        if (++walk->at[j] < indices->dims[j])
            break;
        walk->at[j] = 0;
    }
    return true;
}

static bool run_gather_elements(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    const struct value *out = call_output(call, 0);
    size_t size = value_type_size(in->type), place;
    struct walk walk = {0};
    if (!call_axis(call, self->axis, in->rank, &walk.axis, err))
        return false;
    dense_steps(in->dims, in->rank, walk.steps);
    for (size_t i = 0; i < indices->count; i++) {
        if (!walk_place(call, &walk, in, indices, i, &place, err))
            return false;
        memcpy(out->uint8s + i * size, in->uint8s + place * size, size);
    }
    return true;
}

const struct kernel kernel_gather_elements = {
    .domain = "",
    .name = "GatherElements",
    .since = 11,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .state_size = sizeof(struct gather),
    .create = create,
    .infer = infer_gather_elements,
    .run = run_gather_elements,
};

#define UPDATE(TYPE, T, FIELD)                                         \
    case TYPE: {                                                       \
        T old = to->FIELD[place], new = from->FIELD[i];                \
        to->FIELD[place] = reduction == 1   ? (T)(old + new)           \
                           : reduction == 2 ? (T)(old * new)           \
                           : reduction == 3 ? (new > old ? new : old)  \
                                            : (new < old ? new : old); \
        break;                                                         \
    }

/* Element i of `from` goes to a place of `to`, or is added to what is there, ... */
static void update(const struct value *to, size_t place, const struct value *from, size_t i,
                   int reduction)
{
    size_t size = value_type_size(to->type);
    if (reduction == 0) {
        memcpy(to->uint8s + place * size, from->uint8s + i * size, size);
        return;
    }
    switch (to->type) {
        UPDATE(VALUE_FLOAT, float, floats)
        UPDATE(VALUE_DOUBLE, double, doubles)
        UPDATE(VALUE_INT64, uint64_t, uint64s)
        UPDATE(VALUE_INT32, uint32_t, uint32s)
    default:
        break;
    }
}

static bool infer_scatter(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0);
    unsigned types = self->reduction == 0  ? TYPES_ALL
                     : self->reduction < 3 ? TYPES_FLOATS | TYPES_INDEX
                                           : TYPES_FLOATS;
    return call_check_type(call, 0, types, err) && call_check_type(call, 1, TYPES_INDEX, err) &&
           call_check_same_type(call, 0, 2, err) && call_set_like(call, 0, in, err);
}

static bool run_scatter_elements(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    const struct value *updates = call_input(call, 2), *out = call_output(call, 0);
    struct walk walk = {0};
    size_t place;
    if (indices->rank != in->rank || updates->count != indices->count)
        return call_fail(call, err, ERR_INVALID, "indices and updates differ in shape");
    if (!call_axis(call, self->axis, in->rank, &walk.axis, err))
        return false;
    for (int i = 0; i < in->rank; i++) {
        if (i != walk.axis && indices->dims[i] > in->dims[i])
            return call_fail(call, err, ERR_INVALID, "there are more indices than elements");
    }
    dense_steps(in->dims, in->rank, walk.steps);
    memcpy(out->data, in->data, in->count * value_type_size(in->type));
    for (size_t i = 0; i < indices->count; i++) {
        if (!walk_place(call, &walk, in, indices, i, &place, err))
            return false;
        update(out, place, updates, i, self->reduction);
    }
    return true;
}

#define SCATTER(IDENTIFIER, NAME, SINCE)     \
    const struct kernel IDENTIFIER = {       \
        .domain = "",                        \
        .name = NAME,                        \
        .since = SINCE,                      \
        .inputs_min = 3,                     \
        .inputs_max = 3,                     \
        .outputs_max = 1,                    \
        .state_size = sizeof(struct gather), \
        .create = create,                    \
        .infer = infer_scatter,              \
        .run = run_scatter_elements,         \
    };
SCATTER(kernel_scatter, "Scatter", 9)
SCATTER(kernel_scatter_elements, "ScatterElements", 11)

/* ---- GatherND, ScatterND: an index for each of the first axes ---- */

static bool infer_gather_nd(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    int64_t dims[2 * VALUE_RANK_MAX];
    int batch = (int)self->batch_dims, rank = 0;
    if (!call_check_type(call, 1, TYPES_INDEX, err))
        return false;
    if (indices->rank < 1 || self->batch_dims < 0 || batch >= indices->rank || batch >= in->rank)
        return call_fail(call, err, ERR_INVALID, "there are too few indices");
    int64_t depth = indices->dims[indices->rank - 1];
    if (depth < 0)
        return call_set_shape(call, 0, in->type, NULL, VALUE_RANK_UNKNOWN, err);
    if (depth > in->rank - batch)
        return call_fail(call, err, ERR_INVALID, "there are more indices than dimensions");
    for (int i = 0; i < indices->rank - 1; i++)
        dims[rank++] = indices->dims[i];
    for (int i = batch + (int)depth; i < in->rank; i++)
        dims[rank++] = in->dims[i];
    return call_set_shape(call, 0, in->type, dims, rank, err);
}

/* Element where the part begins that indices[first ... first + depth) name, axes from `axis` on. */
static bool find_part(const struct call *call, const struct value *whole,
                      const struct value *indices, size_t first, int axis, int depth, size_t *place,
                      struct err *err)
{
    int64_t steps[VALUE_RANK_MAX], index, sum = 0;
    dense_steps(whole->dims, whole->rank, steps);
    for (int i = 0; i < depth; i++) {
        if (!get_index(call, indices, first + (size_t)i, whole->dims[axis + i], &index, err))
            return false;
        sum += index * steps[axis + i];
    }
    *place = (size_t)sum;
    return true;
}

static bool run_gather_nd(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    const struct value *out = call_output(call, 0);
    int batch = (int)self->batch_dims, depth = (int)indices->dims[indices->rank - 1];
    size_t place, size = value_type_size(in->type);
    size_t tuples = dims_product(indices->dims, batch, indices->rank - 1);
    size_t batches = dims_product(indices->dims, 0, batch);
    size_t whole = dims_product(in->dims, batch, in->rank);
    size_t part = dims_product(in->dims, batch + depth, in->rank);
    for (int i = 0; i < batch; i++) {
        if (in->dims[i] != indices->dims[i])
            return call_fail(call, err, ERR_INVALID, "the batches differ in size");
    }
    for (size_t i = 0; i < batches * tuples; i++) {
        if (!find_part(call, in, indices, i * (size_t)depth, batch, depth, &place, err))
            return false;
        place += i / tuples * whole;
        memcpy(out->uint8s + i * part * size, in->uint8s + place * size, part * size);
    }
    return true;
}

const struct kernel kernel_gather_nd = {
    .domain = "",
    .name = "GatherND",
    .since = 11,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .state_size = sizeof(struct gather),
    .create = create,
    .infer = infer_gather_nd,
    .run = run_gather_nd,
};

static bool run_scatter_nd(const struct call *call, struct err *err)
{
    const struct gather *self = call->node->state;
    const struct value *in = call_input(call, 0), *indices = call_input(call, 1);
    const struct value *updates = call_input(call, 2), *out = call_output(call, 0);
    size_t place;
    if (indices->rank < 1 || indices->dims[indices->rank - 1] > in->rank)
        return call_fail(call, err, ERR_INVALID, "there are more indices than dimensions");
    int depth = (int)indices->dims[indices->rank - 1];
    size_t tuples = dims_product(indices->dims, 0, indices->rank - 1);
    size_t part = dims_product(in->dims, depth, in->rank), expected;
    if (__builtin_mul_overflow(tuples, part, &expected) || updates->count != expected)
        return call_fail(call, err, ERR_INVALID, "indices and updates differ in shape");
    memcpy(out->data, in->data, in->count * value_type_size(in->type));
    for (size_t i = 0; i < tuples; i++) {
        if (!find_part(call, in, indices, i * (size_t)depth, 0, depth, &place, err))
            return false;
        for (size_t j = 0; j < part; j++)
            update(out, place + j, updates, i * part + j, self->reduction);
    }
    return true;
}

const struct kernel kernel_scatter_nd = {
    .domain = "",
    .name = "ScatterND",
    .since = 11,
    .inputs_min = 3,
    .inputs_max = 3,
    .outputs_max = 1,
    .state_size = sizeof(struct gather),
    .create = create,
    .infer = infer_scatter,
    .run = run_scatter_nd,
};
