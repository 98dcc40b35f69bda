/* Gaussian processes: covariance functions, built of others, and what a trained process says of a
 * row. Rasmussen, Williams, Gaussian Processes for Machine Learning (2006), chapters 2 to 4. */
#ifndef OMEN_MATH_PROCESS_H
#define OMEN_MATH_PROCESS_H

#include <stddef.h>

#include "math/matrix.h"

enum process_kind {
    PROCESS_CONSTANT,           /* a */
    PROCESS_WHITE,              /* a, of a row with itself only */
    PROCESS_RBF,                /* exp(-d^2 / 2) */
    PROCESS_MATERN,             /* of d, with the smoothness a (infinity: as RBF) */
    PROCESS_RATIONAL_QUADRATIC, /* (1 + d^2 / (2 a))^-a */
    PROCESS_EXP_SINE_SQUARED,   /* exp(-2 (sin(pi |x - y| / b) / a)^2): length scale, period */
    PROCESS_DOT_PRODUCT,        /* x.y + a^2 */
    PROCESS_SUM,                /* left + right */
    PROCESS_PRODUCT,            /* left * right */
    PROCESS_POWER,              /* left^a */
};

/* d is the Euclidean distance of the rows whose features are divided by their length scales. */
struct process_kernel {
    enum process_kind kind;
    double a, b;
    double *scales; /* a length scale per feature, of RBF, Matern and rational quadratic */
    struct process_kernel *left, *right;
};

/* k(x, y) of two rows that are not the same one. */
double process_covariance(const struct process_kernel *kernel, const double *x, const double *y,
                          size_t features);
/* k(x, x). */
double process_variance(const struct process_kernel *kernel, const double *x, size_t features);

/* covariances[i] of x with each row of `rows`. */
void process_covariances(const struct process_kernel *kernel, const double *x,
                         const struct matrix *rows, double *covariances);

/* variance - |L^-1 covariances|^2. lower: n x n, of which the upper triangle is not read.
 * covariances is overwritten. */
double process_remaining_variance(const struct matrix *lower, double variance, double *covariances);

/* The mean of the logistic function of a normal latent value: Williams, Barber, "Bayesian
 * Classification with Gaussian Processes" (1998), appendix A: five error functions in its place. */
double process_probability(double mean, double variance);

#endif
