#include "protocols/oip_cells.h"

#include <math.h>
#include <string.h>

#include "base/base64.h"
#include "codec/envelope.h"
#include "codec/number.h"
#include "base/utf8.h"
#include "protocols/answer.h"

#define EXACT_MAX 0x1p53
#define BLOCK 256 /* elements that are converted at a time */

/* Where the next element goes. */
struct filler {
    struct oip_request *oip;
    const struct oip_input *input;
    const struct oip_tensor *tensor;
    struct frame *frame;
    size_t index; /* of the element */
    size_t row, column;
};

static struct filler filler_begin(struct oip_request *oip, const struct oip_input *input,
                                  const struct oip_tensor *tensor)
{
    return (struct filler){.oip = oip,
                           .input = input,
                           .tensor = tensor,
                           .frame = &oip->job.rows.frame,
                           .column = tensor->first};
}

static void filler_next(struct filler *filler)
{
    filler->index++;
    if (++filler->column == filler->tensor->first + filler->tensor->count) {
        filler->column = filler->tensor->first;
        filler->row++;
    }
}

static void put_number(struct filler *filler, double value)
{
    const struct field *field = &filler->frame->schema->fields[filler->column];
    if (filler->input->datatype == OIP_BOOL && field->type == FIELD_CATEGORY)
        frame_set_boolean(filler->frame, filler->row, filler->column, value != 0);
    else
        frame_set_number(filler->frame, filler->row, filler->column, value);
    filler_next(filler);
}

static bool refuse_value(const struct filler *filler, const char *why)
{
    filler->frame->counts[FRAME_WRONG_TYPE]++;
    return oip_refuse(filler->oip, "invalid_value", filler->input, filler->index,
                      "input '%.*s': element %zu %s", OIP_NAME(filler->input), filler->index, why);
}

/* A whole number that no double is: a category may have it as a word, a number field cannot. */
static bool put_wide(struct filler *filler, const char *digits, size_t length)
{
    if (filler->frame->schema->fields[filler->column].type != FIELD_CATEGORY)
        return refuse_value(filler, "is a whole number beyond 2^53 that the model cannot take "
                                    "without loss");
    frame_set_text(filler->frame, filler->row, filler->column, digits, length);
    filler_next(filler);
    return true;
}

static bool put_text(struct filler *filler, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t size = utf8_sequence(text + at, length - at);
        if (size == 0)
            return refuse_value(filler, "is not UTF-8");
        at += size;
    }
    frame_set_text(filler->frame, filler->row, filler->column, text, length);
    filler_next(filler);
    return true;
}

/* --- binary -------------------------------------------------------------------------------- */

static bool fill_numbers(struct filler *filler)
{
    const struct oip_input *input = filler->input;
    size_t size = oip_datatype_size(input->datatype);
    double block[BLOCK];
    while (filler->index < input->elements) {
        size_t left = input->elements - filler->index;
        size_t count = left < BLOCK ? left : BLOCK;
        const char *bytes = input->bytes + filler->index * size;
        size_t good = oip_datatype_load(input->datatype, bytes, count, block);
        for (size_t i = 0; i < good; i++)
            put_number(filler, block[i]);
        if (good == count)
            continue;
        if (input->datatype == OIP_BOOL)
            return refuse_value(filler, "is a BOOL that is neither 0 nor 1");
        char digits[24];
        oip_datatype_print(input->datatype, bytes + good * size, digits);
        if (!put_wide(filler, digits, strlen(digits)))
            return false;
    }
    return true;
}

/* Each a length of four bytes and as many bytes; a raw body is one text without its length. */
static bool fill_texts(struct filler *filler)
{
    const struct oip_input *input = filler->input;
    const char *at = input->bytes, *end = input->bytes + input->size;
    if (filler->oip->is_raw)
        return put_text(filler, at, input->size);
    while (filler->index < input->elements) {
        if (end - at < 4)
            return refuse_value(filler, "is missing: the bytes of the tensor end before it");
        size_t length = oip_load_u32(at);
        at += 4;
        if (length > (size_t)(end - at))
            return refuse_value(filler, "is longer than the bytes that are left of the tensor");
        if (!put_text(filler, at, length))
            return false;
        at += length;
    }
    return at == end ||
           oip_refuse(filler->oip, "invalid_size", input, OIP_NO_INDEX,
                      "input '%.*s' has bytes behind its last element", OIP_NAME(input));
}

