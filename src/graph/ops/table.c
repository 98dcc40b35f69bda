#include "graph/ops/ops.h"

#include <string.h>

/* Alphabetical, one a line. To add an operator: its line here, in ops.h and in meson.build. */
/* clang-format off */
static const struct op_type *const table[] = {
    &op_bayesian_ridge,
    &op_column_transformer,
    &op_elastic_net,
    &op_feature_union,
    &op_gaussian_nb,
    &op_generalized_linear_regressor,
    &op_lasso,
    &op_linear_classifier,
    &op_linear_discriminant_analysis,
    &op_linear_regression,
    &op_logistic_regression,
    &op_mlp_classifier,
    &op_mlp_regressor,
    &op_passthrough,
    &op_quadratic_discriminant_analysis,
    &op_ridge,
    &op_select,
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
