/* Functions of one tensor with one or two numbers fixed by the node. */
#include <math.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct parametric {
    float alpha, beta;
};

struct defaults {
    const char *first, *second; /* attribute names; NULL: none */
    float alpha, beta;
};

static bool read_parameters(struct node *node, const struct attributes *attributes,
                            const struct defaults *defaults, struct err *err)
{
    struct parametric *self = node->state;
    self->alpha = defaults->alpha;
    self->beta = defaults->beta;
    return attributes_float(attributes, defaults->first, &self->alpha, err) &&
           (defaults->second == NULL ||
            attributes_float(attributes, defaults->second, &self->beta, err));
}

static bool infer_floats(const struct call *call, struct err *err)
{
    return call_check_type(call, 0, TYPES_FLOATS, err) && infer_like_first(call, err);
}

#define LOOP(NAME, T, EXPRESSION)                                                 \
    MATH_CLONES static void NAME(const T *x, T *y, size_t count, T alpha, T beta) \
    {                                                                             \
        (void)beta;                                                               \
        ELEMENTWISE for (size_t i = 0; i < count; i++)                            \
        {                                                                         \
            T a = x[i];                                                           \
            y[i] = EXPRESSION;                                                    \
        }                                                                         \
    }

#define KERNEL(IDENTIFIER, NAME, SINCE, FIRST, SECOND, ALPHA, BETA, SINGLE, DOUBLE)          \
    LOOP(IDENTIFIER##_float, float, SINGLE)                                                  \
    LOOP(IDENTIFIER##_double, double, DOUBLE)                                                \
    static bool create_##IDENTIFIER(struct node *node, const struct attributes *attributes,  \
                                    struct arena *arena, struct err *err)                    \
    {                                                                                        \
        static const struct defaults defaults = {FIRST, SECOND, ALPHA, BETA};                \
        (void)arena;                                                                         \
        return read_parameters(node, attributes, &defaults, err);                            \
    }                                                                                        \
    static bool run_##IDENTIFIER(const struct call *call, struct err *err)                   \
    {                                                                                        \
        const struct parametric *self = call->node->state;                                   \
        const struct value *in = call_input(call, 0), *out = call_output(call, 0);           \
        (void)err;                                                                           \
        if (in->type == VALUE_FLOAT)                                                         \
            IDENTIFIER##_float(in->floats, out->floats, in->count, self->alpha, self->beta); \
        else                                                                                 \
            IDENTIFIER##_double(in->doubles, out->doubles, in->count, (double)self->alpha,   \
                                (double)self->beta);                                         \
        return true;                                                                         \
    }                                                                                        \
    const struct kernel kernel_##IDENTIFIER = {                                              \
        .domain = "",                                                                        \
        .name = NAME,                                                                        \
        .since = SINCE,                                                                      \
        .inputs_min = 1,                                                                     \
        .inputs_max = 1,                                                                     \
        .outputs_max = 1,                                                                    \
        .flags = KERNEL_IN_PLACE,                                                            \
        .state_size = sizeof(struct parametric),                                             \
        .create = create_##IDENTIFIER,                                                       \
        .infer = infer_floats,                                                               \
        .run = run_##IDENTIFIER,                                                             \
    };

KERNEL(celu, "Celu", 12, "alpha", NULL, 1, 0, a > 0 ? a : alpha * expm1f(a / alpha),
       a > 0 ? a : alpha * expm1(a / alpha))
KERNEL(elu, "Elu", 6, "alpha", NULL, 1, 0, a < 0 ? alpha * expm1f(a) : a,
       a < 0 ? alpha * expm1(a) : a)
KERNEL(hard_sigmoid, "HardSigmoid", 6, "alpha", "beta", 0.2F, 0.5F,
       fminf(fmaxf(alpha *a + beta, 0), 1), fmin(fmax(alpha *a + beta, 0), 1))
KERNEL(leaky_relu, "LeakyRelu", 6, "alpha", NULL, 0.01F, 0, a < 0 ? alpha * a : a,
       a < 0 ? alpha * a : a)
