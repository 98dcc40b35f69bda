/* ZipMap, CastMap, DictVectorizer: between maps and rows of columns.
 *
 * A map is VALUE_MAP: [0] its keys, [1] its values, two vectors of the same length. */
#include <stdlib.h>
#include <string.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/lookup.h"
#include "tensor/kernels/ml.h"

/* ---- ZipMap ----
 *
 * The map's keys are the same in every row, so they are what the columns are called and belong to
 * the model's description (a reader finds them in the attributes). The numbers stay a tensor. */

static bool zip_create(struct node *node, const struct attributes *attributes, struct arena *arena,
                       struct err *err)
{
    return ml_labels_read(attributes, "classlabels_strings", "classlabels_int64s", arena,
                          node->state, err);
}

static bool zip_infer(const struct call *call, struct err *err)
{
    const struct ml_labels *labels = call->node->state;
    int64_t rows, columns;
    if (!call_check_type(call, 0, TYPE_BIT(VALUE_FLOAT) | TYPE_BIT(VALUE_DOUBLE), err) ||
        !ml_shape(call, 0, &rows, &columns, err))
        return false;
    if (columns != VALUE_ANY && (uint64_t)columns != ml_labels_count(labels))
        return call_fail(call, err, ERR_INVALID, "it names %zu columns of %lld",
                         ml_labels_count(labels), (long long)columns);
    return call_set_shape(call, 0, call_input(call, 0)->type, (int64_t[]){rows, columns}, 2, err);
}

/* ---- DictVectorizer ---- */

struct vectorizer {
    struct lookup keys;
    size_t count;
};

static bool vectorizer_create(struct node *node, const struct attributes *attributes,
                              struct arena *arena, struct err *err)
{
    struct vectorizer *self = node->state;
    struct ml_labels vocabulary;
    if (!ml_labels_read(attributes, "string_vocabulary", "int64_vocabulary", arena, &vocabulary,
                        err))
        return false;
    struct value keys = {.kind = VALUE_TENSOR, .type = ml_labels_type(&vocabulary)};
    keys.count = self->count = ml_labels_count(&vocabulary);
    keys.data = vocabulary.words.count ? (void *)(uintptr_t)vocabulary.words.data
                                       : (void *)(uintptr_t)vocabulary.numbers.data;
    return lookup_make(&self->keys, &keys, arena, err);
}

static const struct value *map_of(const struct call *call, enum value_type keys, struct err *err)
{
    const struct value *map = call_input(call, 0);
    if (map != NULL && map->kind == VALUE_MAP && map->count == 2 && map->items[0].type == keys &&
        map->items[0].count == map->items[1].count)
        return map->items;
    call_fail(call, err, ERR_INVALID, "its input is no map with keys of type %s",
              value_type_name(keys));
    return NULL;
}

static bool vectorizer_run(const struct call *call, struct err *err)
{
    const struct vectorizer *self = call->node->state;
    const struct value *map = map_of(call, self->keys.type, err);
    if (map == NULL)
        return false;
    enum value_type type = map[1].type;
    size_t size = value_type_size(type);
    if (!call_make(call, 0, type, (int64_t[]){1, (int64_t)self->count}, 2, err))
        return false;
    struct value *out = call_output(call, 0);
    for (size_t i = 0; type == VALUE_STRING && out != NULL && i < self->count; i++)
        out->strings[i] = (struct value_string){"", 0};
    if (out == NULL)
        return true;
    if (type != VALUE_STRING)
        memset(out->data, 0, self->count * size);
    for (size_t i = 0; i < map[0].count; i++) {
        size_t place = lookup_find(&self->keys, &map[0], i);
        if (place != LOOKUP_NONE) /* other keys are not the model's */
            memcpy(out->uint8s + place * size, map[1].uint8s + i * size, size);
    }
    return true;
}

/* ---- CastMap ---- */

struct cast_map {
    enum value_type to;
    bool sparse;
    int64_t length; /* of a sparse row */
};

