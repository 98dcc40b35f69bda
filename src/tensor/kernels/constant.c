#include <string.h>

#include "tensor/kernels/kernels.h"

struct constant {
    struct value value;
};

static bool read_tensor(struct constant *self, const struct value *tensor, struct arena *arena,
                        struct err *err)
{
    if (!value_in_arena(&self->value, tensor->type, tensor->dims, tensor->rank, arena, err))
        return false;
    if (tensor->count > 0)
        memcpy(self->value.data, tensor->data, tensor->count * value_type_size(tensor->type));
    for (size_t i = 0; tensor->type == VALUE_STRING && i < tensor->count; i++) {
        struct value_string *string = &self->value.strings[i];
        string->bytes = arena_copy_text(arena, string->bytes, string->length);
        if (string->bytes == NULL)
            return err_set(err, ERR_LIMIT, "the model is larger than it may be");
    }
    return true;
}

/* The forms that stand for a tensor: a number, a list of numbers, a string, ... */
static bool read_attribute(struct constant *self, const struct attribute *attribute,
                           struct arena *arena, struct err *err)
{
    struct attribute a = *attribute;
    int64_t dims[1] = {(int64_t)a.count};
    struct value as = {0};
    enum value_type type = VALUE_STRING;
    int rank = 0;
    void *elements = &a.string;
    if (a.kind == ATTRIBUTE_TENSOR)
        return read_tensor(self, &a.tensor, arena, err);
    if (a.kind == ATTRIBUTE_FLOAT || a.kind == ATTRIBUTE_FLOATS)
        type = VALUE_FLOAT;
    else if (a.kind == ATTRIBUTE_INT || a.kind == ATTRIBUTE_INTS)
        type = VALUE_INT64;
    else if (a.kind == ATTRIBUTE_GRAPH)
        return err_set(err, ERR_INVALID, "a constant cannot be a graph");
    if (a.kind == ATTRIBUTE_FLOAT)
        elements = &a.number;
    else if (a.kind == ATTRIBUTE_INT)
        elements = &a.integer;
    else if (a.kind != ATTRIBUTE_STRING)
        rank = 1;
    if (a.kind == ATTRIBUTE_FLOATS)
        memcpy(&elements, &a.numbers, sizeof elements);
    else if (a.kind == ATTRIBUTE_INTS)
        memcpy(&elements, &a.integers, sizeof elements);
    else if (a.kind == ATTRIBUTE_STRINGS)
        memcpy(&elements, &a.strings, sizeof elements);
    if (!value_describe(&as, type, dims, rank, err))
        return false;
    as.data = elements;
    return read_tensor(self, &as, arena, err);
}

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    static const char *const names[] = {"value",      "value_float",  "value_floats", "value_int",
                                        "value_ints", "value_string", "value_strings"};
    if (attributes_has(attributes, "sparse_value"))
        return err_set(err, ERR_UNSUPPORTED, "sparse constants are not supported");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct attribute *attribute = attributes_find(attributes, names[i]);
        if (attribute != NULL)
            return read_attribute(node->state, attribute, arena, err);
    }
    return err_set(err, ERR_INVALID, "it has no value");
}

static bool infer(const struct call *call, struct err *err)
{
    const struct constant *self = call->node->state;
    return call_set_like(call, 0, &self->value, err);
}

static bool run(const struct call *call, struct err *err)
{
    const struct constant *self = call->node->state;
    (void)err;
    call_share(call, 0, &self->value);
    return true;
}

const struct kernel kernel_constant = {
    .domain = "",
    .name = "Constant",
    .since = 1,
    .inputs_min = 0,
    .inputs_max = 0,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .state_size = sizeof(struct constant),
    .create = create,
    .infer = infer,
    .run = run,
};
