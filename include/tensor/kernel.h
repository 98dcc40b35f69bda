/* One operator of a tensor program: how a node is made from its attributes, what its outputs look
 * like, and how it runs.
 *
 * To add one: `const struct kernel kernel_NAME` in a file of tensor/kernels, a line in
 * tensor/kernels/kernels.h and one in tensor/kernels/table.c. A node is const once it is made; any
 * number of threads may run it, each with its own memory. */
#ifndef OMEN_TENSOR_KERNEL_H
#define OMEN_TENSOR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tensor/attributes.h"
#include "tensor/memory.h"
#include "tensor/value.h"

#define KERNEL_MANY UINT16_MAX /* inputs_max, outputs_max: any number */

struct kernel;

/* A node of a program. Slots are places of values: see struct call. */
struct node {
    const struct kernel *kernel;
    const char *name;       /* as the file has it, or "" */
    int64_t version;        /* of the operator set of its domain that the file imports */
    const int32_t *inputs;  /* slots, or NODE_ABSENT for an optional input that is not given */
    const int32_t *outputs; /* slots, or NODE_ABSENT for one that nobody wants */
    size_t input_count, output_count;
    /* Inputs that the file lists. A node that holds programs reads, after these, the values that
     * they take from the program around them (program_run_inner). */
    size_t own_count;
    const int32_t *dying; /* slots whose last reader this node is */
    size_t dying_count;
    void *state; /* kernel->state_size bytes, zeroed before create */
};

#define NODE_ABSENT INT32_MIN

/* Where a node's values are, while types and shapes are found at load and while it runs. A slot >=
 * 0 is in `values`; a negative one, ~slot, is a constant of the program. */
struct call {
    const struct node *node;
    struct value *values;
    const struct value *constants;
    struct memory *memory; /* NULL at load */
};

/* NULL for an optional input that is not there, or beyond the last. */
static inline const struct value *call_input(const struct call *call, size_t i)
{
    if (i >= call->node->input_count || call->node->inputs[i] == NODE_ABSENT)
        return NULL;
    int32_t slot = call->node->inputs[i];
    const struct value *value = slot >= 0 ? &call->values[slot] : &call->constants[~slot];
    return value->kind == VALUE_NOTHING ? NULL : value;
}

/* NULL for an output that nobody wants. */
static inline struct value *call_output(const struct call *call, size_t i)
{
    if (i >= call->node->output_count || call->node->outputs[i] == NODE_ABSENT)
        return NULL;
    return &call->values[call->node->outputs[i]];
}

enum kernel_flags {
    /* Output 0 is input 0's elements in another shape: nothing is allocated, run may be NULL. */
    KERNEL_VIEW = 1,
    /* The size of the outputs depends on the elements, or they are no tensors: run makes them with
     * call_make and friends. What infer says of them is what is known at load. */
    KERNEL_MAKES_OUTPUTS = 2,
    /* Output 0 may be written over an input of the same size that nobody reads afterwards: run
     * reads element i before it writes element i, and never again. */
    KERNEL_IN_PLACE = 4,
    /* infer copes with inputs whose rank or type is not known; else it is not called then, and the
     * outputs count as unknown. */
    KERNEL_INFERS_UNKNOWN = 16,
    /* Output 0 is input 0 where types and shapes are the same: then the node is dropped at load. */
    KERNEL_MAYBE_SAME = 32,
    /* The answer is not the same each time (random numbers): never computed at load. */
    KERNEL_NEVER_CONSTANT = 8,
};

