#include "formats/onnx_inputs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "graph/text.h"
#include "math/clones.h"

/* The smallest and largest number that an element can be; doubles hold all of them up to 2^53. */
static void bounds_of(enum value_type type, double *low, double *high)
{
    static const int bits[VALUE_TYPES] = {
        [VALUE_INT8] = 7,    [VALUE_INT16] = 15,  [VALUE_INT32] = 31,
        [VALUE_INT64] = 53,  [VALUE_UINT8] = 8,   [VALUE_UINT16] = 16,
        [VALUE_UINT32] = 32, [VALUE_UINT64] = 53, [VALUE_BOOL] = 1};
    bool is_signed =
        type == VALUE_INT8 || type == VALUE_INT16 || type == VALUE_INT32 || type == VALUE_INT64;
    double size = ldexp(1, bits[type]);
    *low = is_signed ? -size : 0;
    *high = size - 1;
}

static bool is_integer(enum value_type type)
{
    return type != VALUE_FLOAT && type != VALUE_DOUBLE && type != VALUE_STRING;
}

static bool check_type(const struct value *known, struct err *err)
{
    if (known->kind != VALUE_TENSOR)
        return err_set(err, ERR_UNSUPPORTED, "it is no tensor, which is not supported");
    if (value_type_size(known->type) == 0)
        return err_set(err, ERR_UNSUPPORTED, "its element type (%d) is not supported",
                       (int)known->type);
    if (known->type == VALUE_FLOAT16 || known->type == VALUE_BFLOAT16)
        return err_set(err, ERR_UNSUPPORTED, "%s inputs are not supported",
                       value_type_name(known->type));
    if (known->rank == VALUE_RANK_UNKNOWN)
        return err_set(err, ERR_UNSUPPORTED, "the file does not say what shape it has");
    return true;
}

/* [N, ...] or [1, ...] is a row per N; a single fixed dimension is a row of that many numbers. */
static bool read_shape(struct onnx_input *input, const struct value *known, bool *row_by_row,
                       struct err *err)
{
    input->type = known->type;
    input->rank = known->rank;
    input->batch = known->rank == 0 || (known->rank == 1 && known->dims[0] > 1) ? -1 : 0;
    input->width = 1;
    *row_by_row = *row_by_row || input->batch < 0 || known->dims[0] == 1;
    if (input->batch == 0 && known->dims[0] > 1)
        return err_set(err, ERR_UNSUPPORTED,
                       "the file fixes %lld rows per call; export it with a batch dimension that "
                       "may be anything",
                       (long long)known->dims[0]);
    for (int i = 0; i < known->rank; i++) {
        input->dims[i] = known->dims[i];
        if (i == input->batch)
            continue;
        if (known->dims[i] < 0)
            return err_set(err, ERR_UNSUPPORTED,
                           "the file does not say how many columns it has: export it with the "
                           "number of features");
        if (!mem_multiply(input->width, (size_t)known->dims[i], &input->width) ||
            input->width > SCHEMA_FIELDS_MAX)
            return err_set(err, ERR_LIMIT, "a row of it has more than %d numbers",
                           SCHEMA_FIELDS_MAX);
    }
    return true;
}

bool onnx_inputs_read(struct onnx_inputs *inputs, const struct program *program,
                      struct arena *arena, struct err *err)
{
    size_t count = program_input_count(program);
    *inputs = (struct onnx_inputs){.count = count};
    inputs->items = arena_zeroed(arena, count, sizeof *inputs->items);
    if (inputs->items == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the model's inputs");
    for (size_t i = 0; i < count; i++) {
        struct onnx_input *input = &inputs->items[i];
        const struct value *known = program_input(program, i);
        input->first = inputs->fields;
        if (!check_type(known, err) || !read_shape(input, known, &inputs->row_by_row, err))
            return err_prefix(err, "the input %.80s", program_input_name(program, i));
        inputs->fields += input->width;
        if (inputs->fields > SCHEMA_FIELDS_MAX)
            return err_set(err, ERR_LIMIT, "a row has more than %d numbers", SCHEMA_FIELDS_MAX);
    }
    return inputs->fields > 0 || err_set(err, ERR_UNSUPPORTED, "it has no inputs");
}

static char *name_field(const char *input, size_t position, size_t width)
{
    char text[160];
    int length = width == 1 ? snprintf(text, sizeof text, "%.120s", input)
                            : snprintf(text, sizeof text, "%.120s_%zu", input, position);
    return mem_copy_text(text, (size_t)length);
}

static bool describe_field(struct field *field, const struct onnx_input *input, const char *name,
                           size_t position, bool missing, struct err *err)
{
    field->name = name_field(name, position, input->width);
    if (field->name == NULL)
        return err_set(err, ERR_MEMORY, "no memory for the model's inputs");
    if (input->type == VALUE_STRING) {
        field->type = FIELD_TEXT;
    } else if (is_integer(input->type)) {
        field->integer = true;
        bounds_of(input->type, &field->minimum, &field->maximum);
    } else if (missing) {
        field->on_missing = POLICY_NAN;
        field->required = false;
    }
    field->single = input->type == VALUE_FLOAT;
    return true;
}

bool onnx_inputs_schema(const struct onnx_inputs *inputs, const struct program *program,
                        bool missing, struct schema *schema, struct err *err)
{
    if (!schema_init(schema, inputs->fields, err))
        return false;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct onnx_input *input = &inputs->items[i];
        for (size_t j = 0; j < input->width; j++) {
            if (!describe_field(&schema->fields[input->first + j], input,
                                program_input_name(program, i), j, missing, err))
                return false;
        }
    }
    return schema_seal(schema, err);
}

