/* LabelEncoder, CategoryMapper, OneHotEncoder: elements to what a table says. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/lookup.h"
#include "tensor/kernels/ml.h"

/* Elements of one type: of a list attribute or of a tensor. */
static bool read_list(const struct attributes *attributes, const char *prefix, struct arena *arena,
                      struct value *list, struct err *err)
{
    static const char *const suffixes[] = {"strings", "int64s", "floats", "tensor"};
    char name[64];
    *list = (struct value){0};
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s_%s", prefix, suffixes[i]);
        if (!attributes_has(attributes, name))
            continue;
        if (list->kind != VALUE_NOTHING)
            return err_set(err, ERR_INVALID, "%s are given in two types", prefix);
        struct ml_strings strings = {0};
        struct ml_ints ints = {0};
        struct ml_floats floats = {0};
        const struct value *tensor = NULL;
        bool read = i == 0   ? ml_copy_strings(attributes, name, arena, &strings, err)
                    : i == 1 ? ml_copy_ints(attributes, name, arena, &ints, err)
                    : i == 2 ? ml_copy_floats(attributes, name, arena, &floats, err)
                             : attributes_tensor(attributes, name, &tensor, err);
        if (!read)
            return false;
        static const enum value_type types[] = {VALUE_STRING, VALUE_INT64, VALUE_FLOAT};
        size_t count = strings.count + ints.count + floats.count;
        if (i < 3 && count == 0)
            continue; /* some exporters write all lists, empty ones too */
        if (i < 3)
            *list = (struct value){.kind = VALUE_TENSOR, .type = types[i], .count = count};
        if (i == 0)
            list->strings = (struct value_string *)(uintptr_t)strings.data;
        else if (i == 1)
            list->int64s = (int64_t *)(uintptr_t)ints.data;
        else if (i == 2)
            list->floats = (float *)(uintptr_t)floats.data;
        else if (!lookup_copy_tensor(tensor, arena, list, err))
            return false;
    }
    return true;
}

struct encoder {
    struct lookup keys;
    struct value values;
    struct value otherwise; /* one element */
};

/* The value of what is in no table: "_Unused", -1, -0.0 unless the file says otherwise. */
static bool read_default(const struct attributes *attributes, const char *const *names,
                         enum value_type type, struct arena *arena, struct value *otherwise,
                         struct err *err)
{
    struct value_string word = {"_Unused", 7}, kept;
    int64_t number = -1;
    float real = -0.0F;
    const struct value *tensor = NULL;
    if (!attributes_string(attributes, names[0], &word, err) ||
        !attributes_int(attributes, names[1], &number, err) ||
        !attributes_float(attributes, "default_float", &real, err) ||
        !attributes_tensor(attributes, "default_tensor", &tensor, err) ||
        !ml_copy_string(word, arena, &kept, err))
        return false;
    if (tensor != NULL) {
        if (tensor->type != type || tensor->count != 1)
            return err_set(err, ERR_INVALID, "default_tensor is not one %s", value_type_name(type));
        return lookup_copy_tensor(tensor, arena, otherwise, err);
    }
    int64_t one = 1;
    if (!value_in_arena(otherwise, type, &one, 1, arena, err))
        return false;
    switch (type) {
    case VALUE_STRING:
        otherwise->strings[0] = kept;
        break;
    case VALUE_INT64:
        otherwise->int64s[0] = number;
        break;
    case VALUE_INT32:
        otherwise->int32s[0] = (int32_t)number;
        break;
    case VALUE_INT16:
        otherwise->int16s[0] = (int16_t)number;
        break;
    case VALUE_FLOAT:
        otherwise->floats[0] = real;
        break;
    case VALUE_DOUBLE:
        otherwise->doubles[0] = (double)real;
        break;
    default:
        return err_set(err, ERR_UNSUPPORTED, "values of type %s", value_type_name(type));
    }
    return true;
}

static const char *const default_names[] = {"default_string", "default_int64"};

static bool encoder_finish(struct encoder *encoder, const struct value *keys,
                           const struct attributes *attributes, struct arena *arena,
                           struct err *err)
{
    if (keys->kind == VALUE_NOTHING || keys->count != encoder->values.count)
        return err_set(err, ERR_INVALID, "%zu keys for %zu values", keys->count,
                       encoder->values.count);
    return lookup_make(&encoder->keys, keys, arena, err) &&
           read_default(attributes, default_names, encoder->values.type, arena, &encoder->otherwise,
                        err);
}

