/* Support vector machines, in libsvm's terms: kernels between rows and support vectors, one
 * decision per pair of classes, votes, Platt's probabilities and their pairwise coupling.
 *
 * Everything comes in two widths, as trainers and files compute: `_double` for libsvm and
 * scikit-learn, `_single` for ONNX. A row's answer never depends on the batch it came in nor on the
 * CPU. */
#ifndef OMEN_MATH_SVM_H
#define OMEN_MATH_SVM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum svm_kernel {
    SVM_LINEAR,     /* a.b */
    SVM_POLYNOMIAL, /* (gamma a.b + coef0)^degree */
    SVM_RBF,        /* exp(-gamma |a - b|^2), summed as squares of differences */
    SVM_SIGMOID,    /* tanh(gamma a.b + coef0) */
};

struct svm_kernel_params {
    enum svm_kernel kernel;
    double gamma, coef0, degree; /* degree: repeated squaring where it is whole, pow else */
};

/* Support vectors, laid out in blocks for vector instructions. Const once made. */
struct svm_vectors_single;
struct svm_vectors_double;

/* vectors: count x features, dense, copied. NULL and err without memory or when the product of the
 * sizes is too large. Both may be 0. */
struct svm_vectors_single *svm_vectors_single_create(const struct svm_kernel_params *params,
                                                     const float *vectors, size_t count,
                                                     size_t features, struct err *err);
struct svm_vectors_double *svm_vectors_double_create(const struct svm_kernel_params *params,
                                                     const double *vectors, size_t count,
                                                     size_t features, struct err *err);
void svm_vectors_single_destroy(struct svm_vectors_single *vectors);
void svm_vectors_double_destroy(struct svm_vectors_double *vectors);

/* kernels[row * count + v] = K(x[row], vector v). x: rows x features, dense. */
void svm_kernels_single(const struct svm_vectors_single *vectors, const float *x, size_t rows,
                        float *kernels);
void svm_kernels_double(const struct svm_vectors_double *vectors, const double *x, size_t rows,
                        double *kernels);

/* sum of a[i] * b[i]: products in the width of the numbers, their sum in doubles. */
double svm_weighted_sum_single(const float *a, const float *b, size_t count);
double svm_weighted_sum_double(const double *a, const double *b, size_t count);

/* The machines of all pairs of classes, in the order (0,1), (0,2), ... (1,2), ... Support vectors
 * are grouped by class: those of class c are [starts[c], starts[c + 1]). coefficients: classes - 1
 * rows, a column per support vector (scikit-learn's _dual_coef_, ONNX's coefficients); intercepts:
 * a number per pair (scikit-learn's _intercept_, ONNX's rho: libsvm's rho negated). */
struct svm_pairs_single {
    size_t classes;
    const size_t *starts;
    const float *coefficients, *intercepts;
};
struct svm_pairs_double {
    size_t classes;
    const size_t *starts;
    const double *coefficients, *intercepts;
};

static inline size_t svm_pair_count(size_t classes)
{
    return classes < 2 ? 0 : classes * (classes - 1) / 2;
}

/* One row: kernels holds its starts[classes] values, decisions gets svm_pair_count numbers. A
 * positive one is for the pair's first class. (For two classes scikit-learn's decision_function
 * has the opposite sign.) */
void svm_decide_single(const struct svm_pairs_single *pairs, const float *kernels,
                       double *decisions);
void svm_decide_double(const struct svm_pairs_double *pairs, const double *kernels,
                       double *decisions);

/* votes[class]: how many of its pairs it won; a decision that is not > 0 counts for the second.
 * Returns the first of those with most votes, which is libsvm's label. */
size_t svm_vote(size_t classes, const double *decisions, size_t *votes);

/* scikit-learn's decision_function_shape="ovr": votes plus a monotone part of the summed decisions
 * that stays below 1/3. scores: classes numbers. */
void svm_one_against_rest(size_t classes, const double *decisions, double *scores);

/* Platt's probability of the first class: 1 / (1 + exp(decision * a + b)), without overflow. */
double svm_platt(double decision, double a, double b);

/* Probabilities of the classes from those of the pairs, by the second method of Wu, Lin and Weng,
 * "Probability Estimates for Multi-class Classification by Pairwise Coupling" (2004), with libsvm's
 * start, bound (0.005 / classes) and at most 100 rounds. pairwise[i * classes + j]: probability of
 * i against j, 1 minus that at [j * classes + i]; the diagonal is not read. work:
 * svm_couple_work(classes) numbers. */
size_t svm_couple_work(size_t classes);
void svm_couple_single(size_t classes, const float *pairwise, float *probabilities, float *work);
void svm_couple_double(size_t classes, const double *pairwise, double *probabilities, double *work);

/* libsvm's svm_predict_probability for one row: Platt per pair, kept within [1e-7, 1 - 1e-7], then
 * coupled. work: classes * classes + svm_couple_work(classes) numbers. */
void svm_probabilities_double(size_t classes, const double *decisions, const double *prob_a,
                              const double *prob_b, double *probabilities, double *work);

#endif
