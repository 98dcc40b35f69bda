/* The place of an element in a list: words, whole numbers or floating-point ones. A hash table that
 * is const once made. The last of equal keys counts; -0 is equal to 0. */
#ifndef OMEN_TENSOR_KERNELS_LOOKUP_H
#define OMEN_TENSOR_KERNELS_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tensor/value.h"

#define LOOKUP_NONE SIZE_MAX

struct lookup {
    enum value_type type;
    struct value keys; /* borrowed elements */
    uint32_t *slots;   /* place + 1, 0 where empty */
    size_t mask;
    bool nan_is_nan; /* NaN finds NaN; else nothing does. Set by the caller */
};

/* keys: a tensor whose elements live as long as the arena. */
bool lookup_make(struct lookup *lookup, const struct value *keys, struct arena *arena,
                 struct err *err);
/* Element i of a tensor of the same type. */
size_t lookup_find(const struct lookup *lookup, const struct value *elements, size_t i);

/* A tensor with its elements and their bytes. */
bool lookup_copy_tensor(const struct value *from, struct arena *arena, struct value *to,
                        struct err *err);

uint64_t lookup_hash_bytes(const void *bytes, size_t length);

#endif
