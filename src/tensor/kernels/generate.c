/* Tensors made of a shape or a few numbers: ConstantOfShape, Range, EyeLike, Trilu, OneHot. */
#include <math.h>
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

static void put_ones(const struct value *value, size_t i)
{
    switch (value->type) {
#define ONE(TYPE, T, FIELD)  \
    case TYPE:               \
        value->FIELD[i] = 1; \
        break;
        EACH_NUMBER(ONE)
    case VALUE_BOOL:
        value->uint8s[i] = 1;
        break;
    default:
        break;
    }
}

/* ---- ConstantOfShape ---- */

struct constant {
    enum value_type type;
    uint64_t element;
};

static bool create_constant(struct node *node, const struct attributes *attributes,
                            struct arena *arena, struct err *err)
{
    struct constant *self = node->state;
    const struct value *value;
    (void)arena;
    self->type = VALUE_FLOAT;
    if (!attributes_tensor(attributes, "value", &value, err))
        return false;
    if (value == NULL)
        return true;
    if (value->count != 1 || value->type == VALUE_STRING)
        return err_set(err, ERR_INVALID, "its value must be one number");
    self->type = value->type;
    memcpy(&self->element, value->data, value_type_size(value->type));
    return true;
}

static bool infer_constant(const struct call *call, struct err *err)
{
    const struct constant *self = call->node->state;
    int64_t dims[VALUE_RANK_MAX], count;
    bool known;
    if (!call_integers(call, 0, dims, VALUE_RANK_MAX, &count, &known, err))
        return false;
    for (int64_t i = 0; known && i < count; i++) {
        if (dims[i] < 0)
            return call_fail(call, err, ERR_INVALID, "a dimension is negative");
    }
    for (int i = 0; !known && i < VALUE_RANK_MAX; i++)
        dims[i] = VALUE_ANY;
    return call_set_shape(call, 0, self->type, dims, count < 0 ? VALUE_RANK_UNKNOWN : (int)count,
                          err);
}

static bool run_constant(const struct call *call, struct err *err)
{
    const struct constant *self = call->node->state;
    const struct value *out = call_output(call, 0);
    struct strided s = {.rank = 1, .dims = {(int64_t)out->count}, .steps = {0}};
    (void)err;
    strided_copy(&s, &self->element, out->data, value_type_size(out->type));
    return true;
}

const struct kernel kernel_constant_of_shape = {
    .domain = "",
    .name = "ConstantOfShape",
    .since = 9,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct constant),
    .create = create_constant,
    .infer = infer_constant,
    .run = run_constant,
};

/* ---- Range ---- */

static double number(const struct value *value)
{
    if (value->type == VALUE_FLOAT)
        return (double)*value->floats;
    if (value->type == VALUE_DOUBLE)
        return *value->doubles;
    return (double)value_index(value, 0);
}

static bool infer_range(const struct call *call, struct err *err)
{
    int64_t count = VALUE_ANY;
    bool known = true;
    for (size_t i = 0; i < 3; i++) {
        const struct value *in = call_input(call, i);
        if (!call_check_type(call, i, TYPES_FLOATS | TYPES_INDEX, err) ||
            !call_check_same_type(call, 0, i, err))
            return false;
        if (value_shape_known(in) && in->count != 1)
            return call_fail(call, err, ERR_INVALID, "its inputs are single numbers");
        known = known && in->data != NULL;
    }
    if (known) {
        double step = number(call_input(call, 2));
        double steps = ceil((number(call_input(call, 1)) - number(call_input(call, 0))) / step);
        if (!(fabs(steps) < 0x1p52))
            return call_fail(call, err, ERR_INVALID, "it has no end");
        count = steps > 0 ? (int64_t)steps : 0;
    }
    return call_set_shape(call, 0, call_input(call, 0)->type, &count, 1, err);
}

