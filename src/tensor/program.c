#include "tensor/program_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct program *program_create(bool inner, size_t memory_limit, struct err *err)
{
    struct program *program = mem_array(1, sizeof *program);
    if (program == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a program");
        return NULL;
    }
    program->inner = inner;
    arena_init(&program->arena, memory_limit);
    return program;
}

void program_destroy(struct program *program)
{
    if (program == NULL)
        return;
    for (size_t i = 0; i < program->node_count; i++) {
        struct node *node = &program->nodes[i];
        if (node->kernel != NULL && node->kernel->destroy != NULL && node->state != NULL)
            node->kernel->destroy(node->state);
    }
    strmap_finish(&program->names);
    free(program->value_names);
    free(program->known);
    free(program->defined);
    free(program->nodes);
    free(program->inputs.items);
    free(program->outputs.items);
    free(program->captured.items);
    free(program->expected);
    arena_finish(&program->arena);
    free(program);
}

struct arena *program_arena(struct program *program)
{
    return &program->arena;
}

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "the model is larger than it may be");
}

struct value program_unknown(void)
{
    return (struct value){.kind = VALUE_TENSOR, .type = VALUE_UNKNOWN, .rank = VALUE_RANK_UNKNOWN};
}

bool program_is_unknown(const struct value *value)
{
    return value->kind == VALUE_TENSOR &&
           (value->type == VALUE_UNKNOWN || value->rank == VALUE_RANK_UNKNOWN);
}

/* Room for one more of `count` elements; *block is the array. */
static bool grow(void *block, size_t count, size_t *capacity, size_t size)
{
    void *old, *larger;
    if (count < *capacity)
        return true;
    size_t wanted = *capacity > 0 ? *capacity * 2 : 16;
    memcpy(&old, block, sizeof old);
    larger = mem_resize(old, wanted, size);
    if (larger == NULL)
        return false;
    memcpy(block, &larger, sizeof larger);
    *capacity = wanted;
    return true;
}

static bool list_add(struct index_list *list, int32_t item)
{
    if (!grow(&list->items, list->count, &list->capacity, sizeof *list->items))
        return false;
    list->items[list->count++] = item;
    return true;
}

static bool grow_values(struct program *program)
{
    size_t capacity = program->value_capacity;
    size_t same = capacity, again = capacity;
    return grow(&program->value_names, program->value_count, &same, sizeof(char *)) &&
           grow(&program->known, program->value_count, &again, sizeof(struct value)) &&
           grow(&program->defined, program->value_count, &program->value_capacity, sizeof(bool));
}

int32_t program_value(struct program *program, const char *name, struct err *err)
{
    size_t length = strlen(name);
    uint32_t existing = strmap_get(&program->names, name, length);
    if (existing != STRMAP_NONE)
        return (int32_t)existing;
    char *copy = arena_copy_text(&program->arena, name, length);
    if (copy == NULL || program->value_count >= INT32_MAX / 2 || !grow_values(program) ||
        !strmap_add(&program->names, copy, length, (uint32_t)program->value_count, &existing)) {
        no_memory(err);
        return -1;
    }
    program->value_names[program->value_count] = copy;
    program->known[program->value_count] = program_unknown();
    program->defined[program->value_count] = false;
    return (int32_t)program->value_count++;
}

/* The value of a name that is defined here and nowhere else. */
static int32_t define(struct program *program, const char *name, struct err *err)
{
    int32_t index = program_value(program, name, err);
    if (index >= 0 && program->defined[index]) {
        err_set(err, ERR_INVALID, "the name %.80s is defined twice", name);
        return -1;
    }
    if (index >= 0)
        program->defined[index] = true;
    return index;
}

bool program_add_constant(struct program *program, const char *name, const struct value *value,
                          struct err *err)
{
    int32_t index = define(program, name, err);
    if (index < 0)
        return false;
    program->known[index] = *value;
    return true;
}

bool program_add_input(struct program *program, const char *name, const struct value *expected,
                       struct err *err)
{
    int32_t index = define(program, name, err);
    if (index < 0)
        return false;
    program->known[index] = expected->kind == VALUE_NOTHING ? program_unknown() : *expected;
    program->known[index].data = NULL;
    return list_add(&program->inputs, index) || no_memory(err);
}

bool program_add_output(struct program *program, const char *name, const struct value *expected,
                        struct err *err)
{
    int32_t index = program_value(program, name, err);
    if (index < 0)
        return false;
    if (!grow(&program->expected, program->outputs.count, &program->expected_capacity,
              sizeof *program->expected) ||
        !list_add(&program->outputs, index))
        return no_memory(err);
    program->expected[program->outputs.count - 1] = *expected;
    return true;
}

bool program_at_node(const struct node *node, struct err *err)
{
    if (node->name[0] != '\0')
        return err_prefix(err, "the node %.80s (%s)", node->name, node->kernel->name);
    return err_prefix(err, "a node %s", node->kernel->name);
}

