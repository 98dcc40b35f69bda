#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tensor/program_private.h"

/* What computing the constants of a file may take, all together. */
#define FOLD_LIMIT ((size_t)256 << 20)

/* A node on the way from an output to what it reads. */
struct visit {
    int32_t node;
    size_t next_input;
};

enum visited { NOT_YET, ON_THE_WAY, VISITED };

/* What sealing needs besides the program; all arrays are on the heap. */
struct sealing {
    struct program *program;
    int32_t *producer; /* node of each value, or -1 */
    int32_t *order;    /* nodes that the outputs need, as they run */
    size_t ordered;
    char *visited; /* by node: enum visited */
    struct visit *stack;
    bool *used; /* by value: read by a node that runs, or an output */
    size_t constants;
    int32_t *same; /* the value that this one is only another name of, or itself */
    int32_t *slot; /* by value: slot, ~constant, or NODE_ABSENT */
    int32_t *last; /* by slot: position of the last reader */
};

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "no memory to prepare the model");
}

static bool prepare(struct sealing *sealing, struct program *program, struct err *err)
{
    size_t values = program->value_count;
    sealing->program = program;
    sealing->producer = mem_array(values, sizeof *sealing->producer);
    sealing->order = mem_array(program->node_count, sizeof *sealing->order);
    sealing->visited = mem_array(program->node_count, sizeof *sealing->visited);
    sealing->stack = mem_array(program->node_count, sizeof *sealing->stack);
    sealing->used = mem_array(values, sizeof *sealing->used);
    sealing->same = mem_array(values, sizeof *sealing->same);
    sealing->slot = mem_array(values, sizeof *sealing->slot);
    sealing->last = mem_array(values, sizeof *sealing->last);
    if (sealing->producer == NULL || sealing->order == NULL || sealing->visited == NULL ||
        sealing->stack == NULL || sealing->used == NULL || sealing->same == NULL ||
        sealing->slot == NULL || sealing->last == NULL)
        return no_memory(err);
    for (size_t i = 0; i < values; i++) {
        sealing->producer[i] = -1;
        sealing->same[i] = (int32_t)i;
        sealing->slot[i] = NODE_ABSENT;
    }
    for (size_t i = 0; i < program->node_count; i++) {
        const struct node *node = &program->nodes[i];
        for (size_t j = 0; j < node->output_count; j++) {
            if (node->outputs[j] != NODE_ABSENT)
                sealing->producer[node->outputs[j]] = (int32_t)i;
        }
    }
    return true;
}

static void finish(struct sealing *sealing)
{
    free(sealing->producer);
    free(sealing->order);
    free(sealing->visited);
    free(sealing->stack);
    free(sealing->used);
    free(sealing->same);
    free(sealing->slot);
    free(sealing->last);
}

/* Names that nothing defines are the outer program's, if there is one. */
static bool find_captured(struct program *program, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < program->value_count; i++)
        count += program->defined[i] ? 0 : 1;
    program->captured.items = mem_array(count, sizeof *program->captured.items);
    program->captured_names = arena_array(&program->arena, count, sizeof(char *));
    if (program->captured.items == NULL || program->captured_names == NULL)
        return no_memory(err);
    for (size_t i = 0; i < program->value_count; i++) {
        if (program->defined[i])
            continue;
        if (!program->inner)
            return err_set(err, ERR_INVALID, "the value %.80s is read, but nothing makes it",
                           program->value_names[i]);
        program->captured_names[program->captured.count] = program->value_names[i];
        program->captured.items[program->captured.count++] = (int32_t)i;
    }
    return true;
}

/* Walks from a node to all that it reads, depth first and without recursion; a node is put in order
 * when everything before it is. */
static bool visit_node(struct sealing *sealing, int32_t node, struct err *err)
{
    size_t depth = 0;
    sealing->visited[node] = ON_THE_WAY;
    sealing->stack[depth++] = (struct visit){.node = node};
    while (depth > 0) {
        struct visit *top = &sealing->stack[depth - 1];
        const struct node *at = &sealing->program->nodes[top->node];
        if (top->next_input == at->input_count) {
            sealing->visited[top->node] = VISITED;
            sealing->order[sealing->ordered++] = top->node;
            depth--;
            continue;
        }
        int32_t value = at->inputs[top->next_input++];
        int32_t producer = value != NODE_ABSENT ? sealing->producer[value] : -1;
        if (producer < 0 || sealing->visited[producer] == VISITED)
            continue;
        if (sealing->visited[producer] == ON_THE_WAY) {
            err_set(err, ERR_INVALID, "it reads what it makes itself, over other nodes: a cycle");
            return program_at_node(at, err);
        }
        sealing->visited[producer] = ON_THE_WAY;
        sealing->stack[depth++] = (struct visit){.node = producer};
    }
    return true;
}

