#include "graph/ops/mlp.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/linalg.h"
#include "math/special.h"

static bool layer_read(struct mlp_layer *layer, struct estimator *estimator, struct params *params,
                       size_t index, size_t inputs, struct err *err)
{
    struct params *weights = params_element(params, "coefs_", index, err);
    struct params *bias =
        weights != NULL ? params_element(params, "intercepts_", index, err) : NULL;
    if (bias == NULL)
        return false;
    if (!estimator_matrix(estimator, weights, "", inputs, PARAMS_ANY, &layer->weights, err) ||
        !estimator_vector(estimator, bias, "", layer->weights.cols, &layer->bias, err))
        return false;
    for (size_t i = 0; i < layer->bias.count; i++)
        layer->bias.values[i] += 0.0; /* -0 becomes 0: see LINALG_GAPS */
    return true;
}

static bool layers_read(struct mlp *mlp, struct estimator *estimator, struct params *params,
                        struct err *err)
{
    size_t count = params_length(params, "coefs_"), inputs = estimator->op.inputs;
    if (count == 0)
        return params_fail(params, "coefs_", err,
                           "expected a list of matrices, one for each layer");
    if (params_length(params, "intercepts_") != count)
        return params_fail(params, "intercepts_", err, "expected a list of %zu, one for each layer",
                           count);
    mlp->layers = mem_array(count, sizeof *mlp->layers);
    if (mlp->layers == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu layers", count);
    mlp->layer_count = count;
    for (size_t i = 0; i < count; i++) {
        if (!layer_read(&mlp->layers[i], estimator, params, i, inputs, err))
            return false;
        inputs = mlp->layers[i].weights.cols;
        if (i + 1 < count && inputs > mlp->widest)
            mlp->widest = inputs;
    }
    return true;
}

bool mlp_read(struct mlp *mlp, struct estimator *estimator, struct params *params, struct err *err)
{
    static const char *const names[] = {"identity", "logistic", "tanh", "relu", NULL};
    int activation;
    if (!params_choice_or(params, "activation", names, MLP_RELU, &activation, err))
        return false;
    mlp->activation = (enum mlp_activation)activation;
    return layers_read(mlp, estimator, params, err);
}

void mlp_finish(struct mlp *mlp)
{
    for (size_t i = 0; i < mlp->layer_count; i++) {
        matrix_free(&mlp->layers[i].weights);
        params_vector_finish(&mlp->layers[i].bias);
    }
    free(mlp->layers);
    *mlp = (struct mlp){0};
}

size_t mlp_outputs(const struct mlp *mlp)
{
    return mlp->layers[mlp->layer_count - 1].weights.cols;
}

static void activate(enum mlp_activation activation, double *x, size_t count)
{
    switch (activation) {
    case MLP_IDENTITY:
    case MLP_RELU: /* with the product */
        return;
    case MLP_SOFTMAX:
        special_softmax(x, count);
        return;
    case MLP_LOGISTIC:
        for (size_t i = 0; i < count; i++)
            x[i] = special_sigmoid(x[i]);
        return;
    case MLP_TANH:
        for (size_t i = 0; i < count; i++)
            x[i] = tanh(x[i]);
        return;
    case MLP_EXP:
        for (size_t i = 0; i < count; i++)
            x[i] = exp(x[i]);
        return;
    }
}

static void activate_rows(enum mlp_activation activation, const struct matrix *x)
{
    if (activation == MLP_IDENTITY || activation == MLP_RELU)
        return;
    for (size_t row = 0; row < x->rows; row++)
        activate(activation, matrix_row(x, row), x->cols);
}

/* hidden: two blocks of x->rows times mlp->widest. */
static void rows_apply(const struct mlp *mlp, const struct matrix *x, const struct matrix *y,
                       double *hidden)
{
    struct matrix from = *x;
    for (size_t i = 0; i < mlp->layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        bool last = i + 1 == mlp->layer_count;
        size_t width = layer->weights.cols;
        double *block = hidden + i % 2 * x->rows * mlp->widest;
        struct matrix to = last ? *y : (struct matrix){block, x->rows, width, width};
        enum mlp_activation activation = last ? mlp->output_activation : mlp->activation;
        unsigned how = (activation == MLP_RELU ? LINALG_RECTIFIED : 0U) |
                       (i > 0 && mlp->activation == MLP_RELU ? LINALG_GAPS : 0U);
        linalg_affine(&from, &layer->weights, layer->bias.values, how, &to);
        activate_rows(activation, &to);
        from = to;
    }
}

/* Rows whose hidden layers stay near the processor. */
#define BLOCK_BYTES ((size_t)512 << 10)
#define BLOCK_ROWS 128

static size_t block_rows(const struct mlp *mlp)
{
    size_t rows = BLOCK_BYTES / sizeof(double) / (2 * mlp->widest + 1);
    return rows < 8 ? 8 : rows > BLOCK_ROWS ? BLOCK_ROWS : rows - rows % 8;
}

bool mlp_apply(const struct mlp *mlp, const struct matrix *x, const struct matrix *y,
               struct arena *scratch, struct err *err)
{
    size_t most = block_rows(mlp) < x->rows ? block_rows(mlp) : x->rows;
    double *hidden = estimator_scratch(scratch, 2 * most * mlp->widest, err);
    if (hidden == NULL)
        return false;
    for (size_t row = 0; row < x->rows; row += most) {
        size_t count = x->rows - row < most ? x->rows - row : most;
        struct matrix from = matrix_rows(x, row, count), to = matrix_rows(y, row, count);
        rows_apply(mlp, &from, &to, hidden);
    }
    return true;
}
