#include "formats/native_params.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ASKED_MAX 64

struct native_params {
    struct params params; /* first: what the operators see */
    struct node node;
    struct json_place between; /* of an element: the array it stands in */
    uintptr_t address;         /* of the value: the key in the store */
    struct native_store *store;
    const char **asked; /* the keys an operator knows, NULL-terminated; NULL before the first */
    size_t asked_count;
};

static const struct params_source native_source;

void native_store_init(struct native_store *store)
{
    *store = (struct native_store){.by_value = STRMAP_INIT};
    arena_init(&store->arena, 0);
}

void native_store_finish(struct native_store *store)
{
    strmap_finish(&store->by_value);
    free(store->all);
    arena_finish(&store->arena);
}

static bool store_add(struct native_store *store, struct native_params *params)
{
    if (store->count == store->capacity) {
        size_t capacity = store->capacity > 0 ? store->capacity * 2 : 16;
        struct native_params **all = mem_resize(store->all, capacity, sizeof(void *));
        if (all == NULL)
            return false;
        store->all = all;
        store->capacity = capacity;
    }
    uint32_t existing;
    if (store->count >= STRMAP_NONE ||
        !strmap_add(&store->by_value, (const char *)&params->address, sizeof params->address,
                    (uint32_t)store->count, &existing))
        return false;
    store->all[store->count++] = params;
    return true;
}

/* The params of node's value; between: what its place refers to instead of the caller's. */
static struct params *store_get(struct native_store *store, const struct node *node,
                                const struct json_place *between, struct err *err)
{
    uintptr_t address = (uintptr_t)node->value;
    uint32_t index = node->value == NULL
                         ? STRMAP_NONE
                         : strmap_get(&store->by_value, (const char *)&address, sizeof address);
    if (index != STRMAP_NONE)
        return &store->all[index]->params;
    struct native_params *params = arena_zeroed(&store->arena, 1, sizeof *params);
    if (params == NULL)
        goto fail;
    params->params.source = &native_source;
    params->store = store;
    params->node = *node;
    params->address = address;
    if (between != NULL) {
        params->between = *between;
        params->node.place.parent = &params->between;
    }
    if (node->value == NULL || store_add(store, params)) /* nulls share an address */
        return &params->params;
fail:
    err_set(err, ERR_MEMORY, "no memory for parameters");
    node_prefix(node, err);
    return NULL;
}

struct params *native_params_create(struct native_store *store, const struct node *node,
                                    struct err *err)
{
    return store_get(store, node, NULL, err);
}

static struct native_params *native_of(struct params *params)
{
    return (struct native_params *)params;
}

/* The operator's own spelling, kept: the array is checked, and guesses are made, after it is gone.
 */
static const char *remember(struct native_params *native, const char *key)
{
    for (size_t i = 0; i < native->asked_count; i++) {
        if (strcmp(native->asked[i], key) == 0)
            return native->asked[i];
    }
    struct arena *arena = &native->store->arena;
    char *copy = arena_copy_text(arena, key, strlen(key));
    if (native->asked == NULL)
        native->asked = arena_zeroed(arena, ASKED_MAX + 1, sizeof(void *));
    if (copy != NULL && native->asked != NULL && native->asked_count < ASKED_MAX)
        native->asked[native->asked_count++] = copy;
    return copy != NULL ? copy : "";
}

/* key "" is the value itself. */
static struct node find(struct params *params, const char *key)
{
    struct native_params *native = native_of(params);
    struct node node = native->node;
    if (key[0] != '\0')
        node_member(&native->node, remember(native, key), &node);
    return node;
}

static bool source_has(struct params *params, const char *key)
{
    return find(params, key).value != NULL;
}

static bool source_number(struct params *params, const char *key, double *value, struct err *err)
{
    struct node node = find(params, key);
    return node_number(&node, value, err);
}

static bool source_flag(struct params *params, const char *key, bool *value, struct err *err)
{
    struct node node = find(params, key);
    return node_flag(&node, value, err);
}

static bool source_text(struct params *params, const char *key, char **value, struct err *err)
{
    struct node node = find(params, key);
    return node_text(&node, value, err);
}

static bool source_vector(struct params *params, const char *key, struct params_vector *out,
                          struct err *err)
{
    struct node node = find(params, key);
    return node_vector(&node, out, err);
}

static bool source_matrix(struct params *params, const char *key, struct matrix *out,
                          struct err *err)
{
    struct node node = find(params, key);
    return node_matrix(&node, out, err);
}

static bool source_list(struct params *params, const char *key, struct params_list *out,
                        struct err *err)
{
    struct node node = find(params, key);
    return node_list(&node, out, err);
}

static size_t source_length(struct params *params, const char *key)
{
    return json_array_length(find(params, key).value);
}

static struct params *source_element(struct params *params, const char *key, size_t index,
                                     struct err *err)
{
    struct native_params *native = native_of(params);
    struct node array = find(params, key);
    if (!node_expect(&array, JSON_ARRAY, err))
        return NULL;
    size_t length = json_array_length(array.value);
    if (index >= length) {
        node_fail(&array, err, "has %zu elements, one more is needed", length);
        return NULL;
    }
    struct node element = node_element(&array, index);
    if (key[0] == '\0') /* array.place is a copy of the params' own, which lives long enough */
        element.place.parent = &native->node.place;
    return store_get(native->store, &element, key[0] != '\0' ? &array.place : NULL, err);
}

static struct params *source_child(struct params *params, const char *key, struct err *err)
{
    struct node node = find(params, key);
    if (!node_expect(&node, JSON_OBJECT, err))
        return NULL;
    return store_get(native_of(params)->store, &node, NULL, err);
}

static bool source_fail(struct params *params, const char *key, struct err *err)
{
    struct node node = find(params, key);
    return node_prefix(&node, err);
}

static const struct params_source native_source = {
    .has = source_has,
    .number = source_number,
    .flag = source_flag,
    .text = source_text,
    .vector = source_vector,
    .matrix = source_matrix,
    .list = source_list,
    .length = source_length,
    .element = source_element,
    .child = source_child,
    .fail = source_fail,
};

bool native_store_check(const struct native_store *store, struct err *err)
{
    for (size_t i = 0; i < store->count; i++) {
        const struct native_params *native = store->all[i];
        if (json_type(native->node.value) == JSON_OBJECT && native->asked != NULL &&
            !node_only(&native->node, native->asked, err))
            return false;
    }
    return true;
}
