/* Slice: a part of each axis, with steps. Attributes before operator set 10, inputs since. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct list {
    int64_t items[VALUE_RANK_MAX];
    int64_t count;
    bool known;
};

struct slice {
    struct list starts, ends, axes; /* of the attributes */
};

static bool read_list(const struct attributes *attributes, const char *name, struct list *list,
                      struct err *err)
{
    const int64_t *items;
    size_t count;
    if (!attributes_ints(attributes, name, &items, &count, err))
        return false;
    if (count > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "%s is longer than %d", name, VALUE_RANK_MAX);
    list->count = (int64_t)count;
    list->known = true;
    for (size_t i = 0; i < count; i++)
        list->items[i] = items[i];
    return true;
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct slice *self = node->state;
    (void)arena;
    if (node->version < 10 ? node->own_count != 1 : node->own_count < 3)
        return err_set(err, ERR_INVALID, "it does not say where to begin and end");
    return read_list(attributes, "starts", &self->starts, err) &&
           read_list(attributes, "ends", &self->ends, err) &&
           read_list(attributes, "axes", &self->axes, err);
}

/* Input i, or what the attribute said. */
static bool get_list(const struct call *call, size_t i, const struct list *attribute,
                     struct list *list, struct err *err)
{
    *list = *attribute;
    return call_input(call, i) == NULL ||
           call_integers(call, i, list->items, VALUE_RANK_MAX, &list->count, &list->known, err);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* What one axis of `size` elements becomes. */
static void cut(int64_t size, int64_t start, int64_t end, int64_t step, int64_t *first,
                int64_t *count)
{
    start = start < 0 ? start + size : start;
    end = end < 0 ? (end < -size ? -1 : end + size) : end;
    if (step > 0) {
        start = clamp(start, 0, size);
        end = clamp(end, 0, size);
        *count = end > start ? (end - start - 1) / step + 1 : 0;
    } else {
        start = clamp(start, 0, size - 1);
        end = clamp(end, -1, size - 1);
        /* step may be the smallest number, which has no positive counterpart */
        *count =
            start > end ? (int64_t)((uint64_t)(start - end - 1) / (0 - (uint64_t)step)) + 1 : 0;
    }
    *first = start;
}

/* The part as a walk through the input; dims of axes that are not known are VALUE_ANY. *known is
 * false when not even the axes are. */
static bool find_part(const struct call *call, struct strided *part, bool *known, struct err *err)
{
    const struct slice *self = call->node->state;
    const struct value *in = call_input(call, 0);
    struct list starts, ends, axes, steps;
    static const struct list none = {.known = true};
    int64_t dense[VALUE_RANK_MAX];
    unsigned seen = 0;
    if (!get_list(call, 1, &self->starts, &starts, err) ||
        !get_list(call, 2, &self->ends, &ends, err) ||
        !get_list(call, 3, &self->axes, &axes, err) || !get_list(call, 4, &none, &steps, err))
        return false;
    *known = starts.known && ends.known && axes.known && steps.known;
    dense_steps(in->dims, in->rank, dense);
    *part = (struct strided){.rank = in->rank};
    memcpy(part->dims, in->dims, sizeof part->dims);
    memcpy(part->steps, dense, sizeof part->steps);
    if (!*known)
        return true;
    if (ends.count != starts.count || (axes.count != 0 && axes.count != starts.count) ||
        (steps.count != 0 && steps.count != starts.count))
        return call_fail(call, err, ERR_INVALID, "its lists differ in length");
    for (int64_t i = 0; i < starts.count; i++) {
        int64_t step = steps.count > 0 ? steps.items[i] : 1, first;
        int axis;
        if (!call_axis(call, axes.count > 0 ? axes.items[i] : i, in->rank, &axis, err))
            return false;
        if (step == 0 || (seen & 1U << axis) != 0)
            return call_fail(call, err, ERR_INVALID, "a step is 0, or an axis is named twice");
        seen |= 1U << axis;
        if (in->dims[axis] < 0)
            continue;
        cut(in->dims[axis], starts.items[i], ends.items[i], step, &first, &part->dims[axis]);
        if (part->dims[axis] > 0)
            part->start =
                (int64_t)((uint64_t)part->start + (uint64_t)first * (uint64_t)dense[axis]);
        part->steps[axis] =
            part->dims[axis] > 1 ? (int64_t)((uint64_t)dense[axis] * (uint64_t)step) : 0;
    }
    return true;
}

static bool infer(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    struct strided part;
    bool known;
    if (!find_part(call, &part, &known, err))
        return false;
    for (int i = 0; i < in->rank && !known; i++)
        part.dims[i] = VALUE_ANY;
    return call_set_shape(call, 0, in->type, part.dims, in->rank, err);
}

static bool run(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    struct strided part;
    bool known;
    if (!find_part(call, &part, &known, err))
        return false;
    strided_copy(&part, in->data, out->data, value_type_size(in->type));
    return true;
}

const struct kernel kernel_slice = {
    .domain = "",
    .name = "Slice",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 5,
    .outputs_max = 1,
    .state_size = sizeof(struct slice),
    .create = create,
    .infer = infer,
    .run = run,
};
