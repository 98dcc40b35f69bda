#include "one_node.h"

#include <stdlib.h>
#include <string.h>

void one_node_init(struct one_node *node, const char *domain, const char *type, int64_t version)
{
    *node = (struct one_node){
        .domain = domain, .type = type, .version = version, .inputs = 1, .outputs = 1};
    node->err = ERR_INIT;
    arena_init(&node->arena, 0);
}

void one_node_finish(struct one_node *node)
{
    program_destroy(node->program);
    arena_finish(&node->arena);
}

static struct attribute *place(struct one_node *node, const char *name, enum attribute_kind kind)
{
    size_t i = 0;
    while (i < node->attribute_count && strcmp(node->attributes[i].name, name) != 0)
        i++;
    if (i == ONE_NODE_ATTRIBUTES)
        abort();
    if (i == node->attribute_count)
        node->attribute_count++;
    node->attributes[i] = (struct attribute){.name = name, .kind = kind};
    return &node->attributes[i];
}

void one_node_int(struct one_node *node, const char *name, int64_t number)
{
    place(node, name, ATTRIBUTE_INT)->integer = number;
}

void one_node_float(struct one_node *node, const char *name, float number)
{
    place(node, name, ATTRIBUTE_FLOAT)->number = number;
}

void one_node_string(struct one_node *node, const char *name, const char *text)
{
    place(node, name, ATTRIBUTE_STRING)->string = (struct value_string){text, strlen(text)};
}

static void *copy(struct one_node *node, const void *from, size_t count, size_t size)
{
    void *to = arena_array(&node->arena, count + 1, size);
    if (count)
        memcpy(to, from, count * size);
    return to;
}

void one_node_ints(struct one_node *node, const char *name, const int64_t *numbers, size_t count)
{
    struct attribute *attribute = place(node, name, ATTRIBUTE_INTS);
    attribute->integers = copy(node, numbers, count, sizeof *numbers);
    attribute->count = count;
}

void one_node_floats(struct one_node *node, const char *name, const float *numbers, size_t count)
{
    struct attribute *attribute = place(node, name, ATTRIBUTE_FLOATS);
    attribute->numbers = copy(node, numbers, count, sizeof *numbers);
    attribute->count = count;
}

void one_node_strings(struct one_node *node, const char *name, const char *const *texts,
                      size_t count)
{
    struct value_string *strings = arena_array(&node->arena, count + 1, sizeof *strings);
    for (size_t i = 0; i < count; i++)
        strings[i] = (struct value_string){texts[i], strlen(texts[i])};
    struct attribute *attribute = place(node, name, ATTRIBUTE_STRINGS);
    attribute->strings = strings;
    attribute->count = count;
}

void one_node_tensor(struct one_node *node, const char *name, enum value_type type,
                     const void *elements, size_t count)
{
    int64_t dims = (int64_t)count;
    place(node, name, ATTRIBUTE_TENSOR)->tensor =
        one_node_value(type, copy(node, elements, count, value_type_size(type)), &dims, 1);
}

bool one_node_make(struct one_node *node)
{
    static const char *const names[] = {"a", "b", "c", "d"}, *const outputs[] = {"y", "z"};
    struct program_node described = {
        .domain = node->domain,
        .type = node->type,
        .name = "",
        .version = node->version,
        .inputs = names,
        .input_count = node->inputs,
        .outputs = outputs,
        .output_count = node->outputs,
        .attributes = {node->attributes, node->attribute_count},
    };
    program_destroy(node->program);
    node->program = program_create(NULL, 0, &node->err);
    struct value unknown = {.kind = VALUE_TENSOR, .rank = VALUE_RANK_UNKNOWN};
    struct value anything = {0};
    bool made = true;
    for (size_t i = 0; made && i < node->inputs; i++)
        made = program_add_input(node->program, names[i], &unknown, &node->err);
    made = made && program_add_node(node->program, &described, &node->err);
    for (size_t i = 0; made && i < node->outputs; i++)
        made = program_add_output(node->program, outputs[i], &anything, &node->err);
    return made && program_seal(node->program, &node->err);
}

struct value one_node_value(enum value_type type, const void *elements, const int64_t *dims,
                            int rank)
{
    struct value value = {0};
    if (!value_describe(&value, type, dims, rank, NULL))
        abort();
    value.data = (void *)(uintptr_t)elements;
    return value;
}

bool one_node_run(struct one_node *node, const struct value *inputs)
{
    memory_init(&node->memory, &node->arena, 0);
    return program_run(node->program, inputs, node->results, &node->memory, &node->err);
}

bool one_node_run_floats(struct one_node *node, const float *x, int64_t rows, int64_t columns)
{
    struct value input = one_node_value(VALUE_FLOAT, x, (int64_t[]){rows, columns}, 2);
    return one_node_run(node, &input);
}
