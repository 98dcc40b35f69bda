/* If and Loop: programs within a program. Scan is in scan.c. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"
#include "tensor/program.h"

struct branches {
    struct program *yes, *no;
};

static void destroy_branches(void *state)
{
    struct branches *self = state;
    program_destroy(self->yes);
    program_destroy(self->no);
}

static bool create_if(struct node *node, const struct attributes *attributes, struct arena *arena,
                      struct err *err)
{
    struct branches *self = node->state;
    (void)arena;
    if (!attributes_graph(attributes, "then_branch", &self->yes, err) ||
        !attributes_graph(attributes, "else_branch", &self->no, err))
        return false;
    if (self->yes == NULL || self->no == NULL)
        return err_set(err, ERR_INVALID, "it needs two branches");
    if (program_input_count(self->yes) != 0 || program_input_count(self->no) != 0 ||
        program_output_count(self->yes) != node->output_count ||
        program_output_count(self->no) != node->output_count)
        return err_set(err, ERR_INVALID, "its branches have the wrong inputs or outputs");
    return true;
}

/* What holds for both: a dimension that differs may be anything. */
static struct value common(const struct value *a, const struct value *b)
{
    struct value both = *a;
    both.data = NULL;
    both.buffer = NULL;
    if (a->kind != VALUE_TENSOR)
        return both;
    if (a->type != b->type)
        both.type = VALUE_UNKNOWN;
    if (b->kind != VALUE_TENSOR || a->rank != b->rank)
        both.rank = VALUE_RANK_UNKNOWN;
    for (int i = 0; i < both.rank; i++) {
        if (a->dims[i] != b->dims[i]) {
            both.dims[i] = VALUE_ANY;
            both.count = 0;
        }
    }
    return both;
}

static bool infer_if(const struct call *call, struct err *err)
{
    const struct branches *self = call->node->state;
    size_t count = call->node->output_count;
    struct value yes[16], no[16];
    if (call->memory != NULL || count > 16)
        return true;
    if (!program_infer_inner(self->yes, call, NULL, yes, err) ||
        !program_infer_inner(self->no, call, NULL, no, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct value *out = call_output(call, i);
        if (out != NULL)
            *out = common(&yes[i], &no[i]);
    }
    return true;
}

/* Hands the outputs of an inner program on as the node's, from output `first` on. */
static void hand_on(const struct call *call, size_t first, struct value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        call_share(call, first + i, &values[i]);
        memory_release(call->memory, &values[i]);
    }
}

static bool run_if(const struct call *call, struct err *err)
{
    const struct branches *self = call->node->state;
    const struct value *condition = call_input(call, 0);
    size_t count = call->node->output_count;
    if (!call_check_type(call, 0, TYPE_BIT(VALUE_BOOL), err))
        return false;
    if (condition->count != 1)
        return call_fail(call, err, ERR_INVALID, "its condition is not a single truth value");
    struct value frame;
    if (!memory_sequence(call->memory, &frame, VALUE_SEQUENCE, count, err) ||
        !program_run_inner(condition->uint8s[0] != 0 ? self->yes : self->no, call, NULL,
                           frame.items, err))
        return false;
    hand_on(call, 0, frame.items, count);
    memory_release(call->memory, &frame);
    return true;
}

const struct kernel kernel_if = {
    .domain = "",
    .name = "If",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = KERNEL_MANY,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .state_size = sizeof(struct branches),
    .create = create_if,
    .infer = infer_if,
    .run = run_if,
    .destroy = destroy_branches,
};

/* ---- Loop ---- */

struct loop {
    struct program *body; /* in: step, condition, carried; out: condition, carried, collected */
};

static void destroy_loop(void *state)
{
    program_destroy(((struct loop *)state)->body);
}

static bool create_loop(struct node *node, const struct attributes *attributes, struct arena *arena,
                        struct err *err)
{
    struct loop *self = node->state;
    (void)arena;
    if (!attributes_graph(attributes, "body", &self->body, err))
        return false;
    size_t carried = node->own_count > 2 ? node->own_count - 2 : 0;
    if (self->body == NULL || program_input_count(self->body) != carried + 2 ||
        program_output_count(self->body) < carried + 1 ||
        program_output_count(self->body) != node->output_count + 1)
        return err_set(err, ERR_INVALID, "its body has the wrong inputs or outputs");
    return true;
}

/* The shapes may change with every step: what comes out counts as unknown. */
static bool infer_loop(const struct call *call, struct err *err)
{
    (void)call;
    (void)err;
    return true;
}

/* What goes around: everything that is alive between two steps. */
struct turn {
    size_t carried, collected;
    struct value in, out; /* sequences: the body's inputs, its outputs */
    struct value *lists;  /* the collected outputs of each step, so far */
    size_t *capacity;
};

static bool begin_loop(const struct call *call, struct turn *turn, struct err *err)
{
    const struct loop *self = call->node->state;
    turn->carried = program_input_count(self->body) - 2;
    turn->collected = program_output_count(self->body) - 1 - turn->carried;
    if (!memory_sequence(call->memory, &turn->in, VALUE_SEQUENCE, turn->carried + 2, err) ||
        !memory_sequence(call->memory, &turn->out, VALUE_SEQUENCE, program_output_count(self->body),
                         err))
        return false;
    turn->lists = call_scratch(call, turn->collected, sizeof *turn->lists, err);
    if (turn->lists == NULL)
        return false;
    for (size_t i = 0; i < turn->collected; i++) {
        if (!memory_sequence(call->memory, &turn->lists[i], VALUE_SEQUENCE, 8, err))
            return false;
        turn->lists[i].count = 0;
    }
    for (size_t i = 0; i < turn->carried; i++) {
        const struct value *first = call_input(call, 2 + i);
        if (first != NULL)
            memory_share(&turn->in.items[2 + i], first);
    }
    return true;
}