static bool cast_create(struct node *node, const struct attributes *attributes, struct arena *arena,
                        struct err *err)
{
    static const char *const types[] = {"TO_FLOAT", "TO_STRING", "TO_INT64", NULL};
    static const enum value_type meant[] = {VALUE_FLOAT, VALUE_STRING, VALUE_INT64};
    static const char *const forms[] = {"DENSE", "SPARSE", NULL};
    struct cast_map *self = node->state;
    int type = 0, form = 0;
    (void)arena;
    self->length = 1;
    if (!attributes_choice(attributes, "cast_to", types, &type, err) ||
        !attributes_choice(attributes, "map_form", forms, &form, err) ||
        !attributes_int(attributes, "max_map", &self->length, err))
        return false;
    self->to = meant[type];
    self->sparse = form == 1;
    if (self->sparse && (self->length < 1 || self->length > INT32_MAX))
        return err_set(err, ERR_INVALID, "max_map is %lld", (long long)self->length);
    return true;
}

static bool cast_one(const struct call *call, enum value_type to, const struct value *from,
                     size_t i, const struct value *out, size_t at, struct err *err)
{
    char *text = NULL;
    if (from->type == VALUE_FLOAT && to == VALUE_FLOAT) {
        out->floats[at] = from->floats[i];
    } else if (from->type == VALUE_FLOAT && to == VALUE_INT64) {
        double x = (double)from->floats[i];
        if (!(x > -0x1p63 && x < 0x1p63))
            return call_fail(call, err, ERR_RANGE, "a number has no int64");
        out->int64s[at] = (int64_t)x;
    } else if (from->type == VALUE_FLOAT) {
        text = arena_printf(call->memory->arena, "%f", (double)from->floats[i]);
        if (text == NULL)
            return call_fail(call, err, ERR_MEMORY, "no memory for a word");
        out->strings[at] = (struct value_string){text, strlen(text)};
    } else if (to == VALUE_STRING) {
        out->strings[at] = from->strings[i];
    } else {
        text =
            arena_copy_text(call->memory->arena, from->strings[i].bytes, from->strings[i].length);
        char *end = text;
        float number = text ? strtof(text, &end) : 0;
        if (text == NULL || end == text || *end != '\0')
            return call_fail(call, err, ERR_INVALID, "a word is no number");
        if (to == VALUE_FLOAT)
            out->floats[at] = number;
        else
            out->int64s[at] = strtoll(text, NULL, 10);
    }
    return true;
}

static bool cast_run(const struct call *call, struct err *err)
{
    const struct cast_map *self = call->node->state;
    const struct value *map = map_of(call, VALUE_INT64, err);
    if (map == NULL)
        return false;
    if (map[1].type != VALUE_FLOAT && map[1].type != VALUE_STRING)
        return call_fail(call, err, ERR_UNSUPPORTED, "the map's values are %s",
                         value_type_name(map[1].type));
    int64_t length = self->sparse ? self->length : (int64_t)map[0].count;
    if (!call_make(call, 0, self->to, (int64_t[]){1, length}, 2, err))
        return false;
    const struct value *out = call_output(call, 0);
    if (out == NULL)
        return true;
    if (self->to == VALUE_STRING)
        for (int64_t i = 0; i < length; i++)
            out->strings[i] = (struct value_string){"", 0};
    else
        memset(out->data, 0, (size_t)length * value_type_size(self->to));
    for (size_t i = 0; i < map[0].count; i++) {
        int64_t at = self->sparse ? map[0].int64s[i] : (int64_t)i;
        if (at < 0 || at >= length)
            return call_fail(call, err, ERR_INVALID, "a key lies outside of the row");
        if (!cast_one(call, self->to, &map[1], i, out, (size_t)at, err))
            return false;
    }
    return true;
}

static bool infer_nothing(const struct call *call, struct err *err)
{
    (void)call;
    (void)err;
    return true;
}

const struct kernel kernel_zip_map = {
    .domain = "ai.onnx.ml",
    .name = "ZipMap",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_VIEW,
    .state_size = sizeof(struct ml_labels),
    .create = zip_create,
    .infer = zip_infer,
};

const struct kernel kernel_dict_vectorizer = {
    .domain = "ai.onnx.ml",
    .name = "DictVectorizer",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .state_size = sizeof(struct vectorizer),
    .create = vectorizer_create,
    .infer = infer_nothing,
    .run = vectorizer_run,
};

const struct kernel kernel_cast_map = {
    .domain = "ai.onnx.ml",
    .name = "CastMap",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .flags = KERNEL_MAKES_OUTPUTS | KERNEL_INFERS_UNKNOWN,
    .state_size = sizeof(struct cast_map),
    .create = cast_create,
    .infer = infer_nothing,
    .run = cast_run,
};
