/* Elements chosen by truth: Where, Compress, NonZero. */
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

/* ---- Where ---- */

static bool infer_where(const struct call *call, struct err *err)
{
    const struct value *choice = call_input(call, 0), *yes = call_input(call, 1);
    const struct value *no = call_input(call, 2);
    int64_t dims[VALUE_RANK_MAX];
    int rank;
    return call_check_type(call, 0, TYPE_BIT(VALUE_BOOL), err) &&
           call_check_same_type(call, 1, 2, err) && call_check_type(call, 1, TYPES_ALL, err) &&
           call_check_type(call, 2, TYPES_ALL, err) &&
           broadcast_dims(call, yes->dims, yes->rank, no->dims, no->rank, dims, &rank, err) &&
           broadcast_dims(call, dims, rank, choice->dims, choice->rank, dims, &rank, err) &&
           call_set_shape(call, 0, yes->type, dims, rank, err);
}

/* What `value` has for the element at `index` of a shape. */
static size_t place(const int64_t *index, const int64_t *steps, int rank)
{
    int64_t sum = 0;
    for (int i = 0; i < rank; i++)
        sum += index[i] * steps[i];
    return (size_t)sum;
}

#define CHOOSE(T)                                        \
    do {                                                 \
        const T *a = yes->data, *b = no->data;           \
        T *y = out->data;                                \
        for (size_t i = 0; i < out->count; i++)          \
            y[i] = choice->uint8s[i] != 0 ? a[i] : b[i]; \
    } while (0)

static void choose_dense(const struct value *choice, const struct value *yes,
                         const struct value *no, const struct value *out)
{
    switch (value_type_size(out->type)) {
    case 1:
        CHOOSE(uint8_t);
        break;
    case 2:
        CHOOSE(uint16_t);
        break;
    case 4:
        CHOOSE(uint32_t);
        break;
    case 8:
        CHOOSE(uint64_t);
        break;
    default:
        CHOOSE(struct value_string);
        break;
    }
}

static bool run_where(const struct call *call, struct err *err)
{
    const struct value *choice = call_input(call, 0), *yes = call_input(call, 1);
    const struct value *no = call_input(call, 2), *out = call_output(call, 0);
    const struct value *inputs[] = {choice, yes, no};
    size_t size = value_type_size(out->type);
    int64_t steps[3][VALUE_RANK_MAX], index[VALUE_RANK_MAX] = {0};
    (void)err;
    bool is_dense = yes->count == out->count;
    is_dense = no->count == out->count && is_dense;
    if (choice->count == out->count && is_dense) {
        choose_dense(choice, yes, no, out);
        return true;
    }
    for (int i = 0; i < 3; i++)
        broadcast_steps(inputs[i], out->rank, steps[i]);
    for (size_t i = 0; i < out->count; i++) {
        int from = choice->uint8s[place(index, steps[0], out->rank)] != 0 ? 1 : 2;
        memcpy(out->uint8s + i * size,
               inputs[from]->uint8s + place(index, steps[from], out->rank) * size, size);
        for (int j = out->rank; j-- > 0;) {
            if (++index[j] < out->dims[j])
                break;
            index[j] = 0;
        }
    }
    return true;
}

const struct kernel kernel_where = {
    .domain = "",
    .name = "Where",
    .since = 9,
    .inputs_min = 3,
    .inputs_max = 3,
    .outputs_max = 1,
    .infer = infer_where,
    .run = run_where,
};

/* ---- Compress ---- */

struct compress {
    int64_t axis;
    bool flat;
};

static bool create_compress(struct node *node, const struct attributes *attributes,
                            struct arena *arena, struct err *err)
{
    struct compress *self = node->state;
    (void)arena;
    self->flat = !attributes_has(attributes, "axis");
    return attributes_int(attributes, "axis", &self->axis, err);
}

