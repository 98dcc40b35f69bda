#include "tensor/value.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name;
    size_t size;
} types[VALUE_TYPES] = {
    [VALUE_FLOAT] = {"float", sizeof(float)},
    [VALUE_UINT8] = {"uint8", sizeof(uint8_t)},
    [VALUE_INT8] = {"int8", sizeof(int8_t)},
    [VALUE_UINT16] = {"uint16", sizeof(uint16_t)},
    [VALUE_INT16] = {"int16", sizeof(int16_t)},
    [VALUE_INT32] = {"int32", sizeof(int32_t)},
    [VALUE_INT64] = {"int64", sizeof(int64_t)},
    [VALUE_STRING] = {"string", sizeof(struct value_string)},
    [VALUE_BOOL] = {"bool", sizeof(uint8_t)},
    [VALUE_FLOAT16] = {"float16", sizeof(uint16_t)},
    [VALUE_DOUBLE] = {"double", sizeof(double)},
    [VALUE_UINT32] = {"uint32", sizeof(uint32_t)},
    [VALUE_UINT64] = {"uint64", sizeof(uint64_t)},
    [VALUE_BFLOAT16] = {"bfloat16", sizeof(uint16_t)},
};

size_t value_type_size(enum value_type type)
{
    return (unsigned)type < VALUE_TYPES ? types[type].size : 0;
}

const char *value_type_name(enum value_type type)
{
    return value_type_size(type) > 0 ? types[type].name : "unknown type";
}

bool value_count_elements(enum value_type type, const int64_t *dims, int rank, size_t *count,
                          struct err *err)
{
    size_t product = 1, bytes, size = value_type_size(type);
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return err_set(err, ERR_INVALID, "a dimension is negative");
        empty = empty || dims[i] == 0;
    }
    for (int i = 0; i < rank && !empty; i++) {
        if (!mem_multiply(product, (size_t)dims[i], &product))
            return err_set(err, ERR_LIMIT, "a tensor has more elements than memory has bytes");
    }
    if (!mem_multiply(product, size > 0 ? size : 1, &bytes) || bytes > (size_t)PTRDIFF_MAX)
        return err_set(err, ERR_LIMIT, "a tensor is larger than memory can be");
    *count = empty ? 0 : product;
    return true;
}

bool value_shape_known(const struct value *value)
{
    for (int i = 0; i < value->rank; i++) {
        if (value->dims[i] < 0)
            return false;
    }
    return value->rank >= 0;
}

bool value_describe(struct value *value, enum value_type type, const int64_t *dims, int rank,
                    struct err *err)
{
    if (rank > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "a tensor has %d dimensions, at most %d are supported", rank,
                       VALUE_RANK_MAX);
    value->kind = VALUE_TENSOR;
    value->type = type;
    value->rank = rank;
    value->count = 0;
    value->data = NULL;
    value->buffer = NULL;
    for (int i = 0; i < rank; i++)
        value->dims[i] = dims[i];
    return !value_shape_known(value) || value_count_elements(type, dims, rank, &value->count, err);
}

bool value_in_arena(struct value *value, enum value_type type, const int64_t *dims, int rank,
                    struct arena *arena, struct err *err)
{
    if (!value_describe(value, type, dims, rank, err))
        return false;
    if (!value_shape_known(value) || value_type_size(type) == 0)
        return err_set(err, ERR_INVALID, "a tensor without a type or a shape has no elements");
    value->data = arena_zeroed(arena, value->count, value_type_size(type));
    return value->data != NULL ||
           err_set(err, ERR_MEMORY, "no memory for a tensor of %zu elements", value->count);
}

int64_t value_index(const struct value *value, size_t i)
{
    return value->type == VALUE_INT32 ? value->int32s[i] : value->int64s[i];
}

static size_t spell_dims(const struct value *value, char *text, size_t size, size_t length)
{
    for (int i = 0; i < value->rank && length + 32 < size; i++) {
        const char *comma = i > 0 ? ", " : "";
        int written = value->dims[i] < 0 ? snprintf(text + length, size - length, "%s?", comma)
                                         : snprintf(text + length, size - length, "%s%lld", comma,
                                                    (long long)value->dims[i]);
        length += (size_t)written;
    }
    return length;
}

const char *value_spell(const struct value *value, char *text, size_t size)
{
    static const char *const kinds[] = {"nothing", "tensor", "sequence", "map"};
    if (value->kind != VALUE_TENSOR) {
        snprintf(text, size, "%s", kinds[value->kind]);
        return text;
    }
    size_t length = (size_t)snprintf(text, size, "%s [", value_type_name(value->type));
    if (value->rank < 0)
        length += (size_t)snprintf(text + length, size - length, "...");
    length = spell_dims(value, text, size, length);
    snprintf(text + length, size - length, "]");
    return text;
}

static float bits_to_float(uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static uint32_t float_to_bits(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* 1 sign bit, 5 of the exponent (bias 15), 10 of the fraction. */
float value_from_float16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 0x1fu, fraction = half & 0x3ffu;
    if (exponent == 0x1f)
        return bits_to_float(sign | 0x7f800000u | fraction << 13);
    if (exponent != 0)
        return bits_to_float(sign | (exponent + 112) << 23 | fraction << 13);
    float number = (float)fraction * 0x1p-24f;
    return sign != 0 ? -number : number;
}

uint16_t value_to_float16(float number)
{
    uint32_t bits = float_to_bits(number);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
    uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
    if (magnitude >= 0x477ff000u) /* 65520 and more round to infinity */
        return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) { /* below 2^-14: adding 0.5 rounds to a multiple of 2^-24 */
        uint32_t rounded = float_to_bits(bits_to_float(magnitude) + 0.5f) - 0x3f000000u;
        return (uint16_t)(sign | rounded);
    }
    uint32_t odd = magnitude >> 13 & 1u;
    return (uint16_t)(sign | ((magnitude + 0xfffu + odd - (112u << 23)) >> 13));
}

float value_from_bfloat16(uint16_t half)
{
    return bits_to_float((uint32_t)half << 16);
}

uint16_t value_to_bfloat16(float number)
{
    uint32_t bits = float_to_bits(number);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