static bool sort_nodes(struct sealing *sealing, struct err *err)
{
    const struct program *program = sealing->program;
    for (size_t i = 0; i < program->outputs.count; i++) {
        int32_t producer = sealing->producer[program->outputs.items[i]];
        if (producer >= 0 && sealing->visited[producer] == NOT_YET &&
            !visit_node(sealing, producer, err))
            return false;
    }
    return true;
}

bool program_infer_node(const struct call *call, struct err *err)
{
    const struct node *node = call->node;
    bool unknown = false;
    for (size_t i = 0; i < node->output_count; i++) {
        if (node->outputs[i] != NODE_ABSENT)
            call->values[node->outputs[i]] = (struct value){.kind = VALUE_NOTHING};
    }
    for (size_t i = 0; i < node->own_count; i++) {
        const struct value *in = call_input(call, i);
        unknown = unknown || (in != NULL && program_is_unknown(in));
    }
    if ((!unknown || (node->kernel->flags & KERNEL_INFERS_UNKNOWN) != 0) &&
        !node->kernel->infer(call, err))
        return program_at_node(node, err);
    for (size_t i = 0; i < node->output_count; i++) {
        struct value *out = call_output(call, i);
        if (out != NULL && out->kind == VALUE_NOTHING)
            *out = program_unknown();
    }
    return true;
}

/* All that the node reads is there. */
static bool is_foldable(const struct program *program, const struct node *node)
{
    if ((node->kernel->flags & KERNEL_NEVER_CONSTANT) != 0)
        return false;
    for (size_t i = 0; i < node->input_count; i++) {
        if (node->inputs[i] != NODE_ABSENT && program->known[node->inputs[i]].data == NULL)
            return false;
    }
    return true;
}

static bool keep_strings(struct value *value, struct arena *arena)
{
    for (size_t i = 0; i < value->count; i++) {
        struct value_string *string = &value->strings[i];
        string->bytes = arena_copy_text(arena, string->bytes, string->length);
        if (string->bytes == NULL)
            return false;
    }
    return true;
}

/* Moves a value to where it lives as long as the program. */
static bool keep_value(struct value *value, struct arena *arena)
{
    if (value->kind == VALUE_NOTHING)
        return true;
    bool items = value->kind != VALUE_TENSOR;
    size_t size = items ? sizeof(struct value) : value_type_size(value->type);
    void *data = arena_array(arena, value->count, size);
    if (data == NULL)
        return false;
    if (value->count > 0)
        memcpy(data, value->data, value->count * size);
    value->data = data;
    value->buffer = NULL;
    for (size_t i = 0; items && i < value->count; i++) {
        if (!keep_value(&value->items[i], arena))
            return false;
    }
    return items || value->type != VALUE_STRING || keep_strings(value, arena);
}

/* Computes a node now; its outputs become constants. */
static bool fold(struct program *program, const struct call *call, struct err *err)
{
    struct arena arena;
    struct memory memory;
    const struct node *node = call->node;
    size_t limit = program->arena.limit;
    arena_init(&arena, limit != 0 && limit < FOLD_LIMIT ? limit : FOLD_LIMIT);
    memory_init(&memory, &arena, 0);
    struct call run = *call;
    run.memory = &memory;
    bool good = program_run_node(&run, err) || program_at_node(node, err);
    for (size_t i = 0; good && i < node->output_count; i++) {
        struct value *out = call_output(call, i);
        if (out != NULL && !keep_value(out, &program->arena))
            good = no_memory(err);
    }
    arena_finish(&arena);
    return good;
}

/* Output 0 holds the same elements in the same type and shape as input 0: at most one dimension is
 * unknown in both, so it is the same too. */
static bool is_same(const struct program *program, const struct node *node)
{
    bool view = (node->kernel->flags & KERNEL_VIEW) != 0 && node->kernel->run == NULL;
    if ((!view && (node->kernel->flags & KERNEL_MAYBE_SAME) == 0) ||
        node->outputs[0] == NODE_ABSENT)
        return false;
    const struct value *in = &program->known[node->inputs[0]];
    const struct value *out = &program->known[node->outputs[0]];
    if (strcmp(node->kernel->name, "Identity") == 0)
        return true;
    if (in->kind != VALUE_TENSOR || out->kind != VALUE_TENSOR || in->type != out->type ||
        in->rank != out->rank || in->rank < 0)
        return false;
    int unknown = 0;
    for (int i = 0; i < in->rank; i++) {
        if (in->dims[i] != out->dims[i] || (in->dims[i] < 0 && unknown++ > 0))
            return false;
    }
    return true;
}

