#include "tensor/kernels/layer.h"

#include <string.h>

#include "math/linalg.h"
#include "tensor/kernels/gemm.h"
#include "tensor/kernels/kernels.h"

/* Weights that are turned round are there twice: not many. */
#define TURNED_MAX ((size_t)1 << 18)

/* ---- at load ---- */

static bool is_constant_matrix(const struct value *value)
{
    return value->kind == VALUE_TENSOR && value->data != NULL && value->rank == 2 &&
           value->count > 0 && (value->type == VALUE_FLOAT || value->type == VALUE_DOUBLE);
}

/* A number for each column, the same for every row. */
static const void *bias_of(const struct layer *layer, const struct value *value)
{
    bool row = value->rank == 1 || (value->rank == 2 && value->dims[0] == 1);
    bool fits = value->kind == VALUE_TENSOR && row && value->type == layer->type &&
                value->count == layer->outputs;
    return fits ? value->data : NULL;
}

static void *turn(const struct layer *layer, const struct value *weights, struct arena *arena)
{
    size_t size = value_type_size(layer->type);
    unsigned char *turned = arena_array(arena, weights->count, size);
    for (size_t i = 0; turned != NULL && i < layer->outputs; i++)
        for (size_t j = 0; j < layer->inputs; j++)
            memcpy(turned + (j * layer->outputs + i) * size,
                   weights->uint8s + (i * layer->inputs + j) * size, size);
    return turned;
}

/* A Gemm that is a product and at most a bias. */
static bool is_plain(const struct node *node, const struct layer *layer, const struct value *known)
{
    const struct gemm *gemm = node->state;
    bool bias = node->input_count > 2 && node->inputs[2] != NODE_ABSENT;
    return gemm->alpha == 1 && !gemm->transposed_a &&
           (!bias || (gemm->beta == 1 && bias_of(layer, &known[node->inputs[2]]) != NULL));
}

bool layer_begin(struct layer *layer, const struct node *node, const struct value *known,
                 struct arena *arena, struct err *err)
{
    bool gemm = node->kernel == &kernel_gemm;
    *layer = (struct layer){0};
    if (!gemm && node->kernel != &kernel_matmul)
        return true;
    const struct value *x = &known[node->inputs[0]], *weights = &known[node->inputs[1]];
    bool turned = gemm && ((const struct gemm *)node->state)->transposed_b;
    if (x->kind != VALUE_TENSOR || x->rank != 2 || !is_constant_matrix(weights))
        return true;
    layer->type = weights->type;
    layer->inputs = (size_t)weights->dims[turned];
    layer->outputs = (size_t)weights->dims[!turned];
    if (x->type != layer->type || (gemm && !is_plain(node, layer, known)) ||
        (turned && weights->count > TURNED_MAX) || !linalg_size_fits(layer->inputs, layer->outputs))
        return true;
    if (gemm && node->input_count > 2 && node->inputs[2] != NODE_ABSENT)
        layer->bias = bias_of(layer, &known[node->inputs[2]]);
    layer->weights = turned ? turn(layer, weights, arena) : weights->data;
    return layer->weights != NULL || err_set(err, ERR_LIMIT, "the model is larger than it may be");
}

bool layer_take(struct layer *layer, const struct node *node, int32_t value, const int32_t *same,
                const struct value *known)
{
    if (layer->rectified)
        return false;
    if (node->kernel == &kernel_relu) {
        layer->rectified = true;
        return true;
    }
    if (node->kernel != &kernel_add || layer->bias != NULL)
        return false;
    int32_t other = node->inputs[same[node->inputs[0]] == same[value] ? 1 : 0];
    layer->bias = bias_of(layer, &known[other]);
    return layer->bias != NULL;
}

/* ---- running ---- */

static bool infer_layer(const struct call *call, struct err *err)
{
    const struct layer *layer = call->node->state;
    const struct value *x = call_input(call, 0);
    int64_t dims[VALUE_RANK_MAX];
    if (x->kind != VALUE_TENSOR || x->type != layer->type || x->rank < 2)
        return call_fail(call, err, ERR_INVALID, "its input must be a matrix of %s",
                         value_type_name(layer->type));
    memcpy(dims, x->dims, sizeof dims);
    int64_t columns = dims[x->rank - 1];
    if (columns >= 0 && (size_t)columns != layer->inputs)
        return call_fail(call, err, ERR_INVALID,
                         "the matrices do not fit together: %lld columns, %zu rows",
                         (long long)columns, layer->inputs);
    dims[x->rank - 1] = (int64_t)layer->outputs;
    return call_set_shape(call, 0, layer->type, dims, x->rank, err);
}

static void run_double(const struct layer *layer, size_t rows, const struct value *x,
                       const struct value *y)
{
    const struct matrix in = {x->doubles, rows, layer->inputs, layer->inputs};
    const struct matrix weights = {layer->weights, layer->inputs, layer->outputs, layer->outputs};
    const struct matrix out = {y->doubles, rows, layer->outputs, layer->outputs};
    linalg_affine(&in, &weights, layer->bias, layer->rectified ? LINALG_RECTIFIED : 0, &out);
}

static void run_single(const struct layer *layer, size_t rows, const struct value *x,
                       const struct value *y)
{
    const struct linalg_product shape = {.m = rows, .n = layer->outputs, .k = layer->inputs};
    linalg_affine_single(&shape, x->floats, layer->weights, layer->bias, layer->rectified,
                         y->floats);
}

static bool run_layer(const struct call *call, struct err *err)
{
    const struct layer *layer = call->node->state;
    const struct value *x = call_input(call, 0), *y = call_output(call, 0);
    size_t rows = x->count / layer->inputs;
    uint64_t work;
    if (!linalg_size_fits(rows, layer->outputs) ||
        __builtin_mul_overflow((uint64_t)y->count, (uint64_t)layer->inputs, &work))
        return call_fail(call, err, ERR_LIMIT, "a matrix is too large");
    if (!memory_work(call->memory, work / 8, err))
        return false;
    if (layer->type == VALUE_DOUBLE)
        run_double(layer, rows, x, y);
    else
        run_single(layer, rows, x, y);
    return true;
}

/* In no list: messages call it what it stands for. */
const struct kernel kernel_layer = {
    .domain = "",
    .name = "Gemm",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_max = 1,
    .state_size = sizeof(struct layer),
    .infer = infer_layer,
    .run = run_layer,
};