static bool run_range(const struct call *call, struct err *err)
{
    const struct value *first = call_input(call, 0), *step = call_input(call, 2);
    const struct value *out = call_output(call, 0);
    (void)err;
    for (size_t i = 0; i < out->count; i++) {
        if (out->type == VALUE_FLOAT)
            out->floats[i] = *first->floats + (float)i * *step->floats;
        else if (out->type == VALUE_DOUBLE)
            out->doubles[i] = *first->doubles + (double)i * *step->doubles;
        else if (out->type == VALUE_INT64)
            out->uint64s[i] = *first->uint64s + i * *step->uint64s;
        else
            out->uint32s[i] = *first->uint32s + (uint32_t)i * *step->uint32s;
    }
    return true;
}

const struct kernel kernel_range = {
    .domain = "",
    .name = "Range",
    .since = 11,
    .inputs_min = 3,
    .inputs_max = 3,
    .outputs_max = 1,
    .infer = infer_range,
    .run = run_range,
};

/* ---- EyeLike, Trilu: by diagonals ---- */

struct diagonal {
    int64_t k;
    enum value_type type;
    bool upper;
};

static bool create_diagonal(struct node *node, const struct attributes *attributes,
                            struct arena *arena, struct err *err)
{
    struct diagonal *self = node->state;
    int64_t type = 0;
    (void)arena;
    self->upper = true;
    if (!attributes_int(attributes, "k", &self->k, err) ||
        !attributes_int(attributes, "dtype", &type, err) ||
        !attributes_bool(attributes, "upper", &self->upper, err))
        return false;
    if (type < 0 || type >= VALUE_TYPES)
        return err_set(err, ERR_UNSUPPORTED, "its element type is not supported");
    self->type = (enum value_type)type;
    return true;
}

static bool infer_eye(const struct call *call, struct err *err)
{
    const struct diagonal *self = call->node->state;
    const struct value *in = call_input(call, 0);
    enum value_type type = self->type != VALUE_UNKNOWN ? self->type : in->type;
    if (in->rank != 2)
        return call_fail(call, err, ERR_INVALID, "its input must be a matrix");
    if ((TYPE_BIT(type) & (TYPES_NUMBERS | TYPE_BIT(VALUE_BOOL))) == 0)
        return call_fail(call, err, ERR_UNSUPPORTED, "its element type is not supported");
    return call_set_like_typed(call, 0, type, in, err);
}

static bool run_eye(const struct call *call, struct err *err)
{
    const struct diagonal *self = call->node->state;
    const struct value *out = call_output(call, 0);
    (void)err;
    memset(out->data, 0, out->count * value_type_size(out->type));
    for (int64_t i = 0; i < out->dims[0]; i++) {
        int64_t column;
        if (!__builtin_add_overflow(i, self->k, &column) && column >= 0 && column < out->dims[1])
            put_ones(out, (size_t)(i * out->dims[1] + column));
    }
    return true;
}

const struct kernel kernel_eye_like = {
    .domain = "",
    .name = "EyeLike",
    .since = 9,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct diagonal),
    .create = create_diagonal,
    .infer = infer_eye,
    .run = run_eye,
};

static bool infer_trilu(const struct call *call, struct err *err)
{
    if (call_input(call, 0)->rank < 2)
        return call_fail(call, err, ERR_INVALID, "its input must be a matrix");
    return call_check_type(call, 0, TYPES_ALL & ~TYPE_BIT(VALUE_STRING), err) &&
           call_check_type(call, 1, TYPE_BIT(VALUE_INT64), err) && infer_like_first(call, err);
}

