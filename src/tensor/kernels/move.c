/* Elements in another order or place: Transpose, Concat, Split, Slice, Expand, Tile. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct axis {
    int64_t axis;
};

static bool create_axis(struct node *node, const struct attributes *attributes, struct arena *arena,
                        struct err *err)
{
    struct axis *self = node->state;
    (void)arena;
    return attributes_int(attributes, "axis", &self->axis, err);
}

/* ---- Transpose ---- */

struct transpose {
    int64_t order[VALUE_RANK_MAX];
    int rank; /* 0: all dimensions the other way round */
};

static bool create_transpose(struct node *node, const struct attributes *attributes,
                             struct arena *arena, struct err *err)
{
    struct transpose *self = node->state;
    const int64_t *order;
    size_t count;
    unsigned seen = 0;
    (void)arena;
    if (!attributes_ints(attributes, "perm", &order, &count, err))
        return false;
    if (count > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %d dimensions", VALUE_RANK_MAX);
    for (size_t i = 0; i < count; i++) {
        if (order[i] < 0 || order[i] >= (int64_t)count || (seen & 1U << order[i]) != 0)
            return err_set(err, ERR_INVALID, "perm is no order of %zu dimensions", count);
        seen |= 1U << order[i];
        self->order[i] = order[i];
    }
    self->rank = (int)count;
    return true;
}

static int64_t source_axis(const struct transpose *self, int rank, int axis)
{
    return self->rank > 0 ? self->order[axis] : rank - 1 - axis;
}

static bool infer_transpose(const struct call *call, struct err *err)
{
    const struct transpose *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX];
    if (self->rank > 0 && self->rank != in->rank)
        return call_fail(call, err, ERR_INVALID, "perm has %d dimensions, the input %d", self->rank,
                         in->rank);
    for (int i = 0; i < in->rank; i++)
        dims[i] = in->dims[source_axis(self, in->rank, i)];
    return call_set_shape(call, 0, in->type, dims, in->rank, err);
}

static bool run_transpose(const struct call *call, struct err *err)
{
    const struct transpose *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    struct strided s = {.rank = in->rank};
    int64_t steps[VALUE_RANK_MAX];
    (void)err;
    dense_steps(in->dims, in->rank, steps);
    for (int i = 0; i < in->rank; i++) {
        s.dims[i] = out->dims[i];
        s.steps[i] = steps[source_axis(self, in->rank, i)];
    }
    strided_copy(&s, in->data, out->data, value_type_size(in->type));
    return true;
}

const struct kernel kernel_transpose = {
    .domain = "",
    .name = "Transpose",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct transpose),
    .create = create_transpose,
    .infer = infer_transpose,
    .run = run_transpose,
};

/* ---- Concat ---- */

static bool create_concat(struct node *node, const struct attributes *attributes,
                          struct arena *arena, struct err *err)
{
    ((struct axis *)node->state)->axis = 1; /* before operator set 4 it need not be there */
    return create_axis(node, attributes, arena, err);
}

static bool infer_concat(const struct call *call, struct err *err)
{
    const struct axis *self = call->node->state;
    const struct value *first = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX];
    int axis;
    if (!call_axis(call, self->axis, first->rank, &axis, err))
        return false;
    memcpy(dims, first->dims, sizeof dims);
    for (size_t i = 1; i < call->node->own_count; i++) {
        const struct value *next = call_input(call, i);
        if (next == NULL || next->kind != VALUE_TENSOR || next->rank != first->rank)
            return call_fail(call, err, ERR_INVALID, "input %zu has another number of dimensions",
                             i);
        if (!call_check_same_type(call, 0, i, err))
            return false;
        for (int j = 0; j < first->rank; j++) {
            if (j == axis) {
                bool unknown = dims[j] < 0 || next->dims[j] < 0;
                if (unknown)
                    dims[j] = VALUE_ANY;
                else if (__builtin_add_overflow(dims[j], next->dims[j], &dims[j]))
                    return call_fail(call, err, ERR_LIMIT, "the result is too large");
            } else if (dims[j] < 0) {
                dims[j] = next->dims[j];
            } else if (next->dims[j] >= 0 && next->dims[j] != dims[j]) {
                return call_fail(call, err, ERR_INVALID,
                                 "input %zu has %lld elements in dimension %d, not %lld", i,
                                 (long long)next->dims[j], j, (long long)dims[j]);
            }
        }
    }
    return call_set_shape(call, 0, first->type, dims, first->rank, err);
}

