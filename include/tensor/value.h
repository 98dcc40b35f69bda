/* What flows between the nodes of a tensor program: typed N-dimensional tensors, sequences and
 * maps.
 *
 * A value is a view: it says where the elements are and what shape they have. While a program runs,
 * elements live in buffers that are counted and used again (tensor/memory.h); constants and inputs
 * belong to whoever made them. While a program is loaded, the same struct describes what is known
 * of a value: then `data` is NULL unless it is a constant, a dimension may be VALUE_ANY and the
 * whole rank may be unknown. */
#ifndef OMEN_TENSOR_VALUE_H
#define OMEN_TENSOR_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* The numbers are those of ONNX's TensorProto.DataType. */
enum value_type {
    VALUE_UNKNOWN = 0, /* at load only */
    VALUE_FLOAT = 1,
    VALUE_UINT8 = 2,
    VALUE_INT8 = 3,
    VALUE_UINT16 = 4,
    VALUE_INT16 = 5,
    VALUE_INT32 = 6,
    VALUE_INT64 = 7,
    VALUE_STRING = 8,
    VALUE_BOOL = 9, /* one byte, 0 or 1 */
    VALUE_FLOAT16 = 10,
    VALUE_DOUBLE = 11,
    VALUE_UINT32 = 12,
    VALUE_UINT64 = 13,
    VALUE_BFLOAT16 = 16,
    VALUE_TYPES = 17,
};

/* An element of a VALUE_STRING tensor: bytes that somebody else owns (a constant, the request, the
 * run's arena) and that live as long as the run. Not NUL-terminated. */
struct value_string {
    const char *bytes;
    size_t length;
};

enum value_kind {
    VALUE_NOTHING, /* an optional input or output that is not there */
    VALUE_TENSOR,
    VALUE_SEQUENCE,
    VALUE_MAP,
};

#define VALUE_RANK_MAX 8
#define VALUE_RANK_UNKNOWN (-1) /* at load only */
#define VALUE_ANY (-1)          /* a dimension that is not known yet, at load only */

struct value_buffer; /* tensor/memory.h */

struct value {
    enum value_kind kind;
    enum value_type type; /* of the tensor's elements; of a map's values */
    int rank;
    int64_t dims[VALUE_RANK_MAX];
    size_t count; /* the product of dims, 0 while one is unknown; of a sequence or map: items */
    union {
        void *data;
        float *floats;
        double *doubles;
        int64_t *int64s;
        int32_t *int32s;
        int16_t *int16s;
        int8_t *int8s;
        uint64_t *uint64s;
        uint32_t *uint32s;
        uint16_t *uint16s; /* float16 and bfloat16 as well */
        uint8_t *uint8s;   /* bool as well */
        struct value_string *strings;
        struct value *items; /* of a sequence; of a map: [0] keys, [1] values, two tensors */
    };
    struct value_buffer *buffer; /* what holds `data`, or NULL when somebody else owns it */
};

/* Bytes of an element; 0 for a type that this build does not know. */
size_t value_type_size(enum value_type type);
/* "float", "int64", ... as ONNX spells it; "unknown type". */
const char *value_type_name(enum value_type type);

/* The product of dims in elements; ERR_INVALID for a negative one, ERR_LIMIT for a product of
 * elements * element size that does not fit in half of the address space. */
bool value_count_elements(enum value_type type, const int64_t *dims, int rank, size_t *count,
                          struct err *err);

/* Describes a tensor without elements: all dims known gives a count, else it stays 0. False when
 * the shape is impossible (see above) or rank is larger than VALUE_RANK_MAX. */
bool value_describe(struct value *value, enum value_type type, const int64_t *dims, int rank,
                    struct err *err);

/* A tensor whose elements are zeroed and in the arena: for constants and inputs. */
bool value_in_arena(struct value *value, enum value_type type, const int64_t *dims, int rank,
                    struct arena *arena, struct err *err);

/* Rank and every dimension are known. */
bool value_shape_known(const struct value *value);

static inline bool value_is_tensor(const struct value *value)
{
    return value != NULL && value->kind == VALUE_TENSOR;
}

static inline bool value_string_equal(struct value_string a, struct value_string b)
{
    return a.length == b.length &&
           (a.length == 0 || __builtin_memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Element i as int64 of an int32 or int64 tensor: axes, shapes, indices. */
int64_t value_index(const struct value *value, size_t i);

/* "float [?, 4]" for messages; size >= 80. Returns text. */
const char *value_spell(const struct value *value, char *text, size_t size);

/* Half-precision numbers are stored only; computing is done in float. */
float value_from_float16(uint16_t half);
uint16_t value_to_float16(float number); /* nearest, ties to even */
float value_from_bfloat16(uint16_t half);
uint16_t value_to_bfloat16(float number);

#endif
