/* The functions that stand between a linear predictor and an answer. Each computes as SciPy and
 * scikit-learn do, so that the answers agree to the last bits that exp and log leave open. */
#ifndef OMEN_MATH_SPECIAL_H
#define OMEN_MATH_SPECIAL_H

#include <stddef.h>

/* 1 / (1 + exp(-x)), as scipy.special.expit. */
double special_sigmoid(double x);

/* log(sum(exp(x))), shifted by the maximum. -infinity for no values or only -infinity. */
double special_log_sum_exp(const double *x, size_t count);

/* exp(x - max) / sum, in place. All -infinity gives NaN, as there. */
void special_softmax(double *x, size_t count);

/* First of the largest; 0 when all are NaN. count > 0. */
size_t special_argmax(const double *x, size_t count);

/* How a mean hangs on a linear predictor: predictor = link(mean). */
enum special_link { LINK_IDENTITY, LINK_LOG, LINK_LOGIT, LINK_PROBIT, LINK_CLOGLOG };

/* The names in the enum's order, NULL-terminated: "identity", "log", ... */
extern const char *const special_link_names[];

/* The mean that belongs to a linear predictor. */
double special_link_inverse(enum special_link link, double predictor);

#endif
