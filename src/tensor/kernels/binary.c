/* Arithmetic, comparison and logic of two tensors, broadcast as numpy does. */
#include <math.h>
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

/* One inner loop: out[i] = op(left, right), each moving on or staying. */
typedef void inner_loop(void *out, const void *left, const void *right, size_t count,
                        bool left_moves, bool right_moves);

#define LOOP(NAME, T, R, EXPRESSION)                                                           \
    MATH_CLONES static void NAME(void *out, const void *left, const void *right, size_t count, \
                                 bool left_moves, bool right_moves)                            \
    {                                                                                          \
        const T *l = left, *r = right;                                                         \
        R *o = out;                                                                            \
        if (left_moves && right_moves) {                                                       \
            ELEMENTWISE for (size_t i = 0; i < count; i++)                                     \
            {                                                                                  \
                T a = l[i], b = r[i];                                                          \
                o[i] = (R)(EXPRESSION);                                                        \
            }                                                                                  \
        } else if (left_moves) {                                                               \
            T b = *r;                                                                          \
            ELEMENTWISE for (size_t i = 0; i < count; i++)                                     \
            {                                                                                  \
                T a = l[i];                                                                    \
                o[i] = (R)(EXPRESSION);                                                        \
            }                                                                                  \
        } else if (right_moves) {                                                              \
            T a = *l;                                                                          \
            ELEMENTWISE for (size_t i = 0; i < count; i++)                                     \
            {                                                                                  \
                T b = r[i];                                                                    \
                o[i] = (R)(EXPRESSION);                                                        \
            }                                                                                  \
        } else {                                                                               \
            T a = *l, b = *r;                                                                  \
            for (size_t i = 0; i < count; i++)                                                 \
                o[i] = (R)(EXPRESSION);                                                        \
        }                                                                                      \
    }

LOOP(add_float, float, float, a + b)
LOOP(add_double, double, double, a + b)
LOOP(add_64, uint64_t, uint64_t, a + b)
LOOP(add_32, uint32_t, uint32_t, a + b)
LOOP(add_16, uint16_t, uint16_t, (uint32_t)a + b)
LOOP(add_8, uint8_t, uint8_t, (uint32_t)a + b)
LOOP(subtract_float, float, float, a - b)
LOOP(subtract_double, double, double, a - b)
LOOP(subtract_64, uint64_t, uint64_t, a - b)
LOOP(subtract_32, uint32_t, uint32_t, a - b)
LOOP(subtract_16, uint16_t, uint16_t, (uint32_t)a - b)
LOOP(subtract_8, uint8_t, uint8_t, (uint32_t)a - b)
LOOP(multiply_float, float, float, a *b)
LOOP(multiply_double, double, double, a *b)
LOOP(multiply_64, uint64_t, uint64_t, a *b)
LOOP(multiply_32, uint32_t, uint32_t, a *b)
LOOP(multiply_16, uint16_t, uint16_t, (uint32_t)a *b)
LOOP(multiply_8, uint8_t, uint8_t, (uint32_t)a *b)
LOOP(divide_float, float, float, a / b)
LOOP(divide_double, double, double, a / b)

/* Division by zero would end the process: the answer is 0. The smallest number by -1 wraps. */
#define DIVIDE_SIGNED(T) b == 0 ? 0 : b == -1 ? (T)(0 - (uint64_t)a) : a / b
#define REMAINDER_SIGNED(T) b == 0 || b == -1 ? 0 : a % b
/* The sign of the divisor, as numpy's and Python's. */
#define MODULO_SIGNED(T) \
    b == 0 || b == -1 ? 0 : (a % b != 0 && ((a % b < 0) != (b < 0))) ? a % b + b : a % b
