#include "graph/ops/ops.h"

#include <string.h>

/* Alphabetical, one a line. To add an operator: its line here, in ops.h and in meson.build. */
/* clang-format off */
static const struct op_type *const table[] = {
    &op_bayesian_ridge,
    &op_binarizer,
    &op_column_transformer,
    &op_elastic_net,
    &op_feature_union,
    &op_function_transformer,
    &op_gaussian_nb,
    &op_generalized_linear_regressor,
    &op_k_bins_discretizer,
    &op_lasso,
    &op_linear_classifier,
    &op_linear_discriminant_analysis,
    &op_linear_regression,
    &op_logistic_regression,
    &op_max_abs_scaler,
    &op_min_max_scaler,
    &op_missing_indicator,
    &op_mlp_classifier,
    &op_mlp_regressor,
    &op_normalizer,
    &op_one_hot_encoder,
    &op_ordinal_encoder,
    &op_passthrough,
    &op_pca,
    &op_polynomial_features,
    &op_power_transformer,
    &op_quadratic_discriminant_analysis,
    &op_ridge,
    &op_robust_scaler,
    &op_select,
    &op_simple_imputer,
    &op_standard_scaler,
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