static bool check_counts(const struct kernel *kernel, const struct program_node *node,
                         struct err *err)
{
    size_t inputs = node->input_count, outputs = node->output_count;
    while (outputs > 0 && node->outputs[outputs - 1][0] == '\0')
        outputs--;
    if (inputs < kernel->inputs_min)
        return err_set(err, ERR_INVALID, "it has %zu inputs, at least %u are needed", inputs,
                       kernel->inputs_min);
    if (kernel->inputs_max != KERNEL_MANY && inputs > kernel->inputs_max)
        return err_set(err, ERR_INVALID, "it has %zu inputs, at most %u are possible", inputs,
                       kernel->inputs_max);
    if (kernel->outputs_max != KERNEL_MANY && outputs > kernel->outputs_max)
        return err_set(err, ERR_INVALID, "it has %zu outputs, at most %u are possible", outputs,
                       kernel->outputs_max);
    bool many = kernel->inputs_max == KERNEL_MANY;
    for (size_t i = kernel->inputs_loose; i < (many ? inputs : kernel->inputs_min); i++) {
        if (node->inputs[i][0] == '\0')
            return err_set(err, ERR_INVALID, "input %zu must be given", i);
    }
    return true;
}

/* The values that the programs among the attributes read from around them. */
static size_t count_captured(const struct attributes *attributes)
{
    size_t count = 0;
    for (size_t i = 0; i < attributes->count; i++) {
        if (attributes->items[i].kind == ATTRIBUTE_GRAPH && attributes->items[i].graph != NULL)
            count += attributes->items[i].graph->captured.count;
    }
    return count;
}

static bool set_captured(struct program *program, const struct attributes *attributes, size_t first,
                         int32_t *inputs, struct err *err)
{
    for (size_t i = 0; i < attributes->count; i++) {
        if (attributes->items[i].kind != ATTRIBUTE_GRAPH || attributes->items[i].graph == NULL)
            continue;
        struct program *inner = attributes->items[i].graph;
        inner->first_captured = first;
        for (size_t j = 0; j < inner->captured.count; j++, first++) {
            inputs[first] = program_value(program, inner->captured_names[j], err);
            if (inputs[first] < 0)
                return false;
        }
    }
    return true;
}

static bool link_inputs(struct program *program, struct node *node,
                        const struct program_node *described, struct err *err)
{
    size_t captured = count_captured(&described->attributes);
    node->own_count = described->input_count;
    node->input_count = node->own_count + captured;
    int32_t *inputs = arena_array(&program->arena, node->input_count, sizeof *inputs);
    if (inputs == NULL)
        return no_memory(err);
    node->inputs = inputs;
    for (size_t i = 0; i < node->own_count; i++) {
        const char *name = described->inputs[i];
        inputs[i] = name[0] == '\0' ? NODE_ABSENT : program_value(program, name, err);
        if (inputs[i] == -1)
            return false;
    }
    return set_captured(program, &described->attributes, node->own_count, inputs, err);
}

static bool link_outputs(struct program *program, struct node *node,
                         const struct program_node *described, struct err *err)
{
    node->output_count = described->output_count;
    int32_t *outputs = arena_array(&program->arena, node->output_count, sizeof *outputs);
    if (outputs == NULL)
        return no_memory(err);
    node->outputs = outputs;
    for (size_t i = 0; i < node->output_count; i++) {
        const char *name = described->outputs[i];
        outputs[i] = name[0] == '\0' ? NODE_ABSENT : define(program, name, err);
        if (outputs[i] == -1)
            return false;
    }
    return true;
}

static bool node_make(struct program *program, struct node *node,
                      const struct program_node *described, struct err *err)
{
    const struct kernel *kernel = node->kernel;
    if (!check_counts(kernel, described, err) || !link_inputs(program, node, described, err) ||
        !link_outputs(program, node, described, err))
        return false;
    node->state = arena_zeroed(&program->arena, 1, kernel->state_size);
    if (node->state == NULL)
        return no_memory(err);
    return kernel->create == NULL ||
           kernel->create(node, &described->attributes, &program->arena, err);
}

bool program_add_node(struct program *program, const struct program_node *described,
                      struct err *err)
{
    if (program->node_count >= PROGRAM_NODES_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %zu nodes", PROGRAM_NODES_MAX);
    const struct kernel *kernel =
        kernel_find(described->domain, described->type, described->version, err);
    if (kernel == NULL)
        return false;
    char *name = arena_copy_text(&program->arena, described->name, strlen(described->name));
    if (name == NULL || !grow(&program->nodes, program->node_count, &program->node_capacity,
                              sizeof *program->nodes))
        return no_memory(err);
    struct node *node = &program->nodes[program->node_count++];
    *node = (struct node){.kernel = kernel, .name = name, .version = described->version};
    return node_make(program, node, described, err) || program_at_node(node, err);
}

size_t program_node_count(const struct program *program)
{
    return program->running_count;
}

size_t program_bytes(const struct program *program)
{
    return arena_capacity(&program->arena) + program->node_capacity * sizeof *program->nodes;
}

size_t program_input_count(const struct program *program)
{
    return program->inputs.count;
}

size_t program_output_count(const struct program *program)
{
    return program->outputs.count;
}

const char *program_input_name(const struct program *program, size_t i)
{
    return program->input_names[i];
}

const char *program_output_name(const struct program *program, size_t i)
{
    return program->output_names[i];
}

const struct value *program_input(const struct program *program, size_t i)
{
    return &program->input_known[i];
}

const struct value *program_output(const struct program *program, size_t i)
{
    return &program->output_known[i];
}
