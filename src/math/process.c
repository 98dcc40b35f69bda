#include "math/process.h"

#include <float.h>
#include <math.h>

#include <gsl/gsl_cblas.h>
#include <gsl/gsl_sf_bessel.h>

#include "math/stats.h"

static double scaled_square(const double *x, const double *y, const double *scales, size_t features)
{
    double sum = 0.0;
    for (size_t i = 0; i < features; i++) {
        double difference = x[i] / scales[i] - y[i] / scales[i];
        sum += difference * difference;
    }
    return sum;
}

static double distance(const double *x, const double *y, size_t features)
{
    double sum = 0.0;
    for (size_t i = 0; i < features; i++)
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrt(sum);
}

static double dot(const double *x, const double *y, size_t features)
{
    double sum = 0.0;
    for (size_t i = 0; i < features; i++)
        sum += x[i] * y[i];
    return sum;
}

/* Closed forms where the smoothness is half of an odd number; the general one has a Bessel function
 * that is infinite at 0. */
static double matern(double smoothness, double square)
{
    double d = sqrt(square);
    if (smoothness == 0.5)
        return exp(-d);
    if (smoothness == 1.5) {
        double k = d * sqrt(3.0);
        return (1.0 + k) * exp(-k);
    }
    if (smoothness == 2.5) {
        double k = d * sqrt(5.0);
        return (1.0 + k + k * k / 3.0) * exp(-k);
    }
    if (isinf(smoothness))
        return exp(-square / 2.0);
    double t = sqrt(2.0 * smoothness) * (d > 0.0 ? d : DBL_EPSILON);
    gsl_sf_result bessel;
    gsl_sf_bessel_Knu_e(smoothness, t, &bessel); /* 0 where it is too small for a number */
    return pow(2.0, 1.0 - smoothness) / tgamma(smoothness) * pow(t, smoothness) * bessel.val;
}

double process_covariance(const struct process_kernel *kernel, const double *x, const double *y,
                          size_t features)
{
    double a = kernel->a, left, right, sine;
    switch (kernel->kind) {
    case PROCESS_CONSTANT:
        return a;
    case PROCESS_WHITE:
        return 0.0;
    case PROCESS_RBF:
        return exp(-0.5 * scaled_square(x, y, kernel->scales, features));
    case PROCESS_MATERN:
        return matern(a, scaled_square(x, y, kernel->scales, features));
    case PROCESS_RATIONAL_QUADRATIC:
        return pow(1.0 + scaled_square(x, y, kernel->scales, features) / (2.0 * a), -a);
    case PROCESS_EXP_SINE_SQUARED:
        sine = sin(M_PI / kernel->b * distance(x, y, features)) / a;
        return exp(-2.0 * sine * sine);
    case PROCESS_DOT_PRODUCT:
        return dot(x, y, features) + a * a;
    case PROCESS_SUM:
    case PROCESS_PRODUCT:
        left = process_covariance(kernel->left, x, y, features);
        right = process_covariance(kernel->right, x, y, features);
        return kernel->kind == PROCESS_SUM ? left + right : left * right;
    case PROCESS_POWER:
        return pow(process_covariance(kernel->left, x, y, features), a);
    }
    return NAN;
}

double process_variance(const struct process_kernel *kernel, const double *x, size_t features)
{
    double left, right;
    switch (kernel->kind) {
    case PROCESS_CONSTANT:
    case PROCESS_WHITE:
        return kernel->a;
    case PROCESS_DOT_PRODUCT:
        return dot(x, x, features) + kernel->a * kernel->a;
    case PROCESS_SUM:
    case PROCESS_PRODUCT:
        left = process_variance(kernel->left, x, features);
        right = process_variance(kernel->right, x, features);
        return kernel->kind == PROCESS_SUM ? left + right : left * right;
    case PROCESS_POWER:
        return pow(process_variance(kernel->left, x, features), kernel->a);
    default: /* a function of the distance, which is 0 */
        return 1.0;
    }
}

void process_covariances(const struct process_kernel *kernel, const double *x,
                         const struct matrix *rows, double *covariances)
{
    for (size_t i = 0; i < rows->rows; i++)
        covariances[i] = process_covariance(kernel, x, matrix_row(rows, i), rows->cols);
}

double process_remaining_variance(const struct matrix *lower, double variance, double *covariances)
{
    size_t count = lower->rows;
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)count, lower->data,
                (int)lower->stride, covariances, 1);
    for (size_t i = 0; i < count; i++)
        covariances[i] *= covariances[i];
    return variance - stats_sum(covariances, count);
}

double process_probability(double mean, double variance)
{
    static const double lambdas[] = {0.41, 0.4, 0.37, 0.44, 0.39};
    static const double coefficients[] = {-1854.8214151, 3516.89893646, 221.29346712, 128.12323805,
                                          -2010.49422654};
    double alpha = 1.0 / (2.0 * variance), sum = 0.0, constants = 0.0;
    for (size_t i = 0; i < 5; i++) {
        double root = sqrt(alpha / (alpha + lambdas[i] * lambdas[i]));
        double integral = sqrt(M_PI / alpha) * erf(lambdas[i] * mean * root) /
                          (2.0 * sqrt(variance * 2.0 * M_PI));
        sum += coefficients[i] * integral;
        constants += coefficients[i];
    }
    return sum + 0.5 * constants;
}
