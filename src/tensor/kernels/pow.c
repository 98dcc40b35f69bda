/* Pow: the exponent may be of another type than the base, whose type the result has. */
#include <math.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

#define TYPES_EXPONENT \
    (TYPES_FLOATS | TYPES_INDEX | TYPE_BIT(VALUE_UINT32) | TYPE_BIT(VALUE_UINT64))

static bool infer(const struct call *call, struct err *err)
{
    const struct value *base = call_input(call, 0), *exponent = call_input(call, 1);
    int64_t dims[VALUE_RANK_MAX];
    int rank;
    return call_check_type(call, 0, TYPES_FLOATS | TYPES_INDEX, err) &&
           call_check_type(call, 1, TYPES_EXPONENT, err) &&
           broadcast_dims(call, base->dims, base->rank, exponent->dims, exponent->rank, dims, &rank,
                          err) &&
           call_set_shape(call, 0, base->type, dims, rank, err);
}

static double read(const struct value *value, size_t i)
{
    switch (value->type) {
    case VALUE_FLOAT:
        return (double)value->floats[i];
    case VALUE_DOUBLE:
        return value->doubles[i];
    case VALUE_INT32:
        return (double)value->int32s[i];
    case VALUE_INT64:
        return (double)value->int64s[i];
    case VALUE_UINT32:
        return (double)value->uint32s[i];
    default:
        return (double)value->uint64s[i];
    }
}

/* A float is cut; what no integer can be gives the smallest one. */
static void write(const struct value *value, size_t i, double x)
{
    if (value->type == VALUE_FLOAT)
        value->floats[i] = (float)x;
    else if (value->type == VALUE_DOUBLE)
        value->doubles[i] = x;
    else if (value->type == VALUE_INT64)
        value->int64s[i] = x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
    else
        value->int32s[i] = x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN;
}

#define SQUARE(NAME, T)                                                     \
    MATH_CLONES static void NAME(const T *x, T *y, size_t count, bool cube) \
    {                                                                       \
        ELEMENTWISE for (size_t i = 0; i < count; i++)                      \
        {                                                                   \
            T a = x[i];                                                     \
            y[i] = cube ? a * a * a : a * a;                                \
        }                                                                   \
    }
SQUARE(square_single, float)
SQUARE(square_double, double)

/* Exponents 2 and 3 are products, as ONNX Runtime has it. */
static bool run_product(const struct value *base, const struct value *exponent,
                        const struct value *out)
{
    if (exponent->count != 1 || base->count != out->count)
        return false;
    double power = read(exponent, 0);
    if (power != 2 && power != 3)
        return false;
    if (base->type == VALUE_FLOAT)
        square_single(base->floats, out->floats, out->count, power == 3);
    else if (base->type == VALUE_DOUBLE)
        square_double(base->doubles, out->doubles, out->count, power == 3);
    else
        return false;
    return true;
}

static bool run(const struct call *call, struct err *err)
{
    const struct value *base = call_input(call, 0), *exponent = call_input(call, 1);
    const struct value *out = call_output(call, 0);
    struct pairing pairing;
    struct pairing_at at = {0};
    (void)err;
    if (out->count == 0 || run_product(base, exponent, out))
        return true;
    for (pairing_init(&pairing, out, base, exponent); !at.ended; pairing_next(&pairing, &at)) {
        for (size_t i = 0; i < pairing.inner; i++) {
            size_t left = at.left + (pairing.left_moves ? i : 0);
            size_t right = at.right + (pairing.right_moves ? i : 0);
            write(out, at.out + i, pow(read(base, left), read(exponent, right)));
        }
    }
    return true;
}

const struct kernel kernel_pow = {
    .domain = "",
    .name = "Pow",
    .since = 7,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .infer = infer,
    .run = run,
};
