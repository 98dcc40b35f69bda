#include "protocols/oip_datatype.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
    double minimum, maximum;
} datatypes[OIP_DATATYPES] = {
    [OIP_BOOL] = {"BOOL", 1, 0, 1},
    [OIP_UINT8] = {"UINT8", 1, 0, UINT8_MAX},
    [OIP_UINT16] = {"UINT16", 2, 0, UINT16_MAX},
    [OIP_UINT32] = {"UINT32", 4, 0, UINT32_MAX},
    [OIP_UINT64] = {"UINT64", 8, 0, 0x1p64},
    [OIP_INT8] = {"INT8", 1, INT8_MIN, INT8_MAX},
    [OIP_INT16] = {"INT16", 2, INT16_MIN, INT16_MAX},
    [OIP_INT32] = {"INT32", 4, INT32_MIN, INT32_MAX},
    [OIP_INT64] = {"INT64", 8, -0x1p63, 0x1p63},
    [OIP_FP16] = {"FP16", 2, -INFINITY, INFINITY},
    [OIP_BF16] = {"BF16", 2, -INFINITY, INFINITY},
    [OIP_FP32] = {"FP32", 4, -INFINITY, INFINITY},
    [OIP_FP64] = {"FP64", 8, -INFINITY, INFINITY},
    [OIP_BYTES] = {"BYTES", 0, 0, 0},
};

const char *oip_datatype_name(enum oip_datatype datatype)
{
    return datatypes[datatype].name;
}

bool oip_datatype_find(const char *name, size_t length, enum oip_datatype *datatype)
{
    for (int i = 0; i < OIP_DATATYPES; i++) {
        if (strlen(datatypes[i].name) == length && memcmp(datatypes[i].name, name, length) == 0) {
            *datatype = (enum oip_datatype)i;
            return true;
        }
    }
    return false;
}

size_t oip_datatype_size(enum oip_datatype datatype)
{
    return datatypes[datatype].size;
}

bool oip_datatype_is_integer(enum oip_datatype datatype)
{
    return datatype >= OIP_UINT8 && datatype <= OIP_INT64;
}

bool oip_datatype_is_real(enum oip_datatype datatype)
{
    return datatype >= OIP_FP16 && datatype <= OIP_FP64;
}

double oip_datatype_minimum(enum oip_datatype datatype)
{
    return datatypes[datatype].minimum;
}

double oip_datatype_maximum(enum oip_datatype datatype)
{
    return datatypes[datatype].maximum;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bytes of tensors are used as they are");

uint32_t oip_load_u32(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

void oip_store_u32(char *bytes, uint32_t value)
{
    memcpy(bytes, &value, sizeof value);
}

/* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double fraction = bits & 1023;
    double value = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                   : exponent == 0 ? ldexp(fraction, -24)
                                   : ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -value : value;
}

static double brain_value(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* A loop per type, each of which the compiler knows well. */
#define LOAD(type, expression)                                  \
    for (size_t i = 0; i < count; i++) {                        \
        type value;                                             \
        memcpy(&value, bytes + i * sizeof value, sizeof value); \
        out[i] = (expression);                                  \
    }                                                           \
    return count

#define LOAD_WIDE(type, limit)                                        \
    for (size_t i = 0; i < count; i++) {                              \
        type value;                                                   \
        memcpy(&value, bytes + i * sizeof value, sizeof value);       \
        out[i] = (double)value;                                       \
        if (out[i] >= (limit) || (type)out[i] != value) /* rounded */ \
            return i;                                                 \
    }                                                                 \
    return count

static size_t load_booleans(const char *bytes, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        if ((unsigned char)bytes[i] > 1)
            return i;
        out[i] = bytes[i];
    }
    return count;
}

size_t oip_datatype_load(enum oip_datatype datatype, const char *bytes, size_t count, double *out)
{
    switch (datatype) {
    case OIP_BOOL:
        return load_booleans(bytes, count, out);
    case OIP_UINT8:
        LOAD(uint8_t, value);
    case OIP_UINT16:
        LOAD(uint16_t, value);
    case OIP_UINT32:
        LOAD(uint32_t, value);
    case OIP_UINT64:
        LOAD_WIDE(uint64_t, 0x1p64);
    case OIP_INT8:
        LOAD(int8_t, value);
    case OIP_INT16:
        LOAD(int16_t, value);
    case OIP_INT32:
        LOAD(int32_t, value);
    case OIP_INT64:
        LOAD_WIDE(int64_t, 0x1p63);
    case OIP_FP16:
        LOAD(uint16_t, half_value(value));
    case OIP_BF16:
        LOAD(uint16_t, brain_value(value));
    case OIP_FP32:
        LOAD(float, (double)value);
    case OIP_FP64:
        LOAD(double, value);
    case OIP_BYTES:
    case OIP_DATATYPES:
        break;
    }
    return 0;
}

void oip_datatype_print(enum oip_datatype datatype, const char *bytes, char text[24])
{
    int64_t value;
    memcpy(&value, bytes, sizeof value);
    if (datatype == OIP_UINT64)
        snprintf(text, 24, "%" PRIu64, (uint64_t)value);
    else
        snprintf(text, 24, "%" PRId64, value);
}
