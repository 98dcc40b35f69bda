#include <string.h>

#include "formats/onnx_read.h"

/* Elements of a type smaller than 32 bits lie in int32_data, one number each. */
static void narrow(const int32_t *from, struct value *to)
{
    size_t size = value_type_size(to->type);
    for (size_t i = 0; i < to->count; i++) {
        if (size == 4)
            to->int32s[i] = from[i];
        else if (size == 2)
            to->uint16s[i] = (uint16_t)from[i];
        else
            to->uint8s[i] = (uint8_t)from[i];
    }
}

static void truth(struct value *value)
{
    for (size_t i = 0; value->type == VALUE_BOOL && i < value->count; i++)
        value->uint8s[i] = value->uint8s[i] != 0;
}

/* The field that holds elements of the type, in the file's width. */
static const void *typed_field(const Onnx__Tensor *tensor, enum value_type type, size_t *count)
{
    switch (type) {
    case VALUE_FLOAT:
        *count = tensor->n_float_data;
        return tensor->float_data;
    case VALUE_DOUBLE:
        *count = tensor->n_double_data;
        return tensor->double_data;
    case VALUE_INT64:
        *count = tensor->n_int64_data;
        return tensor->int64_data;
    case VALUE_UINT32:
    case VALUE_UINT64:
        *count = tensor->n_uint64_data;
        return tensor->uint64_data;
    default:
        *count = tensor->n_int32_data;
        return tensor->int32_data;
    }
}

static bool is_narrow(enum value_type type)
{
    return type != VALUE_FLOAT && type != VALUE_DOUBLE && type != VALUE_INT64 &&
           type != VALUE_UINT32 && type != VALUE_UINT64;
}

static bool read_strings(const Onnx__Tensor *tensor, struct value *value, struct arena *arena,
                         struct err *err)
{
    for (size_t i = 0; i < value->count; i++) {
        const ProtobufCBinaryData *from = &tensor->string_data[i];
        char *copy =
            arena_copy_text(arena, from->data != NULL ? (char *)from->data : "", from->len);
        if (copy == NULL)
            return err_set(err, ERR_LIMIT, "no memory for a tensor of strings");
        value->strings[i] = (struct value_string){copy, from->len};
    }
    return true;
}

static bool wrong_count(const struct value *value, size_t count, struct err *err)
{
    return err_set(err, ERR_INVALID, "a tensor's shape has %zu elements, but the file gives %zu",
                   value->count, count);
}

/* That the elements the shape promises are there, before memory is taken for them. */
static bool check_elements(const Onnx__Tensor *tensor, const struct value *value, struct err *err)
{
    size_t count, size = value_type_size(value->type);
    if (value->type == VALUE_STRING)
        return tensor->n_string_data == value->count ||
               wrong_count(value, tensor->n_string_data, err);
    if (tensor->has_raw_data)
        return tensor->raw_data.len == value->count * size ||
               wrong_count(value, tensor->raw_data.len / size, err);
    typed_field(tensor, value->type, &count);
    return count == value->count || wrong_count(value, count, err);
}

static void copy_elements(const Onnx__Tensor *tensor, struct value *value)
{
    size_t count;
    if (value->count == 0)
        return;
    if (tensor->has_raw_data) {
        memcpy(value->data, tensor->raw_data.data, tensor->raw_data.len);
        return;
    }
    const void *from = typed_field(tensor, value->type, &count);
    if (is_narrow(value->type)) {
        narrow(from, value);
    } else if (value->type == VALUE_UINT32) {
        for (size_t i = 0; i < count; i++)
            value->uint32s[i] = (uint32_t)tensor->uint64_data[i];
    } else {
        memcpy(value->data, from, value->count * value_type_size(value->type));
    }
}

bool onnx_tensor_read(const Onnx__Tensor *tensor, struct value *value, struct arena *arena,
                      struct err *err)
{
    enum value_type type = tensor->has_data_type && tensor->data_type > 0
                               ? (enum value_type)tensor->data_type
                               : VALUE_UNKNOWN;
    if (tensor->data_location == 1 || tensor->n_external_data > 0)
        return err_set(err, ERR_UNSUPPORTED,
                       "its elements lie in another file, which is not supported: save the model "
                       "with its weights inside");
    if (value_type_size(type) == 0)
        return err_set(err, ERR_UNSUPPORTED, "the element type %d is not supported", (int)type);
    if (tensor->n_dims > VALUE_RANK_MAX)
        return err_set(err, ERR_LIMIT, "a tensor has %zu dimensions, at most %d are supported",
                       tensor->n_dims, VALUE_RANK_MAX);
    struct value shape;
    for (size_t i = 0; i < tensor->n_dims; i++) {
        if (tensor->dims[i] < 0)
            return err_set(err, ERR_INVALID, "a dimension is negative");
    }
    if (!value_describe(&shape, type, tensor->dims, (int)tensor->n_dims, err) ||
        !check_elements(tensor, &shape, err) ||
        !value_in_arena(value, type, tensor->dims, (int)tensor->n_dims, arena, err))
        return false;
    if (type == VALUE_STRING)
        return read_strings(tensor, value, arena, err);
    copy_elements(tensor, value);
    truth(value);
    return true;
}
