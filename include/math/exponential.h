/* exp of many numbers at once, with the vector instructions that the CPU has.
 *
 * The answer for a number does not depend on its neighbours, on its place or on the CPU. NaN stays
 * NaN; what is too large becomes infinity, what is too small 0. */
#ifndef OMEN_MATH_EXPONENTIAL_H
#define OMEN_MATH_EXPONENTIAL_H

#include <stddef.h>

/* In place. The float nearest to exp(x), but for about one in 10^4 that lie next to the middle of
 * two floats: error below 0.5001 units in the last place. */
void exponential_single(float *x, size_t count);

/* In place. Error below one unit in the last place. */
void exponential_double(double *x, size_t count);

#endif
