/* Functions of one tensor, element by element, without attributes. */
#include <math.h>
#include <string.h>

#include "tensor/kernels/activation.h"
#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

typedef void unary_loop(const void *in, void *out, size_t count);

struct loops {
    unary_loop *of[VALUE_TYPES];
};

#define LOOP(NAME, T, R, EXPRESSION)                                      \
    MATH_CLONES static void NAME(const void *in, void *out, size_t count) \
    {                                                                     \
        const T *x = in;                                                  \
        R *y = out;                                                       \
        ELEMENTWISE for (size_t i = 0; i < count; i++)                    \
        {                                                                 \
            T a = x[i];                                                   \
            y[i] = (R)(EXPRESSION);                                       \
        }                                                                 \
    }

#define FLOATS(NAME) [VALUE_FLOAT] = NAME##_float, [VALUE_DOUBLE] = NAME##_double
#define SIGNED(NAME)                                                                          \
    [VALUE_INT64] = NAME##_int64, [VALUE_INT32] = NAME##_int32, [VALUE_INT16] = NAME##_int16, \
    [VALUE_INT8] = NAME##_int8
#define SIGNED_LOOPS(NAME, EXPRESSION)               \
    LOOP(NAME##_int64, int64_t, int64_t, EXPRESSION) \
    LOOP(NAME##_int32, int32_t, int32_t, EXPRESSION) \
    LOOP(NAME##_int16, int16_t, int16_t, EXPRESSION) \
    LOOP(NAME##_int8, int8_t, int8_t, EXPRESSION)
#define FLOAT_LOOPS(NAME, SINGLE, DOUBLE)    \
    LOOP(NAME##_float, float, float, SINGLE) \
    LOOP(NAME##_double, double, double, DOUBLE)

static bool infer_loops(const struct call *call, const struct loops *loops, enum value_type result,
                        struct err *err)
{
    unsigned types = 0;
    const struct value *in = call_input(call, 0);
    for (int i = 0; i < VALUE_TYPES; i++)
        types |= loops->of[i] != NULL ? TYPE_BIT(i) : 0;
    return call_check_type(call, 0, types, err) &&
           call_set_like_typed(call, 0, result != VALUE_UNKNOWN ? result : in->type, in, err);
}

static bool run_loops(const struct call *call, const struct loops *loops)
{
    const struct value *in = call_input(call, 0);
    loops->of[in->type](in->data, call_output(call, 0)->data, in->count);
    return true;
}

#define KERNEL(IDENTIFIER, NAME, SINCE, RESULT, FLAGS, ...)                  \
    static const struct loops loops_##IDENTIFIER = {{__VA_ARGS__}};          \
    static bool infer_##IDENTIFIER(const struct call *call, struct err *err) \
    {                                                                        \
        return infer_loops(call, &loops_##IDENTIFIER, RESULT, err);          \
    }                                                                        \
    static bool run_##IDENTIFIER(const struct call *call, struct err *err)   \
    {                                                                        \
        (void)err;                                                           \
        return run_loops(call, &loops_##IDENTIFIER);                         \
    }                                                                        \
    const struct kernel kernel_##IDENTIFIER = {                              \
        .domain = "",                                                        \
        .name = NAME,                                                        \
        .since = SINCE,                                                      \
        .inputs_min = 1,                                                     \
        .inputs_max = 1,                                                     \
        .outputs_max = 1,                                                    \
        .flags = FLAGS,                                                      \
        .infer = infer_##IDENTIFIER,                                         \
        .run = run_##IDENTIFIER,                                             \
    };

/* A function of floats and doubles. */
#define FLOAT_KERNEL(IDENTIFIER, NAME, SINCE, SINGLE, DOUBLE) \
    FLOAT_LOOPS(IDENTIFIER, SINGLE, DOUBLE)                   \
    KERNEL(IDENTIFIER, NAME, SINCE, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(IDENTIFIER))

FLOAT_KERNEL(acos, "Acos", 7, acosf(a), acos(a))
FLOAT_KERNEL(acosh, "Acosh", 9, acoshf(a), acosh(a))
FLOAT_KERNEL(asin, "Asin", 7, asinf(a), asin(a))
FLOAT_KERNEL(asinh, "Asinh", 9, asinhf(a), asinh(a))
FLOAT_KERNEL(atan, "Atan", 7, atanf(a), atan(a))
FLOAT_KERNEL(atanh, "Atanh", 9, atanhf(a), atanh(a))
FLOAT_KERNEL(ceil, "Ceil", 6, ceilf(a), ceil(a))
FLOAT_KERNEL(cos, "Cos", 7, cosf(a), cos(a))
FLOAT_KERNEL(cosh, "Cosh", 9, coshf(a), cosh(a))
FLOAT_KERNEL(floor, "Floor", 6, floorf(a), floor(a))
FLOAT_KERNEL(hard_swish, "HardSwish", 14,
             a *(a <= -3  ? 0.0F
                 : a >= 3 ? 1.0F
                          : a * (1.0F / 6) + 0.5F),
             a *(a <= -3  ? 0.0
                 : a >= 3 ? 1.0
                          : a * (1.0 / 6) + 0.5))
FLOAT_KERNEL(log, "Log", 6, logf(a), log(a))
FLOAT_KERNEL(mish, "Mish", 18, a *tanhf(a > 20 ? a : log1pf(expf(a))),
             a *tanh(a > 40 ? a : log1p(exp(a))))
FLOAT_KERNEL(reciprocal, "Reciprocal", 6, 1.0F / a, 1.0 / a)
/* To the nearest, halves to even. */
FLOAT_KERNEL(round, "Round", 11, rintf(a), rint(a))
FLOAT_KERNEL(sin, "Sin", 7, sinf(a), sin(a))
FLOAT_KERNEL(sinh, "Sinh", 9, sinhf(a), sinh(a))
FLOAT_KERNEL(softplus, "Softplus", 1, a > 0 ? a + log1pf(expf(-a)) : log1pf(expf(a)),
             a > 0 ? a + log1p(exp(-a)) : log1p(exp(a)))
FLOAT_KERNEL(softsign, "Softsign", 1, a / (1.0F + fabsf(a)), a / (1.0 + fabs(a)))
FLOAT_KERNEL(sqrt, "Sqrt", 6, sqrtf(a), sqrt(a))
FLOAT_KERNEL(tan, "Tan", 7, tanf(a), tan(a))

static void erf_float(const void *in, void *out, size_t count)
{
    activation_erf_single(in, out, count);
}

LOOP(erf_double, double, double, erf(a))
KERNEL(erf, "Erf", 9, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(erf))

static void exp_float(const void *in, void *out, size_t count)
{
    activation_exp_single(in, out, count);
}

static void exp_double(const void *in, void *out, size_t count)
{
    activation_exp_double(in, out, count);
}

KERNEL(exp, "Exp", 6, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(exp))

static void sigmoid_float(const void *in, void *out, size_t count)
{
    activation_sigmoid_single(in, out, count);
}

static void sigmoid_double(const void *in, void *out, size_t count)
{
    activation_sigmoid_double(in, out, count);
}

KERNEL(sigmoid, "Sigmoid", 6, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(sigmoid))

static void tanh_float(const void *in, void *out, size_t count)
{
    activation_tanh_single(in, out, count);
}

LOOP(tanh_double, double, double, tanh(a))
KERNEL(tanh, "Tanh", 6, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(tanh))

/* The smallest integer stays what it is, in unsigned arithmetic. */
#define NEGATE (0 - (uint64_t)a)
FLOAT_LOOPS(negate, -a, -a)
SIGNED_LOOPS(negate, NEGATE)
KERNEL(neg, "Neg", 6, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(negate), SIGNED(negate))

FLOAT_LOOPS(absolute, fabsf(a), fabs(a))
SIGNED_LOOPS(absolute, a < 0 ? NEGATE : (uint64_t)a)
LOOP(copy_64, uint64_t, uint64_t, a)
LOOP(copy_32, uint32_t, uint32_t, a)
LOOP(copy_16, uint16_t, uint16_t, a)
LOOP(copy_8, uint8_t, uint8_t, a)
KERNEL(abs, "Abs", 6, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(absolute),
       SIGNED(absolute), [VALUE_UINT64] = copy_64, [VALUE_UINT32] = copy_32,
       [VALUE_UINT16] = copy_16, [VALUE_UINT8] = copy_8)

#define SIGN (a > 0) - (a < 0)
FLOAT_LOOPS(sign, a != a ? a : (float)(SIGN), a != a ? a : (double)(SIGN))
SIGNED_LOOPS(sign, SIGN)
LOOP(sign_uint64, uint64_t, uint64_t, a > 0)
LOOP(sign_uint32, uint32_t, uint32_t, a > 0)
LOOP(sign_uint16, uint16_t, uint16_t, a > 0)
LOOP(sign_uint8, uint8_t, uint8_t, a > 0)
KERNEL(sign, "Sign", 9, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(sign),
       SIGNED(sign), [VALUE_UINT64] = sign_uint64, [VALUE_UINT32] = sign_uint32,
       [VALUE_UINT16] = sign_uint16, [VALUE_UINT8] = sign_uint8)

/* NaN stays NaN. */
FLOAT_LOOPS(relu, a < 0 ? 0 : a, a < 0 ? 0 : a)
SIGNED_LOOPS(relu, a < 0 ? 0 : a)
KERNEL(relu, "Relu", 6, VALUE_UNKNOWN, KERNEL_IN_PLACE, FLOATS(relu), SIGNED(relu))

LOOP(not_bool, uint8_t, uint8_t, !a)
KERNEL(not, "Not", 1, VALUE_UNKNOWN, KERNEL_IN_PLACE, [VALUE_BOOL] = not_bool)

LOOP(is_nan_float, float, uint8_t, a != a)
LOOP(is_nan_double, double, uint8_t, a != a)
LOOP(is_nan_float16, uint16_t, uint8_t, (a & 0x7fff) > 0x7c00)
KERNEL(is_nan, "IsNaN", 9, VALUE_BOOL, 0, FLOATS(is_nan), [VALUE_FLOAT16] = is_nan_float16)
