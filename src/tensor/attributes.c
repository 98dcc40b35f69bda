#include "tensor/attributes.h"

#include <string.h>

const struct attribute *attributes_find(const struct attributes *attributes, const char *name)
{
    for (size_t i = 0; i < attributes->count; i++) {
        if (strcmp(attributes->items[i].name, name) == 0)
            return &attributes->items[i];
    }
    return NULL;
}

bool attributes_has(const struct attributes *attributes, const char *name)
{
    return attributes_find(attributes, name) != NULL;
}

/* *found is NULL where there is none; false when it has another kind. */
static bool find_kind(const struct attributes *attributes, const char *name,
                      enum attribute_kind kind, const struct attribute **found, struct err *err)
{
    static const char *const kinds[] = {"a float",        "an int",           "a string",
                                        "a tensor",       "a graph",          "a list of floats",
                                        "a list of ints", "a list of strings"};
    *found = attributes_find(attributes, name);
    if (*found == NULL || (*found)->kind == kind)
        return true;
    return err_set(err, ERR_INVALID, "the attribute %s is %s, not %s", name, kinds[(*found)->kind],
                   kinds[kind]);
}

bool attributes_int(const struct attributes *attributes, const char *name, int64_t *value,
                    struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_INT, &found, err))
        return false;
    if (found != NULL)
        *value = found->integer;
    return true;
}

bool attributes_bool(const struct attributes *attributes, const char *name, bool *value,
                     struct err *err)
{
    int64_t number = *value;
    if (!attributes_int(attributes, name, &number, err))
        return false;
    *value = number != 0;
    return true;
}

bool attributes_float(const struct attributes *attributes, const char *name, float *value,
                      struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_FLOAT, &found, err))
        return false;
    if (found != NULL)
        *value = found->number;
    return true;
}

bool attributes_string(const struct attributes *attributes, const char *name,
                       struct value_string *value, struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_STRING, &found, err))
        return false;
    if (found != NULL)
        *value = found->string;
    return true;
}

bool attributes_choice(const struct attributes *attributes, const char *name,
                       const char *const *choices, int *value, struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_STRING, &found, err))
        return false;
    if (found == NULL)
        return true;
    for (int i = 0; choices[i] != NULL; i++) {
        struct value_string choice = {choices[i], strlen(choices[i])};
        if (value_string_equal(choice, found->string)) {
            *value = i;
            return true;
        }
    }
    return err_set(err, ERR_UNSUPPORTED, "the attribute %s has a value that is not known", name);
}

bool attributes_ints(const struct attributes *attributes, const char *name, const int64_t **values,
                     size_t *count, struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_INTS, &found, err))
        return false;
    *values = found != NULL ? found->integers : NULL;
    *count = found != NULL ? found->count : 0;
    return true;
}

bool attributes_floats(const struct attributes *attributes, const char *name, const float **values,
                       size_t *count, struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_FLOATS, &found, err))
        return false;
    *values = found != NULL ? found->numbers : NULL;
    *count = found != NULL ? found->count : 0;
    return true;
}

bool attributes_strings(const struct attributes *attributes, const char *name,
                        const struct value_string **values, size_t *count, struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_STRINGS, &found, err))
        return false;
    *values = found != NULL ? found->strings : NULL;
    *count = found != NULL ? found->count : 0;
    return true;
}

bool attributes_tensor(const struct attributes *attributes, const char *name,
                       const struct value **value, struct err *err)
{
    const struct attribute *found;
    if (!find_kind(attributes, name, ATTRIBUTE_TENSOR, &found, err))
        return false;
    *value = found != NULL ? &found->tensor : NULL;
    return true;
}

bool attributes_graph(const struct attributes *attributes, const char *name, struct program **graph,
                      struct err *err)
{
    const struct attribute *found;
    *graph = NULL;
    if (!find_kind(attributes, name, ATTRIBUTE_GRAPH, &found, err))
        return false;
    for (size_t i = 0; found != NULL && i < attributes->count; i++) {
        if (&attributes->items[i] == found) {
            *graph = found->graph;
            attributes->items[i].graph = NULL;
        }
    }
    return true;
}
