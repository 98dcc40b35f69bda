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
    struct matrix transposed = {0};
    bool ok = estimator_matrix(estimator, weights, "", inputs, PARAMS_ANY, &transposed, err) &&
              estimator_vector(estimator, bias, "", transposed.cols, &layer->bias, err);
    if (ok && !(ok = matrix_create(&layer->weights, transposed.cols, inputs)))
        err_set(err, ERR_MEMORY, "no memory for a layer of %zu x %zu", transposed.cols, inputs);
    if (ok)
        linalg_transpose(&transposed, &layer->weights);
    matrix_free(&transposed);
    return ok;
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
        inputs = mlp->layers[i].weights.rows;
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
    return mlp->layers[mlp->layer_count - 1].weights.rows;
}

static void activate(enum mlp_activation activation, double *x, size_t count)
{
    switch (activation) {
    case MLP_IDENTITY:
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
    case MLP_RELU:
        for (size_t i = 0; i < count; i++)
            x[i] = x[i] < 0.0 ? 0.0 : x[i];
        return;
    case MLP_EXP:
        for (size_t i = 0; i < count; i++)
            x[i] = exp(x[i]);
        return;
    }
}

/* hidden: two rows of mlp->widest. */
static void row_apply(const struct mlp *mlp, const double *x, double *y, double *hidden)
{
    const double *from = x;
    for (size_t i = 0; i < mlp->layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        bool last = i + 1 == mlp->layer_count;
        double *to = last ? y : hidden + i % 2 * mlp->widest;
        linalg_affine_row(&layer->weights, layer->bias.values, from, to);
        activate(last ? mlp->output_activation : mlp->activation, to, layer->weights.rows);
        from = to;
    }
}

bool mlp_apply(const struct mlp *mlp, const struct matrix *x, const struct matrix *y,
               struct arena *scratch, struct err *err)
{
    double *hidden = estimator_scratch(scratch, 2 * mlp->widest, err);
    if (hidden == NULL)
        return false;
    for (size_t row = 0; row < x->rows; row++)
        row_apply(mlp, matrix_row(x, row), matrix_row(y, row), hidden);
    return true;
}
