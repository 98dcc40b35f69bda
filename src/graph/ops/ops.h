/* What the operators share: their table, and the few lines that each of them needs. */
#ifndef OMEN_GRAPH_OPS_OPS_H
#define OMEN_GRAPH_OPS_OPS_H

#include "graph/op.h"

/* One line per operator, alphabetical; the same name in table.c. */
extern const struct op_type op_ada_boost_classifier;
extern const struct op_type op_bayesian_ridge;
extern const struct op_type op_bernoulli_nb;
extern const struct op_type op_binarizer;
extern const struct op_type op_calibrated_classifier;
extern const struct op_type op_categorical_nb;
extern const struct op_type op_center_distances;
extern const struct op_type op_column_transformer;
extern const struct op_type op_count_vectorizer;
extern const struct op_type op_elastic_net;
extern const struct op_type op_elliptic_envelope;
extern const struct op_type op_feature_union;
extern const struct op_type op_function_transformer;
extern const struct op_type op_gaussian_mixture;
extern const struct op_type op_gaussian_nb;
extern const struct op_type op_gaussian_process_classifier;
extern const struct op_type op_gaussian_process_regressor;
extern const struct op_type op_generalized_linear_regressor;
extern const struct op_type op_gradient_boosting;
extern const struct op_type op_hashing_vectorizer;
extern const struct op_type op_isolation_forest;
extern const struct op_type op_isotonic_regression;
extern const struct op_type op_k_bins_discretizer;
extern const struct op_type op_k_means;
extern const struct op_type op_k_neighbors_classifier;
extern const struct op_type op_k_neighbors_regressor;
extern const struct op_type op_kernel_ridge;
extern const struct op_type op_lasso;
extern const struct op_type op_linear_classifier;
extern const struct op_type op_linear_discriminant_analysis;
extern const struct op_type op_linear_regression;
extern const struct op_type op_local_outlier_factor;
extern const struct op_type op_logistic_regression;
extern const struct op_type op_max_abs_scaler;
extern const struct op_type op_min_max_scaler;
extern const struct op_type op_missing_indicator;
extern const struct op_type op_mlp_classifier;
extern const struct op_type op_mlp_regressor;
extern const struct op_type op_multinomial_nb;
extern const struct op_type op_normalizer;
extern const struct op_type op_one_class_svm;
extern const struct op_type op_one_hot_encoder;
extern const struct op_type op_one_vs_one_classifier;
extern const struct op_type op_one_vs_rest_classifier;
extern const struct op_type op_ordinal_encoder;
extern const struct op_type op_pairwise_kernel;
extern const struct op_type op_passthrough;
extern const struct op_type op_pca;
extern const struct op_type op_polynomial_features;
extern const struct op_type op_power_transformer;
extern const struct op_type op_prediction_columns;
extern const struct op_type op_quadratic_discriminant_analysis;
extern const struct op_type op_quantile_transformer;
extern const struct op_type op_radius_neighbors_classifier;
extern const struct op_type op_radius_neighbors_regressor;
extern const struct op_type op_ridge;
extern const struct op_type op_robust_scaler;
extern const struct op_type op_select;
extern const struct op_type op_simple_imputer;
extern const struct op_type op_spline_transformer;
extern const struct op_type op_standard_scaler;
extern const struct op_type op_svc;
extern const struct op_type op_svr;
extern const struct op_type op_target_encoder;
extern const struct op_type op_tfidf_transformer;
extern const struct op_type op_tree_ensemble;
extern const struct op_type op_voting_classifier;
extern const struct op_type op_voting_regressor;

/* A zeroed operator of `size` bytes whose first member is its struct op, with type, inputs and
 * bytes set. */
void *op_allocate(size_t size, const struct op_type *type, const struct columns *in,
                  struct err *err);

/* The end of a create function: hands the operator over if ok, else destroys it. Returns ok. */
bool op_deliver(struct op **out, struct op *op, bool ok);

/* Refuses the first column that holds words: only encoders and imputers take them. */
bool op_need_numbers(struct params *params, const struct columns *in, struct err *err);

/* Refuses the first column that holds free text: for those who take words and numbers. */
bool op_refuse_text(struct params *params, const struct columns *in, struct err *err);

/* The output of a transformer that keeps its columns, or that makes `count` new ones (zeroed, for
 * column_set). Sets op->columns and op->outputs[0]. */
bool op_same_columns(struct op *op, const struct columns *in, struct err *err);
bool op_new_columns(struct op *op, size_t count, struct err *err);

/* More columns than any trainer makes; keeps a hostile document from asking for terabytes. */
#define OP_COLUMNS_MAX ((size_t)1 << 20)

/* Appends an output. Returns its index. */
uint32_t op_add_output(struct op *op, enum output_kind kind, size_t cols);

/* The destroy function of an operator that took nothing but itself. */
void op_free(struct op *op);

/* Refusal of a run whose blocks do not fit. Returns false. */
bool op_no_room(size_t rows, size_t cols, struct err *err);
#ifdef __clang_analyzer__ /* see err.h */
#define op_no_room(...) err_false(op_no_room(__VA_ARGS__))
#endif

/* Refusal of a missing value in a cell where the trainer would refuse it. Returns false. */
bool op_refuse_missing(const char *name, size_t row, struct err *err);

/* A list of positions, each below `bound`; the caller frees them. */
bool op_read_positions(struct params *params, const char *key, size_t bound, size_t **positions,
                       size_t *count, struct err *err);

/* True for what may stand before another step: one output, whose columns are described. */
bool op_is_transformer(const struct op *op);

#endif
