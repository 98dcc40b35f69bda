/* A multi-layer perceptron: affine layers with an activation after each. */
#ifndef OMEN_GRAPH_OPS_MLP_H
#define OMEN_GRAPH_OPS_MLP_H

#include "graph/ops/estimator.h"

enum mlp_activation {
    MLP_IDENTITY,
    MLP_LOGISTIC,
    MLP_TANH,
    MLP_RELU,
    MLP_SOFTMAX,
    MLP_EXP,
};

struct mlp_layer {
    struct matrix weights;     /* inputs x outputs */
    struct params_vector bias; /* [outputs] */
};

struct mlp {
    struct mlp_layer *layers;
    size_t layer_count;
    size_t widest; /* of the hidden layers */
    enum mlp_activation activation, output_activation;
};

/* Reads coefs_, intercepts_ and activation; output_activation is the caller's. */
bool mlp_read(struct mlp *mlp, struct estimator *estimator, struct params *params, struct err *err);
void mlp_finish(struct mlp *mlp);

/* Columns of the last layer. */
size_t mlp_outputs(const struct mlp *mlp);

/* y: x->rows x mlp_outputs. */
bool mlp_apply(const struct mlp *mlp, const struct matrix *x, const struct matrix *y,
               struct arena *scratch, struct err *err);

#endif
