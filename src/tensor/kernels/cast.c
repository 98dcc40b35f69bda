/* Cast and CastLike: from any type to any other. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels/elements.h"
#include "tensor/kernels/kernels.h"

struct cast {
    enum value_type to; /* VALUE_UNKNOWN: as input 1 (CastLike) */
};

static bool create_cast(struct node *node, const struct attributes *attributes, struct arena *arena,
                        struct err *err)
{
    struct cast *self = node->state;
    int64_t to = 0;
    (void)arena;
    if (!attributes_int(attributes, "to", &to, err))
        return false;
    if (to <= 0 || to >= VALUE_TYPES || value_type_size((enum value_type)to) == 0)
        return err_set(err, ERR_UNSUPPORTED, "a cast to the element type %lld is not supported",
                       (long long)to);
    self->to = (enum value_type)to;
    return true;
}

static bool infer(const struct call *call, struct err *err)
{
    const struct cast *self = call->node->state;
    const struct value *like = call_input(call, 1);
    enum value_type to = self->to;
    if (to == VALUE_UNKNOWN && like != NULL)
        to = like->type;
    return call_check_type(call, 0, TYPES_ALL, err) &&
           call_set_like_typed(call, 0, to, call_input(call, 0), err);
}

/* To integers a float is cut; what does not fit gives the smallest number, as x86 has it. */
static int64_t cut(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static uint64_t cut_unsigned(double x)
{
    return x >= 0x1p63 && x < 0x1p64 ? (uint64_t)x : (uint64_t)cut(x);
}

static int32_t cut_32(double x)
{
    return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
}

/* From one C type to every other; CUT, CUT_64U and CUT_32 make integers of it. */
#define CONVERT(NAME, T, READ, CUT, CUT_U, CUT_32)                      \
    MATH_CLONES static void NAME(const T *x, const struct value *out)   \
    {                                                                   \
        size_t count = out->count;                                      \
        switch (out->type) {                                            \
        case VALUE_FLOAT:                                               \
            for (size_t i = 0; i < count; i++)                          \
                out->floats[i] = (float)READ(x[i]);                     \
            break;                                                      \
        case VALUE_DOUBLE:                                              \
            for (size_t i = 0; i < count; i++)                          \
                out->doubles[i] = (double)READ(x[i]);                   \
            break;                                                      \
        case VALUE_INT64:                                               \
            for (size_t i = 0; i < count; i++)                          \
                out->int64s[i] = (int64_t)CUT(READ(x[i]));              \
            break;                                                      \
        case VALUE_UINT64:                                              \
            for (size_t i = 0; i < count; i++)                          \
                out->uint64s[i] = (uint64_t)CUT_U(READ(x[i]));          \
            break;                                                      \
        case VALUE_INT32:                                               \
            for (size_t i = 0; i < count; i++)                          \
                out->int32s[i] = (int32_t)CUT_32(READ(x[i]));           \
            break;                                                      \
        case VALUE_UINT32:                                              \
            for (size_t i = 0; i < count; i++)                          \
                out->uint32s[i] = (uint32_t)CUT(READ(x[i]));            \
            break;                                                      \
        case VALUE_INT16:                                               \
        case VALUE_UINT16:                                              \
            for (size_t i = 0; i < count; i++)                          \
                out->uint16s[i] = (uint16_t)CUT(READ(x[i]));            \
            break;                                                      \
        case VALUE_INT8:                                                \
        case VALUE_UINT8:                                               \
            for (size_t i = 0; i < count; i++)                          \
                out->uint8s[i] = (uint8_t)CUT(READ(x[i]));              \
            break;                                                      \
        case VALUE_BOOL:                                                \
            for (size_t i = 0; i < count; i++)                          \
                out->uint8s[i] = READ(x[i]) != 0;                       \
            break;                                                      \
        case VALUE_FLOAT16:                                             \
            for (size_t i = 0; i < count; i++)                          \
                out->uint16s[i] = value_to_float16((float)READ(x[i]));  \
            break;                                                      \
        case VALUE_BFLOAT16:                                            \
            for (size_t i = 0; i < count; i++)                          \
                out->uint16s[i] = value_to_bfloat16((float)READ(x[i])); \
            break;                                                      \
        default:                                                        \
            break;                                                      \
        }                                                               \
    }

#define SAME(x) (x)
CONVERT(from_float, float, SAME, cut, cut_unsigned, cut_32)
CONVERT(from_double, double, SAME, cut, cut_unsigned, cut_32)
CONVERT(from_int64, int64_t, SAME, SAME, SAME, SAME)
CONVERT(from_uint64, uint64_t, SAME, SAME, SAME, SAME)
CONVERT(from_int32, int32_t, SAME, SAME, SAME, SAME)
CONVERT(from_uint32, uint32_t, SAME, SAME, SAME, SAME)
CONVERT(from_int16, int16_t, SAME, SAME, SAME, SAME)
CONVERT(from_uint16, uint16_t, SAME, SAME, SAME, SAME)
CONVERT(from_int8, int8_t, SAME, SAME, SAME, SAME)
CONVERT(from_uint8, uint8_t, SAME, SAME, SAME, SAME)
CONVERT(from_float16, uint16_t, value_from_float16, cut, cut_unsigned, cut_32)
CONVERT(from_bfloat16, uint16_t, value_from_bfloat16, cut, cut_unsigned, cut_32)

static void from_number(const struct value *in, const struct value *out)
{
    switch (in->type) {
    case VALUE_FLOAT:
        from_float(in->floats, out);
        break;
    case VALUE_DOUBLE:
        from_double(in->doubles, out);
        break;
    case VALUE_INT64:
        from_int64(in->int64s, out);
        break;
    case VALUE_UINT64:
        from_uint64(in->uint64s, out);
        break;
    case VALUE_INT32:
        from_int32(in->int32s, out);
        break;
    case VALUE_UINT32:
        from_uint32(in->uint32s, out);
        break;
    case VALUE_INT16:
        from_int16(in->int16s, out);
        break;
    case VALUE_UINT16:
        from_uint16(in->uint16s, out);
        break;
    case VALUE_INT8:
        from_int8(in->int8s, out);
        break;
    case VALUE_FLOAT16:
        from_float16(in->uint16s, out);
        break;
    case VALUE_BFLOAT16:
        from_bfloat16(in->uint16s, out);
        break;
    default:
        from_uint8(in->uint8s, out);
        break;
    }
}

/* The shortest digits that come back as the same number ("%.8g" and more while they do not). */
static int spell_float(const struct value *in, size_t i, char *text, size_t size)
{
    bool single = in->type != VALUE_DOUBLE;
    double x = single ? (double)in->floats[i] : in->doubles[i];
    int length = 0;
    if (isnan(x))
        return snprintf(text, size, "NaN");
    if (isinf(x))
        return snprintf(text, size, x < 0 ? "-INF" : "INF");
    for (int digits = single ? 6 : 15; digits <= (single ? 9 : 17); digits++) {
        length = snprintf(text, size, "%.*g", digits, x);
        double back = strtod(text, NULL);
        if (single ? (float)back == (float)x : back == x)
            break;
    }
    return length;
}

static int spell(const struct value *in, size_t i, char *text, size_t size)
{
    switch (in->type) {
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        return spell_float(in, i, text, size);
    case VALUE_INT64:
        return snprintf(text, size, "%lld", (long long)in->int64s[i]);
    case VALUE_INT32:
        return snprintf(text, size, "%d", in->int32s[i]);
    case VALUE_INT16:
        return snprintf(text, size, "%d", in->int16s[i]);
    case VALUE_INT8:
        return snprintf(text, size, "%d", in->int8s[i]);
    case VALUE_UINT64:
        return snprintf(text, size, "%llu", (unsigned long long)in->uint64s[i]);
    case VALUE_UINT32:
        return snprintf(text, size, "%u", in->uint32s[i]);
    case VALUE_UINT16:
        return snprintf(text, size, "%u", in->uint16s[i]);
    case VALUE_BOOL:
        return snprintf(text, size, "%s", in->uint8s[i] != 0 ? "True" : "False");
    default:
        return snprintf(text, size, "%u", in->uint8s[i]);
    }
}

#define SPELLED_MAX 32

static bool to_strings(const struct call *call, const struct value *in, const struct value *out,
                       struct err *err)
{
    char *texts = call_scratch(call, out->count, SPELLED_MAX, err);
    if (texts == NULL)
        return false;
    for (size_t i = 0; i < out->count; i++) {
        char *text = texts + i * SPELLED_MAX;
        int length = spell(in, i, text, SPELLED_MAX);
        out->strings[i] = (struct value_string){text, (size_t)length};
    }
    return true;
}

/* A whole string is a number, or the cast fails: words have no value. */
static bool from_string(const struct call *call, struct value_string string, struct value *number,
                        struct err *err)
{
    char text[64];
    char *end = text;
    if (string.length == 0 || string.length >= sizeof text)
        return call_fail(call, err, ERR_INVALID, "a text is no number");
    memcpy(text, string.bytes, string.length);
    text[string.length] = '\0';
    if (number->type == VALUE_INT64)
        *number->int64s = strtoll(text, &end, 10);
    if (number->type != VALUE_INT64 || *end != '\0') {
        double x = strtod(text, &end);
        if (number->type == VALUE_INT64)
            *number->int64s = cut(x);
        else
            *number->doubles = x;
    }
    while (isspace((unsigned char)*end))
        end++;
    return *end == '\0' || call_fail(call, err, ERR_INVALID, "a text is no number");
}

static bool from_strings(const struct call *call, const struct value *in, const struct value *out,
                         struct err *err)
{
    size_t size = value_type_size(out->type);
    bool whole = (TYPE_BIT(out->type) & TYPES_INTEGERS) != 0;
    int64_t integer = 0;
    double real = 0;
    struct value number = {.kind = VALUE_TENSOR,
                           .type = whole ? VALUE_INT64 : VALUE_DOUBLE,
                           .data = whole ? (void *)&integer : (void *)&real};
    for (size_t i = 0; i < in->count; i++) {
        if (!from_string(call, in->strings[i], &number, err))
            return false;
        struct value one = *out;
        one.count = 1;
        one.data = out->uint8s + i * size;
        from_number(&number, &one);
    }
    return true;
}

static bool run(const struct call *call, struct err *err)
{
    const struct value *in = call_input(call, 0), *out = call_output(call, 0);
    if (in->type == out->type)
        memcpy(out->data, in->data, in->count * value_type_size(in->type));
    else if (out->type == VALUE_STRING)
        return to_strings(call, in, out, err);
    else if (in->type == VALUE_STRING)
        return from_strings(call, in, out, err);
    else
        from_number(in, out);
    return true;
}

const struct kernel kernel_cast = {
    .domain = "",
    .name = "Cast",
    .since = 6,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_MAYBE_SAME,
    .state_size = sizeof(struct cast),
    .create = create_cast,
    .infer = infer,
    .run = run,
};

const struct kernel kernel_cast_like = {
    .domain = "",
    .name = "CastLike",
    .since = 15,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .flags = KERNEL_MAYBE_SAME,
    .state_size = sizeof(struct cast),
    .infer = infer,
    .run = run,
};