/* Types, shapes, constants, nodes that change nothing: in the order the nodes run. */
static bool infer_nodes(struct sealing *sealing, struct err *err)
{
    struct program *program = sealing->program;
    struct call call = {.values = program->known};
    for (size_t i = 0; i < sealing->ordered; i++) {
        const struct node *node = &program->nodes[sealing->order[i]];
        call.node = node;
        if (is_foldable(program, node)) {
            if (!fold(program, &call, err))
                return false;
        } else if (!program_infer_node(&call, err)) {
            return false;
        } else if (is_same(program, node)) {
            sealing->same[node->outputs[0]] = sealing->same[node->inputs[0]];
        }
    }
    return true;
}

static bool is_constant(const struct program *program, int32_t value)
{
    return program->known[value].data != NULL;
}

/* An output that somebody reads and that is not known already. */
static bool makes(const struct sealing *sealing, const struct node *node, size_t i)
{
    int32_t out = node->outputs[i];
    return out != NODE_ABSENT && sealing->same[out] == out && sealing->used[out] &&
           !is_constant(sealing->program, out);
}

/* Backwards through the nodes: drops those that make nothing that is read. */
static void keep_nodes(struct sealing *sealing)
{
    const struct program *program = sealing->program;
    size_t kept = sealing->ordered;
    for (size_t i = 0; i < program->outputs.count; i++)
        sealing->used[sealing->same[program->outputs.items[i]]] = true;
    for (size_t i = sealing->ordered; i-- > 0;) {
        const struct node *node = &program->nodes[sealing->order[i]];
        bool needed = false;
        for (size_t j = 0; j < node->output_count; j++)
            needed = needed || makes(sealing, node, j);
        if (!needed)
            continue;
        for (size_t j = 0; j < node->input_count; j++) {
            if (node->inputs[j] != NODE_ABSENT)
                sealing->used[sealing->same[node->inputs[j]]] = true;
        }
        sealing->order[--kept] = sealing->order[i];
    }
    sealing->ordered -= kept;
    memmove(sealing->order, sealing->order + kept, sealing->ordered * sizeof *sealing->order);
}

static int32_t slot_of(struct sealing *sealing, int32_t value)
{
    if (value == NODE_ABSENT)
        return NODE_ABSENT;
    value = sealing->same[value];
    if (sealing->slot[value] == NODE_ABSENT)
        sealing->slot[value] = is_constant(sealing->program, value)
                                   ? ~(int32_t)sealing->constants++
                                   : (int32_t)sealing->program->slot_count++;
    return sealing->slot[value];
}

static bool place_node(struct sealing *sealing, struct node *node)
{
    struct arena *arena = &sealing->program->arena;
    int32_t *inputs = arena_array(arena, node->input_count, sizeof *inputs);
    int32_t *outputs = arena_array(arena, node->output_count, sizeof *outputs);
    if (inputs == NULL || outputs == NULL)
        return false;
    for (size_t i = 0; i < node->input_count; i++)
        inputs[i] = slot_of(sealing, node->inputs[i]);
    for (size_t i = 0; i < node->output_count; i++)
        outputs[i] = makes(sealing, node, i) ? slot_of(sealing, node->outputs[i]) : NODE_ABSENT;
    node->inputs = inputs;
    node->outputs = outputs;
    return true;
}

/* Inputs and what is captured have the first slots, so that a run finds them without a list. */
static bool place(struct sealing *sealing, struct err *err)
{
    struct program *program = sealing->program;
    for (size_t i = 0; i < program->inputs.count; i++)
        sealing->slot[program->inputs.items[i]] = (int32_t)program->slot_count++;
    for (size_t i = 0; i < program->captured.count; i++)
        sealing->slot[program->captured.items[i]] = (int32_t)program->slot_count++;
    program->running = arena_array(&program->arena, sealing->ordered, sizeof(struct node));
    if (program->running == NULL)
        return no_memory(err);
    for (size_t i = 0; i < sealing->ordered; i++) {
        program->running[i] = program->nodes[sealing->order[i]];
        if (!place_node(sealing, &program->running[i]))
            return no_memory(err);
    }
    program->running_count = sealing->ordered;
    for (size_t i = 0; i < program->outputs.count; i++)
        program->outputs.items[i] = slot_of(sealing, program->outputs.items[i]);
    program->constants = arena_zeroed(&program->arena, sealing->constants, sizeof(struct value));
    if (program->constants == NULL)
        return no_memory(err);
    for (size_t i = 0; i < program->value_count; i++) {
        if (sealing->slot[i] != NODE_ABSENT && sealing->slot[i] < 0)
            program->constants[~sealing->slot[i]] = program->known[i];
    }
    return true;
}

