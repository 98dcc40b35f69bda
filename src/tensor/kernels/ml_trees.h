/* Tree ensembles of ai.onnx.ml: what the operators of all versions are made into, and how a batch
 * is answered. */
#ifndef OMEN_TENSOR_KERNELS_ML_TREES_H
#define OMEN_TENSOR_KERNELS_ML_TREES_H

#include "math/forest.h"
#include "tensor/kernels/ml.h"

enum ml_aggregate { ML_AVERAGE, ML_SUM, ML_MIN, ML_MAX };

/* A test "x is one of these" whose members are no small whole numbers: it becomes a column of its
 * own, 1 or 0, behind the model's. */
struct ml_member_column {
    uint32_t feature;
    size_t first, count; /* members, in ml_trees.members */
};

/* The outputs of a tree's leaves. */
struct ml_tree_span {
    size_t first, count;
};

struct ml_trees {
    struct forest *forest;
    struct ml_tree_span *spans; /* one per tree, made by the caller of ml_trees_add */
    size_t tree_count;
    bool wide_input; /* rows are compared as doubles; else as float32 */
    bool wide_sum;   /* values and sums are doubles, as the file gives them; else float32 */
    bool round_down; /* how doubles become floats without crossing a threshold: see rounded */
    size_t outputs, features;
    enum ml_aggregate aggregate;
    enum ml_transform transform;
    struct ml_floats base;      /* none, one or one per output */
    const double *base_doubles; /* as many, or NULL */
    const double *members;
    const struct ml_member_column *member_columns;
    size_t member_column_count;
};

void ml_trees_destroy(void *state);

/* rows x outputs: aggregated, base values not added. NULL and err. */
float *ml_trees_sums(const struct call *call, const struct ml_trees *trees, struct err *err);
/* The same in doubles, for models of doubles and inputs of doubles. */
double *ml_trees_double_sums(const struct call *call, const struct ml_trees *trees,
                             struct err *err);

/* infer's part: one input with enough columns. */
bool ml_trees_check(const struct call *call, const struct ml_trees *trees, int64_t *rows,
                    struct err *err);

/* A regressor's run: sums, base values, transform. output: float or, for TreeEnsemble of doubles,
 * double. */
bool ml_trees_regress(const struct call *call, const struct ml_trees *trees, struct err *err);

/* TreeEnsembleRegressor and TreeEnsembleClassifier name the same things differently. */
struct ml_tree_names {
    const char *tree_ids, *node_ids, *ids, *weights, *weights_tensor;
};
/* Reads nodes_* and the weights and builds the forest. outputs: set by the caller. */
bool ml_trees_read(struct ml_trees *trees, const struct attributes *attributes,
                   const struct ml_tree_names *names, struct arena *arena, struct err *err);
/* What TreeEnsembleClassifier asks of its weights besides. */
struct ml_weights_seen {
    bool all_positive;
    bool one_id;    /* all are for the same class */
    bool second_id; /* some are for the second class */
};
bool ml_trees_weights_seen(const struct attributes *attributes, struct ml_weights_seen *seen,
                           struct err *err);

/* A tree's leaf before it has the forest's form: one entry per (leaf, output). */
struct ml_weight {
    size_t leaf; /* the leaf's place in the tree's nodes */
    uint32_t output;
    double weight;
};
/* Adds a tree whose leaves' values are given as weights. nodes: values of leaves are set here. */
bool ml_trees_add(struct forest_builder *builder, struct ml_trees *trees, struct forest_node *nodes,
                  size_t node_count, const struct ml_weight *weights, size_t weight_count,
                  struct err *err);

#endif