static bool run_trilu(const struct call *call, struct err *err)
{
    const struct diagonal *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    const struct value *diagonal = call_input(call, 1);
    size_t size = value_type_size(in->type);
    size_t columns = (size_t)in->dims[in->rank - 1], rows = (size_t)in->dims[in->rank - 2];
    if (diagonal != NULL && diagonal->count != 1)
        return call_fail(call, err, ERR_INVALID, "its diagonal is a single number");
    int64_t k = diagonal != NULL ? *diagonal->int64s : 0;
    /* Beyond the corners all diagonals are the same. */
    k = k > (int64_t)columns ? (int64_t)columns : k < -(int64_t)rows ? -(int64_t)rows : k;
    for (size_t i = 0; i < in->count; i++) {
        int64_t column = (int64_t)(i % columns), row = (int64_t)(i / columns % rows);
        bool keep = self->upper ? column - row >= k : column - row <= k;
        if (keep)
            memcpy(out->uint8s + i * size, in->uint8s + i * size, size);
        else
            memset(out->uint8s + i * size, 0, size);
    }
    return true;
}

const struct kernel kernel_trilu = {
    .domain = "",
    .name = "Trilu",
    .since = 14,
    .inputs_min = 1,
    .inputs_max = 2,
    .outputs_max = 1,
    .state_size = sizeof(struct diagonal),
    .create = create_diagonal,
    .infer = infer_trilu,
    .run = run_trilu,
};

/* ---- OneHot ---- */

struct one_hot {
    int64_t axis;
};

static bool create_one_hot(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct one_hot *self = node->state;
    (void)arena;
    self->axis = -1;
    return attributes_int(attributes, "axis", &self->axis, err);
}

static bool infer_one_hot(const struct call *call, struct err *err)
{
    const struct one_hot *self = call->node->state;
    const struct value *in = call_input(call, 0), *depth = call_input(call, 1);
    const struct value *values = call_input(call, 2);
    int64_t dims[VALUE_RANK_MAX + 1];
    int axis;
    for (size_t i = 0; i < 2; i++) {
        if (!call_check_type(call, i, TYPES_FLOATS | TYPES_INDEX, err))
            return false;
    }
    if ((value_shape_known(depth) && depth->count != 1) ||
        (value_shape_known(values) && values->count != 2))
        return call_fail(call, err, ERR_INVALID, "it needs one depth and two values");
    if (!call_axis(call, self->axis, in->rank + 1, &axis, err))
        return false;
    double many = depth->data != NULL ? number(depth) : 0;
    if (!(many >= 0 && many < 0x1p52))
        return call_fail(call, err, ERR_INVALID, "its depth is not possible");
    for (int i = 0; i <= in->rank; i++)
        dims[i] = i == axis ? (depth->data != NULL ? (int64_t)many : VALUE_ANY)
                            : in->dims[i < axis ? i : i - 1];
    return call_set_shape(call, 0, values->type, dims, in->rank + 1, err);
}

static bool run_one_hot(const struct call *call, struct err *err)
{
    const struct one_hot *self = call->node->state;
    const struct value *in = call_input(call, 0), *values = call_input(call, 2);
    const struct value *out = call_output(call, 0);
    size_t size = value_type_size(out->type);
    int axis;
    if (!call_axis(call, self->axis, out->rank, &axis, err))
        return false;
    int64_t depth = out->dims[axis];
    size_t inner = dims_product(out->dims, axis + 1, out->rank);
    struct strided off = {.rank = 1, .dims = {(int64_t)out->count}};
    strided_copy(&off, values->data, out->data, size);
    for (size_t i = 0; out->count > 0 && i < in->count; i++) {
        struct value one = *in;
        one.data = in->uint8s + i * value_type_size(in->type);
        double index = number(&one);
        index += index < 0 ? (double)depth : 0;
        if (!(index >= 0 && index < (double)depth))
            continue;
        size_t at = (i / inner * (size_t)depth + (size_t)index) * inner + i % inner;
        memcpy(out->uint8s + at * size, values->uint8s + size, size);
    }
    return true;
}

const struct kernel kernel_one_hot = {
    .domain = "",
    .name = "OneHot",
    .since = 9,
    .inputs_min = 3,
    .inputs_max = 3,
    .outputs_max = 1,
    .state_size = sizeof(struct one_hot),
    .create = create_one_hot,
    .infer = infer_one_hot,
    .run = run_one_hot,
};
