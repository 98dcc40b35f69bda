#include "tensor/kernels/lookup.h"

#include <math.h>
#include <string.h>

#include "tensor/kernels/ml.h"

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

uint64_t lookup_hash_bytes(const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    uint64_t hash = length;
    for (; length >= 8; length -= 8, from += 8) {
        uint64_t word;
        memcpy(&word, from, 8);
        hash = mix(hash ^ word);
    }
    uint64_t rest = 0;
    memcpy(&rest, from, length);
    return mix(hash ^ rest);
}

static double real_at(const struct value *elements, size_t i)
{
    return elements->type == VALUE_DOUBLE ? elements->doubles[i] : (double)elements->floats[i];
}

static int64_t whole_at(const struct value *elements, size_t i)
{
    if (elements->type == VALUE_INT64)
        return elements->int64s[i];
    return elements->type == VALUE_INT32 ? elements->int32s[i] : elements->int16s[i];
}

static bool is_real(enum value_type type)
{
    return type == VALUE_FLOAT || type == VALUE_DOUBLE;
}

static uint64_t hash_at(const struct value *elements, size_t i)
{
    if (elements->type == VALUE_STRING)
        return lookup_hash_bytes(elements->strings[i].bytes, elements->strings[i].length);
    if (!is_real(elements->type))
        return mix((uint64_t)whole_at(elements, i));
    double x = real_at(elements, i);
    x = isnan(x) ? (double)NAN : x + 0.0; /* one NaN, one zero */
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return mix(bits);
}

static bool equal(const struct value *a, size_t i, const struct value *b, size_t j, bool nan_is_nan)
{
    if (a->type == VALUE_STRING)
        return value_string_equal(a->strings[i], b->strings[j]);
    if (!is_real(a->type))
        return whole_at(a, i) == whole_at(b, j);
    double x = real_at(a, i), y = real_at(b, j);
    return x == y || (nan_is_nan && isnan(x) && isnan(y));
}

/* The slot of a key, or the empty one where it would be. */
static size_t slot_of(const struct lookup *lookup, const struct value *elements, size_t i)
{
    size_t slot = hash_at(elements, i) & lookup->mask;
    while (lookup->slots[slot] != 0 &&
           !equal(&lookup->keys, lookup->slots[slot] - 1, elements, i, lookup->nan_is_nan))
        slot = (slot + 1) & lookup->mask;
    return slot;
}

bool lookup_make(struct lookup *lookup, const struct value *keys, struct arena *arena,
                 struct err *err)
{
    if (keys->type != VALUE_STRING && !is_real(keys->type) && keys->type != VALUE_INT64 &&
        keys->type != VALUE_INT32 && keys->type != VALUE_INT16)
        return err_set(err, ERR_UNSUPPORTED, "keys of type %s", value_type_name(keys->type));
    if (keys->count > UINT32_MAX / 4)
        return err_set(err, ERR_LIMIT, "%zu keys are too many", keys->count);
    size_t size = 4;
    while (size < 2 * keys->count)
        size *= 2;
    lookup->type = keys->type;
    lookup->keys = *keys;
    lookup->mask = size - 1;
    lookup->slots = arena_zeroed(arena, size, sizeof *lookup->slots);
    if (lookup->slots == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu keys", keys->count);
    for (size_t i = 0; i < keys->count; i++)
        lookup->slots[slot_of(lookup, keys, i)] = (uint32_t)i + 1;
    return true;
}

size_t lookup_find(const struct lookup *lookup, const struct value *elements, size_t i)
{
    uint32_t found = lookup->slots[slot_of(lookup, elements, i)];
    return found ? found - 1 : LOOKUP_NONE;
}

bool lookup_copy_tensor(const struct value *from, struct arena *arena, struct value *to,
                        struct err *err)
{
    int64_t count = (int64_t)from->count;
    if (!value_in_arena(to, from->type, &count, 1, arena, err))
        return false;
    if (from->type != VALUE_STRING) {
        memcpy(to->data, from->data, from->count * value_type_size(from->type));
        return true;
    }
    for (size_t i = 0; i < from->count; i++)
        if (!ml_copy_string(from->strings[i], arena, &to->strings[i], err))
            return false;
    return true;
}