KERNEL(selu, "Selu", 6, "alpha", "gamma", 1.67326319217681884765625F, 1.05070102214813232421875F,
       a > 0 ? beta * a : beta * alpha * expm1f(a), a > 0 ? beta * a : beta * alpha * expm1(a))
KERNEL(shrink, "Shrink", 9, "lambd", "bias", 0.5F, 0,
       a < -alpha ? a + beta : (a > alpha ? a - beta : 0),
       a < -alpha ? a + beta : (a > alpha ? a - beta : 0))
KERNEL(thresholded_relu, "ThresholdedRelu", 10, "alpha", NULL, 1, 0, a > alpha ? a : 0,
       a > alpha ? a : 0)

/* Gelu: exact with erf, or the tanh form. alpha: 1 for the latter. */
#define GELU(T, ERF, TANH)                                                                     \
    alpha != 0 ? (T)0.5 * a *(1 + TANH((T)0.7978845608028654 * (a + (T)0.044715 * a * a * a))) \
               : (T)0.5 * a *(1 + ERF(a * (T)0.7071067811865476))
LOOP(gelu_float, float, GELU(float, erff, tanhf))
LOOP(gelu_double, double, GELU(double, erf, tanh))

static bool create_gelu(struct node *node, const struct attributes *attributes, struct arena *arena,
                        struct err *err)
{
    static const char *const forms[] = {"none", "tanh", NULL};
    struct parametric *self = node->state;
    int form = 0;
    (void)arena;
    if (!attributes_choice(attributes, "approximate", forms, &form, err))
        return false;
    self->alpha = (float)form;
    return true;
}

static bool run_gelu(const struct call *call, struct err *err)
{
    const struct parametric *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    (void)err;
    if (in->type == VALUE_FLOAT)
        gelu_float(in->floats, out->floats, in->count, self->alpha, 0);
    else
        gelu_double(in->doubles, out->doubles, in->count, (double)self->alpha, 0);
    return true;
}

#define GELU_KERNEL(IDENTIFIER, DOMAIN, SINCE)   \
    const struct kernel IDENTIFIER = {           \
        .domain = DOMAIN,                        \
        .name = "Gelu",                          \
        .since = SINCE,                          \
        .inputs_min = 1,                         \
        .inputs_max = 1,                         \
        .outputs_max = 1,                        \
        .flags = KERNEL_IN_PLACE,                \
        .state_size = sizeof(struct parametric), \
        .create = create_gelu,                   \
        .infer = infer_floats,                   \
        .run = run_gelu,                         \
    };

GELU_KERNEL(kernel_gelu, "", 20)
GELU_KERNEL(kernel_gelu_microsoft, "com.microsoft", 1)

struct is_inf {
    bool positive, negative;
};

static bool create_is_inf(struct node *node, const struct attributes *attributes,
                          struct arena *arena, struct err *err)
{
    struct is_inf *self = node->state;
    (void)arena;
    *self = (struct is_inf){true, true};
    return attributes_bool(attributes, "detect_positive", &self->positive, err) &&
           attributes_bool(attributes, "detect_negative", &self->negative, err);
}

static bool infer_is_inf(const struct call *call, struct err *err)
{
    return call_check_type(call, 0, TYPES_FLOATS, err) &&
           call_set_like_typed(call, 0, VALUE_BOOL, call_input(call, 0), err);
}

static bool run_is_inf(const struct call *call, struct err *err)
{
    const struct is_inf *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    (void)err;
    for (size_t i = 0; i < in->count; i++) {
        double x = in->type == VALUE_FLOAT ? (double)in->floats[i] : in->doubles[i];
        out->uint8s[i] = isinf(x) && (x > 0 ? self->positive : self->negative);
    }
    return true;
}

const struct kernel kernel_is_inf = {
    .domain = "",
    .name = "IsInf",
    .since = 10,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct is_inf),
    .create = create_is_inf,
    .infer = infer_is_inf,
    .run = run_is_inf,
};