static bool run_concat(const struct call *call, struct err *err)
{
    const struct axis *self = call->node->state;
    const struct value *out = call_output(call, 0);
    size_t size = value_type_size(out->type), done = 0;
    int axis;
    if (!call_axis(call, self->axis, out->rank, &axis, err))
        return false;
    size_t outer = dims_product(out->dims, 0, axis);
    size_t row = dims_product(out->dims, axis, out->rank) * size;
    for (size_t i = 0; i < call->node->own_count; i++) {
        const struct value *in = call_input(call, i);
        size_t part = dims_product(in->dims, axis, in->rank) * size;
        if (part == sizeof(float)) { /* the columns of a table, one input each */
            for (size_t j = 0; j < outer; j++)
                memcpy(out->uint8s + j * row + done, in->uint8s + j * sizeof(float), sizeof(float));
        } else {
            for (size_t j = 0; j < outer; j++)
                memcpy(out->uint8s + j * row + done, in->uint8s + j * part, part);
        }
        done += part;
    }
    return true;
}

const struct kernel kernel_concat = {
    .domain = "",
    .name = "Concat",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = KERNEL_MANY,
    .outputs_max = 1,
    .state_size = sizeof(struct axis),
    .create = create_concat,
    .infer = infer_concat,
    .run = run_concat,
};

/* ---- Split ---- */

struct split {
    int64_t axis;
    int64_t *sizes; /* of operator sets before 13, else NULL */
    size_t size_count;
};

static bool create_split(struct node *node, const struct attributes *attributes,
                         struct arena *arena, struct err *err)
{
    struct split *self = node->state;
    const int64_t *sizes;
    if (!attributes_int(attributes, "axis", &self->axis, err) ||
        !attributes_ints(attributes, "split", &sizes, &self->size_count, err))
        return false;
    if (sizes == NULL)
        return true;
    self->sizes = arena_array(arena, self->size_count, sizeof *sizes);
    if (self->sizes == NULL)
        return err_set(err, ERR_MEMORY, "no memory for its sizes");
    memcpy(self->sizes, sizes, self->size_count * sizeof *sizes);
    return true;
}

/* Size of part i: as given, or the same for all but the last. VALUE_ANY when not known. */
static bool split_size(const struct call *call, int axis, size_t i, int64_t *size, struct err *err)
{
    const struct split *self = call->node->state;
    const struct value *in = call_input(call, 0), *sizes = call_input(call, 1);
    int64_t whole = in->dims[axis], parts = (int64_t)call->node->output_count;
    *size = VALUE_ANY;
    if (sizes != NULL) {
        if (!call_check_type(call, 1, TYPE_BIT(VALUE_INT64), err))
            return false;
        if (sizes->data == NULL)
            return true;
        if (sizes->count != (size_t)parts)
            return call_fail(call, err, ERR_INVALID, "there are %zu sizes for %lld parts",
                             sizes->count, (long long)parts);
        *size = sizes->int64s[i];
    } else if (self->sizes != NULL) {
        if (self->size_count != (size_t)parts)
            return call_fail(call, err, ERR_INVALID, "there are %zu sizes for %lld parts",
                             self->size_count, (long long)parts);
        *size = self->sizes[i];
    } else if (whole >= 0) {
        int64_t each = whole / parts + (whole % parts != 0);
        int64_t left = whole - (int64_t)i * each;
        *size = left < each ? (left > 0 ? left : 0) : each;
    }
    return true;
}

static bool infer_split(const struct call *call, struct err *err)
{
    const struct split *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX], sum = 0;
    bool known = true;
    int axis;
    if (!call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    memcpy(dims, in->dims, sizeof dims);
    for (size_t i = 0; i < call->node->output_count; i++) {
        if (!split_size(call, axis, i, &dims[axis], err))
            return false;
        known = known && dims[axis] >= 0;
        if (dims[axis] < VALUE_ANY || (known && __builtin_add_overflow(sum, dims[axis], &sum)) ||
            !call_set_shape(call, i, in->type, dims, in->rank, err))
            return call_fail(call, err, ERR_INVALID, "part %zu has an impossible size", i);
    }
    if (known && in->dims[axis] >= 0 && sum != in->dims[axis])
        return call_fail(call, err, ERR_INVALID, "the parts have %lld elements, the whole %lld",
                         (long long)sum, (long long)in->dims[axis]);
    return true;
}

