/* com.microsoft CDist: distances between all rows of two matrices. */
#include <math.h>

#include "tensor/kernels/kernels.h"

enum metric { EUCLIDEAN, SQUARED };

static bool create(struct node *node, const struct attributes *attributes, struct arena *arena,
                   struct err *err)
{
    static const char *const names[] = {"euclidean", "sqeuclidean", NULL};
    int *metric = node->state;
    (void)arena;
    *metric = SQUARED;
    return attributes_choice(attributes, "metric", names, metric, err);
}

static bool infer(const struct call *call, struct err *err)
{
    const struct value *a = call_input(call, 0), *b = call_input(call, 1);
    if (a == NULL || b == NULL)
        return call_fail(call, err, ERR_INVALID, "an input is missing");
    if (!call_check_type(call, 0, TYPES_FLOATS, err) || !call_check_same_type(call, 0, 1, err))
        return false;
    if ((a->rank != 2 && a->rank != VALUE_RANK_UNKNOWN) ||
        (b->rank != 2 && b->rank != VALUE_RANK_UNKNOWN))
        return call_fail(call, err, ERR_INVALID, "its inputs are no matrices");
    int64_t dims[2] = {a->rank == 2 ? a->dims[0] : VALUE_ANY,
                       b->rank == 2 ? b->dims[0] : VALUE_ANY};
    if (a->rank == 2 && b->rank == 2 && a->dims[1] != b->dims[1] && a->dims[1] != VALUE_ANY &&
        b->dims[1] != VALUE_ANY)
        return call_fail(call, err, ERR_INVALID, "its inputs have %lld and %lld columns",
                         (long long)a->dims[1], (long long)b->dims[1]);
    return call_set_shape(call, 0, a->type, dims, 2, err);
}

static float distance_single(const float *a, const float *b, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static double distance_double(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static bool run(const struct call *call, struct err *err)
{
    const int *metric = call->node->state;
    const struct value *a = call_input(call, 0), *b = call_input(call, 1);
    const struct value *out = call_output(call, 0);
    size_t rows = (size_t)a->dims[0], columns = (size_t)b->dims[0], width = (size_t)a->dims[1];
    (void)err;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            if (a->type == VALUE_FLOAT) {
                float d = distance_single(a->floats + i * width, b->floats + j * width, width);
                out->floats[i * columns + j] = *metric == EUCLIDEAN ? sqrtf(d) : d;
            } else {
                double d = distance_double(a->doubles + i * width, b->doubles + j * width, width);
                out->doubles[i * columns + j] = *metric == EUCLIDEAN ? sqrt(d) : d;
            }
        }
    return true;
}

const struct kernel kernel_cdist = {
    .domain = "com.microsoft",
    .name = "CDist",
    .since = 1,
    .inputs_min = 2,
    .inputs_max = 2,
    .outputs_max = 1,
    .state_size = sizeof(int),
    .create = create,
    .infer = infer,
    .run = run,
};