struct kernel {
    const char *domain; /* "", "ai.onnx.ml", "com.microsoft" */
    const char *name;
    uint16_t since, until; /* operator set versions it understands; until 0: all later ones */
    uint16_t inputs_min, inputs_max, outputs_max;
    /* Of a kernel that takes any number: so many of the first may be left out, none behind them. */
    uint16_t inputs_loose;
    unsigned flags; /* enum kernel_flags */
    size_t state_size;
    /* Reads the attributes into node->state; refuses what is wrong. arena: the program's. NULL:
     * there is nothing to read. */
    bool (*create)(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err);
    /* Types and shapes of the outputs from those of the inputs; refuses what does not fit. Called
     * at load with what is known then (a dimension may be VALUE_ANY; `data` is there for constants
     * only) and at every run with the actual inputs. Output i is VALUE_NOTHING before; what is left
     * so at load counts as unknown. */
    bool (*infer)(const struct call *call, struct err *err);
    /* Computes. The outputs are described and have memory, but for the flags above. */
    bool (*run)(const struct call *call, struct err *err);
    void (*destroy)(void *state); /* frees what create took outside of the arena, or NULL */
};

/* NULL-terminated. */
const struct kernel *const *kernel_list(void);
/* The kernel for an operator of a domain ("ai.onnx" is "") at that version. Fails with a sentence
 * that says whether the domain, the operator or only this version of it is unknown. */
const struct kernel *kernel_find(const char *domain, const char *name, int64_t version,
                                 struct err *err);

/* ---- for infer ---- */

/* Describes output i, if it is wanted: with VALUE_ANY among dims or rank VALUE_RANK_UNKNOWN where
 * something is not known. */
bool call_set_shape(const struct call *call, size_t i, enum value_type type, const int64_t *dims,
                    int rank, struct err *err);
/* The same type and shape as `like`. */
bool call_set_like(const struct call *call, size_t i, const struct value *like, struct err *err);
bool call_set_like_typed(const struct call *call, size_t i, enum value_type type,
                         const struct value *like, struct err *err);

/* Input i is a tensor of one of the types (a bit per enum value_type), or not known yet. */
#define TYPE_BIT(type) ((unsigned)(type) < 32 ? 1U << ((unsigned)(type)&31) : 0U)
#define TYPES_FLOATS (TYPE_BIT(VALUE_FLOAT) | TYPE_BIT(VALUE_DOUBLE))
#define TYPES_INDEX (TYPE_BIT(VALUE_INT32) | TYPE_BIT(VALUE_INT64))
#define TYPES_INTEGERS                                                                    \
    (TYPES_INDEX | TYPE_BIT(VALUE_INT8) | TYPE_BIT(VALUE_INT16) | TYPE_BIT(VALUE_UINT8) | \
     TYPE_BIT(VALUE_UINT16) | TYPE_BIT(VALUE_UINT32) | TYPE_BIT(VALUE_UINT64))
#define TYPES_HALVES (TYPE_BIT(VALUE_FLOAT16) | TYPE_BIT(VALUE_BFLOAT16))
#define TYPES_NUMBERS (TYPES_FLOATS | TYPES_INTEGERS)
#define TYPES_ALL (~0u)
bool call_check_type(const struct call *call, size_t i, unsigned types, struct err *err);
/* Two inputs have the same type, as far as that is known. */
bool call_check_same_type(const struct call *call, size_t i, size_t j, struct err *err);

/* axis from [-rank, rank) to [0, rank); refuses what lies outside. */
bool call_axis(const struct call *call, int64_t axis, int rank, int *normal, struct err *err);

/* ---- for run ---- */

/* Makes output i of a KERNEL_MAKES_OUTPUTS node, elements not initialised. Without that output:
 * true, and nothing is done. */
bool call_make(const struct call *call, size_t i, enum value_type type, const int64_t *dims,
               int rank, struct err *err);
/* Output i becomes another name for `value`, with its elements. */
void call_share(const struct call *call, size_t i, const struct value *value);
/* Output i becomes a sequence of `count` items, all VALUE_NOTHING; items are filled with
 * memory_tensor or memory_share. */
bool call_make_sequence(const struct call *call, size_t i, size_t count, struct err *err);
/* Memory that is gone when the program has run; not initialised. NULL and err when it is too much.
 */
void *call_scratch(const struct call *call, size_t count, size_t size, struct err *err);

/* As err_set. The program says which node it was. Returns false. */
bool call_fail(const struct call *call, struct err *err, enum err_code code, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__ /* see err.h */
#define call_fail(...) err_false(call_fail(__VA_ARGS__))
#endif

#endif