static bool infer_compress(const struct call *call, struct err *err)
{
    const struct compress *self = call->node->state;
    const struct value *in = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX] = {VALUE_ANY};
    int axis = 0;
    if (!call_check_type(call, 0, TYPES_ALL, err) ||
        !call_check_type(call, 1, TYPE_BIT(VALUE_BOOL), err))
        return false;
    if (self->flat)
        return call_set_shape(call, 0, in->type, dims, 1, err);
    if (!call_axis(call, self->axis, in->rank, &axis, err))
        return false;
    memcpy(dims, in->dims, sizeof dims);
    dims[axis] = VALUE_ANY;
    return call_set_shape(call, 0, in->type, dims, in->rank, err);
}

static bool run_compress(const struct call *call, struct err *err)
{
    const struct compress *self = call->node->state;
    const struct value *in = call_input(call, 0), *choice = call_input(call, 1);
    int64_t dims[VALUE_RANK_MAX] = {(int64_t)in->count}, kept = 0;
    int axis = 0, rank = 1;
    if (!self->flat) {
        if (!call_axis(call, self->axis, in->rank, &axis, err))
            return false;
        memcpy(dims, in->dims, sizeof dims);
        rank = in->rank;
    }
    size_t whole = (size_t)dims[axis], outer = dims_product(dims, 0, axis);
    size_t part = dims_product(dims, axis + 1, rank) * value_type_size(in->type);
    size_t listed = choice->count < whole ? choice->count : whole;
    for (size_t i = 0; i < listed; i++)
        kept += choice->uint8s[i] != 0;
    dims[axis] = kept;
    if (!call_make(call, 0, in->type, dims, rank, err))
        return false;
    uint8_t *to = call_output(call, 0)->data;
    for (size_t i = 0; i < outer; i++) {
        for (size_t j = 0; j < listed; j++) {
            if (choice->uint8s[j] == 0)
                continue;
            memcpy(to, in->uint8s + (i * whole + j) * part, part);
            to += part;
        }
    }
    return true;
}

const struct kernel kernel_compress = {
    .domain = "",
    .name = "Compress",
    .since = 9,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .state_size = sizeof(struct compress),
    .create = create_compress,
    .infer = infer_compress,
    .run = run_compress,
};

/* ---- NonZero ---- */

static bool infer_non_zero(const struct call *call, struct err *err)
{
    int64_t dims[2] = {call_input(call, 0)->rank, VALUE_ANY};
    return call_check_type(call, 0, TYPES_NUMBERS | TYPE_BIT(VALUE_BOOL), err) &&
           call_set_shape(call, 0, VALUE_INT64, dims, 2, err);
}

static bool is_zero(const struct value *value, size_t i)
{
    switch (value->type) {
#define ZERO(TYPE, T, FIELD) \
    case TYPE:               \
        return value->FIELD[i] == 0;
        EACH_NUMBER(ZERO)
    default:
        return value->uint8s[i] == 0;
    }
}

static bool run_non_zero(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0);
    int64_t dims[2] = {in->rank, 0}, index[VALUE_RANK_MAX] = {0};
    for (size_t i = 0; i < in->count; i++)
        dims[1] += !is_zero(in, i);
    if (!call_make(call, 0, VALUE_INT64, dims, 2, err))
        return false;
    int64_t *out = call_output(call, 0)->int64s;
    size_t found = 0;
    for (size_t i = 0; i < in->count; i++) {
        if (!is_zero(in, i)) {
            for (int j = 0; j < in->rank; j++)
                out[(size_t)j * (size_t)dims[1] + found] = index[j];
            found++;
        }
        for (int j = in->rank; j-- > 0;) {
            if (++index[j] < in->dims[j])
                break;
            index[j] = 0;
        }
    }
    return true;
}

const struct kernel kernel_non_zero = {
    .domain = "",
    .name = "NonZero",
    .since = 9,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS,
    .infer = infer_non_zero,
    .run = run_non_zero,
};