MATH_CLONES static void copy_floats(const double *from, float *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (float)from[i];
}

static void fill_floats(const struct onnx_input *input, const struct matrix *rows, float *to)
{
    if (rows->stride == input->width) {
        copy_floats(rows->data, to, rows->rows * input->width);
        return;
    }
    for (size_t row = 0; row < rows->rows; row++)
        copy_floats(matrix_row(rows, row) + input->first, to + row * input->width, input->width);
}

#define FILL(TYPE, T, FIELD)                                        \
    case TYPE:                                                      \
        for (size_t row = 0; row < rows->rows; row++) {             \
            const double *x = matrix_row(rows, row) + input->first; \
            for (size_t i = 0; i < input->width; i++)               \
                value->FIELD[row * input->width + i] = (T)x[i];     \
        }                                                           \
        break;

static void fill_texts(const struct onnx_input *input, const struct matrix *rows,
                       struct value *value)
{
    for (size_t row = 0; row < rows->rows; row++) {
        const double *x = matrix_row(rows, row) + input->first;
        for (size_t i = 0; i < input->width; i++) {
            const struct text *text = text_of(x[i]);
            text = text != NULL ? text : &text_empty;
            value->strings[row * input->width + i] =
                (struct value_string){text->bytes, text->length};
        }
    }
}

static void fill_one(const struct onnx_input *input, const struct matrix *rows, struct value *value)
{
    switch (input->type) {
    case VALUE_FLOAT:
        fill_floats(input, rows, value->floats);
        break;
        FILL(VALUE_DOUBLE, double, doubles)
        FILL(VALUE_INT64, int64_t, int64s)
        FILL(VALUE_INT32, int32_t, int32s)
        FILL(VALUE_INT16, int16_t, int16s)
        FILL(VALUE_INT8, int8_t, int8s)
        FILL(VALUE_UINT64, uint64_t, uint64s)
        FILL(VALUE_UINT32, uint32_t, uint32s)
        FILL(VALUE_UINT16, uint16_t, uint16s)
        FILL(VALUE_UINT8, uint8_t, uint8s)
    case VALUE_BOOL:
        for (size_t row = 0; row < rows->rows; row++) {
            const double *x = matrix_row(rows, row) + input->first;
            for (size_t i = 0; i < input->width; i++)
                value->uint8s[row * input->width + i] = x[i] != 0;
        }
        break;
    default:
        fill_texts(input, rows, value);
        break;
    }
}

bool onnx_inputs_fill(const struct onnx_inputs *inputs, const struct matrix *rows,
                      struct value *values, struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < inputs->count; i++) {
        const struct onnx_input *input = &inputs->items[i];
        int64_t dims[VALUE_RANK_MAX];
        memcpy(dims, input->dims, sizeof dims);
        if (input->batch >= 0)
            dims[input->batch] = (int64_t)rows->rows;
        if (!value_describe(&values[i], input->type, dims, input->rank, err))
            return false;
        values[i].data = arena_array(arena, values[i].count, value_type_size(input->type));
        if (values[i].data == NULL)
            return err_set(err, ERR_LIMIT, "the rows take more memory than they may");
        fill_one(input, rows, &values[i]);
    }
    return true;
}
