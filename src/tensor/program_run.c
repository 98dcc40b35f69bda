#include "tensor/program_private.h"

#include <string.h>

/* An input whose memory output 0 may take over: nobody else has it and nobody reads it later. */
static struct value *find_dying(const struct call *call, const struct value *out)
{
    const struct node *node = call->node;
    for (size_t i = 0; i < node->own_count; i++) {
        if (node->inputs[i] < 0)
            continue;
        struct value *in = &call->values[node->inputs[i]];
        if (in->kind != VALUE_TENSOR || in->buffer == NULL || in->buffer->references != 1 ||
            in->count != out->count || in->type != out->type)
            continue;
        for (size_t j = 0; j < node->dying_count; j++) {
            if (node->dying[j] == node->inputs[i])
                return in;
        }
    }
    return NULL;
}

static bool share_elements(struct value *out, const struct value *in, struct err *err)
{
    if (in == NULL || in->count != out->count)
        return err_set(err, ERR_INVALID, "the new shape has another number of elements");
    out->data = in->data;
    out->buffer = in->buffer;
    if (out->buffer != NULL)
        out->buffer->references++;
    return true;
}

static bool give_memory(const struct call *call, struct err *err)
{
    const struct node *node = call->node;
    unsigned flags = node->kernel->flags;
    for (size_t i = 0; i < node->output_count; i++) {
        struct value *out = call_output(call, i);
        if (out == NULL || out->kind == VALUE_NOTHING)
            continue;
        if (!value_shape_known(out) || value_type_size(out->type) == 0)
            return err_set(err, ERR_INTERNAL, "the shape of its output %zu is not known", i);
        struct value *dying = NULL;
        if (i == 0 && (flags & KERNEL_VIEW) != 0) {
            if (!share_elements(out, call_input(call, 0), err))
                return false;
            continue;
        }
        if (i == 0 && (flags & KERNEL_IN_PLACE) != 0)
            dying = find_dying(call, out);
        if (dying != NULL ? !share_elements(out, dying, err) : !memory_fill(call->memory, out, err))
            return false;
    }
    return true;
}

static void clear_outputs(const struct call *call)
{
    for (size_t i = 0; i < call->node->output_count; i++) {
        struct value *out = call_output(call, i);
        if (out != NULL)
            *out = (struct value){.kind = VALUE_NOTHING};
    }
}

bool program_run_node(const struct call *call, struct err *err)
{
    const struct node *node = call->node;
    const struct kernel *kernel = node->kernel;
    if (!memory_work(call->memory, MEMORY_WORK_NODE, err))
        return false;
    bool makes = (kernel->flags & KERNEL_MAKES_OUTPUTS) != 0;
    if (!kernel->infer(call, err))
        return false;
    if (makes)
        clear_outputs(call);
    else if (!give_memory(call, err))
        return false;
    if (kernel->run != NULL && !kernel->run(call, err))
        return false;
    for (size_t i = 0; i < node->dying_count; i++)
        memory_release(call->memory, &call->values[node->dying[i]]);
    return true;
}

/* Types are what the nodes were checked with. Shapes each node looks at again. */
static bool check_input(const struct program *program, size_t i, const struct value *value,
                        struct err *err)
{
    const struct value *known = &program->input_known[i];
    bool fits = value->kind == known->kind || value->kind == VALUE_NOTHING;
    if (value->kind == VALUE_TENSOR && known->kind == VALUE_TENSOR)
        fits = known->type == VALUE_UNKNOWN || value->type == known->type;
    if (fits || (known->kind == VALUE_TENSOR && known->type == VALUE_UNKNOWN))
        return true;
    char is[96], should[96];
    return err_set(err, ERR_INVALID, "the input %.80s is %s, expected is %s",
                   program->input_names[i], value_spell(value, is, sizeof is),
                   value_spell(known, should, sizeof should));
}

/* values: the frame, slots of inputs and captured ones filled in already. */
static bool run_nodes(const struct program *program, struct value *values, struct memory *memory,
                      struct err *err)
{
    struct call call = {.values = values, .constants = program->constants, .memory = memory};
    for (size_t i = 0; i < program->running_count; i++) {
        call.node = &program->running[i];
        if (!program_run_node(&call, err))
            return program_at_node(call.node, err);
    }
    return true;
}

static void take_outputs(const struct program *program, const struct value *values,
                         struct value *outputs)
{
    for (size_t i = 0; i < program->outputs.count; i++) {
        int32_t slot = program->outputs.items[i];
        memory_share(&outputs[i], slot >= 0 ? &values[slot] : &program->constants[~slot]);
    }
}

static bool run(const struct program *program, const struct call *around,
                const struct value *inputs, struct value *outputs, struct memory *memory,
                struct err *err)
{
    struct value frame;
    for (size_t i = 0; i < program->inputs.count; i++) {
        if (!check_input(program, i, &inputs[i], err))
            return false;
    }
    if (!memory_sequence(memory, &frame, VALUE_SEQUENCE, program->slot_count, err))
        return false;
    for (size_t i = 0; i < program->inputs.count; i++)
        memory_share(&frame.items[i], &inputs[i]);
    for (size_t i = 0; i < program->captured.count; i++) {
        const struct value *value = call_input(around, program->first_captured + i);
        if (value != NULL)
            memory_share(&frame.items[program->inputs.count + i], value);
    }
    bool good = run_nodes(program, frame.items, memory, err);
    if (good)
        take_outputs(program, frame.items, outputs);
    memory_release(memory, &frame);
    return good;
}

bool program_run(const struct program *program, const struct value *inputs, struct value *outputs,
                 struct memory *memory, struct err *err)
{
    return run(program, NULL, inputs, outputs, memory, err);
}

bool program_run_inner(const struct program *inner, const struct call *call,
                       const struct value *inputs, struct value *outputs, struct err *err)
{
    return run(inner, call, inputs, outputs, call->memory, err);
}
