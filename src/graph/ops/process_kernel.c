#include "graph/ops/process_kernel.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define DEPTH_MAX 16

static const char *const kinds[] = {"constant",
                                    "white",
                                    "rbf",
                                    "matern",
                                    "rational_quadratic",
                                    "exp_sine_squared",
                                    "dot_product",
                                    "sum",
                                    "product",
                                    "power",
                                    NULL};

void process_kernel_destroy(struct process_kernel *kernel)
{
    if (kernel == NULL)
        return;
    process_kernel_destroy(kernel->left); /* as deep as it was read */
    process_kernel_destroy(kernel->right);
    free(kernel->scales);
    free(kernel);
}

static bool positive_read(struct params *params, const char *key, double *value, struct err *err)
{
    return params_number(params, key, value, err) && estimator_positive(params, key, value, 1, err);
}

/* One length scale for all features, or one for each. */
static bool scales_read(struct process_kernel *kernel, struct params *params,
                        struct estimator *estimator, struct err *err)
{
    static const char KEY[] = "length_scale";
    size_t features = estimator->op.inputs;
    if (params_length(params, KEY) > 0) {
        struct params_vector each = {0};
        bool ok = estimator_vector(estimator, params, KEY, features, &each, err) &&
                  estimator_positive(params, KEY, each.values, features, err);
        kernel->scales = each.values;
        return ok;
    }
    double all;
    if (!positive_read(params, KEY, &all, err))
        return false;
    if (!isfinite(all))
        return params_fail(params, KEY, err, "expected a finite number");
    kernel->scales = mem_array(features, sizeof *kernel->scales);
    if (kernel->scales == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu length scales", features);
    for (size_t i = 0; i < features; i++)
        kernel->scales[i] = all;
    return true;
}

static bool numbers_read(struct process_kernel *kernel, struct params *params,
                         struct estimator *estimator, struct err *err)
{
    switch (kernel->kind) {
    case PROCESS_CONSTANT:
        return estimator_number(params, "value", &kernel->a, err);
    case PROCESS_WHITE:
        return estimator_number(params, "noise", &kernel->a, err);
    case PROCESS_RBF:
        return scales_read(kernel, params, estimator, err);
    case PROCESS_MATERN: /* infinite smoothness is allowed */
        return scales_read(kernel, params, estimator, err) &&
               positive_read(params, "nu", &kernel->a, err);
    case PROCESS_RATIONAL_QUADRATIC:
        return scales_read(kernel, params, estimator, err) &&
               positive_read(params, "alpha", &kernel->a, err) &&
               (isfinite(kernel->a) ||
                params_fail(params, "alpha", err, "expected a finite number"));
    case PROCESS_EXP_SINE_SQUARED:
        return positive_read(params, "length_scale", &kernel->a, err) &&
               positive_read(params, "periodicity", &kernel->b, err);
    case PROCESS_DOT_PRODUCT:
        return estimator_number(params, "sigma_0", &kernel->a, err);
    case PROCESS_POWER:
        return estimator_number(params, "exponent", &kernel->a, err);
    case PROCESS_SUM:
    case PROCESS_PRODUCT:
        return true;
    }
    return false;
}

static struct process_kernel *kernel_read(struct params *params, const char *key,
                                          struct estimator *estimator, size_t depth,
                                          struct err *err);

static bool parts_read(struct process_kernel *kernel, struct params *params,
                       struct estimator *estimator, size_t depth, struct err *err)
{
    bool is_pair = kernel->kind == PROCESS_SUM || kernel->kind == PROCESS_PRODUCT;
    if (!is_pair && kernel->kind != PROCESS_POWER)
        return true;
    kernel->left = kernel_read(params, "left", estimator, depth + 1, err);
    if (kernel->left == NULL)
        return false;
    if (is_pair)
        kernel->right = kernel_read(params, "right", estimator, depth + 1, err);
    return !is_pair || kernel->right != NULL;
}

static struct process_kernel *kernel_read(struct params *params, const char *key,
                                          struct estimator *estimator, size_t depth,
                                          struct err *err)
{
    int kind;
    if (depth > DEPTH_MAX) {
        params_fail(params, key, err, "kernels nested deeper than %d", DEPTH_MAX);
        return NULL;
    }
    struct params *object =
        params_has(params, key) ? params->source->child(params, key, err) : NULL;
    if (object == NULL && !params_has(params, key))
        params_fail(params, key, err, "is missing");
    if (object == NULL || !params_choice_or(object, "kind", kinds, -1, &kind, err))
        return NULL;
    struct process_kernel *kernel = mem_array(1, sizeof *kernel);
    if (kernel == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a kernel");
        return NULL;
    }
    kernel->kind = (enum process_kind)kind;
    estimator->op.bytes += sizeof *kernel + estimator->op.inputs * sizeof(double);
    if (!numbers_read(kernel, object, estimator, err) ||
        !parts_read(kernel, object, estimator, depth, err)) {
        process_kernel_destroy(kernel);
        return NULL;
    }
    return kernel;
}

struct process_kernel *process_kernel_read(struct params *params, const char *key,
                                           struct estimator *estimator, struct err *err)
{
    return kernel_read(params, key, estimator, 0, err);
}

bool process_factor_read(struct estimator *estimator, struct params *params, const char *key,
                         size_t count, struct matrix *out, struct err *err)
{
    if (!estimator_matrix(estimator, params, key, count, count, out, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!estimator_positive(params, key, matrix_row(out, i) + i, 1, err))
            return false;
    return true;
}
