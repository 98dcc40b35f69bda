#include "graph/ops/ops.h"
#include "graph/ops/side_by_side.h"

static bool column_transformer_create(struct op **op, struct params *params,
                                      const struct columns *in, struct err *err)
{
    return side_by_side_create(op, &op_column_transformer, true, params, in, err);
}

const struct op_type op_column_transformer = {
    .name = "column_transformer",
    .summary = "pipelines side by side, each on its columns",
    .create = column_transformer_create,
    .run = side_by_side_run,
    .make_sparse = side_by_side_make_sparse,
    .destroy = side_by_side_destroy,
    .inner = side_by_side_inner,
};