/* For each node the slots that nobody reads after it. Outputs of the program live to the end. */
static bool find_dying(struct sealing *sealing, struct err *err)
{
    struct program *program = sealing->program;
    for (size_t i = 0; i < program->running_count; i++) {
        const struct node *node = &program->running[i];
        for (size_t j = 0; j < node->input_count; j++) {
            if (node->inputs[j] >= 0)
                sealing->last[node->inputs[j]] = (int32_t)i;
        }
    }
    for (size_t i = 0; i < program->outputs.count; i++) {
        if (program->outputs.items[i] >= 0)
            sealing->last[program->outputs.items[i]] = -1;
    }
    for (size_t i = 0; i < program->running_count; i++) {
        struct node *node = &program->running[i];
        int32_t *dying = arena_array(&program->arena, node->input_count, sizeof *dying);
        if (dying == NULL)
            return no_memory(err);
        node->dying = dying;
        for (size_t j = 0; j < node->input_count; j++) {
            int32_t slot = node->inputs[j];
            if (slot < 0 || sealing->last[slot] != (int32_t)i)
                continue;
            dying[node->dying_count++] = slot;
            sealing->last[slot] = -1;
        }
    }
    return true;
}

/* What a caller asks of inputs and outputs afterwards. */
static bool describe_ends(struct program *program, struct err *err)
{
    struct arena *arena = &program->arena;
    size_t inputs = program->inputs.count, outputs = program->outputs.count;
    program->input_names = arena_array(arena, inputs, sizeof(char *));
    program->output_names = arena_array(arena, outputs, sizeof(char *));
    program->input_known = arena_array(arena, inputs, sizeof(struct value));
    program->output_known = arena_array(arena, outputs, sizeof(struct value));
    if (program->input_names == NULL || program->output_names == NULL ||
        program->input_known == NULL || program->output_known == NULL)
        return no_memory(err);
    for (size_t i = 0; i < inputs; i++) {
        program->input_names[i] = program->value_names[program->inputs.items[i]];
        program->input_known[i] = program->known[program->inputs.items[i]];
    }
    for (size_t i = 0; i < outputs; i++) {
        const struct value *known = &program->known[program->outputs.items[i]];
        const struct value *expected = &program->expected[i];
        program->output_names[i] = program->value_names[program->outputs.items[i]];
        program->output_known[i] = *known;
        if (expected->kind == VALUE_NOTHING || program->inner)
            continue;
        if (program_is_unknown(known)) {
            program->output_known[i] = *expected;
        } else if (known->kind != expected->kind ||
                   (known->kind == VALUE_TENSOR && expected->type != VALUE_UNKNOWN &&
                    known->type != expected->type)) {
            char is[96], should[96];
            return err_set(err, ERR_INVALID, "the output %.80s is declared as %s, but is %s",
                           program->output_names[i], value_spell(expected, should, sizeof should),
                           value_spell(known, is, sizeof is));
        }
    }
    return true;
}

/* What only the reader of the file needed. */
static void forget(struct program *program)
{
    strmap_finish(&program->names);
    program->names = STRMAP_INIT;
    free(program->value_names);
    free(program->known);
    free(program->defined);
    free(program->expected);
    program->value_names = NULL;
    program->known = NULL;
    program->defined = NULL;
    program->expected = NULL;
    program->value_count = 0;
}

bool program_seal(struct program *program, struct err *err)
{
    struct sealing sealing = {0};
    bool good = find_captured(program, err) && prepare(&sealing, program, err) &&
                sort_nodes(&sealing, err) && infer_nodes(&sealing, err) &&
                describe_ends(program, err);
    if (good) {
        keep_nodes(&sealing);
        good = program_fuse(program, sealing.same, sealing.order, &sealing.ordered, err) &&
               place(&sealing, err) && find_dying(&sealing, err);
    }
    if (good)
        forget(program);
    finish(&sealing);
    return good;
}

bool program_infer_inner(const struct program *inner, const struct call *around,
                         const struct value *inputs, struct value *outputs, struct err *err)
{
    struct value *values = mem_array(inner->slot_count, sizeof *values);
    struct call call = {.values = values, .constants = inner->constants};
    bool good = values != NULL || no_memory(err);
    for (size_t i = 0; good && i < inner->inputs.count; i++)
        values[i] = inputs[i];
    for (size_t i = 0; good && i < inner->captured.count; i++) {
        const struct value *value = call_input(around, inner->first_captured + i);
        values[inner->inputs.count + i] = value != NULL ? *value : program_unknown();
    }
    for (size_t i = 0; good && i < inner->running_count; i++) {
        call.node = &inner->running[i];
        good = program_infer_node(&call, err);
    }
    for (size_t i = 0; good && i < inner->outputs.count; i++) {
        int32_t slot = inner->outputs.items[i];
        outputs[i] = slot >= 0 ? values[slot] : inner->constants[~slot];
    }
    free(values);
    return good;
}
