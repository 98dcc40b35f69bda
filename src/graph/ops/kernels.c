#include "graph/ops/kernels.h"

#include <math.h>
#include <string.h>

/* In the order of svm.h's first. */
enum { KERNEL_LAPLACIAN = SVM_SIGMOID + 1, KERNEL_COSINE, KERNEL_CHI2, KERNEL_ADDITIVE_CHI2 };

static const char *const names[] = {"linear", "poly", "rbf",           "sigmoid", "laplacian",
                                    "cosine", "chi2", "additive_chi2", NULL};

static bool scalars_read(struct kernels *kernels, struct svm_kernel_params *scalars,
                         size_t features, struct params *params, struct err *err)
{
    if (!params_choice_or(params, "kernel", names, SVM_RBF, &kernels->kind, err) ||
        !params_number_or(params, "gamma", 1.0 / (double)(features > 0 ? features : 1),
                          &kernels->gamma, err) ||
        !params_number_or(params, "coef0", 0.0, &scalars->coef0, err) ||
        !params_number_or(params, "degree", 3.0, &scalars->degree, err))
        return false;
    if (!isfinite(kernels->gamma) || !isfinite(scalars->coef0) || !isfinite(scalars->degree))
        return params_fail(params, "", err, "gamma, coef0 and degree are not all finite");
    if (scalars->degree < 0.0)
        return params_fail(params, "degree", err, "expected a number that is not negative");
    scalars->gamma = kernels->gamma;
    if (kernels->kind < KERNEL_LAPLACIAN)
        scalars->kernel = (enum svm_kernel)kernels->kind;
    return true;
}

static bool rows_keep(struct kernels *kernels, const struct svm_kernel_params *scalars,
                      struct err *err)
{
    const struct matrix *rows = &kernels->rows;
    if (kernels->kind >= KERNEL_CHI2)
        return true;
    if (kernels->kind >= KERNEL_LAPLACIAN) {
        bool is_cosine = kernels->kind == KERNEL_COSINE;
        if (!neighbors_init(&kernels->neighbors, is_cosine ? NEIGHBORS_COSINE : NEIGHBORS_MANHATTAN,
                            1.0, rows, err))
            return false;
    } else {
        kernels->vectors =
            svm_vectors_double_create(scalars, rows->data, rows->rows, rows->cols, err);
        if (kernels->vectors == NULL)
            return false;
    }
    matrix_free(&kernels->rows);
    return true;
}

bool kernels_read(struct kernels *kernels, struct estimator *estimator, struct params *params,
                  const char *key, struct err *err)
{
    struct svm_kernel_params scalars = {0};
    size_t features = estimator->op.inputs;
    if (!scalars_read(kernels, &scalars, features, params, err) ||
        !estimator_matrix(estimator, params, key, PARAMS_ANY, features, &kernels->rows, err))
        return false;
    kernels->count = kernels->rows.rows;
    kernels->features = features;
    return rows_keep(kernels, &scalars, err);
}

void kernels_finish(struct kernels *kernels)
{
    svm_vectors_double_destroy(kernels->vectors);
    neighbors_finish(&kernels->neighbors);
    matrix_free(&kernels->rows);
}

bool kernels_work_init(struct kernels_work *work, const struct kernels *kernels,
                       struct arena *scratch, struct err *err)
{
    size_t rows = KERNELS_ROWS;
    struct matrix values = matrix_in_arena(scratch, rows, kernels->count);
    struct matrix inputs = matrix_in_arena(scratch, rows, kernels->features);
    work->values = values.data;
    work->inputs = inputs.data;
    size_t padded = kernels->neighbors.count > 0 ? neighbors_work(&kernels->neighbors) : 0;
    work->row = estimator_scratch(scratch, padded, err);
    return (work->values != NULL && work->inputs != NULL && work->row != NULL) ||
           err_set(err, ERR_MEMORY, "no memory for the kernels of %zu rows", kernels->count);
}

static void row_distances(const struct kernels *kernels, const double *x, double *work,
                          double *values)
{
    neighbors_distances(&kernels->neighbors, x, work);
    for (size_t i = 0; i < kernels->count; i++)
        values[i] = kernels->kind == KERNEL_COSINE ? 1.0 - work[i] : exp(-kernels->gamma * work[i]);
}

/* Vedaldi, Zisserman, "Efficient additive kernels via explicit feature maps" (2012). Features are
 * not negative; where both are 0 there is nothing to add. */
static double additive_chi2(const double *a, const double *b, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double difference = a[i] - b[i], both = a[i] + b[i];
        if (both != 0.0)
            sum -= difference * difference / both;
    }
    return sum;
}

static void row_chi2(const struct kernels *kernels, const double *x, double *values)
{
    for (size_t i = 0; i < kernels->count; i++) {
        values[i] = additive_chi2(x, matrix_row(&kernels->rows, i), kernels->features);
        if (kernels->kind == KERNEL_CHI2)
            values[i] = exp(kernels->gamma * values[i]);
    }
}

size_t kernels_apply(const struct kernels *kernels, const struct matrix *x, size_t first,
                     struct kernels_work *work)
{
    size_t rows = x->rows - first < KERNELS_ROWS ? x->rows - first : KERNELS_ROWS;
    for (size_t row = 0; row < rows; row++) {
        const double *from = matrix_row(x, first + row);
        double *values = work->values + row * kernels->count;
        if (kernels->kind >= KERNEL_CHI2)
            row_chi2(kernels, from, values);
        else if (kernels->kind >= KERNEL_LAPLACIAN)
            row_distances(kernels, from, work->row, values);
        else
            memcpy(work->inputs + row * kernels->features, from,
                   kernels->features * sizeof(double));
    }
    if (kernels->kind < KERNEL_LAPLACIAN)
        svm_kernels_double(kernels->vectors, work->inputs, rows, work->values);
    return rows;
}