static bool encoder_create(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct encoder *encoder = node->state;
    struct value keys;
    encoder->keys.nan_is_nan = node->version >= 4; /* as ONNX Runtime has it */
    return read_list(attributes, "keys", arena, &keys, err) &&
           read_list(attributes, "values", arena, &encoder->values, err) &&
           encoder_finish(encoder, &keys, attributes, arena, err);
}

/* Both directions between two lists; the input's type, which is known at run, says which. */
struct both_ways {
    struct encoder to_numbers, to_words;
};

static bool both_finish(struct both_ways *both, const struct value *words,
                        const struct value *numbers, const struct attributes *attributes,
                        struct arena *arena, struct err *err)
{
    both->to_numbers.values = *numbers;
    both->to_words.values = *words;
    return encoder_finish(&both->to_numbers, words, attributes, arena, err) &&
           encoder_finish(&both->to_words, numbers, attributes, arena, err);
}

static bool words_read(const struct attributes *attributes, const char *name, struct arena *arena,
                       struct value *words, struct err *err)
{
    struct ml_strings strings;
    if (!ml_copy_strings(attributes, name, arena, &strings, err))
        return false;
    *words = (struct value){.kind = VALUE_TENSOR, .type = VALUE_STRING, .count = strings.count};
    words->strings = (struct value_string *)(uintptr_t)strings.data;
    return true;
}

/* Version 1: a word's number is its place. */
static bool encoder_1_create(struct node *node, const struct attributes *attributes,
                             struct arena *arena, struct err *err)
{
    struct value words, numbers;
    if (!words_read(attributes, "classes_strings", arena, &words, err))
        return false;
    int64_t count = (int64_t)words.count;
    if (!value_in_arena(&numbers, VALUE_INT64, &count, 1, arena, err))
        return false;
    for (int64_t i = 0; i < count; i++)
        numbers.int64s[i] = i;
    return both_finish(node->state, &words, &numbers, attributes, arena, err);
}

static bool mapper_create(struct node *node, const struct attributes *attributes,
                          struct arena *arena, struct err *err)
{
    struct value words, numbers = {.kind = VALUE_TENSOR, .type = VALUE_INT64};
    struct ml_ints ints;
    if (!words_read(attributes, "cats_strings", arena, &words, err) ||
        !ml_copy_ints(attributes, "cats_int64s", arena, &ints, err))
        return false;
    numbers.count = ints.count;
    numbers.int64s = (int64_t *)(uintptr_t)ints.data;
    return both_finish(node->state, &words, &numbers, attributes, arena, err);
}

static bool encoder_infer(const struct call *call, struct err *err)
{
    const struct encoder *encoder = call->node->state;
    return call_check_type(call, 0, TYPE_BIT(encoder->keys.type), err) &&
           call_set_like_typed(call, 0, encoder->values.type, call_input(call, 0), err);
}

static bool both_infer(const struct call *call, struct err *err)
{
    const struct value *x = call_input(call, 0);
    if (!call_check_type(call, 0, TYPE_BIT(VALUE_STRING) | TYPE_BIT(VALUE_INT64), err))
        return false;
    enum value_type type = x->type == VALUE_STRING ? VALUE_INT64 : VALUE_STRING;
    return call_set_like_typed(call, 0, type, x, err);
}

static void encode(const struct encoder *encoder, const struct value *in, const struct value *out)
{
    size_t size = value_type_size(encoder->values.type);
    const char *values = encoder->values.data;
    char *to = out->data;
    for (size_t i = 0; i < in->count; i++) {
        size_t place = lookup_find(&encoder->keys, in, i);
        const void *from =
            place == LOOKUP_NONE ? encoder->otherwise.data : (const void *)(values + place * size);
        memcpy(to + i * size, from, size);
    }
}

static bool encoder_run(const struct call *call, struct err *err)
{
    (void)err;
    encode(call->node->state, call_input(call, 0), call_output(call, 0));
    return true;
}

static bool both_run(const struct call *call, struct err *err)
{
    const struct both_ways *both = call->node->state;
    const struct value *in = call_input(call, 0);
    (void)err;
    encode(in->type == VALUE_STRING ? &both->to_numbers : &both->to_words, in,
           call_output(call, 0));
    return true;
}

