/* A program of one node, for tests of kernels: attributes are given one by one, then it is made and
 * asked. Attributes are copied into the node's arena, but for their names. */
#ifndef OMEN_TESTS_TENSOR_ONE_NODE_H
#define OMEN_TESTS_TENSOR_ONE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "tensor/program.h"

#define ONE_NODE_ATTRIBUTES 32

struct one_node {
    const char *domain, *type;
    int64_t version;
    size_t inputs, outputs; /* 1 each unless the test says otherwise */
    struct attribute attributes[ONE_NODE_ATTRIBUTES];
    size_t attribute_count;
    struct program *program;
    struct memory memory;
    struct arena arena;
    struct err err;
    struct value results[8];
};

void one_node_init(struct one_node *node, const char *domain, const char *type, int64_t version);
void one_node_finish(struct one_node *node);

/* Each replaces an attribute of the same name. texts: their bytes live on. */
void one_node_int(struct one_node *node, const char *name, int64_t number);
void one_node_float(struct one_node *node, const char *name, float number);
void one_node_string(struct one_node *node, const char *name, const char *text);
void one_node_ints(struct one_node *node, const char *name, const int64_t *numbers, size_t count);
void one_node_floats(struct one_node *node, const char *name, const float *numbers, size_t count);
void one_node_strings(struct one_node *node, const char *name, const char *const *texts,
                      size_t count);
void one_node_tensor(struct one_node *node, const char *name, enum value_type type,
                     const void *elements, size_t count);

/* Makes the program: false and node->err where an attribute is refused. May be called again. */
bool one_node_make(struct one_node *node);
/* A tensor over elements that live on. */
struct value one_node_value(enum value_type type, const void *elements, const int64_t *dims,
                            int rank);
/* node->results: the outputs. */
bool one_node_run(struct one_node *node, const struct value *inputs);
/* A matrix of floats. */
bool one_node_run_floats(struct one_node *node, const float *x, int64_t rows, int64_t columns);

#endif
