#include "graph/ops/ops.h"

#include <string.h>

/* Alphabetical, one a line. To add an operator: its line here, in ops.h and in meson.build. */
/* clang-format off */
static const struct op_type *const table[] = {
    &op_ada_boost_classifier,
    &op_bayesian_ridge,
    &op_bernoulli_nb,
    &op_binarizer,
    &op_calibrated_classifier,
    &op_categorical_nb,
    &op_center_distances,
    &op_column_transformer,
    &op_count_vectorizer,
    &op_elastic_net,
    &op_elliptic_envelope,
    &op_feature_union,
    &op_function_transformer,
    &op_gaussian_mixture,
    &op_gaussian_nb,
    &op_gaussian_process_classifier,
    &op_gaussian_process_regressor,
    &op_generalized_linear_regressor,
    &op_gradient_boosting,
    &op_hashing_vectorizer,
    &op_isolation_forest,
    &op_isotonic_regression,
    &op_k_bins_discretizer,
    &op_k_means,
    &op_k_neighbors_classifier,
    &op_k_neighbors_regressor,
    &op_kernel_ridge,
    &op_lasso,
    &op_linear_classifier,
    &op_linear_discriminant_analysis,
    &op_linear_regression,
    &op_local_outlier_factor,
    &op_logistic_regression,
    &op_max_abs_scaler,
    &op_min_max_scaler,
    &op_missing_indicator,
    &op_mlp_classifier,
    &op_mlp_regressor,
    &op_multinomial_nb,
    &op_normalizer,
    &op_one_class_svm,
    &op_one_hot_encoder,
    &op_one_vs_one_classifier,
    &op_one_vs_rest_classifier,
    &op_ordinal_encoder,
    &op_pairwise_kernel,
    &op_passthrough,
    &op_pca,
    &op_polynomial_features,
    &op_power_transformer,
    &op_prediction_columns,
    &op_quadratic_discriminant_analysis,
    &op_quantile_transformer,
    &op_radius_neighbors_classifier,
    &op_radius_neighbors_regressor,
    &op_ridge,
    &op_robust_scaler,
    &op_select,
    &op_simple_imputer,
    &op_spline_transformer,
    &op_standard_scaler,
    &op_svc,
    &op_svr,
    &op_target_encoder,
    &op_tfidf_transformer,
    &op_tree_ensemble,
    &op_voting_classifier,
    &op_voting_regressor,
    NULL,
};
/* clang-format on */

const struct op_type *const *op_type_list(void)
{
    return table;
}

const struct op_type *op_type_find(const char *name)
{
    for (const struct op_type *const *type = table; *type != NULL; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}
