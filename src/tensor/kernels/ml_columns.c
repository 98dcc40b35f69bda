/* FeatureVectorizer, ArrayFeatureExtractor: columns are put together and picked. */
#include <string.h>

#include "tensor/kernels/kernels.h"
#include "tensor/kernels/ml.h"

/* ---- FeatureVectorizer ---- */

struct vectorizer {
    struct ml_ints widths; /* one per input: cut or filled with 0 */
    int64_t total;
};

static bool vectorizer_create(struct node *node, const struct attributes *attributes,
                              struct arena *arena, struct err *err)
{
    struct vectorizer *vectorizer = node->state;
    if (!ml_copy_ints(attributes, "inputdimensions", arena, &vectorizer->widths, err))
        return false;
    if (vectorizer->widths.count != node->input_count)
        return err_set(err, ERR_INVALID, "inputdimensions has %zu elements for %zu inputs",
                       vectorizer->widths.count, node->input_count);
    for (size_t i = 0; i < vectorizer->widths.count; i++) {
        int64_t width = vectorizer->widths.data[i];
        if (width < 0 || width > INT32_MAX || vectorizer->total > INT32_MAX)
            return err_set(err, ERR_INVALID, "inputdimensions holds %lld", (long long)width);
        vectorizer->total += width;
    }
    return true;
}

static bool vectorizer_infer(const struct call *call, struct err *err)
{
    const struct vectorizer *vectorizer = call->node->state;
    int64_t rows = VALUE_ANY;
    for (size_t i = 0; i < call->node->input_count; i++) {
        int64_t here, columns;
        if (!ml_shape(call, i, &here, &columns, err))
            return false;
        if (here != VALUE_ANY && rows != VALUE_ANY && here != rows)
            return call_fail(call, err, ERR_INVALID, "input %zu has %lld rows, others %lld", i,
                             (long long)here, (long long)rows);
        rows = here != VALUE_ANY ? here : rows;
    }
    return call_set_shape(call, 0, VALUE_FLOAT, (int64_t[]){rows, vectorizer->total}, 2, err);
}

static bool vectorizer_run(const struct call *call, struct err *err)
{
    const struct vectorizer *vectorizer = call->node->state;
    const struct value *out = call_output(call, 0);
    size_t total = (size_t)vectorizer->total, first = 0;
    memset(out->data, 0, out->count * sizeof(float));
    for (size_t i = 0; i < call->node->input_count; i++) {
        const struct value *in = call_input(call, i);
        const float *x = ml_floats_of(call, i, err);
        if (x == NULL)
            return false;
        size_t width = (size_t)vectorizer->widths.data[i];
        size_t columns = (size_t)in->dims[in->rank - 1];
        size_t used = columns < width ? columns : width;
        for (size_t row = 0; row < (size_t)out->dims[0]; row++)
            memcpy(out->floats + row * total + first, x + row * columns, used * sizeof *x);
        first += width;
    }
    return true;
}

/* ---- ArrayFeatureExtractor ---- */

static bool extractor_infer(const struct call *call, struct err *err)
{
    const struct value *x = call_input(call, 0), *y = call_input(call, 1);
    int64_t dims[VALUE_RANK_MAX];
    if (x == NULL || y == NULL)
        return call_fail(call, err, ERR_INVALID, "an input is missing");
    if (!call_check_type(call, 1, TYPES_INDEX, err))
        return false;
    if (x->rank == VALUE_RANK_UNKNOWN)
        return call_set_shape(call, 0, x->type, NULL, VALUE_RANK_UNKNOWN, err);
    if (x->rank == 0)
        return call_fail(call, err, ERR_INVALID, "the input has no dimension to pick from");
    int64_t picked = value_shape_known(y) ? (int64_t)y->count : VALUE_ANY;
    if (picked == 0)
        return call_fail(call, err, ERR_INVALID, "nothing is picked");
    /* A vector is one row. */
    int rank = x->rank == 1 ? 2 : x->rank;
    dims[0] = 1;
    if (x->rank > 1)
        memcpy(dims, x->dims, sizeof dims);
    dims[rank - 1] = picked;
    return call_set_shape(call, 0, x->type, dims, rank, err);
}

static bool extractor_run(const struct call *call, struct err *err)
{
    const struct value *x = call_input(call, 0), *y = call_input(call, 1);
    const struct value *out = call_output(call, 0);
    int64_t columns = x->dims[x->rank - 1];
    size_t size = value_type_size(x->type), picked = y->count;
    for (size_t k = 0; k < picked; k++) {
        int64_t index = value_index(y, k);
        if (index < 0 || index >= columns)
            return call_fail(call, err, ERR_INVALID, "column %lld of %lld is asked for",
                             (long long)index, (long long)columns);
    }
    size_t rows = columns ? x->count / (size_t)columns : 0;
    const char *from = x->data;
    char *to = out->data;
    for (size_t row = 0; row < rows; row++)
        for (size_t k = 0; k < picked; k++)
            memcpy(to + (row * picked + k) * size,
                   from + (row * (size_t)columns + (size_t)value_index(y, k)) * size, size);
    return true;
}

const struct kernel kernel_feature_vectorizer = {
    .domain = "ai.onnx.ml",
    .name = "FeatureVectorizer",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = KERNEL_MANY,
    .outputs_max = 1,
    .state_size = sizeof(struct vectorizer),
    .create = vectorizer_create,
    .infer = vectorizer_infer,
    .run = vectorizer_run,
};

const struct kernel kernel_array_feature_extractor = {
    .domain = "ai.onnx.ml",
    .name = "ArrayFeatureExtractor",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .infer = extractor_infer,
    .run = extractor_run,
};
