/* The loops of matrix products, compiled for several levels of a processor. */
#ifndef OMEN_MATH_DENSE_KERNELS_H
#define OMEN_MATH_DENSE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* c (m x n) = a (m x k) times b (k x n), added to a beginning. Element (row, i) of a is a[row *
 * a_row + i * a_step]; rows of b and c are dense, b_row and c_row apart. Each element's sum is made
 * in the order of k, from 0, and then added to what it begins with. */
struct dense_shape {
    size_t m, n, k;
    size_t a_row, a_step;
    size_t b_row, c_row;
    size_t begin_row; /* from one row's beginnings to the next's; 0: a bias, the same for all */
    bool rectified;   /* what is below 0 in the end becomes 0 */
    bool gaps;        /* many elements of a are 0, all of b are finite, and a_step is 1 */
};

/* begin: what is added to, or NULL for 0. It may be c. */
typedef void dense_kernel(const struct dense_shape *shape, const double *a, const double *b,
                          const double *begin, double *c);
typedef void dense_kernel_single(const struct dense_shape *shape, const float *a, const float *b,
                                 const float *begin, float *c);

dense_kernel dense_multiply_plain;
dense_kernel_single dense_multiply_single_plain;
#ifdef DENSE_LEVELS
dense_kernel dense_multiply_v3, dense_multiply_v4; /* AVX2, AVX-512 */
dense_kernel_single dense_multiply_single_v3, dense_multiply_single_v4;
#endif

struct dense_kernels {
    dense_kernel *multiply;
    dense_kernel_single *multiply_single;
};

#define DENSE_LEVELS_MAX 3
/* Those that this processor runs, the best last. */
size_t dense_kernels_list(struct dense_kernels list[DENSE_LEVELS_MAX]);
/* There is an instruction for a multiplication and its addition. */
bool dense_has_levels(void);

#endif
