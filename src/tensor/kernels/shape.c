/* The same elements in another shape, and shapes as values. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

/* ---- Reshape ---- */

struct reshape {
    bool allow_zero;
    int64_t dims[VALUE_RANK_MAX]; /* of operator sets before 5, where they are an attribute */
    size_t count;
};

static bool create_reshape(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct reshape *self = node->state;
    const int64_t *dims;
    (void)arena;
    if (!attributes_bool(attributes, "allowzero", &self->allow_zero, err) ||
        !attributes_ints(attributes, "shape", &dims, &self->count, err))
        return false;
    if (self->count > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %d dimensions", VALUE_RANK_MAX);
    if (node->own_count < 2 && !attributes_has(attributes, "shape"))
        return err_set(err, ERR_INVALID, "it has no shape");
    for (size_t i = 0; i < self->count; i++)
        self->dims[i] = dims[i];
    return true;
}

/* The dimension that is left over: count / product, if it comes out even. */
static bool fill_dimension(const struct call *call, int64_t *dims, int rank, int open, size_t count,
                           struct err *err)
{
    uint64_t product = 1;
    for (int i = 0; i < rank; i++) {
        if (i != open && __builtin_mul_overflow(product, (uint64_t)dims[i], &product))
            return call_fail(call, err, ERR_INVALID, "the new shape is too large");
    }
    if (open >= 0 && product > 0 && count % product == 0)
        dims[open] = (int64_t)(count / product);
    else if (open >= 0)
        return call_fail(call, err, ERR_INVALID, "%zu elements do not fit the new shape", count);
    else if (product != count)
        return call_fail(call, err, ERR_INVALID, "%zu elements are not the %llu of the new shape",
                         count, (unsigned long long)product);
    return true;
}

static bool infer_reshape(const struct call *call, struct err *err)
{
    const struct reshape *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX], count = (int64_t)self->count;
    bool known = true, partly = false;
    int open = -1;
    memcpy(dims, self->dims, sizeof dims);
    if (call_input(call, 1) != NULL &&
        !call_integers(call, 1, dims, VALUE_RANK_MAX, &count, &known, err))
        return false;
    if (!known) {
        for (int i = 0; i < VALUE_RANK_MAX; i++)
            dims[i] = VALUE_ANY;
        return call_set_shape(call, 0, in->type, dims, count < 0 ? VALUE_RANK_UNKNOWN : (int)count,
                              err);
    }
    for (int i = 0; i < count; i++) {
        if (dims[i] == 0 && !self->allow_zero) {
            if (i >= in->rank)
                return call_fail(call, err, ERR_INVALID,
                                 "dimension %d is to be kept, but there is none", i);
            dims[i] = in->dims[i];
            partly = partly || dims[i] < 0;
        } else if (dims[i] == -1 && open < 0) {
            open = i;
        } else if (dims[i] < 0) {
            return call_fail(call, err, ERR_INVALID, "the new shape is not possible");
        }
    }
    if (!partly && value_shape_known(in) &&
        !fill_dimension(call, dims, (int)count, open, in->count, err))
        return false;
    return call_set_shape(call, 0, in->type, dims, (int)count, err);
}

const struct kernel kernel_reshape = {
    .domain = "",
    .name = "Reshape",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_VIEW,
    .state_size = sizeof(struct reshape),
    .create = create_reshape,
    .infer = infer_reshape,
};

/* ---- Flatten ---- */

struct axis {
    int64_t axis;
};

static bool create_flatten(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct axis *self = node->state;
    (void)arena;
    self->axis = 1;
    return attributes_int(attributes, "axis", &self->axis, err);
}

static int64_t product(const int64_t *dims, int first, int last)
{
    int64_t count = 1;
    for (int i = first; i < last; i++) {
        if (dims[i] < 0)
            return VALUE_ANY;
        if (__builtin_mul_overflow(count, dims[i], &count))
            return VALUE_ANY;
    }
    return count;
}