LOOP(divide_int64, int64_t, int64_t, DIVIDE_SIGNED(int64_t))
LOOP(divide_int32, int32_t, int32_t, DIVIDE_SIGNED(int32_t))
LOOP(divide_int16, int16_t, int16_t, DIVIDE_SIGNED(int16_t))
LOOP(divide_int8, int8_t, int8_t, DIVIDE_SIGNED(int8_t))
LOOP(divide_uint64, uint64_t, uint64_t, b == 0 ? 0 : a / b)
LOOP(divide_uint32, uint32_t, uint32_t, b == 0 ? 0 : a / b)
LOOP(divide_uint16, uint16_t, uint16_t, b == 0 ? 0 : a / b)
LOOP(divide_uint8, uint8_t, uint8_t, b == 0 ? 0 : a / b)
LOOP(modulo_int64, int64_t, int64_t, MODULO_SIGNED(int64_t))
LOOP(modulo_int32, int32_t, int32_t, MODULO_SIGNED(int32_t))
LOOP(modulo_int16, int16_t, int16_t, MODULO_SIGNED(int16_t))
LOOP(modulo_int8, int8_t, int8_t, MODULO_SIGNED(int8_t))
LOOP(modulo_uint64, uint64_t, uint64_t, b == 0 ? 0 : a % b)
LOOP(modulo_uint32, uint32_t, uint32_t, b == 0 ? 0 : a % b)
LOOP(modulo_uint16, uint16_t, uint16_t, b == 0 ? 0 : a % b)
LOOP(modulo_uint8, uint8_t, uint8_t, b == 0 ? 0 : a % b)
LOOP(fmod_float, float, float, fmodf(a, b))
LOOP(fmod_double, double, double, fmod(a, b))
LOOP(fmod_int64, int64_t, int64_t, REMAINDER_SIGNED(int64_t))
LOOP(fmod_int32, int32_t, int32_t, REMAINDER_SIGNED(int32_t))
LOOP(fmod_int16, int16_t, int16_t, REMAINDER_SIGNED(int16_t))
LOOP(fmod_int8, int8_t, int8_t, REMAINDER_SIGNED(int8_t))
LOOP(fmod_half, uint16_t, uint16_t,
     value_to_float16(fmodf(value_from_float16(a), value_from_float16(b))))

