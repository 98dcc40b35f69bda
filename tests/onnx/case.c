#include "case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As ONNX's runner compares: |a - b| <= atol + rtol * |b|. */
#define RTOL 1e-3
#define ATOL 1e-7
/* Whether a cast to bfloat16 rounds or cuts is not said: a unit in its last place. */
#define RTOL_BFLOAT16 0x1p-7
#define ENDS_MAX 64

bool case_read_file(const char *path, struct arena *arena, char **data, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    *data = length >= 0 ? arena_alloc(arena, (size_t)length + 1) : NULL;
    bool good = *data != NULL && fread(*data, 1, (size_t)length, file) == (size_t)length;
    fclose(file);
    if (!good)
        return false;
    (*data)[length] = '\0';
    *size = (size_t)length;
    return true;
}

static bool read_sequence(const Onnx__Sequence *sequence, struct value *value, struct arena *arena,
                          struct err *err);

static bool read_map(const Onnx__Map *map, struct value *value, struct arena *arena,
                     struct err *err)
{
    bool words = map->n_string_keys > 0;
    int64_t count = (int64_t)(words ? map->n_string_keys : map->n_keys);
    struct value *items = arena_zeroed(arena, 2, sizeof *items);
    if (items == NULL ||
        !value_in_arena(&items[0], words ? VALUE_STRING : VALUE_INT64, &count, 1, arena, err))
        return false;
    for (int64_t i = 0; i < count; i++) {
        if (words)
            items[0].strings[i] =
                (struct value_string){(char *)map->string_keys[i].data, map->string_keys[i].len};
        else
            items[0].int64s[i] = map->keys[i];
    }
    *value = (struct value){.kind = VALUE_MAP, .count = 2, .items = items};
    return onnx_tensor_read(map->values, &items[1], arena, err);
}

static bool read_sequence(const Onnx__Sequence *sequence, struct value *value, struct arena *arena,
                          struct err *err)
{
    size_t count = sequence->n_tensor_values + sequence->n_sequence_values + sequence->n_map_values;
    struct value *items = arena_zeroed(arena, count, sizeof *items);
    bool good = items != NULL;
    size_t at = 0;
    for (size_t i = 0; good && i < sequence->n_tensor_values; i++)
        good = onnx_tensor_read(sequence->tensor_values[i], &items[at++], arena, err);
    for (size_t i = 0; good && i < sequence->n_sequence_values; i++)
        good = read_sequence(sequence->sequence_values[i], &items[at++], arena, err);
    for (size_t i = 0; good && i < sequence->n_map_values; i++)
        good = read_map(sequence->map_values[i], &items[at++], arena, err);
    *value = (struct value){.kind = VALUE_SEQUENCE, .count = count, .items = items};
    return good;
}

/* kind: what the model says of that input or output. */
static bool read_value(const char *path, const Onnx__Type *type, struct value *value,
                       struct arena *arena, struct err *err)
{
    char *data;
    size_t size;
    ProtobufCAllocator allocator = onnx_allocator(arena);
    if (!case_read_file(path, arena, &data, &size))
        return err_set(err, ERR_IO, "%s cannot be read", path);
    if (type != NULL && type->optional_type != NULL) {
        const Onnx__Optional *optional = onnx__optional__unpack(&allocator, size, (uint8_t *)data);
        *value = (struct value){.kind = VALUE_NOTHING};
        if (optional != NULL && optional->tensor_value != NULL)
            return onnx_tensor_read(optional->tensor_value, value, arena, err);
        return optional == NULL || optional->sequence_value == NULL ||
               read_sequence(optional->sequence_value, value, arena, err);
    }
    if (type != NULL && type->sequence_type != NULL) {
        const Onnx__Sequence *sequence = onnx__sequence__unpack(&allocator, size, (uint8_t *)data);
        return sequence != NULL && read_sequence(sequence, value, arena, err);
    }
    if (type != NULL && type->map_type != NULL) {
        const Onnx__Map *map = onnx__map__unpack(&allocator, size, (uint8_t *)data);
        return map != NULL && read_map(map, value, arena, err);
    }
    const Onnx__Tensor *tensor = onnx__tensor__unpack(&allocator, size, (uint8_t *)data);
    if (tensor == NULL)
        return err_set(err, ERR_INVALID, "%s is no tensor", path);
    if (!onnx_tensor_read(tensor, value, arena, err))
        return false;
    /* numpy, which wrote the data, has no bfloat16: the bits are there as integers. */
    if (type != NULL && type->tensor_type != NULL && value->type == VALUE_UINT16 &&
        type->tensor_type->elem_type == VALUE_BFLOAT16)
        value->type = VALUE_BFLOAT16;
    return true;
}