/* --- JSON: arrays of numbers --------------------------------------------------------------- */

/* Whether the value came through the conversion to float unharmed is for the text to say where it
 * lies in the middle between two floats: it has been rounded once already. */
static bool is_between_singles(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & UINT64_C(0x1fffffff)) == UINT64_C(0x10000000);
}

static bool put_single(struct filler *filler, double value, const struct json_cells *cell)
{
    float single = (float)value;
    if (cell->kind == JSON_CELL_NUMBER && is_between_singles(value))
        number_read_single(cell->text, cell->text + cell->length, &single);
    if (cell->kind == JSON_CELL_NUMBER && isinf(single))
        return refuse_value(filler, "is beyond what FP32 holds");
    put_number(filler, single);
    return true;
}

static bool put_real(struct filler *filler, double value, const struct json_cells *cell)
{
    if (filler->input->datatype == OIP_FP32)
        return put_single(filler, value, cell);
    if (cell->notes & JSON_NUMBERS_OVERFLOW)
        return refuse_value(filler, "is beyond what FP64 holds");
    put_number(filler, value);
    return true;
}

static bool is_in_range(enum oip_datatype datatype, double value)
{
    return value >= oip_datatype_minimum(datatype) && value <= oip_datatype_maximum(datatype);
}

/* The value is a whole number that fits into 64 bits, told apart from its double. */
static bool put_exact(struct filler *filler, double value, const struct json_cells *cell)
{
    char digits[24];
    int64_t signed_value;
    uint64_t unsigned_value;
    if (json_cell_integer(cell, &signed_value)) {
        if (filler->input->datatype == OIP_UINT64 && signed_value < 0)
            return refuse_value(filler, "is out of the range of its datatype");
        if (value < 0x1p63 && (int64_t)value == signed_value) {
            put_number(filler, value);
            return true;
        }
        oip_datatype_print(OIP_INT64, (const char *)&signed_value, digits);
    } else if (filler->input->datatype == OIP_UINT64 && json_cell_unsigned(cell, &unsigned_value)) {
        if (value < 0x1p64 && (uint64_t)value == unsigned_value) {
            put_number(filler, value);
            return true;
        }
        oip_datatype_print(OIP_UINT64, (const char *)&unsigned_value, digits);
    } else {
        return refuse_value(filler, "is out of the range of its datatype");
    }
    return put_wide(filler, digits, strlen(digits));
}

static bool put_integer(struct filler *filler, double value, const struct json_cells *cell)
{
    enum oip_datatype datatype = filler->input->datatype;
    if (cell->kind == JSON_CELL_NULL)
        return refuse_value(filler, "is null; only FP32 and FP64 can be missing");
    if (cell->kind != JSON_CELL_NUMBER || (isfinite(value) && value != rint(value)))
        return refuse_value(filler, "is no whole number");
    if (!is_in_range(datatype, value))
        return refuse_value(filler, "is out of the range of its datatype");
    if (fabs(value) >= EXACT_MAX)
        return put_exact(filler, value, cell);
    put_number(filler, value);
    return true;
}

/* What is not just plain numbers, one by one with their texts. */
static bool fill_cells(struct filler *filler, const struct json_numbers *numbers)
{
    bool real = oip_datatype_is_real(filler->input->datatype);
    for (struct json_cells cells = json_cells_of(numbers); json_cells_next(&cells);) {
        double value = numbers->values[filler->index];
        if (!(real ? put_real(filler, value, &cells) : put_integer(filler, value, &cells)))
            return false;
    }
    return true;
}

/* True if every value is one of the datatype, as it is. */
static bool are_plain(enum oip_datatype datatype, const struct json_numbers *numbers)
{
    const double *values = numbers->values;
    bool plain = true;
    if (datatype == OIP_FP64)
        return (numbers->notes & JSON_NUMBERS_OVERFLOW) == 0;
    if (datatype == OIP_FP32 || numbers->notes != 0)
        return false;
    for (size_t i = 0; i < numbers->count; i++)
        plain = plain && is_in_range(datatype, values[i]) && fabs(values[i]) <= EXACT_MAX;
    return plain;
}

/* FP32: to float and back, unless a value needs its text. */
static bool round_to_single(const struct json_numbers *numbers)
{
    double *values = numbers->values;
    bool plain = true;
    for (size_t i = 0; i < numbers->count; i++)
        plain = plain && !is_between_singles(values[i]) &&
                (!isfinite(values[i]) || isfinite((float)values[i]));
    for (size_t i = 0; plain && i < numbers->count; i++)
        values[i] = (double)(float)values[i];
    return plain;
}

