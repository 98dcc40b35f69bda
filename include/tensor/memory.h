/* The memory of one run of a program: buffers of tensors, taken from an arena, counted, and used
 * again as soon as the last reader of a tensor has run. Buffers come in sizes of powers of two, a
 * list of free ones per size, so that taking and giving back costs a few instructions and a run
 * holds no more than what is alive at its widest point. Owned by one thread. */
#ifndef OMEN_TENSOR_MEMORY_H
#define OMEN_TENSOR_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tensor/value.h"

#define MEMORY_CLASSES 48
/* What one run may do, in all iterations of its loops: about a unit for each byte that is written
 * and each product that is added, some for each node. Seconds,
 * whatever the file says. */
#ifdef MEMORY_LITTLE_WORK /* fuzzing wants many short runs */
#define MEMORY_WORK ((uint64_t)1 << 26)
#else
#define MEMORY_WORK ((uint64_t)1 << 34)
#endif
#define MEMORY_WORK_NODE 4096

struct value_buffer {
    struct value_buffer *next; /* while it is free */
    uint32_t references;
    uint32_t size_class;
    _Alignas(64) unsigned char data[];
};

struct memory {
    struct arena *arena;
    struct value_buffer *free[MEMORY_CLASSES];
    size_t limit; /* bytes that may be taken from the arena, 0: only the arena's own limit */
    size_t taken;
    uint64_t work; /* that may still be done */
};

void memory_init(struct memory *memory, struct arena *arena, size_t limit);

/* A tensor with its elements, not initialised, counted once. */
bool memory_tensor(struct memory *memory, struct value *value, enum value_type type,
                   const int64_t *dims, int rank, struct err *err);
/* Elements for a value that is described already. */
bool memory_fill(struct memory *memory, struct value *value, struct err *err);
/* A sequence of count items, or a map (kind; count is not looked at), all items VALUE_NOTHING. */
bool memory_sequence(struct memory *memory, struct value *value, enum value_kind kind, size_t count,
                     struct err *err);
/* `to` becomes another name for `from`: the buffer is counted once more. */
void memory_share(struct value *to, const struct value *from);
/* Counts down and makes the value VALUE_NOTHING; a sequence's items too. */
void memory_release(struct memory *memory, struct value *value);
/* Counts work; false, with err, when it is too much. */
bool memory_work(struct memory *memory, uint64_t work, struct err *err);
/* Memory that lives until the run ends. NULL and err when it is too much. */
void *memory_scratch(struct memory *memory, size_t count, size_t size, struct err *err);

#endif
