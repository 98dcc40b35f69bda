/* What program.c, program_seal.c and program_run.c share. */
#ifndef OMEN_TENSOR_PROGRAM_PRIVATE_H
#define OMEN_TENSOR_PROGRAM_PRIVATE_H

#include "tensor/program.h"

/* A growing list of indices of values or slots. */
struct index_list {
    int32_t *items;
    size_t count, capacity;
};

struct program {
    struct arena arena;
    bool inner;
    struct strmap names; /* of values, to their index; only until it is sealed */
    /* Parallel arrays, a value each; known.data is set for constants. */
    const char **value_names;
    struct value *known;
    bool *defined;
    size_t value_count, value_capacity;
    struct node *nodes; /* as they were added: inputs and outputs are values' indices */
    size_t node_count, node_capacity;
    struct index_list inputs, outputs, captured;
    struct value *expected; /* of outputs, as the file says */
    size_t expected_capacity;
    const char **input_names, **output_names, **captured_names; /* kept when sealed */
    struct value *input_known, *output_known;                   /* likewise */
    struct node *running; /* when sealed: the nodes that have to run, in order, with slots */
    size_t running_count;
    struct value *constants; /* when sealed: of slots ~0, ~1 ... */
    size_t slot_count;
    size_t first_captured; /* place in the inputs of the node that holds this program */
};

/* Index of the value of that name, made if it is new; -1 and err without memory. */
int32_t program_value(struct program *program, const char *name, struct err *err);

/* What is known of a value nothing is known of. */
struct value program_unknown(void);
bool program_is_unknown(const struct value *value);

/* Makes one node of several where a kernel can do what they do. same: by value, the one that it is
 * another name of; order: the *count nodes that run, as they run. */
bool program_fuse(struct program *program, const int32_t *same, int32_t *order, size_t *count,
                  struct err *err);

/* Infers or computes one node at load; values: by the indices in node->inputs and outputs. */
bool program_infer_node(const struct call *call, struct err *err);
/* Runs one node: infer, memory, run, release. */
bool program_run_node(const struct call *call, struct err *err);
/* The node, for a message that says where. */
bool program_at_node(const struct node *node, struct err *err);

#endif