/* NaN wins, as numpy's maximum and minimum have it. */
#define MAXIMUM a != a || a > b ? a : b
#define MINIMUM a != a || a < b ? a : b
#define EXTREMES(NAME, T)               \
    LOOP(maximum_##NAME, T, T, MAXIMUM) \
    LOOP(minimum_##NAME, T, T, MINIMUM)
EXTREMES(float, float)
EXTREMES(double, double)
#define INTEGER_EXTREMES(NAME, T)             \
    LOOP(maximum_##NAME, T, T, a > b ? a : b) \
    LOOP(minimum_##NAME, T, T, a < b ? a : b)
INTEGER_EXTREMES(int64, int64_t)
INTEGER_EXTREMES(int32, int32_t)
INTEGER_EXTREMES(int16, int16_t)
INTEGER_EXTREMES(int8, int8_t)
INTEGER_EXTREMES(uint64, uint64_t)
INTEGER_EXTREMES(uint32, uint32_t)
INTEGER_EXTREMES(uint16, uint16_t)
INTEGER_EXTREMES(uint8, uint8_t)
LOOP(maximum_half, uint16_t, uint16_t,
     value_from_float16(a) > value_from_float16(b) || (a & 0x7fff) > 0x7c00 ? a : b)
LOOP(minimum_half, uint16_t, uint16_t,
     value_from_float16(a) < value_from_float16(b) || (a & 0x7fff) > 0x7c00 ? a : b)

#define COMPARISONS(NAME, T)                    \
    LOOP(less_##NAME, T, uint8_t, a < b)        \
    LOOP(less_equal_##NAME, T, uint8_t, a <= b) \
    LOOP(greater_##NAME, T, uint8_t, a > b)     \
    LOOP(greater_equal_##NAME, T, uint8_t, a >= b)
COMPARISONS(float, float)
COMPARISONS(double, double)
COMPARISONS(int64, int64_t)
COMPARISONS(int32, int32_t)
COMPARISONS(int16, int16_t)
COMPARISONS(int8, int8_t)
COMPARISONS(uint64, uint64_t)
COMPARISONS(uint32, uint32_t)
COMPARISONS(uint16, uint16_t)
COMPARISONS(uint8, uint8_t)
LOOP(equal_float, float, uint8_t, a == b)
LOOP(equal_double, double, uint8_t, a == b)
LOOP(equal_64, uint64_t, uint8_t, a == b)
LOOP(equal_32, uint32_t, uint8_t, a == b)
LOOP(equal_16, uint16_t, uint8_t, a == b)
LOOP(equal_8, uint8_t, uint8_t, a == b)
LOOP(equal_string, struct value_string, uint8_t, value_string_equal(a, b))
LOOP(and_bool, uint8_t, uint8_t, a &b)
LOOP(or_bool, uint8_t, uint8_t, a | b)
LOOP(xor_bool, uint8_t, uint8_t, a ^ b)
LOOP(prelu_float, float, float, a < 0 ? a * b : a)
LOOP(prelu_double, double, double, a < 0 ? a * b : a)

struct loops {
    inner_loop *of[VALUE_TYPES];
};

#define WRAPPING(NAME)                                                                         \
    {                                                                                          \
        {                                                                                      \
            [VALUE_FLOAT] = NAME##_float, [VALUE_DOUBLE] = NAME##_double,                      \
            [VALUE_INT64] = NAME##_64, [VALUE_UINT64] = NAME##_64, [VALUE_INT32] = NAME##_32,  \
            [VALUE_UINT32] = NAME##_32, [VALUE_INT16] = NAME##_16, [VALUE_UINT16] = NAME##_16, \
            [VALUE_INT8] = NAME##_8, [VALUE_UINT8] = NAME##_8                                  \
        }                                                                                      \
    }
#define SIGNED_INTEGERS(NAME)                                                                 \
    [VALUE_INT64] = NAME##_int64, [VALUE_INT32] = NAME##_int32, [VALUE_INT16] = NAME##_int16, \
    [VALUE_INT8] = NAME##_int8
#define INTEGERS(NAME)                                                                     \
    SIGNED_INTEGERS(NAME), [VALUE_UINT64] = NAME##_uint64, [VALUE_UINT32] = NAME##_uint32, \
                           [VALUE_UINT16] = NAME##_uint16, [VALUE_UINT8] = NAME##_uint8
#define FLOATS(NAME) [VALUE_FLOAT] = NAME##_float, [VALUE_DOUBLE] = NAME##_double

static const struct loops
    add = WRAPPING(add),
    subtract = WRAPPING(subtract), multiply = WRAPPING(multiply),
    divide = {{FLOATS(divide), INTEGERS(divide)}}, modulo = {{INTEGERS(modulo)}},
    remainders = {{FLOATS(fmod), SIGNED_INTEGERS(fmod), [VALUE_UINT64] = modulo_uint64,
                   [VALUE_UINT32] = modulo_uint32, [VALUE_UINT16] = modulo_uint16,
                   [VALUE_UINT8] = modulo_uint8, [VALUE_FLOAT16] = fmod_half}},
    maximum = {{FLOATS(maximum), INTEGERS(maximum), [VALUE_FLOAT16] = maximum_half}},
    minimum = {{FLOATS(minimum), INTEGERS(minimum), [VALUE_FLOAT16] = minimum_half}},
    less = {{FLOATS(less), INTEGERS(less)}},
    less_equal = {{FLOATS(less_equal), INTEGERS(less_equal)}},
    greater = {{FLOATS(greater), INTEGERS(greater)}},
    greater_equal = {{FLOATS(greater_equal), INTEGERS(greater_equal)}},
    equal = {{FLOATS(equal), [VALUE_INT64] = equal_64, [VALUE_UINT64] = equal_64,
              [VALUE_INT32] = equal_32, [VALUE_UINT32] = equal_32, [VALUE_INT16] = equal_16,
              [VALUE_UINT16] = equal_16, [VALUE_INT8] = equal_8, [VALUE_UINT8] = equal_8,
              [VALUE_BOOL] = equal_8, [VALUE_STRING] = equal_string}},
    both = {{[VALUE_BOOL] = and_bool}}, either = {{[VALUE_BOOL] = or_bool}},
    one_of = {{[VALUE_BOOL] = xor_bool}}, prelu = {{FLOATS(prelu)}};

static bool check_loops(const struct call *call, const struct loops *loops, struct err *err)
{
    unsigned types = 0;
    for (int i = 0; i < VALUE_TYPES; i++)
        types |= loops->of[i] != NULL ? TYPE_BIT(i) : 0;
    for (size_t i = 0; i < call->node->own_count; i++) {
        if (!call_check_type(call, i, types, err) || !call_check_same_type(call, 0, i, err))
            return false;
    }
    return true;
}

static bool infer_all(const struct call *call, const struct loops *loops, enum value_type result,
                      struct err *err)
{
    const struct value *first = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX];
    int rank = first->rank;
    if (!check_loops(call, loops, err))
        return false;
    memcpy(dims, first->dims, sizeof dims);
    for (size_t i = 1; i < call->node->own_count; i++) {
        const struct value *next = call_input(call, i);
        if (!broadcast_dims(call, dims, rank, next->dims, next->rank, dims, &rank, err))
            return false;
    }
    return call_set_shape(call, 0, result != VALUE_UNKNOWN ? result : first->type, dims, rank, err);
}

static void combine(inner_loop *loop, const struct value *out, const struct value *left,
                    const struct value *right)
{
    struct pairing pairing;
    struct pairing_at at = {0};
    size_t size = value_type_size(left->type), out_size = value_type_size(out->type);
    if (out->count == 0)
        return;
    for (pairing_init(&pairing, out, left, right); !at.ended;) {
        loop(out->uint8s + at.out * out_size, left->uint8s + at.left * size,
             right->uint8s + at.right * size, pairing.inner, pairing.left_moves,
             pairing.right_moves);
        pairing_next(&pairing, &at);
    }
}

static bool run_two(const struct call *call, const struct loops *loops)
{
    const struct value *left = call_input(call, 0);
    combine(loops->of[left->type], call_output(call, 0), left, call_input(call, 1));
    return true;
}

/* The first two, then each next one with what there is so far. */
static bool run_many(const struct call *call, const struct loops *loops)
{
    const struct value *first = call_input(call, 0);
    struct value *out = call_output(call, 0);
    inner_loop *loop = loops->of[first->type];
    size_t count = call->node->own_count;
    if (count == 1) {
        memcpy(out->data, first->data, out->count * value_type_size(out->type));
        return true;
    }
    combine(loop, out, first, call_input(call, 1));
    for (size_t i = 2; i < count; i++)
        combine(loop, out, out, call_input(call, i));
    return true;
}

#define BINARY(IDENTIFIER, NAME, SINCE, LOOPS, RESULT, FLAGS)                \
    static bool infer_##IDENTIFIER(const struct call *call, struct err *err) \
    {                                                                        \
        return infer_all(call, &(LOOPS), RESULT, err);                       \
    }                                                                        \
    static bool run_##IDENTIFIER(const struct call *call, struct err *err)   \
    {                                                                        \
        (void)err;                                                           \
        return run_two(call, &(LOOPS));                                      \
    }                                                                        \
    const struct kernel kernel_##IDENTIFIER = {                              \
        .domain = "",                                                        \
        .name = NAME,                                                        \
        .since = SINCE,                                                      \
        .inputs_min = 2,                                                     \
        .inputs_max = 2,                                                     \
        .outputs_max = 1,                                                    \
        .flags = FLAGS,                                                      \
        .infer = infer_##IDENTIFIER,                                         \
        .run = run_##IDENTIFIER,                                             \
    };

BINARY(add, "Add", 7, add, VALUE_UNKNOWN, KERNEL_IN_PLACE)
BINARY(and, "And", 7, both, VALUE_BOOL, KERNEL_IN_PLACE)
BINARY(div, "Div", 7, divide, VALUE_UNKNOWN, KERNEL_IN_PLACE)
BINARY(equal, "Equal", 7, equal, VALUE_BOOL, 0)
BINARY(greater, "Greater", 7, greater, VALUE_BOOL, 0)
BINARY(greater_or_equal, "GreaterOrEqual", 12, greater_equal, VALUE_BOOL, 0)
BINARY(less, "Less", 7, less, VALUE_BOOL, 0)
BINARY(less_or_equal, "LessOrEqual", 12, less_equal, VALUE_BOOL, 0)
BINARY(mul, "Mul", 7, multiply, VALUE_UNKNOWN, KERNEL_IN_PLACE)
BINARY(or, "Or", 7, either, VALUE_BOOL, KERNEL_IN_PLACE)
BINARY(prelu, "PRelu", 7, prelu, VALUE_UNKNOWN, KERNEL_IN_PLACE)
BINARY(sub, "Sub", 7, subtract, VALUE_UNKNOWN, KERNEL_IN_PLACE)
BINARY(xor, "Xor", 7, one_of, VALUE_BOOL, KERNEL_IN_PLACE)

#define MANY(IDENTIFIER, NAME, SINCE, LOOPS)                                 \
    static bool infer_##IDENTIFIER(const struct call *call, struct err *err) \
    {                                                                        \
        return infer_all(call, &(LOOPS), VALUE_UNKNOWN, err);                \
    }                                                                        \
    static bool run_##IDENTIFIER(const struct call *call, struct err *err)   \
    {                                                                        \
        (void)err;                                                           \
        return run_many(call, &(LOOPS));                                     \
    }                                                                        \
    const struct kernel kernel_##IDENTIFIER = {                              \
        .domain = "",                                                        \
        .name = NAME,                                                        \
        .since = SINCE,                                                      \
        .inputs_min = 1,                                                     \
        .inputs_max = KERNEL_MANY,                                           \
        .outputs_max = 1,                                                    \
        .infer = infer_##IDENTIFIER,                                         \
        .run = run_##IDENTIFIER,                                             \
    };

MANY(max, "Max", 6, maximum)
MANY(min, "Min", 6, minimum)
MANY(sum, "Sum", 6, add)

static bool infer_mean(const struct call *call, struct err *err)
{
    return call_check_type(call, 0, TYPES_FLOATS, err) && infer_all(call, &add, VALUE_UNKNOWN, err);
}

static bool run_mean(const struct call *call, struct err *err)
{
    struct value *out = call_output(call, 0);
    (void)err;
    run_many(call, &add);
    for (size_t i = 0; i < out->count; i++) {
        if (out->type == VALUE_FLOAT)
            out->floats[i] /= (float)call->node->own_count;
        else
            out->doubles[i] /= (double)call->node->own_count;
    }
    return true;
}

const struct kernel kernel_mean = {
    .domain = "",
    .name = "Mean",
    .since = 6,
    .inputs_min = 1,
    .inputs_max = KERNEL_MANY,
    .outputs_max = 1,
    .infer = infer_mean,
    .run = run_mean,
};

struct mod {
    bool fmod; /* the sign of the dividend; floats need it */
};

static bool create_mod(struct node *node, const struct attributes *attributes, struct arena *arena,
                       struct err *err)
{
    struct mod *self = node->state;
    (void)arena;
    return attributes_bool(attributes, "fmod", &self->fmod, err);
}

static const struct loops *mod_loops(const struct call *call)
{
    const struct mod *self = call->node->state;
    return self->fmod ? &remainders : &modulo;
}

static bool infer_mod(const struct call *call, struct err *err)
{
    return infer_all(call, mod_loops(call), VALUE_UNKNOWN, err);
}

static bool run_mod(const struct call *call, struct err *err)
{
    (void)err;
    return run_two(call, mod_loops(call));
}

const struct kernel kernel_mod = {
    .domain = "",
    .name = "Mod",
    .since = 10,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_IN_PLACE,
    .state_size = sizeof(struct mod),
    .create = create_mod,
    .infer = infer_mod,
    .run = run_mod,
};
