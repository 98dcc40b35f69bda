/* Sums and distributions. math_init comes first: GSL would end the process otherwise. */
#ifndef OMEN_MATH_STATS_H
#define OMEN_MATH_STATS_H

#include <stddef.h>

/* The sum in the order numpy takes (pairwise: eight running sums over up to 128 values, halves
 * above): log-likelihoods of a thousand and more agree with the trainer's only if it is the same.
 */
double stats_sum(const double *values, size_t count);

/* P(X <= x) of the standard normal distribution. */
double stats_normal_cumulative(double x);

/* Its inverse. -infinity at 0, infinity at 1, NaN outside of [0, 1]. */
double stats_normal_quantile(double probability);

#endif