static bool infer_flatten(const struct call *call, struct err *err)
{
    const struct axis *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int axis = in->rank;
    if (self->axis != in->rank && !call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    int64_t dims[2] = {product(in->dims, 0, axis), product(in->dims, axis, in->rank)};
    return call_set_shape(call, 0, in->type, dims, 2, err);
}

const struct kernel kernel_flatten = {
    .domain = "",
    .name = "Flatten",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_VIEW,
    .state_size = sizeof(struct axis),
    .create = create_flatten,
    .infer = infer_flatten,
};

/* ---- Squeeze, Unsqueeze ---- */

struct squeeze {
    int64_t axes[VALUE_RANK_MAX];
    int64_t count;
};

static bool create_squeeze(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct squeeze *self = node->state;
    const int64_t *axes;
    size_t count;
    (void)arena;
    if (!attributes_ints(attributes, "axes", &axes, &count, err))
        return false;
    if (count > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %d axes", VALUE_RANK_MAX);
    self->count = (int64_t)count;
    for (size_t i = 0; i < count; i++)
        self->axes[i] = axes[i];
    return true;
}

/* A mark for each axis of a tensor of `rank`. */
static bool mark_axes(const struct call *call, int64_t *axes, int64_t count, int rank, bool *marked,
                      struct err *err)
{
    int axis;
    memset(marked, 0, VALUE_RANK_MAX * sizeof *marked);
    for (int64_t i = 0; i < count; i++) {
        if (!call_axis(call, axes[i], rank, &axis, err))
            return false;
        if (marked[axis])
            return call_fail(call, err, ERR_INVALID, "an axis is named twice");
        marked[axis] = true;
    }
    return true;
}

/* Attribute or input; *known false: not yet. */
static bool squeeze_axes(const struct call *call, int64_t *axes, int64_t *count, bool *known,
                         struct err *err)
{
    const struct squeeze *self = call->node->state;
    memcpy(axes, self->axes, sizeof self->axes);
    *count = self->count;
    *known = true;
    return call_input(call, 1) == NULL ||
           call_integers(call, 1, axes, VALUE_RANK_MAX, count, known, err);
}

static bool infer_squeeze(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    int64_t axes[VALUE_RANK_MAX], dims[VALUE_RANK_MAX], count;
    bool marked[VALUE_RANK_MAX], known;
    int rank = 0;
    if (!squeeze_axes(call, axes, &count, &known, err))
        return false;
    if (known && !mark_axes(call, axes, count, in->rank, marked, err))
        return false;
    for (int i = 0; known && i < in->rank; i++) {
        bool drop = count > 0 ? marked[i] : in->dims[i] == 1;
        known = count > 0 || in->dims[i] >= 0;
        if (drop && in->dims[i] > 1)
            return call_fail(call, err, ERR_INVALID, "axis %d has %lld elements, not one", i,
                             (long long)in->dims[i]);
        if (!drop)
            dims[rank++] = in->dims[i];
    }
    return call_set_shape(call, 0, in->type, dims, known ? rank : VALUE_RANK_UNKNOWN, err);
}

const struct kernel kernel_squeeze = {
    .domain = "",
    .name = "Squeeze",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_VIEW,
    .state_size = sizeof(struct squeeze),
    .create = create_squeeze,
    .infer = infer_squeeze,
};

static bool infer_unsqueeze(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    int64_t axes[VALUE_RANK_MAX], dims[VALUE_RANK_MAX], count;
    bool marked[VALUE_RANK_MAX], known;
    if (!squeeze_axes(call, axes, &count, &known, err))
        return false;
    if (!known)
        return call_set_shape(call, 0, in->type, dims, VALUE_RANK_UNKNOWN, err);
    int rank = in->rank + (int)count;
    if (rank > VALUE_RANK_MAX)
        return call_fail(call, err, ERR_LIMIT, "the result has more than %d dimensions",
                         VALUE_RANK_MAX);
    if (!mark_axes(call, axes, count, rank, marked, err))
        return false;
    for (int i = 0, from = 0; i < rank; i++)
        dims[i] = marked[i] ? 1 : in->dims[from++];
    return call_set_shape(call, 0, in->type, dims, rank, err);
}

const struct kernel kernel_unsqueeze = {
    .domain = "",
    .name = "Unsqueeze",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_VIEW,
    .state_size = sizeof(struct squeeze),
    .create = create_squeeze,
    .infer = infer_unsqueeze,
};

/* ---- Shape, Size ---- */

struct shape {
    int64_t start, end;
};

static bool create_shape(struct node *node, const struct attributes *attributes,
                         struct arena *arena, struct err *err)
{
    struct shape *self = node->state;
    (void)arena;
    self->end = INT64_MAX;
    return attributes_int(attributes, "start", &self->start, err) &&
           attributes_int(attributes, "end", &self->end, err);
}

static int64_t clamp_axis(int64_t axis, int rank)
{
    if (axis < 0)
        axis = axis < -(int64_t)rank ? 0 : axis + rank;
    return axis > rank ? rank : axis;
}

static bool infer_shape(const struct call *call, struct err *err)
{
    const struct shape *self = call->node->state;
    int rank = call_input(call, 0)->rank;
    int64_t count = clamp_axis(self->end, rank) - clamp_axis(self->start, rank);
    count = count < 0 ? 0 : count;
    return call_set_shape(call, 0, VALUE_INT64, &count, 1, err);
}

static bool run_shape(const struct call *call, struct err *err)
{
    const struct shape *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    int64_t start = clamp_axis(self->start, in->rank);
    (void)err;
    for (size_t i = 0; i < out->count; i++)
        out->int64s[i] = in->dims[(size_t)start + i];
    return true;
}

const struct kernel kernel_shape = {
    .domain = "",
    .name = "Shape",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct shape),
    .create = create_shape,
    .infer = infer_shape,
    .run = run_shape,
};

static bool infer_size(const struct call *call, struct err *err)
{
    return call_set_shape(call, 0, VALUE_INT64, NULL, 0, err);
}

static bool run_size(const struct call *call, struct err *err)
{
    (void)err;
    call_output(call, 0)->int64s[0] = (int64_t)call_input(call, 0)->count;
    return true;
}

const struct kernel kernel_size = {
    .domain = "",
    .name = "Size",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .infer = infer_size,
    .run = run_size,
};
