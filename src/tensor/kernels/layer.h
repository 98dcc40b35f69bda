/* A product with constant weights, what is added to it and what becomes of it, as one node: found
 * at load among the nodes of a file (tensor/program_fuse.c), never in a file itself. */
#ifndef OMEN_TENSOR_KERNELS_LAYER_H
#define OMEN_TENSOR_KERNELS_LAYER_H

#include "tensor/kernel.h"

struct layer {
    enum value_type type; /* float or double */
    size_t inputs, outputs;
    void *weights;    /* inputs x outputs */
    const void *bias; /* [outputs], or NULL */
    bool rectified;
};

/* What a node multiplies by, and a Gemm adds, if both are constant and its input is a matrix: else
 * layer->weights is NULL. known: by the indices in the node. arena: for weights that have to be
 * turned round. False and err without memory. */
bool layer_begin(struct layer *layer, const struct node *node, const struct value *known,
                 struct arena *arena, struct err *err);
/* Whether the layer can do what the node does to `value`, which it alone reads, and a constant:
 * then it will. same: the value that each is another name of. */
bool layer_take(struct layer *layer, const struct node *node, int32_t value, const int32_t *same,
                const struct value *known);

/* Its state is a struct layer, its input the matrix. */
extern const struct kernel kernel_layer;

#endif
