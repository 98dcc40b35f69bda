/* Scan, from version 9 on: a program runs once for each slice of its inputs. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"
#include "tensor/program.h"

struct scan {
    struct program *body; /* in: carried, slices; out: carried, collected */
    size_t carried, sliced, collected;
    const int64_t *input_axes, *output_axes;           /* per slice, per collected */
    const int64_t *input_backwards, *output_backwards; /* 0 or 1 */
};

static void destroy(void *state)
{
    program_destroy(((struct scan *)state)->body);
}

/* A number for each of `count`; zeros where the attribute is absent. */
static bool read_list(const struct attributes *attributes, const char *name, size_t count,
                      struct arena *arena, const int64_t **list, struct err *err)
{
    const int64_t *given;
    size_t given_count;
    if (!attributes_ints(attributes, name, &given, &given_count, err))
        return false;
    if (given_count != 0 && given_count != count)
        return err_set(err, ERR_INVALID, "%s has %zu elements, not %zu", name, given_count, count);
    int64_t *copy = arena_zeroed(arena, count + 1, sizeof *copy);
    if (copy == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %s", name);
    if (given_count != 0)
        memcpy(copy, given, count * sizeof *copy);
    *list = copy;
    return true;
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct scan *self = node->state;
    int64_t sliced = 0;
    if (!attributes_graph(attributes, "body", &self->body, err) ||
        !attributes_int(attributes, "num_scan_inputs", &sliced, err))
        return false;
    if (self->body == NULL || sliced < 1 || (uint64_t)sliced > node->own_count)
        return err_set(err, ERR_INVALID, "it has no body or no inputs to slice");
    self->sliced = (size_t)sliced;
    self->carried = node->own_count - self->sliced;
    if (program_input_count(self->body) != node->own_count ||
        program_output_count(self->body) < self->carried ||
        program_output_count(self->body) != node->output_count)
        return err_set(err, ERR_INVALID, "its body has the wrong inputs or outputs");
    self->collected = node->output_count - self->carried;
    return read_list(attributes, "scan_input_axes", self->sliced, arena, &self->input_axes, err) &&
           read_list(attributes, "scan_input_directions", self->sliced, arena,
                     &self->input_backwards, err) &&
           read_list(attributes, "scan_output_axes", self->collected, arena, &self->output_axes,
                     err) &&
           read_list(attributes, "scan_output_directions", self->collected, arena,
                     &self->output_backwards, err);
}

/* What is carried may change its shape with a step; what is collected gets a dimension. */
static bool infer(const struct call *call, struct err *err)
{
    const struct scan *self = call->node->state;
    if (call->memory != NULL)
        return true;
    for (size_t i = 0; i < self->collected; i++) {
        const struct value *step = program_output(self->body, self->carried + i);
        struct value *out = call_output(call, self->carried + i);
        int64_t dims[VALUE_RANK_MAX];
        if (out == NULL || step->kind != VALUE_TENSOR || step->type == VALUE_UNKNOWN)
            continue;
        int rank = step->rank;
        bool known =
            rank != VALUE_RANK_UNKNOWN && rank < VALUE_RANK_MAX && self->output_axes[i] == 0;
        for (int d = 0; known && d < rank; d++)
            dims[d + 1] = step->dims[d];
        dims[0] = VALUE_ANY;
        if (!call_set_shape(call, self->carried + i, step->type, dims,
                            known ? rank + 1 : VALUE_RANK_UNKNOWN, err))
            return false;
    }
    return true;
}

/* ---- a run ---- */

struct turn {
    const struct scan *self;
    int64_t steps;
    struct value in, out; /* sequences: the body's inputs and outputs */
    int axes[64];         /* of the sliced inputs, not negative */
};

static bool check_inputs(const struct call *call, struct turn *turn, struct err *err)
{
    const struct scan *self = turn->self;
    if (self->sliced > sizeof turn->axes / sizeof turn->axes[0])
        return call_fail(call, err, ERR_LIMIT, "it slices more than 64 inputs");
    for (size_t i = 0; i < self->sliced; i++) {
        const struct value *value = call_input(call, self->carried + i);
        if (value == NULL || value->kind != VALUE_TENSOR || value->rank == 0)
            return call_fail(call, err, ERR_INVALID, "what it slices is no tensor");
        if (!call_axis(call, self->input_axes[i], value->rank, &turn->axes[i], err))
            return false;
        if (i > 0 && value->dims[turn->axes[i]] != turn->steps)
            return call_fail(call, err, ERR_INVALID, "its inputs have different numbers of slices");
        turn->steps = value->dims[turn->axes[i]];
    }
    return true;
}

/* A slice of the first dimension is a part of the tensor as it is; another one is copied. */
static bool slice(const struct call *call, struct turn *turn, size_t i, int64_t step,
                  struct value *to, struct err *err)
{
    const struct value *from = call_input(call, turn->self->carried + i);
    int axis = turn->axes[i];
    int64_t dims[VALUE_RANK_MAX];
    int64_t at = turn->self->input_backwards[i] ? turn->steps - 1 - step : step;
    size_t size = value_type_size(from->type);
    size_t inner = dims_product(from->dims, axis + 1, from->rank);
    size_t outer = dims_product(from->dims, 0, axis);
    memcpy(dims, from->dims, (size_t)axis * sizeof *dims);
    memcpy(dims + axis, from->dims + axis + 1, (size_t)(from->rank - axis - 1) * sizeof *dims);
    const unsigned char *first = (const unsigned char *)from->data + (size_t)at * inner * size;
    if (axis == 0) {
        if (!value_describe(to, from->type, dims, from->rank - 1, err))
            return false;
        to->data = (void *)(uintptr_t)first;
        to->buffer = from->buffer; /* it may outlive the input, as what is carried */
        if (to->buffer != NULL)
            to->buffer->references++;
        return true;
    }
    if (!memory_tensor(call->memory, to, from->type, dims, from->rank - 1, err))
        return false;
    for (size_t o = 0; o < outer; o++)
        memcpy(to->uint8s + o * inner * size, first + o * (size_t)turn->steps * inner * size,
               inner * size);
    return true;
}

static bool collect(const struct call *call, struct turn *turn, size_t i, int64_t step,
                    const struct value *item, struct err *err)
{
    size_t output = turn->self->carried + i;
    struct value *out = call_output(call, output);
    int axis;
    if (out == NULL)
        return true;
    if (item->kind != VALUE_TENSOR || item->rank >= VALUE_RANK_MAX)
        return call_fail(call, err, ERR_UNSUPPORTED, "what it collects are no tensors");
    if (!call_axis(call, turn->self->output_axes[i], item->rank + 1, &axis, err))
        return false;
    int64_t dims[VALUE_RANK_MAX];
    memcpy(dims, item->dims, (size_t)axis * sizeof *dims);
    dims[axis] = turn->steps;
    memcpy(dims + axis + 1, item->dims + axis, (size_t)(item->rank - axis) * sizeof *dims);
    if (step == 0 && !call_make(call, output, item->type, dims, item->rank + 1, err))
        return false;
    if (out->type != item->type || out->rank != item->rank + 1 ||
        memcmp(out->dims, dims, (size_t)out->rank * sizeof *dims) != 0)
        return call_fail(call, err, ERR_INVALID, "its steps make tensors of different shapes");
    int64_t at = turn->self->output_backwards[i] ? turn->steps - 1 - step : step;
    size_t bytes = dims_product(item->dims, axis, item->rank) * value_type_size(item->type);
    size_t outer = dims_product(item->dims, 0, axis);
    for (size_t o = 0; o < outer; o++)
        memcpy(out->uint8s + (o * (size_t)turn->steps + (size_t)at) * bytes,
               item->uint8s + o * bytes, bytes);
    return true;
}

static bool take_step(const struct call *call, struct turn *turn, int64_t step, struct err *err)
{
    const struct scan *self = turn->self;
    struct value *in = turn->in.items, *out = turn->out.items;
    for (size_t i = 0; i < self->sliced; i++)
        if (!slice(call, turn, i, step, &in[self->carried + i], err))
            return false;
    if (!program_run_inner(self->body, call, in, out, err))
        return false;
    for (size_t i = 0; i < self->carried + self->sliced; i++)
        memory_release(call->memory, &in[i]);
    for (size_t i = 0; i < self->carried; i++)
        memory_share(&in[i], &out[i]);
    for (size_t i = 0; i < self->collected; i++)
        if (!collect(call, turn, i, step, &out[self->carried + i], err))
            return false;
    for (size_t i = 0; i < turn->out.count; i++)
        memory_release(call->memory, &out[i]);
    return true;
}

/* Without slices what is collected is empty, in the shape that the body tells. */
static bool make_empty(const struct call *call, const struct scan *self, struct err *err)
{
    for (size_t i = 0; i < self->collected; i++) {
        const struct value *step = program_output(self->body, self->carried + i);
        int64_t dims[VALUE_RANK_MAX] = {0};
        int rank = step->rank >= 0 && step->rank < VALUE_RANK_MAX ? step->rank + 1 : 1;
        for (int d = 1; d < rank; d++)
            dims[d] = step->dims[d - 1] == VALUE_ANY ? 0 : step->dims[d - 1];
        enum value_type type = step->type == VALUE_UNKNOWN ? VALUE_FLOAT : step->type;
        if (!call_make(call, self->carried + i, type, dims, rank, err))
            return false;
    }
    return true;
}

static bool run(const struct call *call, struct err *err)
{
    const struct scan *self = call->node->state;
    struct turn turn = {.self = self};
    if (!check_inputs(call, &turn, err) ||
        !memory_sequence(call->memory, &turn.in, VALUE_SEQUENCE, self->carried + self->sliced,
                         err) ||
        !memory_sequence(call->memory, &turn.out, VALUE_SEQUENCE, program_output_count(self->body),
                         err))
        return false;
    for (size_t i = 0; i < self->carried; i++)
        if (call_input(call, i) != NULL)
            memory_share(&turn.in.items[i], call_input(call, i));
    if (turn.steps == 0 && !make_empty(call, self, err))
        return false;
    for (int64_t step = 0; step < turn.steps; step++)
        if (!take_step(call, &turn, step, err))
            return false;
    for (size_t i = 0; i < self->carried; i++)
        call_share(call, i, &turn.in.items[i]);
    memory_release(call->memory, &turn.in);
    memory_release(call->memory, &turn.out);
    return true;
}

const struct kernel kernel_scan = {
    .domain = "",
    .name = "Scan",
    .since = 9,
    .inputs_min = 1,
    .inputs_max = KERNEL_MANY,
    .outputs_max = KERNEL_MANY,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .state_size = sizeof(struct scan),
    .create = create,
    .infer = infer,
    .run = run,
    .destroy = destroy,
};