/* Adds one step's value; the list's block doubles when it is full (8, 16, 32 ... items). */
static bool collect(const struct call *call, struct value *list, struct value *item,
                    struct err *err)
{
    size_t count = list->count;
    if (count >= 8 && (count & (count - 1)) == 0) {
        struct value larger;
        if (!memory_sequence(call->memory, &larger, VALUE_SEQUENCE, count * 2, err))
            return false;
        for (size_t i = 0; i < count; i++)
            memory_share(&larger.items[i], &list->items[i]);
        memory_release(call->memory, list);
        *list = larger;
        list->count = count;
    }
    memory_share(&list->items[list->count++], item);
    return true;
}

static bool take_step(const struct call *call, struct turn *turn, int64_t step, bool *go_on,
                      struct err *err)
{
    const struct loop *self = call->node->state;
    struct value *in = turn->in.items, *out = turn->out.items;
    if (!memory_tensor(call->memory, &in[0], VALUE_INT64, NULL, 0, err) ||
        !memory_tensor(call->memory, &in[1], VALUE_BOOL, NULL, 0, err))
        return false;
    in[0].int64s[0] = step;
    in[1].uint8s[0] = *go_on;
    if (!program_run_inner(self->body, call, in, out, err))
        return false;
    if (out[0].kind != VALUE_TENSOR || out[0].type != VALUE_BOOL || out[0].count != 1)
        return call_fail(call, err, ERR_INVALID, "its condition is not a single truth value");
    *go_on = out[0].uint8s[0] != 0;
    for (size_t i = 0; i < turn->carried + 2; i++)
        memory_release(call->memory, &in[i]);
    for (size_t i = 0; i < turn->carried; i++)
        memory_share(&in[2 + i], &out[1 + i]);
    for (size_t i = 0; i < turn->collected; i++) {
        if (!collect(call, &turn->lists[i], &out[1 + turn->carried + i], err))
            return false;
    }
    for (size_t i = 0; i < turn->out.count; i++)
        memory_release(call->memory, &out[i]);
    return true;
}

/* The values of all steps as one tensor with the steps as its first dimension. */
static bool stack(const struct call *call, size_t output, const struct value *list, struct err *err)
{
    int64_t dims[VALUE_RANK_MAX] = {(int64_t)list->count};
    const struct value *first = list->items;
    if (call_output(call, output) == NULL)
        return true;
    if (list->count == 0)
        return call_make(call, output, VALUE_FLOAT, dims, 1, err);
    if (first->kind != VALUE_TENSOR || first->rank >= VALUE_RANK_MAX)
        return call_fail(call, err, ERR_UNSUPPORTED, "what it collects are no tensors");
    memcpy(dims + 1, first->dims, (size_t)first->rank * sizeof *dims);
    if (!call_make(call, output, first->type, dims, first->rank + 1, err))
        return false;
    size_t bytes = first->count * value_type_size(first->type);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = &list->items[i];
        if (item->kind != VALUE_TENSOR || item->type != first->type || item->rank != first->rank ||
            memcmp(item->dims, first->dims, (size_t)first->rank * sizeof *dims) != 0)
            return call_fail(call, err, ERR_INVALID, "its steps make tensors of different shapes");
        memcpy(call_output(call, output)->uint8s + i * bytes, item->data, bytes);
    }
    return true;
}

static bool run_loop(const struct call *call, struct err *err)
{
    const struct value *trips = call_input(call, 0), *condition = call_input(call, 1);
    struct turn turn = {0};
    int64_t last = INT64_MAX;
    bool go_on = true;
    if (!call_check_type(call, 0, TYPE_BIT(VALUE_INT64), err) ||
        !call_check_type(call, 1, TYPE_BIT(VALUE_BOOL), err))
        return false;
    if ((trips != NULL && trips->count != 1) || (condition != NULL && condition->count != 1))
        return call_fail(call, err, ERR_INVALID, "its limits are single numbers");
    if (trips != NULL)
        last = trips->int64s[0];
    if (condition != NULL)
        go_on = condition->uint8s[0] != 0;
    if (!begin_loop(call, &turn, err))
        return false;
    for (int64_t step = 0; step < last && go_on; step++) {
        if (!memory_work(call->memory, MEMORY_WORK_NODE, err))
            return false;
        if (!take_step(call, &turn, step, &go_on, err))
            return false;
    }
    for (size_t i = 0; i < turn.carried; i++) {
        if (turn.in.items[2 + i].kind != VALUE_NOTHING)
            call_share(call, i, &turn.in.items[2 + i]);
    }
    for (size_t i = 0; i < turn.collected; i++) {
        if (!stack(call, turn.carried + i, &turn.lists[i], err))
            return false;
        memory_release(call->memory, &turn.lists[i]);
    }
    memory_release(call->memory, &turn.in);
    memory_release(call->memory, &turn.out);
    return true;
}

const struct kernel kernel_loop = {
    .domain = "",
    .name = "Loop",
    .since = 1,
    .inputs_min = 0,
    .inputs_max = KERNEL_MANY,
    .inputs_loose = 2, /* how often, and whether at all */
    .outputs_max = KERNEL_MANY,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .state_size = sizeof(struct loop),
    .create = create_loop,
    .infer = infer_loop,
    .run = run_loop,
    .destroy = destroy_loop,
};
