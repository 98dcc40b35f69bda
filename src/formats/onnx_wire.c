#include "formats/onnx_wire.h"

#include <stdint.h>

enum message {
    NONE, /* a number or bytes: not looked into */
    MODEL,
    GRAPH,
    NODE,
    ATTRIBUTE,
    TENSOR,
    VALUE_INFO,
    TYPE,
    TENSOR_TYPE,
    SHAPE,
    ELEMENT_TYPE, /* of a sequence or an optional: field 1 */
    MAP_TYPE,
    LEAF, /* a message of numbers and bytes only */
};

/* The fields that hold messages. */
static const struct {
    enum message in;
    uint32_t field;
    enum message holds;
    bool repeated;
} fields[] = {
    {MODEL, 7, GRAPH, false},       {MODEL, 8, LEAF, true},         {MODEL, 14, LEAF, true},
    {MODEL, 25, LEAF, true},        {GRAPH, 1, NODE, true},         {GRAPH, 5, TENSOR, true},
    {GRAPH, 11, VALUE_INFO, true},  {GRAPH, 12, VALUE_INFO, true},  {GRAPH, 13, VALUE_INFO, true},
    {GRAPH, 15, TENSOR, true},      {NODE, 5, ATTRIBUTE, true},     {ATTRIBUTE, 5, TENSOR, false},
    {ATTRIBUTE, 6, GRAPH, false},   {TENSOR, 13, LEAF, true},       {VALUE_INFO, 2, TYPE, false},
    {TYPE, 1, TENSOR_TYPE, false},  {TYPE, 4, ELEMENT_TYPE, false}, {TYPE, 5, MAP_TYPE, false},
    {TYPE, 9, ELEMENT_TYPE, false}, {TENSOR_TYPE, 2, SHAPE, false}, {SHAPE, 1, LEAF, true},
    {ELEMENT_TYPE, 1, TYPE, false}, {MAP_TYPE, 2, TYPE, false},
};

enum wire_type { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

struct reader {
    const unsigned char *at, *end;
};

static bool read_varint(struct reader *reader, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        unsigned char byte = *reader->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool skip(struct reader *reader, uint64_t bytes)
{
    if (bytes > (uint64_t)(reader->end - reader->at))
        return false;
    reader->at += bytes;
    return true;
}

static bool cut(struct err *err)
{
    return err_set(err, ERR_INVALID, "it is cut off or damaged: a field is longer than the file");
}

/* What the field holds; the bit of a message that can be there once is set in *once. */
static enum message find_field(enum message in, uint64_t field, uint32_t *once)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].in != in || fields[i].field != field)
            continue;
        *once = fields[i].repeated ? 0 : UINT32_C(1) << field;
        return fields[i].holds;
    }
    *once = 0;
    return NONE;
}

static bool check_message(struct reader *reader, enum message message, int depth, struct err *err);

static bool check_bytes(struct reader *reader, enum message message, uint64_t field, uint32_t *seen,
                        int depth, struct err *err)
{
    uint64_t length;
    uint32_t once;
    if (!read_varint(reader, &length))
        return cut(err);
    struct reader inner = {.at = reader->at};
    if (!skip(reader, length))
        return cut(err);
    inner.end = reader->at;
    enum message holds = find_field(message, field, &once);
    if ((*seen & once) != 0)
        return err_set(err, ERR_INVALID, "a part that can be there once is there twice");
    *seen |= once;
    return holds == NONE || check_message(&inner, holds, depth + 1, err);
}

static bool check_message(struct reader *reader, enum message message, int depth, struct err *err)
{
    uint32_t seen = 0;
    if (depth > ONNX_WIRE_DEPTH_MAX)
        return err_set(err, ERR_LIMIT, "it is nested deeper than %d levels", ONNX_WIRE_DEPTH_MAX);
    while (reader->at < reader->end) {
        uint64_t tag, number;
        if (!read_varint(reader, &tag))
            return cut(err);
        if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
            return err_set(err, ERR_INVALID, "it is no protocol buffer: a field has no number");
        bool good = true;
        switch (tag & 7) {
        case WIRE_VARINT:
            good = read_varint(reader, &number);
            break;
        case WIRE_64:
            good = skip(reader, 8);
            break;
        case WIRE_32:
            good = skip(reader, 4);
            break;
        case WIRE_BYTES:
            if (!check_bytes(reader, message, tag >> 3, &seen, depth, err))
                return false;
            break;
        default:
            return err_set(err, ERR_INVALID, "it is no protocol buffer: a field has no type");
        }
        if (!good)
            return cut(err);
    }
    return true;
}

bool onnx_wire_check(const char *data, size_t size, struct err *err)
{
    struct reader reader = {.at = (const unsigned char *)data,
                            .end = (const unsigned char *)data + size};
    return check_message(&reader, MODEL, 0, err);
}

bool onnx_wire_detect(const char *data, size_t size)
{
    /* Tags of a model's producer, its version, domain, model version, documentation, graph,
     * operator sets, metadata. */
    static const unsigned char next[] = {0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72};
    if (size < 3 || data[0] != 0x08 || data[1] <= 0 || data[1] >= 100)
        return false;
    for (size_t i = 0; i < sizeof next; i++) {
        if ((unsigned char)data[2] == next[i])
            return true;
    }
    return false;
}