/* ---- OneHotEncoder ---- */

struct one_hot {
    struct lookup categories;
    size_t count;
    bool zeros; /* what is no category gets zeros; else it is an error */
};

static bool one_hot_create(struct node *node, const struct attributes *attributes,
                           struct arena *arena, struct err *err)
{
    struct one_hot *hot = node->state;
    struct ml_ints ints;
    struct value words, list = {.kind = VALUE_TENSOR, .type = VALUE_INT64};
    hot->zeros = true;
    if (!words_read(attributes, "cats_strings", arena, &words, err) ||
        !ml_copy_ints(attributes, "cats_int64s", arena, &ints, err) ||
        !attributes_bool(attributes, "zeros", &hot->zeros, err))
        return false;
    if ((words.count == 0) == (ints.count == 0))
        return err_set(err, ERR_INVALID, "one of cats_strings and cats_int64s must be given");
    list.count = ints.count;
    list.int64s = (int64_t *)(uintptr_t)ints.data;
    hot->count = words.count + ints.count;
    return lookup_make(&hot->categories, words.count ? &words : &list, arena, err);
}

static bool one_hot_infer(const struct call *call, struct err *err)
{
    const struct one_hot *hot = call->node->state;
    const struct value *x = call_input(call, 0);
    bool words = hot->categories.type == VALUE_STRING;
    int64_t dims[VALUE_RANK_MAX + 1];
    if (!call_check_type(call, 0, words ? TYPE_BIT(VALUE_STRING) : ML_TYPES, err))
        return false;
    if (x->rank == VALUE_RANK_UNKNOWN)
        return call_set_like_typed(call, 0, VALUE_FLOAT, x, err);
    memcpy(dims, x->dims, sizeof x->dims);
    dims[x->rank] = (int64_t)hot->count;
    return call_set_shape(call, 0, VALUE_FLOAT, dims, x->rank + 1, err);
}

/* Numbers are categories by their whole part. */
static bool whole_part(const struct value *in, size_t i, int64_t *whole)
{
    double x;
    switch (in->type) {
    case VALUE_INT64:
        *whole = in->int64s[i];
        return true;
    case VALUE_INT32:
        *whole = in->int32s[i];
        return true;
    case VALUE_DOUBLE:
        x = in->doubles[i];
        break;
    default:
        x = (double)in->floats[i];
    }
    if (!(x > -0x1p63 && x < 0x1p63))
        return false;
    *whole = (int64_t)x;
    return true;
}

static bool one_hot_run(const struct call *call, struct err *err)
{
    const struct one_hot *hot = call->node->state;
    const struct value *in = call_input(call, 0);
    float *out = call_output(call, 0)->floats;
    memset(out, 0, in->count * hot->count * sizeof *out);
    for (size_t i = 0; i < in->count; i++) {
        struct value number = {.type = VALUE_INT64};
        int64_t whole;
        size_t place = LOOKUP_NONE;
        number.int64s = &whole;
        if (in->type == VALUE_STRING)
            place = lookup_find(&hot->categories, in, i);
        else if (whole_part(in, i, &whole))
            place = lookup_find(&hot->categories, &number, 0);
        if (place != LOOKUP_NONE)
            out[i * hot->count + place] = 1;
        else if (!hot->zeros)
            return call_fail(call, err, ERR_CATEGORY, "a value is none of the categories");
    }
    return true;
}

const struct kernel kernel_label_encoder_1 = {
    .domain = "ai.onnx.ml",
    .name = "LabelEncoder",
    .since = 1,
    .until = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct both_ways),
    .create = encoder_1_create,
    .infer = both_infer,
    .run = both_run,
};

const struct kernel kernel_label_encoder = {
    .domain = "ai.onnx.ml",
    .name = "LabelEncoder",
    .since = 2,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct encoder),
    .create = encoder_create,
    .infer = encoder_infer,
    .run = encoder_run,
};

const struct kernel kernel_category_mapper = {
    .domain = "ai.onnx.ml",
    .name = "CategoryMapper",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct both_ways),
    .create = mapper_create,
    .infer = both_infer,
    .run = both_run,
};

const struct kernel kernel_one_hot_encoder = {
    .domain = "ai.onnx.ml",
    .name = "OneHotEncoder",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct one_hot),
    .create = one_hot_create,
    .infer = one_hot_infer,
    .run = one_hot_run,
};
