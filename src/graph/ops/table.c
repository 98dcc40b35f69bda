#include "graph/ops/ops.h"

#include <string.h>

/* Alphabetical. To add an operator: its line here, in ops.h and in meson.build. */
static const struct op_type *const table[] = {
    &op_column_transformer, &op_feature_union,
    &op_passthrough,        &op_select,
    &op_standard_scaler,    NULL,
};

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
