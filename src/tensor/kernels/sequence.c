/* Lists of tensors. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

static bool infer_sequence(const struct call *call, struct err *err)
{
    struct value *out = call_output(call, 0);
    (void)err;
    if (out != NULL)
        *out = (struct value){.kind = VALUE_SEQUENCE};
    return true;
}

static bool infer_unknown(const struct call *call, struct err *err)
{
    (void)call;
    (void)err;
    return true;
}

static bool check_sequence(const struct call *call, size_t i, struct err *err)
{
    const struct value *in = call_input(call, i);
    if (in != NULL && in->kind == VALUE_SEQUENCE)
        return true;
    return call_fail(call, err, ERR_INVALID, "input %zu must be a sequence", i);
}

/* A position in a sequence of `count`, or just behind it if `end`. */
static bool get_position(const struct call *call, size_t i, size_t count, bool end,
                         size_t *position, struct err *err)
{
    const struct value *in = call_input(call, i);
    int64_t size = (int64_t)count, at = end ? size : size - 1;
    if (!call_check_type(call, i, TYPES_INDEX, err))
        return false;
    if (in != NULL && in->count != 1)
        return call_fail(call, err, ERR_INVALID, "a position is a single number");
    if (in != NULL)
        at = value_index(in, 0);
    if (at < -size || at >= size + (end ? 1 : 0))
        return call_fail(call, err, ERR_RANGE, "a position lies outside of the sequence");
    *position = (size_t)(at < 0 ? at + size : at);
    return true;
}

static bool run_construct(const struct call *call, struct err *err)
{
    size_t count = call->node->own_count;
    if (!call_make_sequence(call, 0, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (call_input(call, i) != NULL)
            memory_share(&call_output(call, 0)->items[i], call_input(call, i));
    }
    return true;
}

const struct kernel kernel_sequence_construct = {
    .domain = "",
    .name = "SequenceConstruct",
    .since = 11,
    .inputs_min = 1,
    .inputs_max = KERNEL_MANY,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .infer = infer_sequence,
    .run = run_construct,
};

static bool run_empty(const struct call *call, struct err *err)
{
    return call_make_sequence(call, 0, 0, err);
}

const struct kernel kernel_sequence_empty = {
    .domain = "",
    .name = "SequenceEmpty",
    .since = 11,
    .inputs_min = 0,
    .inputs_max = 0,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .infer = infer_sequence,
    .run = run_empty,
};

static bool run_at(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    size_t position;
    if (!check_sequence(call, 0, err) || !get_position(call, 1, in->count, false, &position, err))
        return false;
    call_share(call, 0, &in->items[position]);
    return true;
}

const struct kernel kernel_sequence_at = {
    .domain = "",
    .name = "SequenceAt",
    .since = 11,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .infer = infer_unknown,
    .run = run_at,
};

/* A copy of the list, with an item more or less at a position. */
static bool run_insert(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    size_t position;
    if (!check_sequence(call, 0, err) || !get_position(call, 2, in->count, true, &position, err) ||
        !call_make_sequence(call, 0, in->count + 1, err))
        return false;
    struct value *items = call_output(call, 0)->items;
    for (size_t i = 0; i < in->count; i++)
        memory_share(&items[i < position ? i : i + 1], &in->items[i]);
    memory_share(&items[position], call_input(call, 1));
    return true;
}

const struct kernel kernel_sequence_insert = {
    .domain = "",
    .name = "SequenceInsert",
    .since = 11,
    .inputs_min = 2,
    .inputs_max = 3,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .infer = infer_sequence,
    .run = run_insert,
};

static bool run_erase(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    size_t position;
    if (!check_sequence(call, 0, err) || !get_position(call, 1, in->count, false, &position, err) ||
        !call_make_sequence(call, 0, in->count - 1, err))
        return false;
    struct value *items = call_output(call, 0)->items;
    for (size_t i = 0; i < in->count; i++) {
        if (i != position)
            memory_share(&items[i < position ? i : i - 1], &in->items[i]);
    }
    return true;
}

const struct kernel kernel_sequence_erase = {
    .domain = "",
    .name = "SequenceErase",
    .since = 11,
    .inputs_min = 1,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .infer = infer_sequence,
    .run = run_erase,
};

static bool infer_length(const struct call *call, struct err *err)
{
    return call_set_shape(call, 0, VALUE_INT64, NULL, 0, err);
}

static bool run_length(const struct call *call, struct err *err)
{
    if (!check_sequence(call, 0, err))
        return false;
    call_output(call, 0)->int64s[0] = (int64_t)call_input(call, 0)->count;
    return true;
}

const struct kernel kernel_sequence_length = {
    .domain = "",
    .name = "SequenceLength",
    .since = 11,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_INFERS_UNKNOWN,
    .infer = infer_length,
    .run = run_length,
};

/* ---- ConcatFromSequence ---- */

struct concat {
    int64_t axis;
    bool new_axis;
};

static bool create_concat(struct node *node, const struct attributes *attributes,
                          struct arena *arena, struct err *err)
{
    struct concat *self = node->state;
    (void)arena;
    return attributes_int(attributes, "axis", &self->axis, err) &&
           attributes_bool(attributes, "new_axis", &self->new_axis, err);
}

/* Shape of the result; item sizes along `axis` may differ, nothing else. */
static bool join(const struct call *call, const struct value *list, int *axis, int64_t *dims,
                 int *rank, struct err *err)
{
    const struct concat *self = call->node->state;
    const struct value *first = &list->items[0];
    *rank = first->rank + (self->new_axis ? 1 : 0);
    if (first->kind != VALUE_TENSOR || *rank > VALUE_RANK_MAX)
        return call_fail(call, err, ERR_INVALID, "its items are no tensors that can be joined");
    if (!call_axis(call, self->axis, *rank, axis, err))
        return false;
    for (int i = 0; i < *rank; i++)
        dims[i] = i == *axis ? 0 : first->dims[i - (self->new_axis && i > *axis ? 1 : 0)];
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = &list->items[i];
        bool fits =
            item->kind == VALUE_TENSOR && item->type == first->type && item->rank == first->rank;
        for (int j = 0; fits && j < item->rank; j++)
            fits = item->dims[j] == first->dims[j] || (!self->new_axis && j == *axis);
        if (!fits)
            return call_fail(call, err, ERR_INVALID, "its items differ in type or shape");
        dims[*axis] += self->new_axis ? 1 : item->dims[*axis];
    }
    return true;
}

static bool run_concat(const struct call *call, struct err *err)
{
    const struct value *list = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX];
    int axis, rank;
    if (!check_sequence(call, 0, err))
        return false;
    if (list->count == 0)
        return call_fail(call, err, ERR_INVALID, "its sequence is empty");
    if (!join(call, list, &axis, dims, &rank, err) ||
        !call_make(call, 0, list->items[0].type, dims, rank, err))
        return false;
    const struct value *out = call_output(call, 0);
    size_t size = value_type_size(out->type), done = 0;
    size_t outer = dims_product(dims, 0, axis), row = dims_product(dims, axis, rank) * size;
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = &list->items[i];
        size_t part = dims_product(item->dims, axis, item->rank) * size;
        for (size_t j = 0; j < outer; j++)
            memcpy(out->uint8s + j * row + done, item->uint8s + j * part, part);
        done += part;
    }
    return true;
}

const struct kernel kernel_concat_from_sequence = {
    .domain = "",
    .name = "ConcatFromSequence",
    .since = 11,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .state_size = sizeof(struct concat),
    .create = create_concat,
    .infer = infer_unknown,
    .run = run_concat,
};
