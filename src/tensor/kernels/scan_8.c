/* Scan of operator set 8: the first dimension of everything is a batch, whose items are scanned one
 * after the other along the second one. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"
#include "tensor/program.h"

struct scan {
    struct program *body; /* in: carried, slices; out: carried, collected */
    size_t carried, sliced, collected;
    uint64_t backwards; /* a bit per sliced input */
};

static void destroy(void *state)
{
    program_destroy(((struct scan *)state)->body);
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    struct scan *self = node->state;
    int64_t sliced = 0;
    const int64_t *directions;
    size_t count;
    (void)arena;
    if (!attributes_graph(attributes, "body", &self->body, err) ||
        !attributes_int(attributes, "num_scan_inputs", &sliced, err) ||
        !attributes_ints(attributes, "directions", &directions, &count, err))
        return false;
    if (self->body == NULL || sliced < 1 || sliced > 64 || (uint64_t)sliced >= node->own_count)
        return err_set(err, ERR_INVALID, "it has no body or no inputs to slice");
    self->sliced = (size_t)sliced;
    self->carried = node->own_count - 1 - self->sliced;
    if (program_input_count(self->body) != node->own_count - 1 ||
        program_output_count(self->body) < self->carried ||
        program_output_count(self->body) != node->output_count)
        return err_set(err, ERR_INVALID, "its body has the wrong inputs or outputs");
    self->collected = node->output_count - self->carried;
    for (size_t i = 0; i < count && i < self->sliced; i++)
        self->backwards |= directions[i] != 0 ? UINT64_C(1) << i : 0;
    return true;
}

/* What comes out is known when it has run. */
static bool infer(const struct call *call, struct err *err)
{
    return call_input(call, 0) == NULL ||
           call_fail(call, err, ERR_UNSUPPORTED, "lengths of sequences are not supported");
}

/* What lies at `at` of the first dimensions, of which there are `gone`, as a tensor of its own. */
static bool part(const struct value *from, int gone, size_t at, struct value *to, struct err *err)
{
    if (!value_describe(to, from->type, from->dims + gone, from->rank - gone, err))
        return false;
    to->data = from->uint8s + at * to->count * value_type_size(from->type);
    to->buffer = from->buffer;
    if (to->buffer != NULL)
        to->buffer->references++;
    return true;
}

/* Puts an item at its place in output i, which the first one makes. lead: batch, and steps. */
static bool put(const struct call *call, size_t i, const int64_t *lead, int leading, size_t at,
                const struct value *item, struct err *err)
{
    struct value *out = call_output(call, i);
    int64_t dims[VALUE_RANK_MAX];
    if (out == NULL)
        return true;
    if (item->kind != VALUE_TENSOR || item->rank + leading > VALUE_RANK_MAX)
        return call_fail(call, err, ERR_UNSUPPORTED, "what it makes are no tensors");
    memcpy(dims, lead, (size_t)leading * sizeof *dims);
    memcpy(dims + leading, item->dims, (size_t)item->rank * sizeof *dims);
    if (at == 0 && !call_make(call, i, item->type, dims, item->rank + leading, err))
        return false;
    if (out->type != item->type || out->rank != item->rank + leading ||
        memcmp(out->dims, dims, (size_t)out->rank * sizeof *dims) != 0)
        return call_fail(call, err, ERR_INVALID, "its steps make tensors of different shapes");
    size_t bytes = item->count * value_type_size(item->type);
    memcpy(out->uint8s + at * bytes, item->data, bytes);
    return true;
}

static bool check_inputs(const struct call *call, int64_t *lead, struct err *err)
{
    const struct scan *self = call->node->state;
    for (size_t i = 1; i < call->node->own_count; i++) {
        const struct value *in = call_input(call, i);
        bool sliced = i > self->carried;
        if (in == NULL || in->kind != VALUE_TENSOR || in->rank < (sliced ? 2 : 1))
            return call_fail(call, err, ERR_INVALID, "input %zu has no batch", i);
        if (lead[0] < 0)
            lead[0] = in->dims[0];
        if (sliced && lead[1] < 0)
            lead[1] = in->dims[1];
        if (in->dims[0] != lead[0] || (sliced && in->dims[1] != lead[1]))
            return call_fail(call, err, ERR_INVALID, "its inputs differ in length");
    }
    return (lead[0] > 0 && lead[1] > 0) ||
           call_fail(call, err, ERR_UNSUPPORTED, "there is nothing to scan");
}

static bool take_step(const struct call *call, const int64_t *lead, size_t item, size_t step,
                      struct value *in, struct value *out, struct err *err)
{
    const struct scan *self = call->node->state;
    size_t steps = (size_t)lead[1];
    for (size_t i = 0; i < self->sliced; i++) {
        size_t at = (self->backwards >> i & 1U) != 0 ? steps - 1 - step : step;
        if (!part(call_input(call, 1 + self->carried + i), 2, item * steps + at,
                  &in[self->carried + i], err))
            return false;
    }
    if (!program_run_inner(self->body, call, in, out, err))
        return false;
    for (size_t i = 0; i < self->carried + self->sliced; i++)
        memory_release(call->memory, &in[i]);
    for (size_t i = 0; i < self->carried; i++)
        memory_share(&in[i], &out[i]);
    for (size_t i = 0; i < self->collected; i++) {
        if (!put(call, self->carried + i, lead, 2, item * steps + step, &out[self->carried + i],
                 err))
            return false;
    }
    for (size_t i = 0; i < self->carried + self->collected; i++)
        memory_release(call->memory, &out[i]);
    return true;
}

static bool run(const struct call *call, struct err *err)
{
    const struct scan *self = call->node->state;
    int64_t lead[2] = {-1, -1};
    struct value in, out;
    if (!check_inputs(call, lead, err) ||
        !memory_sequence(call->memory, &in, VALUE_SEQUENCE, self->carried + self->sliced, err) ||
        !memory_sequence(call->memory, &out, VALUE_SEQUENCE, self->carried + self->collected, err))
        return false;
    for (size_t item = 0; item < (size_t)lead[0]; item++) {
        for (size_t i = 0; i < self->carried; i++) {
            if (!part(call_input(call, 1 + i), 1, item, &in.items[i], err))
                return false;
        }
        for (size_t step = 0; step < (size_t)lead[1]; step++) {
            if (!take_step(call, lead, item, step, in.items, out.items, err))
                return false;
        }
        for (size_t i = 0; i < self->carried; i++) {
            if (!put(call, i, lead, 1, item, &in.items[i], err))
                return false;
            memory_release(call->memory, &in.items[i]);
        }
    }
    memory_release(call->memory, &in);
    memory_release(call->memory, &out);
    return true;
}

const struct kernel kernel_scan_8 = {
    .domain = "",
    .name = "Scan",
    .since = 8,
    .until = 8,
    .inputs_min = 0,
    .inputs_max = KERNEL_MANY,
    .inputs_loose = 1,
    .outputs_max = KERNEL_MANY,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .state_size = sizeof(struct scan),
    .create = create,
    .infer = infer,
    .run = run,
    .destroy = destroy,
};