static bool settle(enum oip_datatype datatype, const struct json_numbers *numbers)
{
    if (datatype == OIP_FP32)
        return (numbers->notes & JSON_NUMBERS_OVERFLOW) == 0 && round_to_single(numbers);
    return are_plain(datatype, numbers);
}

static bool refuse_count(const struct filler *filler, size_t got)
{
    filler->frame->counts[FRAME_SHAPE]++;
    return oip_refuse(filler->oip, "wrong_shape", filler->input, OIP_NO_INDEX,
                      "Unable to parse 'data': Shape does not match true shape of 'data' field: "
                      "input '%.*s' has %zu elements by its shape and %zu in its data",
                      OIP_NAME(filler->input), filler->input->elements, got);
}

/* A number as a word, where a category has numbers among its words. */
static bool takes_numbers(const struct filler *filler)
{
    return filler->frame->schema->fields[filler->column].number_words;
}

static bool fill_number_words(struct filler *filler, const struct json_numbers *numbers)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (isnan(numbers->values[i]))
            return refuse_value(filler, "is null; only FP32 and FP64 can be missing");
        if (!takes_numbers(filler) || !(fabs(numbers->values[i]) < EXACT_MAX))
            return refuse_value(filler, "is no string");
        put_number(filler, numbers->values[i]);
    }
    return true;
}

static bool fill_json_numbers(struct filler *filler, const struct json_numbers *numbers)
{
    if (numbers->count != filler->input->elements)
        return refuse_count(filler, numbers->count);
    if (filler->input->datatype == OIP_BYTES)
        return fill_number_words(filler, numbers);
    if (!settle(filler->input->datatype, numbers))
        return fill_cells(filler, numbers);
    for (size_t i = 0; i < numbers->count; i++)
        put_number(filler, numbers->values[i]);
    return true;
}

/* --- JSON: trees --------------------------------------------------------------------------- */

static bool put_string(struct filler *filler, const struct json *value)
{
    size_t length, size;
    if (filler->input->datatype != OIP_BYTES)
        return refuse_value(filler, "is a string; the datatype is none of strings");
    const char *text = json_string(value, &length);
    if (!filler->input->base64)
        return put_text(filler, text, length);
    char *bytes = arena_alloc(filler->oip->job.request->arena, length + 1);
    if (bytes == NULL || !base64_decode(text, length, bytes, length, &size))
        return refuse_value(filler, "is not base 64");
    return put_text(filler, bytes, size);
}

/* Arrays that are all numbers do not come this way. */
static bool put_tree_number(struct filler *filler, const struct json *value)
{
    int64_t whole;
    double number = json_number(value);
    enum oip_datatype datatype = filler->input->datatype;
    if (datatype == OIP_BYTES && !(takes_numbers(filler) && fabs(number) < EXACT_MAX))
        return refuse_value(filler, "is no string");
    if (datatype == OIP_FP32)
        number = (float)number;
    if (!isfinite(number))
        return refuse_value(filler, "is beyond what its datatype holds");
    if (!oip_datatype_is_real(datatype) && datatype != OIP_BYTES) {
        if (number != rint(number))
            return refuse_value(filler, "is no whole number");
        if (!is_in_range(datatype, number))
            return refuse_value(filler, "is out of the range of its datatype");
        if (fabs(number) >= EXACT_MAX &&
            !(json_integer(value, &whole) && number < 0x1p63 && (int64_t)number == whole))
            return put_wide(filler, "", 0);
    }
    put_number(filler, number);
    return true;
}

static bool put_scalar(struct filler *filler, const struct json *value)
{
    switch (json_type(value)) {
    case JSON_STRING:
        return put_string(filler, value);
    case JSON_BOOL:
        if (filler->input->datatype != OIP_BOOL)
            return refuse_value(filler, "is a boolean; the datatype is not BOOL");
        put_number(filler, json_bool(value));
        return true;
    case JSON_NUMBER:
        return put_tree_number(filler, value);
    case JSON_NULL:
        if (!oip_datatype_is_real(filler->input->datatype))
            return refuse_value(filler, "is null; only FP32 and FP64 can be missing");
        put_number(filler, NAN);
        return true;
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_NUMBERS:
        break;
    }
    return refuse_value(filler, "is an object");
}

