/* The functions between the layers of a network, over many numbers at once. in and out may be the
 * same place. */
#ifndef OMEN_TENSOR_KERNELS_ACTIVATION_H
#define OMEN_TENSOR_KERNELS_ACTIVATION_H

#include <stddef.h>

void activation_exp_single(const float *in, float *out, size_t count);
void activation_exp_double(const double *in, double *out, size_t count);
/* 1 / (1 + exp(-x)); small answers keep their digits. */
void activation_sigmoid_single(const float *in, float *out, size_t count);
void activation_sigmoid_double(const double *in, double *out, size_t count);
/* Error below 3 units in the last place. */
void activation_tanh_single(const float *in, float *out, size_t count);
void activation_erf_single(const float *in, float *out, size_t count);

#endif
