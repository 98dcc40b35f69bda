/* Clip and Dropout: what was an attribute once and is an input now. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct clip {
    float low, high;
};

static bool create_clip(struct node *node, const struct attributes *attributes, struct arena *arena,
                        struct err *err)
{
    struct clip *self = node->state;
    (void)arena;
    self->low = -INFINITY;
    self->high = INFINITY;
    return attributes_float(attributes, "min", &self->low, err) &&
           attributes_float(attributes, "max", &self->high, err);
}

static bool infer_clip(const struct call *call, struct err *err)
{
    for (size_t i = 1; i < 3; i++) {
        const struct value *bound = call_input(call, i);
        if (!call_check_same_type(call, 0, i, err))
            return false;
        if (bound != NULL && value_shape_known(bound) && bound->count != 1)
            return call_fail(call, err, ERR_INVALID, "its bounds are single numbers");
    }
    return call_check_type(call, 0, TYPES_NUMBERS, err) && infer_like_first(call, err);
}

/* NaN stays NaN; where the bounds contradict each other, the upper one wins. */
#define CLIP(NAME, T)                                                                         \
    MATH_CLONES static void NAME(const T *x, T *y, size_t count, const T *low, const T *high) \
    {                                                                                         \
        if (low != NULL) {                                                                    \
            T bound = *low;                                                                   \
            ELEMENTWISE for (size_t i = 0; i < count; i++)                                    \
            {                                                                                 \
                T a = x[i];                                                                   \
                y[i] = a < bound ? bound : a;                                                 \
            }                                                                                 \
            x = y;                                                                            \
        }                                                                                     \
        if (high != NULL) {                                                                   \
            T bound = *high;                                                                  \
            ELEMENTWISE for (size_t i = 0; i < count; i++)                                    \
            {                                                                                 \
                T a = x[i];                                                                   \
                y[i] = a > bound ? bound : a;                                                 \
            }                                                                                 \
            x = y;                                                                            \
        }                                                                                     \
        if (x != y)                                                                           \
            memcpy(y, x, count * sizeof *y);                                                  \
    }
#define DEFINE(TYPE, T, FIELD) CLIP(clip_##FIELD, T)
EACH_NUMBER(DEFINE)

static bool run_clip(const struct call *call, struct err *err)
{
    const struct clip *self = call->node->state;
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    const struct value *low = call_input(call, 1), *high = call_input(call, 2);
    double bounds[2] = {(double)self->low, (double)self->high};
    struct value attributes[2] = {{.data = bounds}, {.data = bounds + 1}};
    (void)err;
    if (call->node->version < 11) {
        float singles[2] = {self->low, self->high};
        if (in->type == VALUE_FLOAT) {
            clip_floats(in->floats, out->floats, in->count, singles, singles + 1);
            return true;
        }
        if (in->type == VALUE_DOUBLE) {
            clip_doubles(in->doubles, out->doubles, in->count, attributes[0].doubles,
                         attributes[1].doubles);
            return true;
        }
    }
    switch (in->type) {
#define CASE(TYPE, T, FIELD)                                                            \
    case TYPE:                                                                          \
        clip_##FIELD(in->FIELD, out->FIELD, in->count, low != NULL ? low->FIELD : NULL, \
                     high != NULL ? high->FIELD : NULL);                                \
        break;
        EACH_NUMBER(CASE)
    default:
        break;
    }
    return true;
}

const struct kernel kernel_clip = {
    .domain = "",
    .name = "Clip",
    .since = 6,
    .inputs_min = 1,
    .inputs_max = 3,
    .outputs_max = 1,
    /* Not in place: a bound may be the input itself. */
    .state_size = sizeof(struct clip),
    .create = create_clip,
    .infer = infer_clip,
    .run = run_clip,
};

/* ---- Dropout: a model that predicts keeps everything ---- */

static bool infer_dropout(const struct call *call, struct err *err)
{
    return infer_like_first(call, err) &&
           call_set_like_typed(call, 1,
                               call->node->version < 10 ? call_input(call, 0)->type : VALUE_BOOL,
                               call_input(call, 0), err);
}

/* Training asked for, with a rate above 0: the answer would be random. */
static bool is_random(const struct call *call)
{
    const struct value *rate = call_input(call, 1), *training = call_input(call, 2);
    if (training == NULL || training->count != 1 || training->uint8s[0] == 0)
        return false;
    if (rate == NULL || rate->count != 1)
        return true;
    return rate->type == VALUE_DOUBLE ? *rate->doubles != 0 : *rate->floats != 0;
}

static bool run_dropout(const struct call *call, struct err *err)
{
    const struct value *mask = call_output(call, 1);
    if (is_random(call))
        return call_fail(call, err, ERR_UNSUPPORTED, "training is not supported");
    if (mask == NULL)
        return true;
    if (mask->type == VALUE_BOOL)
        memset(mask->data, 1, mask->count);
    else if (mask->type == VALUE_FLOAT)
        for (size_t i = 0; i < mask->count; i++)
            mask->floats[i] = 1;
    else if (mask->type == VALUE_DOUBLE)
        for (size_t i = 0; i < mask->count; i++)
            mask->doubles[i] = 1;
    return true;
}

const struct kernel kernel_dropout = {
    .domain = "",
    .name = "Dropout",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 3,
    .outputs_max = 2,
    .flags = KERNEL_VIEW,
    .infer = infer_dropout,
    .run = run_dropout,
};