static bool is_array(const struct json *value)
{
    return json_type(value) == JSON_ARRAY || json_type(value) == JSON_NUMBERS;
}

/* How a tree is nested: each array at a depth is as long as the others there, and holds either
 * arrays or values. */
struct nesting {
    size_t lengths[JSON_DEPTH_MAX];
    bool seen[JSON_DEPTH_MAX];
    size_t leaf; /* the depth at which the values are; 0: not known yet */
    size_t count;
};

static bool nesting_measure(struct nesting *nesting, const struct json *value, size_t depth)
{
    if (!is_array(value)) {
        nesting->count++;
        bool same = nesting->leaf == 0 || nesting->leaf == depth;
        nesting->leaf = depth;
        return same;
    }
    const struct json_numbers *numbers = json_numbers(value);
    if (depth >= JSON_DEPTH_MAX || numbers != NULL)
        return false; /* the taken-out numbers are always the whole of 'data' */
    size_t length = json_array_length(value);
    if (nesting->seen[depth] && nesting->lengths[depth] != length)
        return false;
    nesting->seen[depth] = true;
    nesting->lengths[depth] = length;
    for (size_t i = 0; i < length; i++) {
        if (!nesting_measure(nesting, json_array_at(value, i), depth + 1))
            return false;
    }
    return true;
}

static bool put_tree(struct filler *filler, const struct json *value)
{
    if (!is_array(value))
        return put_scalar(filler, value);
    for (size_t i = 0; i < json_array_length(value); i++) {
        if (!put_tree(filler, json_array_at(value, i)))
            return false;
    }
    return true;
}

static bool fill_tree(struct filler *filler)
{
    struct nesting nesting = {.leaf = 0};
    if (!nesting_measure(&nesting, filler->input->data, 0)) {
        filler->frame->counts[FRAME_SHAPE]++;
        return oip_refuse(filler->oip, "wrong_shape", filler->input, OIP_NO_INDEX,
                          "Unable to parse 'data': the arrays in input '%.*s' are not all of one "
                          "length and depth",
                          OIP_NAME(filler->input));
    }
    if (nesting.count != filler->input->elements)
        return refuse_count(filler, nesting.count);
    return put_tree(filler, filler->input->data);
}

/* --- either -------------------------------------------------------------------------------- */

bool oip_cells_fill(struct oip_request *oip, const struct oip_input *input,
                    const struct oip_tensor *tensor)
{
    struct filler filler = filler_begin(oip, input, tensor);
    if (input->data == NULL)
        return input->datatype == OIP_BYTES ? fill_texts(&filler) : fill_numbers(&filler);
    if (input->datatype == OIP_FP16 || input->datatype == OIP_BF16)
        return oip_refuse(oip, "unsupported", input, OIP_NO_INDEX,
                          "sending %s data via JSON is not supported. Please use the binary data "
                          "format for input '%.*s'",
                          oip_datatype_name(input->datatype), OIP_NAME(input));
    const struct json_numbers *numbers = json_numbers(input->data);
    return numbers != NULL ? fill_json_numbers(&filler, numbers) : fill_tree(&filler);
}

static void check_rows(struct frame *frame)
{
    for (size_t row = 0; row < frame->matrix.rows; row++)
        frame_check_row(frame, row);
}

bool oip_cells_take(struct oip_request *oip, const struct oip_input *input)
{
    struct frame *frame = &oip->job.rows.frame;
    const struct json_numbers *numbers = json_numbers(input->data);
    if (numbers == NULL || numbers->count != input->elements || input->datatype == OIP_BOOL ||
        input->datatype == OIP_BYTES || input->datatype == OIP_FP16 ||
        input->datatype == OIP_BF16 || !settle(input->datatype, numbers))
        return false;
    frame->matrix.data = numbers->values;
    frame->matrix.rows = input->shape[0];
    check_rows(frame);
    return true;
}

bool oip_cells_copy(struct oip_request *oip, const struct oip_input *input)
{
    struct frame *frame = &oip->job.rows.frame;
    if (input->data != NULL || input->datatype == OIP_BYTES || input->datatype == OIP_BOOL ||
        oip_datatype_load(input->datatype, input->bytes, input->elements, frame->matrix.data) <
            input->elements)
        return false;
    check_rows(frame);
    return true;
}