static bool run_split(const struct call *call, struct err *err)
{
    const struct split *self = call->node->state;
    const struct value *in = call_input(call, 0);
    size_t size = value_type_size(in->type), done = 0;
    int64_t part;
    int axis;
    if (!call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    size_t outer = dims_product(in->dims, 0, axis);
    size_t inner = dims_product(in->dims, axis + 1, in->rank) * size;
    size_t row = (size_t)in->dims[axis] * inner;
    for (size_t i = 0; i < call->node->output_count; i++) {
        const struct value *out = call_output(call, i);
        if (!split_size(call, axis, i, &part, err))
            return false;
        size_t bytes = (size_t)part * inner;
        for (size_t j = 0; out != NULL && j < outer; j++)
            memcpy(out->uint8s + j * bytes, in->uint8s + j * row + done, bytes);
        done += bytes;
    }
    return true;
}

const struct kernel kernel_split = {
    .domain = "",
    .name = "Split",
    .since = 2,
    .inputs_min = 1,
    .inputs_max = 2,
    .outputs_max = KERNEL_MANY,
    .state_size = sizeof(struct split),
    .create = create_split,
    .infer = infer_split,
    .run = run_split,
};

/* ---- Expand, Tile ---- */

static bool infer_expand(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    int64_t shape[VALUE_RANK_MAX], dims[VALUE_RANK_MAX], count;
    bool known;
    int rank;
    if (!call_integers(call, 1, shape, VALUE_RANK_MAX, &count, &known, err))
        return false;
    if (!known)
        return call_set_shape(call, 0, in->type, NULL, VALUE_RANK_UNKNOWN, err);
    for (int64_t i = 0; i < count; i++) {
        if (shape[i] < 0)
            return call_fail(call, err, ERR_INVALID, "the new shape is not possible");
    }
    return broadcast_dims(call, in->dims, in->rank, shape, (int)count, dims, &rank, err) &&
           call_set_shape(call, 0, in->type, dims, rank, err);
}

static bool run_expand(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    struct strided s = {.rank = out->rank};
    (void)err;
    memcpy(s.dims, out->dims, sizeof s.dims);
    broadcast_steps(in, out->rank, s.steps);
    strided_copy(&s, in->data, out->data, value_type_size(in->type));
    return true;
}

const struct kernel kernel_expand = {
    .domain = "",
    .name = "Expand",
    .since = 8,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .infer = infer_expand,
    .run = run_expand,
};

static bool infer_tile(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    int64_t repeats[VALUE_RANK_MAX], dims[VALUE_RANK_MAX], count;
    bool known;
    if (!call_integers(call, 1, repeats, VALUE_RANK_MAX, &count, &known, err))
        return false;
    if (count >= 0 && count != in->rank)
        return call_fail(call, err, ERR_INVALID, "there are %lld repeats for %d dimensions",
                         (long long)count, in->rank);
    for (int i = 0; i < in->rank; i++) {
        dims[i] = VALUE_ANY;
        if (known && repeats[i] < 0)
            return call_fail(call, err, ERR_INVALID,
                             "a tensor cannot be repeated less than 0 times");
        if (known && in->dims[i] >= 0 && __builtin_mul_overflow(in->dims[i], repeats[i], &dims[i]))
            return call_fail(call, err, ERR_LIMIT, "the result is too large");
    }
    return call_set_shape(call, 0, in->type, dims, in->rank, err);
}

/* Each dimension is two: the repeats, which stay at the same place, and what was there. */
static bool run_tile(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    size_t size = value_type_size(in->type);
    int64_t index[VALUE_RANK_MAX] = {0}, steps[VALUE_RANK_MAX];
    int last = in->rank - 1;
    (void)err;
    if (out->count == 0)
        return true;
    dense_steps(in->dims, in->rank, steps);
    size_t inner = in->rank > 0 ? (size_t)in->dims[last] : 1;
    for (size_t done = 0; done < out->count;) {
        int64_t at = 0;
        for (int i = 0; i < last; i++)
            at += index[i] % in->dims[i] * steps[i];
        for (int64_t i = 0; i < (in->rank > 0 ? out->dims[last] : 1);
             i += (int64_t)inner, done += inner)
            memcpy(out->uint8s + done * size, in->uint8s + (size_t)at * size, inner * size);
        for (int i = last - 1; i >= 0; i--) {
            if (++index[i] < out->dims[i])
                break;
            index[i] = 0;
        }
    }
    return true;
}

const struct kernel kernel_tile = {
    .domain = "",
    .name = "Tile",
    .since = 6,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .infer = infer_tile,
    .run = run_tile,
};