static bool is_float(enum value_type type)
{
    return type == VALUE_FLOAT || type == VALUE_DOUBLE || type == VALUE_FLOAT16 ||
           type == VALUE_BFLOAT16;
}

static double number(const struct value *value, size_t i)
{
    switch (value->type) {
    case VALUE_FLOAT:
        return (double)value->floats[i];
    case VALUE_DOUBLE:
        return value->doubles[i];
    case VALUE_FLOAT16:
        return (double)value_from_float16(value->uint16s[i]);
    default:
        return (double)value_from_bfloat16(value->uint16s[i]);
    }
}

static bool same_element(const struct value *a, const struct value *b, size_t i)
{
    if (a->type == VALUE_STRING)
        return value_string_equal(a->strings[i], b->strings[i]);
    if (!is_float(a->type)) {
        size_t size = value_type_size(a->type);
        return memcmp(a->uint8s + i * size, b->uint8s + i * size, size) == 0;
    }
    double x = number(a, i), y = number(b, i);
    double rtol = a->type == VALUE_BFLOAT16 ? RTOL_BFLOAT16 : RTOL;
    return x == y || (isnan(x) && isnan(y)) || fabs(x - y) <= ATOL + rtol * fabs(y);
}

static bool compare(const struct value *got, const struct value *expected, struct err *err)
{
    char is[96], should[96];
    bool same = got->kind == expected->kind && got->count == expected->count;
    if (same && got->kind == VALUE_TENSOR) {
        same = got->type == expected->type && got->rank == expected->rank;
        for (int i = 0; same && i < got->rank; i++)
            same = got->dims[i] == expected->dims[i];
    }
    if (!same)
        return err_set(err, ERR_INVALID, "it is %s, not %s", value_spell(got, is, sizeof is),
                       value_spell(expected, should, sizeof should));
    for (size_t i = 0; i < got->count; i++) {
        if (got->kind != VALUE_TENSOR) {
            if (!compare(&got->items[i], &expected->items[i], err))
                return err_prefix(err, "item %zu", i);
        } else if (!same_element(got, expected, i)) {
            if (is_float(got->type))
                return err_set(err, ERR_INVALID, "element %zu is %.9g, not %.9g", i, number(got, i),
                               number(expected, i));
            return err_set(err, ERR_INVALID, "element %zu differs", i);
        }
    }
    return true;
}

static const Onnx__Type *type_of(const Onnx__Graph *graph, bool output, size_t i)
{
    return output ? graph->output[i]->type : graph->input[i]->type;
}

static bool run_set(const char *folder, int set, const struct onnx_file *file,
                    const struct program *program, struct arena *arena, struct err *err)
{
    struct value inputs[ENDS_MAX], outputs[ENDS_MAX], expected;
    struct memory memory;
    char path[4096];
    size_t in = program_input_count(program), out = program_output_count(program);
    if (in > ENDS_MAX || out > ENDS_MAX)
        return err_set(err, ERR_LIMIT, "too many inputs or outputs for this test");
    for (size_t i = 0; i < in; i++) {
        snprintf(path, sizeof path, "%s/test_data_set_%d/input_%zu.pb", folder, set, i);
        if (!read_value(path, type_of(file->model->graph, false, i), &inputs[i], arena, err))
            return false;
    }
    memory_init(&memory, arena, 0);
    if (!program_run(program, inputs, outputs, &memory, err))
        return err_prefix(err, "run");
    for (size_t i = 0; i < out; i++) {
        snprintf(path, sizeof path, "%s/test_data_set_%d/output_%zu.pb", folder, set, i);
        if (!read_value(path, type_of(file->model->graph, true, i), &expected, arena, err))
            return false;
        if (!compare(&outputs[i], &expected, err))
            return err_prefix(err, "output %zu", i);
    }
    return true;
}

bool case_run(const char *folder, struct onnx_file *file, int *sets, struct err *err)
{
    struct program *program = onnx_program_create(file, err);
    if (program == NULL)
        return false;
    bool good = true;
    for (*sets = 0; good; ++*sets) {
        char path[4096];
        struct arena arena;
        snprintf(path, sizeof path, "%s/test_data_set_%d/output_0.pb", folder, *sets);
        FILE *there = fopen(path, "rb");
        if (there == NULL)
            break;
        fclose(there);
        arena_init(&arena, 0);
        good = run_set(folder, *sets, file, program, &arena, err);
        arena_finish(&arena);
    }
    program_destroy(program);
    if (good && *sets == 0)
        return err_set(err, ERR_INVALID, "there is no data set");
    return good;
}
