#include "graph/ops/ops.h"
#include "graph/ops/side_by_side.h"

static bool feature_union_create(struct op **op, struct params *params, const struct columns *in,
                                 struct err *err)
{
    return side_by_side_create(op, &op_feature_union, false, params, in, err);
}

const struct op_type op_feature_union = {
    .name = "feature_union",
    .summary = "pipelines side by side, each on all columns",
    .create = feature_union_create,
    .run = side_by_side_run,
    .make_sparse = side_by_side_make_sparse,
    .destroy = side_by_side_destroy,
    .inner = side_by_side_inner,
};
